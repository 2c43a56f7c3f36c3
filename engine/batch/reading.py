"""Questions about tokens that are given: each ends with its prefill, and nothing is decoded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any, Generic, TypeVar

from core.bounds import check_text
from core.errors import InvalidInput
from core.runs.capabilities import cannot
from core.runs.scores import (
    Distribution,
    DistributionEvent,
    Scored,
    ScoredToken,
    ScoreEvent,
    Scoring,
)
from core.workspace import Request
from engine.batch.beginnings import check_ids, constraint_after
from engine.batch.member import Member
from engine.batch.prefill import Prefill
from engine.batch.run_handle import RunHandle
from engine.batch.streaming import Part, Stream
from engine.batch.worker import Worker
from engine.loading.checkpoint import Checkpoint
from engine.prompt.prompting import Prompt
from engine.sampling.detokeniser import Detokeniser

Item = TypeVar("Item")


class ScoreReading(Member):
    """How likely the last tokens of prompt and answer were, so many of them; whole: all."""

    def __init__(
        self, request: Request, prompt: Prompt, checkpoint: Checkpoint, handle: RunHandle,
        count: int, whole: bool,
    ) -> None:  # fmt: skip
        super().__init__(request.lane, prompt, handle)
        check_ids(prompt.after, checkpoint, may_end=True)
        self._before = len(prompt.keys) - count
        self.scored_from = 0 if whole else self._before
        self._checkpoint = checkpoint

    def advanced(self, prefill: Prefill) -> None:
        if prefill.done:
            self.end(self._scored(prefill))
        else:
            self.emit(Scoring(prefill.read, prefill.tokens, self.handle.seconds))

    def _scored(self, prefill: Prefill) -> Scored:
        assert prefill.scores
        prompt, decode = self.prompt, self._checkpoint.prompting.decode
        shown = Detokeniser(decode, prompt.rendered.token_ids)
        texts = [token.text for token in prompt.rendered.tokens]
        texts += map(shown.push, prompt.after)
        texts[-1] += shown.flush()
        numbers = prefill.scores.numbers()
        unknown = len(texts) - len(numbers)
        images = [token.image for token in prompt.rendered.tokens]
        tokens = [
            ScoredToken(token_id, text)
            if place < unknown or (place < len(images) and images[place])
            else ScoredToken(token_id, text, *numbers[place - unknown])
            for place, (token_id, text) in enumerate(zip(prompt.ids, texts, strict=True))
        ]
        name, seconds = self._checkpoint.description.name, self.handle.seconds
        return Scored(name, tuple(tokens), self._before, prefill.cached_tokens, seconds)


class DistributionReading(Member):
    """What may come after the prompt."""

    def __init__(
        self, request: Request, prompt: Prompt, checkpoint: Checkpoint, handle: RunHandle
    ) -> None:
        super().__init__(request.lane, prompt, handle)
        check_ids(prompt.after, checkpoint)
        self._constraint = constraint_after(request, prompt, checkpoint)
        self._name = checkpoint.description.name

    def advanced(self, prefill: Prefill) -> None:
        if not prefill.done:
            return
        assert prefill.logits is not None
        allowed = self._constraint.allowed() if self._constraint else None
        self.end(
            Distribution(
                self._name,
                prefill.logits.cpu().numpy().tobytes(),
                frozenset(self.prompt.ids),
                b"" if allowed is None else allowed.cpu().numpy().tobytes(),
                prefill.cached_tokens,
                self.handle.seconds,
            )
        )


def score(
    worker: Worker | str, request: Request, continuation: str | Sequence[int], whole: bool,
    visitor: str,
) -> Answer[ScoreEvent]:  # fmt: skip
    """As the engine's verb. worker: a sentence where there is none."""
    ids: tuple[int, ...] = ()
    if not isinstance(worker, str):
        try:
            ids = _ids(worker.checkpoint, continuation)
            if not ids and not whole:
                raise InvalidInput("The text to score is empty. Write one, or score the prompt.")
        except InvalidInput as error:
            worker = str(error)
    given = replace(request, begins_with=(*request.begins_with, *ids))
    return _asked(worker, given, partial(ScoreReading, count=len(ids), whole=whole), visitor)


def _ids(checkpoint: Checkpoint, continuation: str | Sequence[int]) -> tuple[int, ...]:
    if not checkpoint.description.capabilities.scores:
        raise InvalidInput(cannot(checkpoint.description.name, "score text"))
    if isinstance(continuation, str):
        check_text(continuation, checkpoint.description.context_length)
        return checkpoint.prompting.answer_ids(continuation)
    return tuple(continuation)


def distribution(
    worker: Worker | str, request: Request, ids: Sequence[int], visitor: str
) -> Answer[DistributionEvent]:
    """As the engine's verb. worker: a sentence where there is none."""
    given = replace(request, begins_with=tuple(ids))
    return _asked(worker, given, DistributionReading, visitor)


def _asked(worker: Worker | str, request: Request, make: Any, visitor: str) -> Answer[Any]:
    handle = RunHandle(visitor, perf_counter())
    return Answer(Stream([Part(worker, [request], handle, make)], handle.events))


class Answer(Iterator[Item], Generic[Item]):
    """The events of one question, from a stream whose lanes are not told apart."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def start(self) -> None:
        self._stream.start()

    def __next__(self) -> Item:
        event: Any = next(self._stream)[1]
        return event

    def drain(self) -> tuple[list[Item], bool]:
        items, ended = self._stream.drain()
        events: list[Any] = [event for _, event in items]
        return events, ended

    def close(self) -> None:
        self._stream.close()
