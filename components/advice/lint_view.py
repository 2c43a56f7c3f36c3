"""The linter's findings under the token meter, each with what one click can do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from components.client_component import client_component
from core.advice.findings import Finding


def lint_view(**props: Any) -> gr.HTML:
    """The value is a list of rows as `lint_rows` makes them; without any it takes no room.

    Event: `remedy`, with the finding's `rule`, its `text` and the `label` of the remedy.
    """
    return client_component("lint_view", [], **props)


def lint_rows(
    findings: Sequence[tuple[Finding, tuple[str, ...]]], labels: Sequence[str]
) -> list[dict[str, Any]]:
    """labels: of all lanes on the page; a finding of some of them names its own."""
    return [
        {
            "rule": finding.rule,
            "severity": finding.severity,
            "lanes": _lanes(lanes) if len(lanes) < len(labels) else "",
            "text": finding.text,
            "remedies": [remedy.label for remedy in finding.remedies],
        }
        for finding, lanes in findings
    ]


def _lanes(labels: Sequence[str]) -> str:
    return f"Lane {labels[0]}" if len(labels) == 1 else f"Lanes {', '.join(labels)}"
