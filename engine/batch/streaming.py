"""A run as its reader sees it: prompts are built here, events come from the workers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.conversation import Conversation
from core.runs.events import Failed
from core.template_options import OptionValues
from core.vision import VisionBudget
from core.workspace import Request
from engine.batch.member import Member
from engine.batch.row import Row
from engine.batch.run_handle import RunHandle
from engine.batch.worker import Worker
from engine.failures import is_expected, run_sentence
from engine.loading.checkpoint import Checkpoint
from engine.prompt.prompting import Prompt
from engine.queued_stream import Events, QueuedStream

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Part:
    """The lanes of a run that one worker answers, or none: then it is a sentence that says why.

    handle: all parts of a run share its `events`. make: what becomes of a request and its prompt.
    """

    worker: Worker | str
    requests: Sequence[Request]
    handle: RunHandle
    make: Callable[[Request, Prompt, Checkpoint, RunHandle], Member] = Row

    def start(self) -> None:
        """Build the prompts and hand them to the worker."""
        if isinstance(self.worker, str):
            for request in self.requests:
                self.handle.emit(request.lane, Failed(self.worker, self.handle.seconds))
            self.handle.open(())
            return
        checkpoint = self.worker.checkpoint
        built: dict[tuple[Conversation, VisionBudget, OptionValues], Prompt] = {}
        rows: list[Member] = []
        for request in self.requests:
            key = (request.conversation, request.budget, request.template_options)
            try:
                if key not in built:
                    built[key] = checkpoint.prompting.build(*key)
                given = request.begins_with
                prompt = built[key].with_answer(given) if given else built[key]
                rows.append(self.make(request, prompt, checkpoint, self.handle))
            except Exception as error:
                if not is_expected(error):
                    log.error("A lane failed", exc_info=error)
                self.handle.emit(request.lane, Failed(run_sentence(error), self.handle.seconds))
        self.handle.open(rows)
        if rows:
            self.worker.submit(self.handle)


class Stream(QueuedStream):
    """All lanes of a call. After `close` they are out of the batch before its next step."""

    def __init__(self, parts: Sequence[Part], events: Events) -> None:
        super().__init__(events, writers=len(parts))
        self._parts = parts

    def _begin(self) -> None:
        for part in self._parts:
            if not self._closed:
                part.start()

    def stop(self, lane: str) -> None:
        for part in self._parts:
            part.handle.stop(lane)

    def _end(self) -> None:
        for part in self._parts:
            part.handle.close()
