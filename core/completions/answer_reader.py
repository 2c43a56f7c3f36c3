"""Takes an answer apart while it is written: what is said, what is thought, which tools are called.

`core.tools.answer_parts` does so for a whole answer. Here nothing that was given out is taken back,
so the pieces do not depend on how the text arrived, and a thought needs its opening tag.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core.tools.answer_parts import MARKERS
from core.tools.schemas import Tool
from core.tools.thinking import CLOSINGS, OPENINGS

CALLS = {opening: (closing, read) for opening, closing, read in MARKERS}
GAP = "\n\n"  # where something else stood between two texts
Kind = Literal["text", "thought"]


@dataclass(frozen=True, slots=True)
class Piece:
    """What has become certain. calls: in OpenAI's form, whole."""

    text: str = ""
    thought: str = ""
    calls: tuple[dict[str, Any], ...] = ()


class AnswerReader:
    """For one answer. White space between a thought, calls and text is left out.

    tools: by which calls are read; None: they stay text. opening: the tag of a thought that the
    prompt ends with. prefill: the beginning of the answer, which is not given out.
    """

    def __init__(
        self, tools: Sequence[Tool] | None = None, opening: str = "", prefill: str = ""
    ) -> None:
        self._tools = tools
        self._mode: Literal["start", "text", "thought", "calls"] = "start"
        self._marker = ""  # that began the thought or the calls
        self._rest = ""  # not yet certain
        self._blank = ""  # white space that is left out if the text or thought ends here
        self._leads = False  # whether white space is left out until a letter comes
        self._opened = False  # whether the tag may come again
        self._said: set[Kind] = set()  # kinds that something was given out of
        self._more: set[Kind] = set()  # those that a gap belongs before
        if opening := opening.strip():
            self._open(opening, again=True)
        if prefill:
            self._continue(prefill)

    def _continue(self, prefill: str) -> None:
        for _ in self.push(prefill):
            pass
        if self._mode == "start":
            self._mode = "text"
        if self._mode != "calls":
            self._rest = self._blank = ""
            self._leads = False
        self._said.clear()

    def push(self, text: str) -> Iterator[Piece]:
        """What has become certain with it."""
        self._rest += text
        yield from self._pieces(ended=False)

    def end(self) -> Iterator[Piece]:
        """What is left."""
        yield from self._pieces(ended=True)
        if self._mode == "calls":
            yield self._called(self._rest, "")
        elif self._mode == "text" and self._blank and not self._leads:
            yield Piece(text=self._blank)

    def _pieces(self, ended: bool) -> Iterator[Piece]:
        step = {"start": self._start, "text": self._text, "thought": self._thought,
                "calls": self._calls}  # fmt: skip
        while self._rest:
            before = len(self._rest), self._mode
            piece = step[self._mode](ended)
            if piece != Piece():
                yield piece
            if before == (len(self._rest), self._mode):
                return  # it needs more text

    def _start(self, ended: bool) -> Piece:
        """A thought can begin here, white space before its tag aside."""
        begins = self._rest.lstrip()
        if tag := next((tag for tag in OPENINGS if begins.startswith(tag)), ""):
            self._rest = begins.removeprefix(tag)
            self._open(tag)
        elif ended or not any(tag.startswith(begins) for tag in OPENINGS):
            self._mode = "text"
        return Piece()

    def _open(self, tag: str, again: bool = False) -> None:
        """again: whether the model may write the tag again."""
        self._mode, self._marker, self._leads, self._opened = "thought", tag, True, again

    def _text(self, ended: bool) -> Piece:
        markers = CALLS if self._tools is not None else {}
        found = [(at, one) for one in markers if (at := self._rest.find(one)) >= 0]
        if found:
            place, self._marker = min(found)
            piece = self._cut("text", place)
            self._rest = self._rest.removeprefix(self._marker)
            self._close("text", "calls")
            return piece
        return self._cut("text", len(self._rest) - (0 if ended else _held(self._rest, markers)))

    def _thought(self, ended: bool) -> Piece:
        tag, closing = self._marker, OPENINGS[self._marker]
        if self._opened:  # some models write the prompt's tag again, at once
            if tag.startswith(self._rest) and self._rest != tag and not ended:
                return Piece()
            self._opened, self._rest = False, self._rest.removeprefix(tag)
            if not self._rest:
                return Piece()
        found = CLOSINGS[closing].search(self._rest)
        if found and (ended or found.end() < len(self._rest)):
            piece = self._cut("thought", found.start())
            self._rest = self._rest.removeprefix(closing)
            self._close("thought", "start")
            return piece
        # A backtick says that a tag is talked about, so it waits for the tag, and a tag for it.
        held = 0 if ended else _held(self._rest, (f"{closing}`", f"`{closing}"))
        return self._cut("thought", len(self._rest) - held)

    def _calls(self, ended: bool) -> Piece:
        closing, _ = CALLS[self._marker]
        inner, found, after = self._rest.partition(closing)
        if not found:
            return Piece()
        self._rest = after
        return self._called(inner, closing)

    def _called(self, inner: str, closing: str) -> Piece:
        """Calls; or the text as it was written, where they can't be read."""
        _, read = CALLS[self._marker]
        self._mode, self._leads = "start", True
        found = read(inner, self._tools or ())
        if found.whole and found.calls and not any(call.positional for call in found.calls):
            return Piece(calls=tuple(_call(call.name, call.arguments) for call in found.calls))
        return Piece(text=self._given("text", f"{self._marker}{inner}{closing}"))

    def _cut(self, kind: Kind, end: int) -> Piece:
        """Take that much of the rest, and give it out but for the white space at its end."""
        text, self._rest = self._blank + self._rest[:end], self._rest[end:]
        if self._leads:
            text = text.lstrip()
        kept = text.rstrip()
        self._blank = text[len(kept) :]
        self._leads = self._leads and not kept
        given = self._given(kind, kept)
        return Piece(text=given) if kind == "text" else Piece(thought=given)

    def _close(self, kind: Kind, mode: Literal["start", "calls"]) -> None:
        self._mode, self._blank, self._leads = mode, "", True
        self._more |= {*self._said}

    def _given(self, kind: Kind, text: str) -> str:
        if not text:
            return ""
        gap = GAP if kind in self._more else ""
        self._more.discard(kind)
        self._said.add(kind)
        return gap + text


def _call(name: str, arguments: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    written = json.dumps(dict(arguments), ensure_ascii=False)
    function = {"name": name, "arguments": written}
    return {"id": f"call_{secrets.token_hex(12)}", "type": "function", "function": function}


def _held(text: str, markers: Iterable[str]) -> int:
    """How many of the last characters may become one of the markers."""
    longest = max(map(len, markers), default=0)
    ends = (text[place:] for place in range(max(0, len(text) - longest), len(text)))
    return next((len(end) for end in ends if any(one.startswith(end) for one in markers)), 0)
