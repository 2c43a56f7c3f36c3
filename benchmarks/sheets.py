"""A sheet, from its first request to the last answer on the disk, against call after call."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from operator import eq
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.measure import Figure
from benchmarks.subject import Subject
from benchmarks.together import asked, worker_of
from core.conversation import Conversation, message
from core.lanes import LaneSettings
from core.sampling import SamplingParams
from core.sheets.cell import Place
from core.sheets.journal import Journal
from core.sheets.plan import Plan
from core.sheets.runner import SheetRun
from core.sheets.sheet import Row, Sheet
from core.workspace import Request, Workspace
from engine.batch.limits import Limits
from engine.batch.streaming import Stream

TEMPERATURES = (0.3, 0.6, 0.9, 1.2)  # of the lanes
BATCH = 16  # rows of a padded batch
COMPARED = 4  # rows
NEW = 16  # tokens of an answer: what is checked by rows is short


class _OneWorker:
    """So much of an engine as a sheet needs."""

    def __init__(self, subject: Subject) -> None:
        self._worker = worker_of(subject.checkpoint, Limits())

    def stream(self, requests: Sequence[Request], visitor: str = "") -> Stream:
        return asked(self._worker, requests)


def rows_and_lanes(subject: Subject) -> float:
    """Seconds of `generate()` for each row in each lane / those of the sheet.

    `generate()` is timed once for each lane, as all rows are as long. Its time begins with the
    prompt's ids; the sheet's has the building of the prompts and the journal in it.
    """
    plan = Plan(_sheet(subject), {})
    one_row = [plan.request(place) for place, _ in zip(plan.places(), TEMPERATURES, strict=False)]
    one_by_one = sum(map(subject.alone, one_row)) * subject.sizes.rows
    return one_by_one / _seconds(subject, plan)


def rows_and_padded(subject: Subject) -> Figure:
    """Seconds of `generate()` for padded batches of rows, lane by lane / those of the sheet.

    One batch is timed for each lane. The detail says how many rows of a batch with prompts of
    several lengths get the tokens that `generate()` gives them alone, greedily: what it draws in a
    batch comes from one generator for all rows, and can't be compared.
    """
    plan = Plan(_sheet(subject), {})
    rows = range(min(BATCH, subject.sizes.rows))
    batches = [[plan.request(Place(row, lane.label)) for row in rows] for lane in plan.lanes]
    padded = sum(map(subject.padded, batches)) * subject.sizes.rows / len(rows)
    same = _same_tokens(subject, batches[0])
    detail = f"padded rows with their own greedy tokens: {same} of {COMPARED}"
    return Figure(padded / _seconds(subject, plan), detail)


def _same_tokens(subject: Subject, requests: Sequence[Request]) -> int:
    build, params = subject.checkpoint.prompting.build, requests[0].params
    greedy = replace(params, temperature=0.0)
    found = [build(one.conversation, one.budget).rendered.token_ids for one in requests[:COMPARED]]
    prompts = [(*ids[:2], *ids[2 + 3 * place :]) for place, ids in enumerate(found)]
    together = subject.answers(prompts, greedy)
    alone = [subject.answers([one], greedy)[0] for one in prompts]
    return sum(map(eq, together, alone))


def _seconds(subject: Subject, plan: Plan) -> float:
    """From the sheet's first request to its last answer on the disk."""
    engine: Any = _OneWorker(subject)
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "cells.jsonl")
        run = SheetRun(engine, plan, journal)
        began = perf_counter()
        run.start()
        run.join()
        seconds = perf_counter() - began
        cells = journal.cells.values()
        journal.close()
    assert len(cells) == subject.sizes.rows * len(TEMPERATURES)
    new = plan.lanes[0].params.max_new_tokens
    assert {cell.tokens for cell in cells} == {new}, [*cells][0].error
    return seconds


def _sheet(subject: Subject) -> Sheet:
    """Digits are one token each to the tokenizer that all use; a row has three."""
    talk = Conversation((message("system", "7" * subject.sizes.shared), message("user", "{{n}}")))
    params = SamplingParams(max_new_tokens=min(NEW, subject.sizes.new), seed=0)
    lanes = [LaneSettings(sampling=(("temperature", value),)) for value in TEMPERATURES]
    rows = tuple(Row(n, (f"{n:03}",)) for n in range(1, subject.sizes.rows + 1))
    return Sheet("Rows", Workspace(talk, params=params).with_lanes(lanes), ("n",), rows)
