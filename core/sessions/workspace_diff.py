"""What changed between two workspaces: settings by name, and messages with their words.

Images are equal where their paths are; `core.sessions.session_images.by_content` makes that their
content.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from core.compare.differences import Piece, SettingRow, word_diff
from core.conversation import Conversation, Message
from core.lanes import LABELS, LaneSettings
from core.workspace import Workspace

ALIKE = 0.3  # share of equal words from which on a message counts as changed, not as replaced
LOOK_AHEAD = 8  # old messages that a new one is compared with: all of them would take their product


@dataclass(frozen=True, slots=True)
class MessageChange:
    """places: in the old and in the new conversation, counted from 1, None where it isn't there.

    role: the new one, or that of the message that was removed. old_role: where it differs, else
    empty. images: a sentence where they differ, else empty.
    """

    kind: Literal["same", "changed", "removed", "added"]
    places: tuple[int | None, int | None]
    role: str
    pieces: tuple[Piece, ...]
    old_role: str = ""
    images: str = ""


@dataclass(frozen=True, slots=True)
class WorkspaceDiff:
    """settings: those that differ, each with the old value and the new. tools: words of the list
    of tools, empty where it is the same.
    """

    settings: tuple[SettingRow, ...]
    messages: tuple[MessageChange, ...]
    tools: tuple[Piece, ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.settings or self.tools) and all(m.kind == "same" for m in self.messages)


def workspace_diff(old: Workspace, new: Workspace) -> WorkspaceDiff:
    before, after = old.conversation, new.conversation
    tools = word_diff(before.tools, after.tools) if before.tools != after.tools else ()
    return WorkspaceDiff(_settings(old, new), tuple(_messages(before, after)), tools)


# -- settings ---------------------------------------------------------------------------------
def _settings(old: Workspace, new: Workspace) -> tuple[SettingRow, ...]:
    before, after = _named(old), _named(new)
    return tuple(
        SettingRow(name, (_shown(before.get(name)), _shown(after.get(name))))
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    )


def _named(saved: Workspace) -> dict[str, Any]:
    """Every setting by a name that a person knows; what a lane doesn't set has none."""
    named: dict[str, Any] = {"preset": saved.preset, **asdict(saved.params), **asdict(saved.budget)}
    named |= {f"template: {name}": value for name, value in saved.template_options}
    named |= {f"variable: {name}": value for name, value in saved.variables}
    named["lanes"] = saved.count
    named |= {"constraint": saved.constraint.summary, "tool_choice": saved.tool_choice}
    for label, lane in zip(LABELS, saved.lanes, strict=True):
        named |= {f"lane {label}: {name}": value for name, value in _lane(lane).items()}
    return named


def _lane(lane: LaneSettings) -> Mapping[str, Any]:
    plain = {"preset": lane.preset, "model": lane.model, "pinned": lane.pinned}
    plain["tool_choice"] = lane.tool_choice
    kept = {name: value for name, value in plain.items() if value}
    if lane.system is not None:
        kept["system prompt"] = lane.system
    if lane.prefill is not None:
        kept["prefill"] = lane.prefill
    if lane.constraint is not None:
        kept["constraint"] = lane.constraint.summary
    return {**kept, **dict(lane.sampling), **dict(lane.images)}


def _shown(value: Any) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(map(repr, value)) or "none"
    if isinstance(value, str):
        return value or "none"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


# -- messages ---------------------------------------------------------------------------------
def _messages(old: Conversation, new: Conversation) -> list[MessageChange]:
    before, after = old.messages, new.messages
    changes: list[MessageChange] = []
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            changes += [
                MessageChange(
                    "same", (a + n + 1, c + n + 1), turn.role, (Piece("same", turn.text),)
                )
                for n, turn in enumerate(before[a:b])
            ]
        else:
            changes += _replaced(before[a:b], after[c:d], a, c)
    return changes


def _replaced(
    before: Sequence[Message], after: Sequence[Message], a: int, c: int
) -> list[MessageChange]:
    """Pairs each new message with the next old one that is like it; the others came or went."""
    changes: list[MessageChange] = []
    taken = 0
    for place, turn in enumerate(after):
        ahead = range(taken, min(len(before), taken + LOOK_AHEAD))
        alike = next((n for n in ahead if _alike(before[n], turn)), None)
        if alike is None:
            pieces = (Piece("added", turn.text),) if turn.text else ()
            images = f"{_images_of(turn)}." if turn.images else ""
            places = None, c + place + 1
            changes.append(MessageChange("added", places, turn.role, pieces, images=images))
            continue
        changes += [_removed(before[n], a + n + 1) for n in range(taken, alike)]
        changes.append(_changed(before[alike], turn, (a + alike + 1, c + place + 1)))
        taken = alike + 1
    return changes + [_removed(before[n], a + n + 1) for n in range(taken, len(before))]


def _alike(old: Message, new: Message) -> bool:
    if old.text == new.text:
        return True
    if old.role != new.role:
        return False
    if not old.text or not new.text:
        return True
    one, other = old.text.split(), new.text.split()
    return difflib.SequenceMatcher(None, one, other, autojunk=False).quick_ratio() >= ALIKE


def _removed(turn: Message, place: int) -> MessageChange:
    pieces = (Piece("removed", turn.text),) if turn.text else ()
    images = f"{_images_of(turn)}." if turn.images else ""
    return MessageChange("removed", (place, None), turn.role, pieces, images=images)


def _changed(old: Message, new: Message, places: tuple[int, int]) -> MessageChange:
    return MessageChange(
        "changed",
        places,
        new.role,
        word_diff(old.text, new.text),
        old.role if old.role != new.role else "",
        _images(old, new),
    )


def _images(old: Message, new: Message) -> str:
    before, after = old.images, new.images
    if before == after:
        return ""
    if len(before) == len(after):
        return "Other images."
    return f"{_images_of(old)} before, {len(after)} now."


def _images_of(turn: Message) -> str:
    count = len(turn.images)
    return f"{count} image" + "s" * (count != 1)
