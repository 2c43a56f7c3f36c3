"""The rows of a sheet with their answers as a file: CSV, JSONL, XLSX or an HTML report."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from core.bounds import LARGEST_EXPORT
from core.conversation import Conversation
from core.errors import InvalidInput
from core.sheets.cell import Cell, Place, cell_line
from core.sheets.checking import Outcome, passes
from core.sheets.plan import Plan
from core.sheets.results import Comparison, LaneResult, results
from core.sheets.review_results import Reviewed, ReviewResult
from core.sheets.sheet import Row

RUN_BY_SPREADSHEETS = tuple("=+-@\t\r")
NUMBER = re.compile(r"[-+]\d+(?:\.\d+)?")
LONGEST_IN_XLSX = 32_767  # characters of a value
MARKS = {True: "pass", False: "fail", None: ""}
ENDINGS = {
    "end_of_sequence": "end of turn", "stop_string": "stop string", "time_limit": "time limit",
    "context_length": "context full",
}  # fmt: skip
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip


@dataclass(frozen=True)
class Answers:
    """What is exported. cells: by key. outcomes: of `core.sheets.checking.evaluate`. review: None
    without a judgement.
    """

    plan: Plan
    cells: Mapping[str, Cell]
    outcomes: Mapping[Place, Sequence[Outcome]]
    review: ReviewResult | None = None

    def cell(self, place: Place) -> Cell | None:
        return self.cells.get(self.plan.key(place))

    def passes(self, place: Place) -> bool | None:
        return passes(self.outcomes.get(place, ()))

    @cached_property
    def reviewed(self) -> Mapping[tuple[int, int], Reviewed]:
        """By the index of the row, and sample."""
        found = self.review.reviewed if self.review else ()
        return {(one.item.row, one.item.sample): one for one in found}

    def samples(self) -> Iterator[tuple[str, int]]:
        """Each lane with each of its samples."""
        for lane in self.plan.lanes:
            for sample in range(self.plan.samples(lane.label)):
                yield lane.label, sample


def jsonl(answers: Answers) -> str:
    """A line for each answer: what the journal holds, with the row's values and the checks."""
    return "".join(_lines(answers))


def _lines(answers: Answers) -> Iterator[str]:
    sheet = answers.plan.sheet
    labels = [check.label for check in sheet.checks]
    for place in answers.plan.places():
        cell = answers.cell(place)
        if cell is None:
            continue
        row = sheet.rows[place.row]
        here = replace(cell, row=row.number, lane=place.lane, sample=place.sample)
        found = answers.outcomes.get(place, ())
        marks = [one.passed for one in found]
        extra: dict[str, Any] = {"values": dict(zip(sheet.columns, row.values, strict=True))}
        if labels:
            extra |= {
                "passed": answers.passes(place),
                "checks": dict(zip(labels, marks, strict=False)),
                "why": " ".join(one.why for one in found if one.why),
            }
        if said := answers.reviewed.get((place.row, place.sample)):
            extra["review"] = [
                {"reviewer": j.reviewer, "score": dict(j.scores)[place.lane], "note": j.note}
                for j in said.judgements
            ]
        yield cell_line(here, extra)


def table(answers: Answers) -> Iterator[list[str]]:
    """A line for each row of the sheet, after one with names: its values, then each lane's answer,
    whether that passes, and its wins from 0 to 1 or its rating in the blind review.
    """
    sheet, many = answers.plan.sheet, answers.plan.sheet.samples > 1
    samples = [*answers.samples()]
    names = [f"{lane} {sample + 1}" if many else lane for lane, sample in samples]
    marked, reviewed = bool(sheet.checks), bool(answers.reviewed)
    heads = ["", *[" passes"] * marked, *[" review"] * reviewed]
    yield [
        "row",
        *sheet.columns,
        *(f"{name}{more}" for name in names for more in heads),
    ]
    for index, row in enumerate(sheet.rows):
        line = [str(row.number), *row.values]
        for lane, sample in samples:
            place = Place(index, lane, sample)
            cell = None if row.problem else answers.cell(place)
            line.append(
                f"Error: {cell.error}" if cell and cell.error else cell.text if cell else ""
            )
            if marked:
                line.append(MARKS[answers.passes(place)])
            if reviewed:
                said = answers.reviewed.get((index, sample))
                line.append(f"{said.score(lane):.3g}" if said else "")
        yield line


def as_csv(answers: Answers) -> str:
    """With a mark that tells spreadsheets that it is UTF-8."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_inert(value) for value in line] for line in table(answers))
    return "\ufeff" + text.getvalue()


def _inert(value: str) -> str:
    """A value that no spreadsheet takes for a formula: those get an apostrophe, not numbers."""
    if value.startswith(RUN_BY_SPREADSHEETS) and not NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def xlsx(answers: Answers) -> bytes:
    """Two sheets: the answers and the results. All values are texts, also those like formulas."""
    book = Workbook(write_only=True)
    _fill(book.create_sheet("Answers"), table(answers))
    _fill(book.create_sheet("Results"), _result_lines(answers))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _fill(sheet: Any, lines: Iterator[list[str]]) -> None:
    for line in lines:
        cells: list[Any] = []
        for value in line:
            text = ILLEGAL_CHARACTERS_RE.sub("�", value)
            if len(text) > LONGEST_IN_XLSX:
                text = f"{text[: LONGEST_IN_XLSX - 1]}…"
            cell: Any = WriteOnlyCell(sheet, text)
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)


def _result_lines(answers: Answers) -> Iterator[list[str]]:
    lanes, comparisons = results(answers.plan, answers.cells, answers.outcomes)
    yield [
        "lane",
        "preset",
        "pass",
        "answers",
        "rate",
        "low",
        "high",
        "undecided",
        "errors",
        "tokens",
        "seconds",
    ]
    for one in lanes:
        rates = ["" if rate is None else f"{rate:.4g}" for rate in (one.rate, one.low, one.high)]
        means = ["" if mean is None else f"{mean:.4g}" for mean in (one.tokens, one.seconds)]
        yield [
            one.lane, answers.plan.names.get(one.lane, ""), str(one.passed), str(one.answers),
            *rates, str(one.undecided), str(one.errors), *means,
        ]  # fmt: skip
    yield []
    for comparison in comparisons:
        yield [comparison.sentence]
    if answers.review:
        yield []
        yield ["Blind review"]
        for sentence in answers.review.sentences:
            yield [sentence]
        for lane in answers.review.lanes:
            yield [lane.lane, lane.sentence]


# -- HTML -------------------------------------------------------------------------------------
def report_html(answers: Answers, made: str) -> str:
    """One file without scripts; every text is escaped. made: when, as text.

    Raises InvalidInput where it would be too large for a browser.
    """
    plan = answers.plan
    lanes, comparisons = results(plan, answers.cells, answers.outcomes)
    size = sum(len(value) for line in table(answers) for value in line)
    if size > LARGEST_EXPORT // 2:
        raise InvalidInput(
            f"The report would have {size:,} characters of rows and answers; "
            f"the limit is {LARGEST_EXPORT // 2:,}. Export CSV, JSONL or XLSX."
        )
    return TEMPLATES.get_template("sheet_report.html").render(
        title=plan.sheet.name or "Sheet",
        made=made,
        messages=_messages(plan.sheet.workspace.conversation),
        checks=[check.label for check in plan.sheet.checks],
        columns=plan.sheet.columns,
        lanes=[_lane(plan, one) for one in lanes],
        comparisons=[_compared(one) for one in comparisons],
        settings=_settings(plan),
        samples=plan.sheet.samples,
        review=answers.review,
        rows=(_row(answers, index, row) for index, row in enumerate(plan.sheet.rows)),
    )


def _messages(talk: Conversation) -> list[tuple[str, str]]:
    return [(turn.role, turn.text) for turn in talk.messages]


def _compared(one: Comparison) -> tuple[str, str]:
    return one.headline, one.text


def _lane(plan: Plan, one: LaneResult) -> dict[str, Any]:
    percent = None
    if one.rate is not None and one.low is not None and one.high is not None:
        percent = [100 * one.rate, 100 * one.low, 100 * one.high]
    return {
        "label": one.lane,
        "name": plan.names.get(one.lane, ""),
        "percent": percent,
        "result": one,
        "stops": ", ".join(f"{ENDINGS.get(why, why)} {count}" for why, count in one.stop_reasons),
    }


def _settings(plan: Plan) -> list[tuple[str, list[str]]]:
    """Sampling values that differ between the lanes, and the models if they name any."""
    rows: list[tuple[str, list[str]]] = []
    for name in plan.lanes[0].params.__dataclass_fields__:
        values = [str(getattr(lane.params, name)) for lane in plan.lanes]
        if len(set(values)) > 1 or name == "temperature":
            rows.append((name, values))
    if any(lane.model for lane in plan.lanes):
        rows.append(("model", [lane.model or "in use" for lane in plan.lanes]))
    return rows


def _row(answers: Answers, index: int, row: Row) -> dict[str, Any]:
    lanes: list[list[dict[str, Any]]] = []
    for lane in answers.plan.lanes:
        places = (Place(index, lane.label, n) for n in range(answers.plan.samples(lane.label)))
        lanes.append([] if row.problem else [_shown(answers, place) for place in places])
    return {"number": row.number, "values": row.values, "problem": row.problem, "lanes": lanes}


def _shown(answers: Answers, place: Place) -> dict[str, Any]:
    cell = answers.cell(place)
    found = answers.outcomes.get(place, ())
    return {
        "text": "" if cell is None else cell.error or cell.text,
        "mark": "error" if cell and cell.error else MARKS[answers.passes(place)],
        "why": " ".join(one.why for one in found if one.why),
    }
