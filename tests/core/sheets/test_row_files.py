"""Tables are read from what spreadsheets, scripts and evaluations write; nothing is lost unsaid."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from contextlib import suppress
from datetime import date
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from core.bounds import LARGEST_FILE
from core.errors import InvalidInput
from core.sheets.row_files import Table, read_rows, variable_name
from core.variables import fill

SECONDS = 5.0


def plain(table: Table) -> list[dict[str, str]]:
    return [dict(zip(table.columns, row.values, strict=True)) for row in table.rows]


def xlsx(*lines: list) -> bytes:
    book, content = Workbook(), io.BytesIO()
    for line in lines:
        book.worksheets[0].append(line)
    book.save(content)
    return content.getvalue()


def archive(**parts: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for name, part in parts.items():
            file.writestr(name, part)
    return content.getvalue()


DATES = [{"date": "2024-03-08", "expected": "March 8, 2024"}, {"date": "7", "expected": "no"}]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("date\texpected\r\n2024-03-08\tMarch 8, 2024\r\n7\tno\r\n", ""),
        ("\ufeffdate,expected\n2024-03-08,\"March 8, 2024\"\n\n7,no\n", "dates.csv"),
        ("date;expected\n2024-03-08;March 8, 2024\n7;no", "dates.csv"),
        ('{"date": "2024-03-08", "expected": "March 8, 2024"}\n{"date": 7, "expected": "no"}', ""),
        (json.dumps(DATES), "dates.json"),
        ("\n".join(json.dumps({"item": row}) for row in DATES), "dates.jsonl"),
        ("date\texpected\n2024-03-08\tMarch 8, 2024\n7\tno".encode("utf-16"), "dates.txt"),
        (xlsx(["date", "expected"], [date(2024, 3, 8), "March 8, 2024"], [], [7.0, "no"]), "d.xls"),
    ],
)  # fmt: skip
def test_each_format_gives_the_same_rows(content, name):
    table = read_rows(content, name)
    assert plain(table) == DATES
    assert [row.number for row in table.rows] == [1, 2]
    assert not any(row.problem for row in table.rows)


def test_what_a_spreadsheet_puts_on_the_clipboard_keeps_its_line_breaks_and_quotes():
    pasted = 'text\tnote\n"two\nlines with ""quotes"""\t"Hello" he said\n"open\t5" nails\n'
    assert plain(read_rows(pasted)) == [
        {"text": 'two\nlines with "quotes"', "note": '"Hello" he said'},
        {"text": '"open', "note": '5" nails'},
    ]


def test_pasted_sentences_are_a_column_of_lines():
    assert plain(read_rows("Paris, in France\r\nRome, too\r\n")) == [
        {"column_1": "Paris, in France"}, {"column_1": "Rome, too"},
    ]  # fmt: skip
    assert plain(read_rows("city\nParis\n")) == [{"city": "Paris"}]


def test_rows_pasted_into_a_sheet_need_no_names():
    table = read_rows("2024-03-08\tMarch", columns=["date", "expected"])
    assert plain(table) == [{"date": "2024-03-08", "expected": "March"}]
    assert plain(read_rows("expected\tdate\nMarch\t2024", columns=["date", "expected"])) == [
        {"expected": "March", "date": "2024"}
    ]


@pytest.mark.parametrize(
    ("content", "name", "columns", "rows", "note"),
    [
        ("text\tspam\nhi\tham", "", "text label", [["text", "spam"], ["hi", "ham"]],
         "read as values, but has the names of columns: text"),
        ("text\nhi", "", "text label", [["hi"]], "read as the names of the columns."),
        ("text\tspam", "", "text label", [["text", "spam"]], "read as values"),
        ("label\ttext\nspam\thi", "", "text label", [["spam", "hi"]], ""),
        ("Due date,Some Text\n1 May,x", "a.csv", "Due_date Some_Text", [["1 May", "x"]], ""),
        ("größe,größe\n1,2", "a.csv", "größe größe_2", [["1", "2"]], ""),
        ("text,label,who,when\nhi,spam,me,now", "a.csv", "text label",
         [["hi", "spam", "me", "now"]], "names of the columns. New: who, when."),
        ("#\t??\n1\t2", "", "column_1 column_2", [["#", "??"], ["1", "2"]], ""),
        ("a\tb\n1\t2", "", "text label", [["a", "b"], ["1", "2"]], ""),
    ],
)  # fmt: skip
def test_a_first_row_has_names_if_most_or_all_columns_are_among_them(
    content, name, columns, rows, note
):
    table = read_rows(content, name, columns.split())
    assert [[*row.values][: len(rows[0])] for row in table.rows] == rows
    assert (
        any(note in one for one in table.notes)
        if note
        else not [one for one in table.notes if "first row" in one]
    )


def test_names_of_columns_become_names_of_variables():
    table = read_rows("Question 1,größe,größe,2nd,#?\nIs it?,7,8,9,x", "a.csv")
    assert table.columns == ("column_1", "column_2", "column_3", "column_4", "column_5")
    table = read_rows("Question 1,größe,größe,2nd\nIs it?,7,8,9", "a.csv")
    assert table.columns == ("Question_1", "größe", "größe_2", "_2nd")
    assert "The column “Question 1” is called Question_1 in the prompt." in table.notes
    assert variable_name("  ", 3) == "column_3"


@given(st.text(max_size=80), st.integers(1, 50))
def test_any_heading_becomes_a_name(heading, number):
    name = variable_name(heading, number)
    assert 1 <= len(name) <= 64
    assert all(part.isidentifier() for part in name.split("."))
    assert fill(f"{{{{{name}}}}}", {name: "x"}) == "x"


def test_a_chat_becomes_its_last_question_and_answer():
    chat = {"messages": [
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "Capital?"},
        {"role": "assistant", "content": "Paris"},
    ]}  # fmt: skip
    evaluation = {"input": [{"role": "user", "content": "2+2?"}], "ideal": "4"}
    assert plain(read_rows(f"{json.dumps(chat)}\n{json.dumps(evaluation)}")) == [
        {"system": "Be brief.", "conversation": "User: Hi\n\nAssistant: Hello\n",
         "user": "Capital?", "expected": "Paris"},
        {"system": "", "conversation": "", "user": "2+2?", "expected": "4"},
    ]  # fmt: skip


def test_inner_objects_become_columns_and_numbers_stay_as_they_are_written():
    (row,) = plain(read_rows('{"item": {"a": {"b": 1.10}}, "c": [1.0, null, "é"], "d": true}'))
    assert row == {"a.b": "1.10", "c": '[1.0, null, "é"]', "d": "true"}


@pytest.mark.parametrize(
    ("content", "name", "number", "problem"),
    [
        ("a,b\n1,2\n3\n", "x.csv", 2, "It has 1 value for 2 columns."),
        ("a,b\n1,2,3,4\n", "x.csv", 1, "It has 4 values for 2 columns."),
        ('{"a": 1}\n{oops\n', "x.jsonl", 2, "Line 2 is not JSON at column 2"),
        ('{"a": 1}\n7\n', "x.jsonl", 2, "Line 2 is not an object"),
        ('{"a": 1}\n{"a": NaN}\n', "x.jsonl", 2, "NaN is not a value of JSON"),
        ('{"a": 1}\n{"messages": [7]}\n', "x.jsonl", 2, "Line 2, message 1"),
        ("[" * 5_000 + "]" * 5_000, "x.jsonl", 1, "is nested too deeply"),
        ("a,b\nx," + "y" * 100_001, "x.csv", 1, "It has 100,001 characters in b; the first"),
    ],
)
def test_a_bad_row_is_named_and_kept(content, name, number, problem):
    table = read_rows(content, name)
    (bad,) = [row for row in table.rows if row.problem]
    assert bad.number == number
    assert problem in bad.problem
    assert bad.values[0]


def test_values_beyond_the_columns_are_kept_in_the_last_one():
    assert plain(read_rows("a,b\n1,2,3,4\n", "x.csv")) == [{"a": "1", "b": "2, 3, 4"}]


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"x" * (LARGEST_FILE + 1), "x.csv", "20,971,521 bytes; at most 20,971,520 are read"),
        ("", "", "The text is empty"),
        (b"\xff\xd8\xff\xe0", "x.jpg", "not text in UTF-8.*Save it as “CSV UTF-8”"),
        (",".join(map(str, range(10_000))), "x.csv", "more than 50 columns"),
        ("\t".join(map(str, range(51))), "", "more than 50 columns"),
        (json.dumps([{str(n): n for n in range(10_000)}]), "x.json", "more than 50 columns"),
        ("a\n" + "x\n" * 10_001, "x.csv", "more than 10,000 rows"),
        ('{"a": 1}\n' * 10_001, "x.jsonl", "more than 10,000 rows"),
        ("a,b\n" + f'"{"x" * 99_000}"\n' * 203, "x.csv", "more than 20,000,000 characters"),
        ('a\n"' + "x" * 200_000, "x.csv", "line 2: field larger.*Check the quotes"),
        ("[1, 2", "x.json", "is not JSON with a list of objects"),
        (b"PK\x03\x04 no archive", "x.xlsx", "can't be read as an XLSX file"),
        ("[" + "1," * 3_000_000 + "1]", "x.json", "more than 3,000,000 separators"),
        ("," * 3_000_001, "x.csv", "more than 3,000,000 separators"),
        ("\r" * 3_000_001 + "a", "x.csv", "more than 3,000,000 separators"),
        ("x\n" * 3_000_001, "", "more than 3,000,000 separators"),
        (archive(a=b"0" * 70_000_000), "x.xlsx", "unpacks to 70,000,000 bytes; at most 67,108,864"),
        (
            archive(**{str(n): b"" for n in range(2_001)}),
            "x.xlsx",
            "has 2,001 parts; at most 2,000",
        ),
        (archive(a=b"<x/>"), "x.xlsx", "can't be read as an XLSX file"),
        (xlsx(list(range(51))), "x.xlsx", "more than 50 columns"),
    ],
)
def test_what_is_too_much_or_no_table_is_refused_soon(content, name, sentence):
    began = thread_time()
    with pytest.raises(InvalidInput, match=f"(?s){sentence}"):
        read_rows(content, name)
    assert thread_time() - began < SECONDS


@pytest.mark.parametrize(
    "content", ['"\t""' * 700_000, '"' * 5_000_000, '"x\t' * 700_000, '"' + "x\t" * 900_000]
)
def test_quotes_that_never_end_are_read_soon(content):
    began = thread_time()
    with suppress(InvalidInput):
        assert len(read_rows(content).columns) <= 50
    assert thread_time() - began < SECONDS


@given(st.lists(st.lists(st.text("ab\t\n\"', ;é", max_size=6), min_size=2, max_size=2), min_size=1))
def test_rows_come_back_from_csv_and_from_a_clipboard(rows):
    kept = [row for row in rows if any(value.strip() for value in row)]
    if not kept:
        return
    for dialect, name in (("excel", "x.csv"), ("excel-tab", "x.tsv")):
        text = io.StringIO(newline="")
        csv.writer(text, dialect, quoting=csv.QUOTE_ALL).writerows([["a", "b"], *kept])
        assert [[*row.values] for row in read_rows(text.getvalue(), name).rows] == kept
