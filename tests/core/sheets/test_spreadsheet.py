"""XLSX files give what a spreadsheet shows, and none takes more memory than its rows are worth."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from time import thread_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from core.errors import InvalidInput
from core.sheets.spreadsheet import xlsx_records

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
STYLES = "xl/styles.xml"
LINKS = "xl/_rels/workbook.xml.rels"
LINK_TO_STRINGS = (
    b'<Relationship Id="s" Type="http://x/sharedStrings" Target="/xl/sharedStrings.xml"/>'
)
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
MOST_MEMORY = 8 * 2**20  # bytes; the largest bombs are a hundred times those here
SECOND = timedelta(seconds=1)


def xlsx(*lines: list[Any], epoch: datetime | None = None, formats: str = "") -> bytes:
    book, content = Workbook(), io.BytesIO()
    if epoch:
        book.epoch = epoch
    for line in lines:
        book.worksheets[0].append(line)
    for row in book.worksheets[0].iter_rows() if formats else ():
        for cell in row:
            cell.number_format = formats
    book.save(content)
    return content.getvalue()


def with_parts(changed: dict[str, str | bytes]) -> bytes:
    """A workbook with strings that its cells share, and with these parts."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(xlsx(["a"], ["b"]))) as before,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        parts = {one: before.read(one) for one in before.namelist()}
        parts[LINKS] = parts[LINKS].replace(b"</Rel", LINK_TO_STRINGS + b"</Rel")
        for one, content in (parts | {STRINGS: "<sst/>"} | changed).items():
            after.writestr(one, content)
    return made.getvalue()


def of_rows(rows: str) -> bytes:
    return with_parts({SHEET: f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>"})


VALUES = (
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.floats(-1e300, 1e300)
    | st.dates(date(1905, 1, 1), date(9998, 1, 1))
    | st.times().map(lambda one: one.replace(microsecond=0))
    | st.integers(10**8, 10**11).map(lambda seconds: datetime(1905, 1, 1) + seconds * SECOND)
    | st.text("abc é<&\n\t日", max_size=5) | st.just("=1+1")
    | st.timedeltas(timedelta(0), timedelta(9)).map(lambda one: one // SECOND * SECOND)
)  # fmt: skip


def shown(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime():
            return str(value.date() if value.time() == time() else value)
    return str(value)


@settings(deadline=None)
@given(st.lists(st.lists(VALUES, min_size=1, max_size=4), min_size=1, max_size=4), st.booleans())
def test_values_are_those_that_openpyxl_reads(lines, is_old):
    content = xlsx(*lines, epoch=datetime(1904, 1, 1) if is_old else None)
    sheet = load_workbook(io.BytesIO(content), data_only=True).worksheets[0]
    wanted = [[shown(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    found = xlsx_records(content, "x.xlsx")
    width = max(map(len, wanted), default=0)
    assert [line + [""] * (width - len(line)) for line in found] == [w for w in wanted if any(w)]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("<c><v>007</v></c>", "007"),
        ("<c><v>-0</v></c>", "0"),
        ("<c><v>1.50</v></c>", "1.5"),
        ("<c><v>1E3</v></c>", "1000"),
        ("<c><f>1+1</f><v>2</v></c>", "2"),
        ('<c t="str"><f>"a"</f><v>a_x000D_\nb</v></c>', "a\r\nb"),
        ('<c t="e"><v>#N/A</v></c>', "#N/A"),
        ('<c t="b"><v>1</v></c>', "TRUE"),
        ('<c t="d"><v>2024-03-08T00:00:00</v></c>', "2024-03-08"),
        ('<c t="inlineStr"><is><r><t>a</t></r><r><t> b</t></r></is></c>', "a b"),
        ('<c t="inlineStr"><is><t>漢</t><rPh sb="0" eb="1"><t>kan</t></rPh></is></c>', "漢"),
        ('<c t="inlineStr"><is><t>_x005F_x0041_</t></is></c>', "_x0041_"),
    ],
)  # fmt: skip
def test_a_cell_is_what_a_spreadsheet_shows(cell, text):
    assert xlsx_records(of_rows(f"<row>{cell}</row>"), "x.xlsx") == [[text]]


def test_cells_share_strings():
    said = "<si><t>a</t></si><si/><si><t>漢</t><rPh><t>kan</t></rPh></si><si><r><t>b</t></r></si>"
    cells = "".join(f'<c t="s"><v>{number}</v></c>' for number in (3, 2, 1, 0, 3))
    content = with_parts({STRINGS: f"<sst>{said}</sst>", SHEET: f"<x><row>{cells}</row></x>"})
    assert xlsx_records(content, "x.xlsx") == [["b", "漢", "", "a", "b"]]


def test_numbers_are_dates_where_their_style_says_so():
    assert xlsx_records(xlsx([45359, 0.5, 1e9], formats="yyyy-mm-dd"), "x.xlsx") == [
        ["2024-03-08", "12:00:00", "1000000000"]
    ]
    assert xlsx_records(xlsx([1.5], formats="[h]:mm:ss"), "x.xlsx") == [["1 day, 12:00:00"]]
    assert xlsx_records(xlsx([45359], formats="0.00"), "x.xlsx") == [["45359"]]


def test_cells_lie_where_they_say_and_rows_may_be_far_apart():
    rows = '<row r="2"><c r="C2"><v>1</v></c></row><row r="900000"><c><v>2</v></c><c r="B9"/></row>'
    assert xlsx_records(of_rows(rows), "x.xlsx") == [["", "", "1"], ["2"]]
    (line,) = xlsx_records(of_rows('<row><c r="XFD1"><v>1</v></c></row>'), "x.xlsx")
    assert len(line) == 51  # one more than are read, so that it is refused


def test_the_first_sheet_is_the_first_in_the_book_whatever_its_part_is_called():
    book, content = Workbook(), io.BytesIO()
    book.worksheets[0].append(["second"])
    book.create_chartsheet("Chart", 0)
    book.create_sheet("First", 0).append(["first"])
    book.save(content)
    assert xlsx_records(content.getvalue(), "x.xlsx") == [["first"]]


BOMBS = {  # a part, and what of it is repeated
    "cells of one row": (SHEET, "<worksheet><row>{}</row></worksheet>", "<c/>"),
    "rows": (SHEET, "<worksheet>{}</worksheet>", "<row/>"),
    "columns": (SHEET, "<worksheet><cols>{}</cols></worksheet>", "<col/>"),
    "elements inside each other": (SHEET, "<worksheet>{}</worksheet>", "<x>"),
    "attributes": (SHEET, "<worksheet><row {}/></worksheet>", "a{}='' "),
    "styles": (STYLES, "<styleSheet><cellXfs>{}</cellXfs></styleSheet>", "<xf/>"),
    "fonts": (STYLES, "<styleSheet><fonts>{}</fonts></styleSheet>", "<font/>"),
    "strings": (STRINGS, "<sst>{}</sst>", "<si/>"),
    "runs of one string": (STRINGS, "<sst><si>{}</si></sst>", "<r/>"),
    "sheets": ("xl/workbook.xml", "<workbook>{}</workbook>", "<sheet/>"),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_many_elements_take_little_memory(bomb):
    part, around, repeated = bomb
    named = around.replace(">", f" {MAIN}>", 1)
    content = with_parts({part: named.format("".join(map(repeated.format, range(40_000))))})
    began = thread_time()
    tracemalloc.start()
    try:
        with suppress(InvalidInput):
            assert len(xlsx_records(content, "x.xlsx")) <= 2
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST_MEMORY
    assert thread_time() - began < 5


ENTITIES = "<!DOCTYPE x [<!ENTITY a 'b'>]><worksheet/>"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (with_parts({SHEET: ENTITIES}), "a part with a DOCTYPE"),
        (with_parts({SHEET: " " * 5_000 + ENTITIES}), "a part with a DOCTYPE"),
        (with_parts({STRINGS: ENTITIES.encode("utf-16")}), "a part with a DOCTYPE"),
        (with_parts({SHEET: f"<x a='{'y' * 3_000_000}'/>"}), "a tag of more than 262,144 bytes"),
        (with_parts({SHEET: "<worksheet>"}), "can't be read as an XLSX file"),
        (with_parts({"_rels/.rels": "<x/>"}), "can't be read as an XLSX file"),
        (of_rows('<row><c t="s"><v>9</v></c></row>'), "can't be read as an XLSX file"),
        (of_rows('<row><c r="7"><v>9</v></c></row>'), "can't be read as an XLSX file"),
        (of_rows('<row><c><v>x</v></c></row>'), "can't be read as an XLSX file"),
    ],
)  # fmt: skip
def test_a_broken_or_hostile_part_is_refused(content, sentence):
    with pytest.raises(InvalidInput, match=f"x.xlsx (has )?{sentence}"):
        xlsx_records(content, "x.xlsx")


@pytest.mark.thorough
def test_more_elements_than_a_table_has_are_refused():
    with pytest.raises(InvalidInput, match="more than 4,000,000 elements"):
        xlsx_records(of_rows("<row/>" * 4_000_001), "x.xlsx")


def test_a_part_that_is_packed_in_an_unusual_way_is_refused():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_LZMA) as file:
        file.writestr("_rels/.rels", "<x/>")
    with pytest.raises(InvalidInput, match="compressed in a way that is not supported"):
        xlsx_records(content.getvalue(), "x.xlsx")
