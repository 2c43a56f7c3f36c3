"""A run: all lanes of a call, from their prompts to their last events."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from time import perf_counter

from core.conversation import Conversation
from core.events import Event, Failed, Started
from core.vision import VisionBudget
from core.workspace import Request
from engine.checkpoint import Checkpoint
from engine.decoding import Group
from engine.failures import is_expected, run_sentence
from engine.prompting import Prompt
from engine.row import Row

log = logging.getLogger(__name__)
LaneEvent = tuple[str, Event]


def stream(
    checkpoint: Checkpoint, requests: Sequence[Request], began: float
) -> Generator[LaneEvent, None, None]:
    """Yields each lane's events; began: `perf_counter()` that seconds count from.

    Groups of lanes with the same prompt take steps in turn. Closing frees all caches; no step
    begins after it. A failure ends the lanes it concerns only.
    """
    groups: list[Group] = []
    try:
        rows = yield from _start(checkpoint, requests, began)
        for prompt, members in _shared(rows):
            groups.append(Group(prompt, members, checkpoint))
        rows = []
        while groups:
            for group in list(groups):
                yield from _step(group, began)
                if not group.rows:
                    groups.remove(group)
    finally:
        for group in groups:
            group.close()


def _start(
    checkpoint: Checkpoint, requests: Sequence[Request], began: float
) -> Generator[LaneEvent, None, list[Row]]:
    """Builds the prompts; returns the rows of the lanes that could be started."""
    built: dict[tuple[Conversation, VisionBudget], Prompt] = {}
    rows: list[Row] = []
    for request in requests:
        key = (request.conversation, request.budget)
        try:
            if key not in built:
                built[key] = checkpoint.prompting.build(*key)
            row = Row(request, built[key], checkpoint)
        except Exception as error:
            yield request.lane, _failed(error, began)
            continue
        rendered = row.prompt.rendered
        yield request.lane, Started(rendered, checkpoint.description.name, _since(began))
        length, context = len(rendered.tokens), rendered.context_length
        if length < context:
            rows.append(row)
            continue
        sentence = (
            f"The prompt has {length:,} tokens, and the model's context holds {context:,} for "
            "prompt and answer together. Remove messages, shorten them, or use fewer images."
        )
        yield request.lane, Failed(sentence, _since(began))
    return rows


def _shared(rows: Sequence[Row]) -> list[tuple[Prompt, list[Row]]]:
    """Rows by prompt, in the order of the lanes."""
    groups: list[tuple[Prompt, list[Row]]] = []
    for row in rows:
        for prompt, members in groups:
            if prompt is row.prompt or prompt.same_inputs(row.prompt):
                members.append(row)
                break
        else:
            groups.append((row.prompt, [row]))
    return groups


def _step(group: Group, began: float) -> Generator[LaneEvent, None, None]:
    try:
        chosen = group.step()
        seconds = _since(began)
        tokens = [(row, row.take(i, logprob, seconds)) for row, i, logprob in chosen]
        ended = [row for row, _ in tokens if row.stop_reason]
        group.keep([row for row in group.rows if not row.stop_reason])
    except Exception as error:
        failed = _failed(error, began)
        lanes = [row.lane for row in group.rows]
        group.close()
        for lane in lanes:
            yield lane, failed
        return
    for row, token in tokens:
        yield row.lane, token
        if row in ended:
            yield row.lane, row.finished(_since(began))


def _failed(error: Exception, began: float) -> Failed:
    if not is_expected(error):
        log.error("A lane failed", exc_info=error)
    return Failed(run_sentence(error), _since(began))


def _since(began: float) -> float:
    return perf_counter() - began
