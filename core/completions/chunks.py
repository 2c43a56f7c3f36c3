"""The chunks of any server of OpenAI's protocol as events.

What a server has taken out of the answer, a thought or calls, is written back as the text that the
page reads them from: lanes keep one text, whoever answers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, get_args

from core.bounds import is_cut
from core.errors import InvalidInput
from core.runs.events import Event, Finished, StopReason, Token
from core.tools.call_writer import START, calls_text

WRONG = "{server} sent something that is not a part of an answer. Check its address and version."
REASONS: dict[str, StopReason] = {
    "stop": "end_of_sequence", "tool_calls": "end_of_sequence", "length": "max_new_tokens",
}  # fmt: skip
ENDS: tuple[StopReason, ...] = get_args(StopReason)  # as a playground tells them
LONGEST_TEXT, MOST_TOKENS = 10_000, 1_000  # of a chunk
OPENING, CLOSING = "<think>", "</think>"
MOST_CALLS = 64


class ChunkReader:
    """For one answer. server: its name, for sentences."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._thinks = False
        self._tells_ids = False
        self._calls: dict[int, list[str]] = {}  # name and arguments by place

    def read(self, chunk: Any, seconds: float) -> Iterator[Event]:
        """Raises InvalidInput for what is no chunk of the only choice."""
        try:
            choices = chunk["choices"]
            if not choices:  # what it took
                return
            (choice,) = choices
            delta = choice.get("delta") or {}
            text = self._text(delta)
            ids, logprobs = _tokens(choice)
            reason, ended_by = choice.get("finish_reason"), choice.get("ended_by")
            self._called(delta.get("tool_calls") or [])
            if ended_by not in (None, *ENDS):
                raise InvalidInput(WRONG.format(server=self._server))
            if reason is not None and not (reason in REASONS and isinstance(text, str)):
                raise InvalidInput(f"{self._server} ended the answer: {str(reason)[:100]!r}.")
            if is_cut(text) or len(text) > LONGEST_TEXT or max(len(ids), len(logprobs)) > (
                MOST_TOKENS
            ):  # fmt: skip
                raise InvalidInput(WRONG.format(server=self._server))
        except (TypeError, ValueError, LookupError, AttributeError) as error:
            raise InvalidInput(WRONG.format(server=self._server)) from error
        rest = "" if reason is None else self._rest(cut=reason == "length")
        self._tells_ids = self._tells_ids or bool(ids)
        if reason is not None and self._tells_ids and not ids:  # held back, and no token's own
            text, rest = "", text + rest
        count = max(len(ids), len(logprobs), bool(text))
        for place in range(count):
            yield Token(
                ids[place] if place < len(ids) else None,
                text if place == count - 1 else "",
                logprobs[place] if place < len(logprobs) else None,
                seconds,
            )
        if reason is not None:
            stopped = isinstance(choice.get("stop_reason") or choice.get("matched_stop"), str)
            ended: StopReason = "stop_string" if stopped and reason == "stop" else REASONS[reason]
            yield Finished(ended_by or ended, rest, seconds)

    def _text(self, delta: Any) -> str:
        thought = delta.get("reasoning_content") or delta.get("reasoning") or ""
        said = delta.get("content") or ""
        text = ""
        if thought:
            text = thought if self._thinks else OPENING + thought
            self._thinks = True
        if said and self._thinks:
            text, self._thinks = text + CLOSING, False
        return text + said

    def _called(self, calls: Any) -> None:
        for call in calls:
            place, function = call.get("index", 0), call["function"]
            if type(place) is not int or not 0 <= place < MOST_CALLS:
                raise ValueError(place)
            kept = self._calls.setdefault(place, ["", ""])
            kept[0] += function.get("name") or ""
            kept[1] += function.get("arguments") or ""
            if len(kept[0]) + len(kept[1]) > LONGEST_TEXT:
                raise ValueError(place)

    def _rest(self, cut: bool) -> str:
        """What is written back at the end. It is no token of the model's: those are counted.

        cut: whether the answer was cut off; then a thought stays open, and so does half a call.
        """
        calls = [(name, arguments or "{}") for name, arguments in self._calls.values()]
        closing = CLOSING if self._thinks and not cut else ""
        try:
            written = calls_text(calls)
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            if not cut:
                raise InvalidInput(WRONG.format(server=self._server)) from error
            written = f"{START}[{', '.join(f'{name}({given}' for name, given in calls)}"
        if is_cut(written):
            raise InvalidInput(WRONG.format(server=self._server))
        return closing + written


def _tokens(choice: Any) -> tuple[list[int], list[float]]:
    """vLLM tells ids next to the text, llama.cpp with the logprobs."""
    entries = (choice.get("logprobs") or {}).get("content") or []
    logprobs = [one["logprob"] for one in entries]
    ids = choice.get("token_ids") or [one["id"] for one in entries if "id" in one]
    if not all(type(one) is int for one in ids) or not all(
        isinstance(one, int | float) and math.isfinite(one) for one in logprobs
    ):  # fmt: skip
        raise ValueError(ids)
    return ids, [float(one) for one in logprobs]
