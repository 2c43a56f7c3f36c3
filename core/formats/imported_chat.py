"""What a file of conversations gives: messages, the values it names, and what was left out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.conversation import Conversation, ToolCall, tool_call
from core.errors import InvalidInput
from core.sampling import sampling_params
from core.sessions.session_files import Version
from core.workspace import Workspace

MOST_PLACES = 5  # messages that a note names


@dataclass(frozen=True)
class ImportedChat:
    """Images that came with the file have a data URL as their path.

    sampling: the values that the file names, by Transformers' names. workspace: where the file
    holds a whole page. versions: where it holds a whole session. notes: what was left out.
    """

    conversation: Conversation
    title: str = ""
    sampling: Mapping[str, Any] = field(default_factory=dict[str, Any])
    workspace: Workspace | None = None
    versions: tuple[Version, ...] = ()
    notes: tuple[str, ...] = ()


class Notes:
    """Sentences about what was left out, each once, with the messages that it is about."""

    def __init__(self) -> None:
        self._places: dict[str, list[int]] = {}

    def add(self, sentence: str, place: int | None = None) -> None:
        """place: of the message, counted from 1; None where it is about the whole."""
        places = self._places.setdefault(sentence, [])
        if place is not None and place not in places[-1:]:
            places.append(place)

    def lines(self) -> tuple[str, ...]:
        return tuple(_with_places(text, places) for text, places in self._places.items())


def _with_places(sentence: str, places: list[int]) -> str:
    if not places:
        return sentence
    more = len(places) - MOST_PLACES
    named = ", ".join(map(str, places[:MOST_PLACES])) + (f" and {more} more" if more > 0 else "")
    return f"Message {named}: {sentence}"


def clean(text: str, notes: Notes, place: int | None = None) -> str:
    """JSON can hold halves of characters, which nothing else can: they become U+FFFD."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        notes.add("halves of characters (lone surrogates) became �.", place)
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def imported_call(value: Any, notes: Notes, place: int) -> ToolCall | None:
    """A call by OpenAI's form or ShareGPT's, as it came; None for anything else."""
    if (call := tool_call(value)) is None:
        return None
    whole = json.dumps(json.loads(call.arguments), ensure_ascii=False)
    cleaned = clean(whole, notes, place)
    arguments = call.arguments if cleaned == whole else cleaned
    return ToolCall(clean(call.id, notes, place), clean(call.name, notes, place), arguments)


def read_sampling(
    value: Mapping[str, Any], names: Mapping[str, str], notes: Notes
) -> dict[str, Any]:
    """The values under Transformers' names; one that the page can't hold is named and left out.

    names: Transformers' name by the file's.
    """
    read: dict[str, Any] = {}
    for theirs, ours in names.items():
        if (given := value.get(theirs)) is None:
            continue
        try:
            read[ours] = getattr(sampling_params({ours: given}), ours)
        except InvalidInput as error:
            reason = str(error).removeprefix(f"{ours} ")
            notes.add(f"`{theirs}` {reason} The page's own value stays.")
    return read


def tools_text(value: Any) -> str:
    """A list of tools as the text that a conversation holds; empty for none."""
    return json.dumps(value, ensure_ascii=False, indent=2) if value else ""
