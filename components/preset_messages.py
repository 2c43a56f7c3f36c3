"""What a preset does to the messages, and whether they are still as it has them."""

from __future__ import annotations

from collections.abc import Sequence

from components.message_editor import Row, rows_of
from core.conversation import message
from core.library import Preset, PresetMessage


def parted(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """The system message that begins the list, or none, and the others."""
    place = 1 if rows and rows[0]["role"] == "system" else 0
    return list(rows[:place]), list(rows[place:])


def system_of(rows: Sequence[Row]) -> str:
    """The text of the system message that begins the list; empty: there is none."""
    return "".join(row["text"] for row in parted(rows)[0])


def turns_of(rows: Sequence[Row]) -> list[PresetMessage]:
    """The messages behind the system prompt; images are not part of a preset."""
    return [PresetMessage(row["role"], row["text"]) for row in parted(rows)[1]]


def rows_under(preset: Preset, rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows with what the preset names; the same rows, their images too, where it is so."""
    changed = changed_messages(preset, rows)
    begin, others = parted(rows)
    if "system prompt" in changed:
        begin = rows_of([message("system", preset.system)]) if preset.system else []
    if "messages" in changed:
        others = rows_of(preset.turns)
    return (*begin, *others)


def changed_messages(preset: Preset, rows: Sequence[Row]) -> list[str]:
    """What is not as in the preset, in words; what it does not name is never changed."""
    system = preset.system is not None and preset.system != system_of(rows)
    turns = preset.messages is not None and preset.messages != turns_of(rows)
    return ["system prompt"] * system + ["messages"] * turns
