"""How a preset changes the messages, and whether they still match it."""

from __future__ import annotations

from collections.abc import Sequence

from core.conversation import Message, message
from core.library.library import Preset, PresetMessage


def parted(messages: Sequence[Message]) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
    """The system prompt, with empty system messages before it, and the other messages."""
    place = _length_of_prompt([(turn.role, turn.text) for turn in messages])
    return tuple(messages[:place]), tuple(messages[place:])


def _length_of_prompt(turns: Sequence[tuple[str, str]]) -> int:
    """How many messages at the start are the system prompt: up to the first with text."""
    place = 0
    while place < len(turns) and turns[place][0] == "system":
        place += 1
        if turns[place - 1][1]:
            break
    return place


def system_of(messages: Sequence[Message]) -> str:
    """The text of the system prompt; empty without one."""
    return "".join(turn.text for turn in parted(messages)[0])


def turns_of(messages: Sequence[Message]) -> list[PresetMessage]:
    """The messages after the system prompt, without images, which presets do not keep."""
    return [PresetMessage(turn.role, turn.text) for turn in parted(messages)[1]]


def messages_under(preset: Preset, messages: Sequence[Message]) -> tuple[Message, ...]:
    """The messages with the preset's values; if they already match, unchanged and with images."""
    changed = changed_messages(preset, messages)
    system, turns = _wanted(preset)
    begin, others = parted(messages)
    if "system prompt" in changed:
        begin = (message("system", system),) if system else ()
    if "messages" in changed:
        others = tuple(message(turn.role, turn.content) for turn in turns or ())
    return (*begin, *others)


def changed_messages(preset: Preset, messages: Sequence[Message]) -> list[str]:
    """What differs from the preset, in words. Values that it does not set never count."""
    system, turns = _wanted(preset)
    other_system = system is not None and system != system_of(messages)
    return ["system prompt"] * other_system + ["messages"] * (
        turns is not None and turns != turns_of(messages)
    )


def _wanted(preset: Preset) -> tuple[str | None, list[PresetMessage] | None]:
    """The system prompt and the messages. In a file, the prompt may also be the first message."""
    turns = preset.messages
    if preset.system or not turns:
        return preset.system, turns
    place = _length_of_prompt([(turn.role, turn.content) for turn in turns])
    prompt = "".join(turn.content for turn in turns[:place])
    return (prompt if place else preset.system), turns[place:]
