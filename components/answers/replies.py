"""An answer as turns: used as a reply, or with the results of the tools that it calls.

A reply is what the model wrote, byte for byte, with a thought's opening tag put back where the
prompt had it: chat templates that drop past thoughts look for the tags themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from components.messages.message_editor import Row, new_row
from core.errors import InvalidInput
from core.tools.answer_parts import AnswerPart, answer_parts, without_thoughts
from core.tools.thinking import OPENINGS

MOST_RESULTS = 100


@dataclass(frozen=True)
class _Answer:
    """What a lane shows, as a browser sends it. opening: as in `components.answers.answer_view`."""

    prefill: str
    text: str
    opening: str
    ended: bool

    @property
    def whole(self) -> str:
        return self.prefill + self.text

    @property
    def parts(self) -> tuple[AnswerPart, ...]:
        return answer_parts(self.whole, self.opening.strip())

    def turn(self, thought: bool) -> str:
        if not thought:
            return without_thoughts(self.whole, self.parts)
        doubled = self.whole.startswith(self.opening.strip())
        return self.whole if doubled else self.opening + self.whole


def with_reply(rows: Sequence[Row], lane: Any, thought: bool = True) -> tuple[Row, ...]:
    """The rows with the lane's answer as a turn, and room for what comes next if it ended: results
    of tools that it calls, else a user turn.

    thought: False leaves out what was thought. A prefill that still stands as the last row is
    continued; else the answer is a row of its own. Raises InvalidInput where there is no answer.
    """
    answer = _answer(lane)
    kept = _with_turn(rows, answer, thought)
    if not answer.ended:
        return kept
    count = _call_count(answer)
    return (*kept, *(new_row("tool") for _ in range(count))) if count else (*kept, new_row("user"))


def with_results(rows: Sequence[Row], lane: Any, results: Any) -> tuple[Row, ...]:
    """The rows with the lane's answer, which holds the calls, and a tool turn for each result."""
    answer = _answer(lane)
    if not isinstance(results, list) or not 0 < len(results) <= MOST_RESULTS:
        raise InvalidInput("There is no call to give a result to. Run again.")
    texts = [str(result) for result in results]
    for place, text in enumerate(texts, start=1):
        if not text.strip():
            which = f"Result {place} of {len(texts)}" if len(texts) > 1 else "The result"
            raise InvalidInput(f"{which} is empty. Write what the tool answers, such as null.")
    kept = _with_turn(rows, answer, thought=True)
    return (*kept, *(new_row("tool", text) for text in texts))


def _answer(lane: Any) -> _Answer:
    """Raises InvalidInput where there is no answer."""
    value = lane if isinstance(lane, dict) else {}
    opening = str(value.get("opening") or "")
    answer = _Answer(
        str(value.get("prefill") or ""),
        str(value.get("text") or ""),
        opening if opening.strip() in OPENINGS else "",
        value.get("stop_reason") in ("end_of_sequence", "stop_string"),
    )
    if not answer.text:
        raise InvalidInput("This lane has no answer yet. Run it first.")
    return answer


def _with_turn(rows: Sequence[Row], answer: _Answer, thought: bool) -> tuple[Row, ...]:
    text = answer.turn(thought)
    last = rows[-1] if rows else None
    if last and last["role"] == "assistant" and last["text"] == answer.prefill:
        return (*rows[:-1], {**last, "text": text})
    return (*rows, new_row("assistant", text))


def _call_count(answer: _Answer) -> int:
    """How many results the calls wait for; one for calls that can't be read."""
    blocks = [part.read for part in answer.parts if part.read is not None]
    return min(sum(len(read.calls) or 1 for read in blocks), MOST_RESULTS)
