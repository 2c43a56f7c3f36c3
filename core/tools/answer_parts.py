"""An answer taken apart: what is said, what is thought, and which tools are called.

Offsets are of the whole text, so that nothing of it is lost or changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from core.tools.call_reader import read_calls
from core.tools.schemas import Tool
from core.tools.thinking import Thought, stray_thought, thought_at
from core.tools.tool_calls import ReadCalls
from core.tools.xml_calls import read_xml_calls

Read = Callable[[str, Sequence[Tool]], ReadCalls]
# Opening and closing marker, and what reads what stands between them.
MARKERS: tuple[tuple[str, str, Read], ...] = (
    ("<|tool_call_start|>", "<|tool_call_end|>", lambda text, _: read_calls(text)),
    ("<tool_call>", "</tool_call>", read_xml_calls),
)


@dataclass(frozen=True, slots=True)
class AnswerPart:
    """Characters `start` up to `end`; of a thought without its tags, of calls with their markers.

    closed: its closing tag or marker is there. read: of calls only.
    """

    kind: Literal["text", "thought", "calls"]
    start: int
    end: int
    closed: bool = True
    read: ReadCalls | None = None


def answer_parts(
    text: str, opening: str = "", tools: Sequence[Tool] = ()
) -> tuple[AnswerPart, ...]:
    """The parts in order, without white space between them; an empty thought is one too.

    opening: the tag of a thought that the prompt ends with. Plain text is one part.
    """
    parts: list[AnswerPart] = []
    place, first = 0, True
    while place < len(text) or (first and opening):
        start, marker = _next_call(text, place)
        thought = _thought(text, place, start, opening if first else "", first)
        first = False
        if thought is not None:
            parts.append(AnswerPart("thought", thought.start, thought.end, thought.closed))
            place = thought.after
            continue
        parts.append(AnswerPart("text", place, start))
        if marker is None:
            break
        part, place = _calls(text, start, marker, tools)
        parts.append(part)
    return _trimmed(text, parts)


def without_thoughts(text: str, parts: Sequence[AnswerPart]) -> str:
    """What is said and called, as it was written; a blank line where a thought stood between."""
    if not any(part.kind == "thought" for part in parts):
        return text
    kept = [part for part in parts if part.kind != "thought"]
    pieces: list[str] = []
    for place, part in enumerate(kept):
        between = text[kept[place - 1].end : part.start] if place else ""
        pieces += ["\n\n" if between.strip() else between, text[part.start : part.end]]
    return "".join(pieces)


def _thought(text: str, place: int, end: int, opening: str, first: bool) -> Thought | None:
    found = thought_at(text, place, opening)
    return stray_thought(text, end) if found is None and first else found


def _next_call(text: str, place: int) -> tuple[int, tuple[str, str, Read] | None]:
    """Where the next block of calls begins and by which marker; else the end of the text."""
    found = [(text.find(marker[0], place), marker) for marker in MARKERS]
    places = [(start, marker) for start, marker in found if start >= 0]
    return min(places, key=lambda item: item[0]) if places else (len(text), None)


def _calls(
    text: str, start: int, marker: tuple[str, str, Read], tools: Sequence[Tool]
) -> tuple[AnswerPart, int]:
    opening, closing, read = marker
    inner = start + len(opening)
    end = text.find(closing, inner)
    inner_end, after = (end, end + len(closing)) if end >= 0 else (len(text), len(text))
    found = read(text[inner:inner_end], tools)
    return AnswerPart("calls", start, after, end >= 0, found), after


def _trimmed(text: str, parts: list[AnswerPart]) -> tuple[AnswerPart, ...]:
    """Without white space at the edges between parts; it stays at the ends of plain text."""
    kept: list[AnswerPart] = []
    for place, part in enumerate(parts):
        start, end = part.start, part.end
        if part.kind != "calls":
            if place > 0 or part.kind == "thought":
                start = end - len(text[start:end].lstrip())
            if place < len(parts) - 1:
                end = start + len(text[start:end].rstrip())
        if start < end or part.kind == "thought":
            kept.append(AnswerPart(part.kind, start, end, part.closed, part.read))
    return tuple(kept)
