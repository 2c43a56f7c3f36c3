"""A run as its reader sees it: prompts are built here, events come from the worker."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from core.conversation import Conversation
from core.events import Failed
from core.vision import VisionBudget
from core.workspace import Request
from engine.failures import is_expected, run_sentence
from engine.prompting import Prompt
from engine.row import Row
from engine.ticket import Events, LaneEvent, Ticket
from engine.worker import Worker

log = logging.getLogger(__name__)


class Stream(Iterator[LaneEvent]):
    """All lanes of a call to one worker, or to none: a sentence that says why.

    Nothing happens before `start` or the first event that is asked for.

    `close` may be called from any thread, also while another waits for an event: no event comes
    after it, and the lanes are out of the batch before its next step.
    """

    def __init__(self, worker: Worker | str, requests: Sequence[Request], ticket: Ticket) -> None:
        self._worker = worker
        self._requests = requests
        self._ticket = ticket
        self._ended = False

    def __next__(self) -> LaneEvent:
        self.start()
        item = None if self._ended or self._ticket.closed else self._ticket.take()
        if item is None or self._ticket.closed:
            self._ended = True
            raise StopIteration
        return item

    def stop(self, lane: str) -> None:
        self._ticket.stop(lane)

    def close(self) -> None:
        self._ticket.close()

    def __del__(self) -> None:
        self.close()

    def start(self) -> None:
        """Build the prompts and hand them to the worker; once only."""
        requests, self._requests = self._requests, ()
        if not requests or self._ticket.closed:
            return
        if isinstance(self._worker, str):
            self._refuse(requests, self._worker)
            return
        checkpoint = self._worker.checkpoint
        built: dict[tuple[Conversation, VisionBudget], Prompt] = {}
        rows: list[Row] = []
        for request in requests:
            key = (request.conversation, request.budget)
            try:
                if key not in built:
                    built[key] = checkpoint.prompting.build(*key)
                prompt = built[key]
                if request.inspection:
                    prompt = prompt.with_answer(request.inspection.after)
                rows.append(Row(request, prompt, checkpoint, self._ticket))
            except Exception as error:
                if not is_expected(error):
                    log.error("A lane failed", exc_info=error)
                self._ticket.emit(request.lane, Failed(run_sentence(error), self._ticket.seconds))
        self._ticket.open(rows)
        if rows:
            self._worker.submit(self._ticket)

    def _refuse(self, requests: Sequence[Request], reason: str) -> None:
        for request in requests:
            self._ticket.emit(request.lane, Failed(reason, self._ticket.seconds))
        self._ticket.open(())


class Together(Iterator[LaneEvent]):
    """Streams of several models as one; their tickets share `events`."""

    def __init__(self, streams: Sequence[Stream], events: Events) -> None:
        self._streams = streams
        self._events = events
        self._open = len(streams)
        self._closed = False

    def __next__(self) -> LaneEvent:
        for stream in self._streams:
            stream.start()
        while self._open and not self._closed:
            item = self._events.get()
            if item is not None and not self._closed:
                return item
            self._open -= 1
        raise StopIteration

    def stop(self, lane: str) -> None:
        for stream in self._streams:
            stream.stop(lane)

    def close(self) -> None:
        self._closed = True
        for stream in self._streams:
            stream.close()
