"""An answer as turns: as a reply, or with the results of its tool calls.

A reply is what the model wrote, byte for byte. If the prompt opened a thought, the opening tag is
added: chat templates that drop past thoughts look for the tags.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.conversation import Message, message
from core.errors import InvalidInput
from core.tools.answer_parts import AnswerPart, answer_parts, without_thoughts
from core.tools.thinking import OPENINGS

MOST_RESULTS = 100


@dataclass(frozen=True)
class _Answer:
    """A lane's answer, as a browser sends it. opening: as in `components.answers.answer_view`."""

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


def with_reply(messages: Sequence[Message], lane: Any, thought: bool = True) -> tuple[Message, ...]:
    """The messages with the lane's answer as a turn. If it ended, an empty turn follows: for each
    tool result, else for the user.

    thought: False leaves out the thoughts. If the prefill is still the last message, the answer
    continues it; else it is a new message. Raises InvalidInput without an answer.
    """
    answer = _answer(lane)
    kept = _with_turn(messages, answer, thought)
    if not answer.ended:
        return kept
    count = _call_count(answer)
    return (*kept, *[message("tool", "")] * count) if count else (*kept, message("user", ""))


def with_results(messages: Sequence[Message], lane: Any, results: Any) -> tuple[Message, ...]:
    """The messages with the lane's answer and its calls, and a turn for each result."""
    answer = _answer(lane)
    if not isinstance(results, list) or not 0 < len(results) <= MOST_RESULTS:
        raise InvalidInput("This answer has no tool call. Run again.")
    texts = [str(result) for result in results]
    for place, text in enumerate(texts, start=1):
        if not text.strip():
            which = f"Result {place} of {len(texts)}" if len(texts) > 1 else "The result"
            raise InvalidInput(f"{which} is empty. Enter what the tool returned, or null.")
    kept = _with_turn(messages, answer, thought=True)
    return (*kept, *(message("tool", text) for text in texts))


def _answer(lane: Any) -> _Answer:
    """Raises InvalidInput without an answer."""
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


def _with_turn(messages: Sequence[Message], answer: _Answer, thought: bool) -> tuple[Message, ...]:
    text = answer.turn(thought)
    last = messages[-1] if messages else None
    if last and last.role == "assistant" and last.text == answer.prefill:
        return (*messages[:-1], last.with_text(text))
    return (*messages, message("assistant", text))


def _call_count(answer: _Answer) -> int:
    """How many results the calls need; one for unreadable calls."""
    blocks = [part.read for part in answer.parts if part.read is not None]
    return min(sum(len(read.calls) or 1 for read in blocks), MOST_RESULTS)
