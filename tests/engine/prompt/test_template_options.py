"""Options of a chat template are found by reading it, not by running it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.template_options import TemplateOption
from engine.prompt.template_options import template_options
from tests.engine.prompt.chat_templates import template_files

BOOLEAN, NUMBER, TEXT = "boolean", "number", "text"


@pytest.mark.parametrize(
    ("source", "kind", "default"),
    [
        ("{% if x %}a{% endif %}", BOOLEAN, None),
        ("{% if not x and messages %}a{% endif %}", BOOLEAN, None),
        ("{% if x is defined and x is false %}a{% endif %}", BOOLEAN, None),
        ("{% if x is undefined or x is true %}a{% endif %}", BOOLEAN, None),
        ("{% if x == true %}a{% endif %}", BOOLEAN, None),
        ("{% set x = x | default(false) %}{% if x %}a{% endif %}", BOOLEAN, False),
        ("{% set x = x if x is defined else true %}{{ 'a' if x }}", BOOLEAN, True),
        ("{% if x is not defined %}{% set x = true %}{% endif %}{{ 'a' if x }}", BOOLEAN, True),
        ("{% if not x is defined %}{% set x = 'low' %}{% endif %}{{ x }}", TEXT, "low"),
        ("{% set y = x | default('high') %}{{ y }}", TEXT, "high"),
        ("{{ 'Effort: ' + x + '.' }}", TEXT, None),
        ("{% if x == 'high' %}a{% endif %}", TEXT, None),
        ("{% if x is defined and x > 3 %}a{% endif %}", NUMBER, None),
        ("{% if 3 < x %}a{% endif %}", NUMBER, None),
        ("{{ 'a' * (x | default(2)) }}", NUMBER, 2),
        ("{% macro f(m) %}{{ m }}{% if x %}a{% endif %}{% endmacro %}{{ f(1) }}", BOOLEAN, None),
        ("{% generation %}{% if x %}a{% endif %}{% endgeneration %}", BOOLEAN, None),
    ],
)
def test_an_option_has_a_kind_and_a_default(source, kind, default) -> None:
    assert template_options(source) == (TemplateOption("x", kind, default),)


@pytest.mark.parametrize(
    "source",
    [
        "{{ bos_token }}{% for m in messages %}{{ m.role }}{% endfor %}{{ raise_exception('a') }}",
        "{{ tools | tojson }}{{ documents }}{{ strftime_now('%Y') }}{{ namespace(a=1).a }}",
        "{% if add_generation_prompt %}{{ eos_token }}{{ image_token }}{% endif %}",
        "{% if chat_template or tokenize or return_dict or padding %}a{% endif %}",
        "{% for x in xs %}{{ x }}{% endfor %}",  # a list
        "{{ x.y }}{{ z['a'] }}{{ f(1) }}",  # objects and functions
        "{% if x is defined %}{% set tools = x %}{% endif %}",
        "{{ x | join(', ') }}{% if 'a' in y %}b{% endif %}",
        "{% if messages %}{% set x = 'a' %}{% endif %}{{ x }}",  # set in one branch only
        "{% if x %}",
        "{% nonsense %}",
    ],
)
def test_what_is_no_option_is_left_out(source) -> None:
    assert template_options(source) == ()


def test_a_template_is_read_and_not_executed() -> None:
    endless = "{% for a in range(10 ** 18) %}{{ a }}{% endfor %}{% if x %}{{ 1 / 0 }}{% endif %}"
    assert [option.name for option in template_options(endless)] == ["x"]


@given(st.text(max_size=40))
def test_any_source_is_read(source) -> None:
    template_options(source)
    template_options(f"{{{{ {source} }}}}")


FILES = template_files()
KNOWN = {
    "qwen3": {"enable_thinking": BOOLEAN},
    "qwen3_6": {"enable_thinking": BOOLEAN, "preserve_thinking": BOOLEAN, "add_vision_id": BOOLEAN},
    "lfm2_2_5": {"preserve_thinking": BOOLEAN},
    "glm4moe": {"enable_thinking": BOOLEAN},
    "gptoss": {"reasoning_effort": TEXT, "model_identity": TEXT},
    "llama3_2": {"date_string": TEXT, "tools_in_user_message": BOOLEAN},
    "gemma4_v5": {"enable_thinking": BOOLEAN, "preserve_thinking": BOOLEAN},
    "nemotron_3_nano": {"enable_thinking": BOOLEAN, "truncate_history_thinking": BOOLEAN},
}


@pytest.mark.thorough
@pytest.mark.parametrize("path", [p for p in FILES if p.stem in KNOWN], ids=lambda p: p.stem)
def test_the_options_of_real_templates_are_found(path) -> None:
    found = template_options(path.read_text(encoding="utf-8"))
    assert {option.name: option.kind for option in found} == KNOWN[path.stem]
