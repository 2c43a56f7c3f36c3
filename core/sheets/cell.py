"""One answer of a sheet as the journal keeps it: its text, figures and seed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from core.errors import InvalidInput
from core.runs.events import StopReason
from core.runs.run import Run
from core.validity.check import answer_of

Line = Annotated[str, Field(max_length=1_000)]
Answer = Annotated[str, Field(max_length=2_000_000)]
Count = Annotated[int, Field(ge=0, le=2**53)]
Seconds = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer stands in a sheet. row: its index, counted from 0."""

    row: int
    lane: str
    sample: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    """key: names what was asked, as `core.sheets.plan` computes it: a cell whose row, lane or
    prompt has changed since has another key than its place, and no longer counts.

    row: the row's number. text: the whole answer with its prefill. answer: without thoughts, where
    that is something else. error: why there is none; such a cell has run, and failed.
    """

    key: Line
    row: Count
    lane: Line
    sample: Count = 0
    seed: Count = 0
    model: Line = ""
    text: Answer = ""
    answer: Answer | None = None
    stop_reason: StopReason | None = None
    error: Annotated[str, Field(max_length=10_000)] = ""
    prompt_tokens: Count = 0
    cached_tokens: Count = 0
    tokens: Count = 0
    seconds: Seconds = 0.0
    first_token_seconds: Seconds | None = None
    incomplete: bool = False
    token_ids: tuple[Count, ...] = ()
    time: Line = ""

    @property
    def checked(self) -> str:
        """What checks look at."""
        return self.text if self.answer is None else self.answer


_CELL = TypeAdapter(Cell)


def cell_of(run: Run, key: str, row: int, lane: str, sample: int, time: str) -> Cell:
    """run: one that is done or has failed. time: when, in ISO 8601."""
    text, answer = run.prefill_text + run.text, answer_of(run)
    waited, first = run.started_seconds or 0.0, run.time_to_first_token
    return Cell(
        key, row, lane, sample, run.request.params.seed or 0, run.model, text,
        None if answer == text else answer, run.stop_reason, run.error[:10_000],
        run.prompt_tokens, run.cached_tokens, run.token_count, max(0.0, run.seconds - waited),
        None if first is None else max(0.0, first - waited), run.incomplete, run.token_ids, time,
    )  # fmt: skip


def cell_line(cell: Cell, extra: dict[str, Any] | None = None) -> str:
    """One line of JSON with its line break. extra: further fields, which reading leaves out."""
    usual = Cell(cell.key, cell.row, cell.lane)
    fields = {
        name: value
        for name, value in asdict(cell).items()
        if name in ("key", "row", "lane", "sample", "text") or value != getattr(usual, name)
    }
    return json.dumps({**fields, **(extra or {})}, ensure_ascii=False) + "\n"


def read_cell(line: str | bytes) -> Cell:
    """Raises InvalidInput."""
    try:
        return _CELL.validate_json(line)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise InvalidInput(f"{place or 'The line'}: {first['msg']}.") from error
