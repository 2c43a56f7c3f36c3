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
from engine.remote.kind import Reader
from engine.remote.remote_server import Answer

log = logging.getLogger(__name__)
LaneEvent = tuple[str, Event]
OTHER_CHUNKS = 1_000  # without a token, of one answer


class RemoteStream(Iterator[LaneEvent]):
    """Implements `core.runs.engine.EventStream`.

    call: makes the call of a request, which has yet to be sent, and what reads its chunks; raises
    InvalidInput. model_of: by the name that a request has; raises it too.
    """

    def __init__(
        self,
        requests: Sequence[Request],
        call: Callable[[Request], tuple[Answer, Reader]],
        model_of: Callable[[str], ModelDescription],
        server: str,
    ) -> None:
        self._began = perf_counter()
        self._events: queue.SimpleQueue[LaneEvent | None] = queue.SimpleQueue()
        self._requests = requests
        self._call = call
        self._model_of = model_of
        self._server = server
        self._open = len(requests)
        self._answers: dict[str, Answer] = {}
        self._over: set[str] = set()  # lanes that nobody waits for
        self._started = False
        self._closed = False

    def start(self) -> None:
        if self._started:
            return
        self._started = True
        for request in self._requests:
            name = f"lane {request.lane}"
            threading.Thread(target=self._read, args=(request,), daemon=True, name=name).start()

    def __next__(self) -> LaneEvent:
        self.start()
        while self._open and not self._closed:
            item = self._events.get()
            if item is not None and not self._closed:
                return item
            self._open -= 1
        raise StopIteration

    def drain(self) -> tuple[list[LaneEvent], bool]:
        items: list[LaneEvent] = []
        while self._open and not self._closed:
            try:
                item = self._events.get_nowait()
            except queue.Empty:
                return items, False
            if item is None:
                self._open -= 1
            else:
                items.append(item)
        return items, True

    def stop(self, lane: str) -> None:
        self._over.add(lane)
        if answer := self._answers.get(lane):
            answer.close()

    def close(self) -> None:
        self._closed = True
        for request in self._requests:
            self.stop(request.lane)
        self._events.put(None)

    def _read(self, request: Request) -> None:
        """One lane to its end."""
        lane = request.lane
        last: Event | None = None
        try:
            for last in self._of_lane(request):
                self._events.put((lane, last))
        except InvalidInput as error:
            last = Failed(str(error), self._seconds)
            self._events.put((lane, last))
        except Exception as error:  # a bug; the other lanes go on
            log.exception("A lane of a server failed")
            sentence = f"Reading the answer failed: {type(error).__name__}. See the log."
            last = Failed(sentence, self._seconds)
            self._events.put((lane, last))
        finally:
            if not isinstance(last, Finished | Failed):
                self._events.put((lane, Finished("stopped", "", self._seconds)))
            self._events.put(None)

    def _of_lane(self, request: Request) -> Iterator[Event]:
        """Ends without a last event where the lane was stopped."""
        call, reader = self._call(request)
        self._answers[request.lane] = call
        if request.lane in self._over:
            return
        room, others = request.params.max_new_tokens, OTHER_CHUNKS
        with call as answer:
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
