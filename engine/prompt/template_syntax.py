"""A chat template as Jinja reads it: its source is parsed here and never executed."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension


class Generation(Extension):
    """`{% generation %}`, which Transformers adds to Jinja: an answer, for training."""

    tags = {"generation"}

    def parse(self, parser: Any) -> nodes.Node:
        line = next(parser.stream).lineno
        inside = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.Scope(inside, lineno=line)


@lru_cache(maxsize=64)
def parsed(source: str) -> nodes.Template:
    """Raises jinja2.TemplateSyntaxError."""
    return jinja2.Environment(extensions=[Generation, "jinja2.ext.loopcontrols"]).parse(source)


def literal_text(source: str) -> str:
    """All that the template may write itself: its text and its strings, with NUL between them.

    Empty for a source that is not a template.
    """
    try:
        tree = parsed(source)
    except jinja2.TemplateError:
        return ""
    texts = [node.data for node in tree.find_all(nodes.TemplateData)]
    strings = [node.value for node in tree.find_all(nodes.Const) if isinstance(node.value, str)]
    return "\0".join([*texts, *strings])
