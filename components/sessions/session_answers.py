"""The answers on the page for a version of a session, and those of a version for the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from components.answers.lane_pane import EMPTY_LANE, lane_value
from core.compare.request_changes import request_changes
from core.lanes import LABELS
from core.library.library import Preset
from core.runs.run import Run
from core.sessions.saved_answers import SavedAnswer
from core.workspace import Workspace, unseeded


def pane_values(
    runs: Mapping[str, Run], workspace: Workspace, presets: Mapping[str, Preset]
) -> dict[str, Any]:
    """The value of every lane's pane, by label; lanes without an answer are empty.

    workspace: of the version, as it is on the page now.
    """
    first = runs.get(LABELS[0]) if workspace.count > 1 else None
    values: dict[str, Any] = dict.fromkeys(LABELS, EMPTY_LANE)
    for label, run in runs.items():
        changes = changes_since(run, workspace, presets)
        saved = {"at": run.asked_at, "changes": list(changes)}
        values[label] = {**lane_value(run, first), "saved": saved}
    return values


def changes_since(run: Run, workspace: Workspace, presets: Mapping[str, Preset]) -> tuple[str, ...]:
    """What had changed since the answer when the version was saved."""
    lane = workspace.lane(run.request.lane, presets)
    now, then = unseeded(workspace.conversation, lane), run.request
    if now.params.seed is None:
        then = replace(then, params=replace(then.params, seed=None))
    return request_changes(then, now)


def answers_diff(
    version: Sequence[SavedAnswer], page: Sequence[SavedAnswer], number: int
) -> list[str]:
    """One line for each lane whose answers differ. number: of the version."""
    old, new = ({one.lane: (one.text, one.error) for one in side} for side in (version, page))
    lines: list[str] = []
    for label in LABELS:
        if label in old and label in new and old[label] != new[label]:
            lines.append(f"Lane {label} has a different answer.")
        elif label in old and label not in new:
            lines.append(f"Lane {label} has an answer in version {number} only.")
        elif label in new and label not in old:
            lines.append(f"Lane {label} has an answer on the page only.")
    return lines
