"""The lanes of a run on a server: one call each, and a thread that reads it."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from time import perf_counter

from core.errors import InvalidInput
from core.runs.engine import ModelDescription
from core.runs.events import Event, Failed, Finished, Started, Token
from core.workspace import Request
from engine.queued_stream import Events, QueuedStream
from engine.remote.answer import Answer
from engine.remote.kind import Reader

log = logging.getLogger(__name__)
Call = Callable[[Request], tuple[Answer, Reader]]
OTHER_CHUNKS = 1_000  # without a token, of one answer; and one for each token of a call


class RemoteStream(QueuedStream):
    """Implements `core.runs.engine.EventStream`.

    call: makes the call of a request, which has yet to be sent, and what reads its chunks; raises
    InvalidInput. model_of: by the name that a request has; raises it too.
    """

    def __init__(
        self,
        requests: Sequence[Request],
        call: Call,
        model_of: Callable[[str], ModelDescription],
        server: str,
    ) -> None:
        events: Events = queue.SimpleQueue()
        super().__init__(events, writers=len(requests))
        began = perf_counter()
        self._lanes = [_Lane(one, events, call, model_of, server, began) for one in requests]

    def _begin(self) -> None:
        for lane in self._lanes:
            name = f"lane {lane.label}"
            threading.Thread(target=lane.read, daemon=True, name=name).start()

    def stop(self, lane: str) -> None:
        for one in self._lanes:
            if one.label == lane:
                one.stop()

    def _end(self) -> None:
        for lane in self._lanes:
            lane.stop()


class _Lane:
    """It doesn't hold its stream, so that one that is dropped ends it."""

    def __init__(
        self,
        request: Request,
        events: Events,
        call: Call,
        model_of: Callable[[str], ModelDescription],
        server: str,
        began: float,
    ) -> None:
        self.label = request.lane
        self._request = request
        self._events = events
        self._call = call
        self._model_of = model_of
        self._server = server
        self._began = began
        self._answer: Answer | None = None
        self._over = False  # nobody waits for it

    def stop(self) -> None:
        self._over = True
        if self._answer is not None:
            self._answer.close()

    def read(self) -> None:
        """To its end."""
        last: Event | None = None
        try:
            for last in self._read():
                self._events.put((self.label, last))
        except InvalidInput as error:
            last = Failed(str(error), self._seconds)
            self._events.put((self.label, last))
        except Exception as error:  # a bug; the other lanes go on
            log.exception("A lane of a server failed")
            sentence = f"Reading the answer failed: {type(error).__name__}. See the log."
            last = Failed(sentence, self._seconds)
            self._events.put((self.label, last))
        finally:
            if not isinstance(last, Finished | Failed):
                self._events.put((self.label, Finished("stopped", "", self._seconds)))
            self._events.put(None)

    def _read(self) -> Iterator[Event]:
        """Ends without a last event where the lane was stopped."""
        request = self._request
        self._answer, reader = self._call(request)
        if self._over:
            return
        room, others = request.params.max_new_tokens, OTHER_CHUNKS + request.params.max_new_tokens
        with self._answer as answer:
            if self._over:  # before it was answered
                return
            model = self._model_of(request.model)
            yield Started(None, model.name, self._seconds, capabilities=model.capabilities)
            for chunk in answer.data():
                if isinstance(chunk, dict) and "error" in chunk:
                    raise InvalidInput(answer.failure(chunk["error"]))
                events = [*reader.read(chunk, self._seconds)]
                room -= sum(isinstance(event, Token) for event in events)
                others -= not events
                if room < 0 or others < 0:
                    raise InvalidInput(
                        f"{self._server} doesn't end its answer. It was cut off after "
                        f"{request.params.max_new_tokens:,} tokens."
                    )
                for event in events:
                    yield event
                    if isinstance(event, Finished):
                        return

    @property
    def _seconds(self) -> float:
        return perf_counter() - self._began
