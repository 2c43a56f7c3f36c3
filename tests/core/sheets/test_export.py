"""Answers leave as files that others read, and that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import json
import re

from openpyxl import load_workbook

from core.conversation import Conversation, message
from core.lanes import LaneSettings
from core.sheets.cell import Cell, read_cell
from core.sheets.check import Check
from core.sheets.checking import evaluate
from core.sheets.export import Answers, as_csv, jsonl, report_html, xlsx
from core.sheets.plan import Plan
from core.sheets.row_files import read_rows
from core.sheets.sheet import Row, Sheet
from core.workspace import Workspace

FORMULAS = ('=HYPERLINK("http://x")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "-7", "+1.5")
EQUALS = (Check("equals"),)
MARKUP = "<script>alert(1)</script>"


def answers(*texts: str, samples: int = 1, checks=EQUALS, error: str = "") -> Answers:
    """Lane A answers with its row's text, lane B with an error, if there is one, or “no”."""
    talk = Conversation((message("user", "{{word}}"),))
    lanes = [LaneSettings(), LaneSettings(sampling=(("temperature", 0.5),))]
    rows = tuple(Row(n, (text, text)) for n, text in enumerate(texts, start=1))
    sheet = Sheet("Words", Workspace(talk).with_lanes(lanes), ("word", "expected"), rows, checks,
                  samples, expected="expected")  # fmt: skip
    plan = Plan(sheet, {})
    cells = {}
    for place in plan.places():
        key, text = plan.key(place), texts[place.row]
        other = Cell(key, place.row, "B", text="" if error else "no", error=error)
        cells[key] = Cell(key, place.row, "A", text=text) if place.lane == "A" else other
    return Answers(plan, cells, evaluate(plan, cells))


def test_csv_has_a_line_for_each_row_with_each_lanes_answer():
    text = as_csv(answers("one", "two\nlines", samples=2))
    assert text.startswith("\ufeffrow,word,expected,A 1,A 1 passes,A 2,A 2 passes,B 1,")
    _, first, second = csv.reader(io.StringIO(text, newline=""))
    assert first == ["1", "one", "one", "one", "pass", "one", "pass", "no", "fail", "no", "fail"]
    assert second[1] == "two\nlines"
    assert read_rows(text.encode(), "x.csv").rows[1].values[1] == "two\nlines"


def test_no_value_of_csv_is_a_formula():
    lines = [*csv.reader(io.StringIO(as_csv(answers(*FORMULAS)), newline=""))][1:]
    values = [value for line in lines for value in line[1:]]
    assert not [v for v in values if v[:1] in "=@\t\r" or re.match(r"[-+](?!\d+(\.\d+)?$)", v)]
    assert [line[1].removeprefix("'") for line in lines] == [*FORMULAS]
    assert [line[1] for line in lines][-2:] == ["-7", "+1.5"]


def test_all_values_of_xlsx_are_texts():
    content = xlsx(answers(*FORMULAS, "a\x00b", "x" * 40_000))
    book = load_workbook(io.BytesIO(content))
    cells = [cell for row in book["Answers"].iter_rows(min_row=2) for cell in row if cell.value]
    assert {cell.data_type for cell in cells} == {"s"}
    assert book["Answers"]["B2"].value == FORMULAS[0]
    assert book["Answers"]["B10"].value == "a�b"
    assert len(book["Answers"]["B11"].value) == 32_767
    assert book["Results"]["A2"].value == "A"


def test_jsonl_is_what_the_journal_reads_with_the_checks():
    lines = jsonl(answers("one", error="It failed.")).splitlines()
    first, second = map(json.loads, lines)
    assert (first["values"], first["passed"], first["checks"]) == (
        {"word": "one", "expected": "one"}, True, {"equals expected": True},
    )  # fmt: skip
    assert (second["error"], second["passed"]) == ("It failed.", None)
    assert [read_cell(line).lane for line in lines] == ["A", "B"]


def test_a_report_is_one_file_without_scripts_and_with_every_text_escaped():
    made = answers(MARKUP, "two", error=MARKUP)
    text = report_html(made, "1 December 2026")
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert not re.search(r'(?:src|href)="', text)
    assert "2 of 2 pass" in text
    assert "Too few rows to compare B with A." in text
    assert "equals expected" in text


def test_a_report_without_checks_or_answers_claims_nothing():
    text = report_html(answers("one", checks=()), "now")
    assert "The sheet has no checks." in text
    assert "pass" not in re.sub("<style>.*</style>|passes", "", text, flags=re.DOTALL)
