"""How a model writes calls of tools, as its tokenizer and its chat template tell."""

from __future__ import annotations

import json
from typing import Any

from core.tools.call_grammar import CallForm
from core.tools.call_writer import END, START


def call_form(tokenizer: Any, template: str) -> CallForm | None:
    """None where neither says it."""
    known = tokenizer.get_added_vocab()

    def mark(text: str) -> str:
        """A token by its number: only so does a grammar take it for one."""
        return f"<[{known[text]}]>" if text in known else json.dumps(text)

    if START in known and END in known:
        return CallForm("python", mark(START), mark(END))
    if "<tool_call>" not in template and "<tool_call>" not in known:
        return None
    kind = "xml" if "<function=" in template else "json"
    return CallForm(kind, mark("<tool_call>"), mark("</tool_call>"))
