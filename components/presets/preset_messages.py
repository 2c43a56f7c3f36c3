"""What a preset does to the messages, and whether they are still as it has them."""

from __future__ import annotations

from collections.abc import Sequence

from components.messages.message_editor import Row, rows_of
from core.conversation import message
from core.library.library import Preset, PresetMessage


def parted(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """The system prompt, with empty system messages before it, and the others."""
    place = _length_of_prompt([(row["role"], row["text"]) for row in rows])
    return list(rows[:place]), list(rows[place:])


def _length_of_prompt(turns: Sequence[tuple[str, str]]) -> int:
    """How many messages at the beginning are the system prompt: up to the first with a text."""
    place = 0
    while place < len(turns) and turns[place][0] == "system":
        place += 1
        if turns[place - 1][1]:
            break
    return place


def system_of(rows: Sequence[Row]) -> str:
    """The text of the system prompt; empty: there is none."""
    return "".join(row["text"] for row in parted(rows)[0])


def turns_of(rows: Sequence[Row]) -> list[PresetMessage]:
    """The messages behind the system prompt; images are not part of a preset."""
    return [PresetMessage(row["role"], row["text"]) for row in parted(rows)[1]]


def rows_under(preset: Preset, rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows with what the preset names; the same rows, their images too, where it is so."""
    changed = changed_messages(preset, rows)
    system, turns = _wanted(preset)
    begin, others = parted(rows)
    if "system prompt" in changed:
        begin = rows_of([message("system", system)]) if system else []
    if "messages" in changed:
        others = rows_of([message(turn.role, turn.content) for turn in turns or ()])
    return (*begin, *others)


def changed_messages(preset: Preset, rows: Sequence[Row]) -> list[str]:
    """What is not as in the preset, in words; what it does not name is never changed."""
    system, turns = _wanted(preset)
    other_system = system is not None and system != system_of(rows)
    return ["system prompt"] * other_system + ["messages"] * (
        turns is not None and turns != turns_of(rows)
    )


def _wanted(preset: Preset) -> tuple[str | None, list[PresetMessage] | None]:
    """The system prompt and the others; a file may also have the prompt as its first message."""
    turns = preset.messages
    if preset.system or not turns:
        return preset.system, turns
    place = _length_of_prompt([(turn.role, turn.content) for turn in turns])
    prompt = "".join(turn.content for turn in turns[:place])
    return (prompt if place else preset.system), turns[place:]
