"""The page's rules get the selectors that Gradio would write in each browser."""

import re

import pytest

from components.client_component import all_styles
from components.scoped_styles import INSIDE, scoped


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (".a { color: red; }", f".a, {INSIDE} .a {{ color: red; }}\n"),
        ("/* { */.a, .b > i {}", f".a, .b > i, {INSIDE} .a, {INSIDE} .b > i {{}}\n"),
        (".dark .a {}", f".dark .a, .dark {INSIDE} .a {{}}\n"),
        ("@keyframes k { 50% { opacity: 0; } }", "@keyframes k {\n 50% { opacity: 0; }}\n"),
        (
            "@media (hover: none) { .a {} .dark .b {} }",
            f"@media (hover: none) {{\n{INSIDE} .a {{}}\n.dark {INSIDE} .b {{}}\n}}\n",
        ),
    ],
)
def test_a_rule_also_applies_inside_gradios_container(rule, expected):
    assert scoped(rule) == expected


def test_no_declaration_of_the_page_is_lost():
    bodies = re.compile(r"\{([^{}]*)\}")
    plain = re.sub(r"/\*.*?\*/", "", all_styles(), flags=re.DOTALL)
    assert bodies.findall(scoped(all_styles())) == bodies.findall(plain)
    assert scoped(all_styles()).count("@media") == plain.count("@media")
