"""Style sheets with the selectors that Gradio gives to a page's `css=`.

Gradio rewrites them in each browser, at each opening. Here the server does it once.
"""

from __future__ import annotations

import re

# As specific as Gradio's own, which has its version in place of the second class.
INSIDE = ".gradio-container.gradio-container .contain"
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
AT_RULE_OR_RULE = re.compile(r"\s*(@[^{}]+)\{((?:[^{}]*\{[^{}]*\})*)\s*\}|" + RULE.pattern)


def scoped(css: str) -> str:
    """Each rule as it is, and again with precedence over Gradio's inside its container; those of
    media queries only there. css: rules without nested ones.
    """
    return AT_RULE_OR_RULE.sub(_scoped, COMMENT.sub("", css))


def _scoped(found: re.Match[str]) -> str:
    query, rules, selector, body = found.groups()
    if selector:
        return f"{selector.strip()}, {_inside(selector, body)} {{{body}}}\n"
    if query.startswith("@media"):
        rules = RULE.sub(lambda rule: f"{_inside(*rule.groups())} {{{rule[2]}}}\n", rules)
    return f"{query}{{\n{rules}}}\n"


def _inside(selector: str, body: str) -> str:
    """The dark theme is a class of the page's body, so it stays ahead."""
    theme = ".dark " if ".dark" in selector + body else ""
    parts = selector.replace(".dark", "", 1).split(",")
    return ", ".join(f"{theme}{INSIDE} {part.strip()}" for part in parts)
