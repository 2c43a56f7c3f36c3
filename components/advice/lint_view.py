"""The linter's findings below the token meter, each with its quick fixes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

import gradio as gr

from components.advice.advice import findings, model_of
from components.advice.quick_fixes import with_quick_fix
from components.client_component import client_component
from components.event_data import sent
from components.feature import Changes, Feature
from components.snapshot import Snapshot
from components.wiring import Act, Wiring
from core.advice.findings import Finding
from core.errors import InvalidInput
from core.workspace import Workspace


class FindingRow(TypedDict):
    """lanes: whose finding it is; empty for all on the page."""

    rule: str
    severity: str
    lanes: str
    text: str
    quick_fixes: list[str]


class Findings(Feature):
    def __init__(self) -> None:
        self.view = lint_view(elem_id="lint")

    def shown(self) -> list[Any]:
        return [self.view]

    def show(self, page: Snapshot) -> Changes:
        return {self.view: lint_rows(findings(page), page.workspace.labels)}

    def wire(self, page: Wiring) -> None:
        def fix(workspace: Workspace, act: Act) -> Workspace:
            return fixed(page.snapshot(act.values, workspace), act.data)

        page.act(self.view.quick_fix, fix)


def fixed(page: Snapshot, event: gr.EventData) -> Workspace:
    """Fix one finding, if it still applies: the page may have changed since it was drawn.

    The browser only names the finding; the fix is the linter's current one.
    """
    named = [sent(event, name, str, "") for name in ("rule", "text", "label")]
    for finding, lanes in findings(page):
        for quick_fix in finding.quick_fixes:
            if [finding.rule, finding.text, quick_fix.label] == named:
                lane = page.workspace.lane(lanes[0], page.library.presets)
                model = model_of(page.engine.models, lane)
                recipe = page.library.recipe_of(model.model) if model else None
                return with_quick_fix(
                    page.workspace, quick_fix, lanes, recipe, page.library.presets
                )
    raise InvalidInput("The page has changed since this advice was given. Check the advice again.")


def lint_view(**props: Any) -> gr.HTML:
    """The value is a list of rows from `lint_rows`. An empty list takes up no space.

    Event: `quick_fix`, with the finding's `rule`, its `text` and the `label` of the quick_fix.
    """
    return client_component("lint_view", [], events=("quick_fix",), **props)


def lint_rows(
    findings: Sequence[tuple[Finding, tuple[str, ...]]], labels: Sequence[str]
) -> list[FindingRow]:
    """labels: of all lanes on the page. A finding that is not about all lanes names its own."""
    return [
        {
            "rule": finding.rule,
            "severity": finding.severity,
            "lanes": _lanes(lanes) if len(lanes) < len(labels) else "",
            "text": finding.text,
            "quick_fixes": [quick_fix.label for quick_fix in finding.quick_fixes],
        }
        for finding, lanes in findings
    ]


def _lanes(labels: Sequence[str]) -> str:
    return f"Lane {labels[0]}" if len(labels) == 1 else f"Lanes {', '.join(labels)}"
