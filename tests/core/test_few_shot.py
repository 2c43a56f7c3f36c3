"""Pasted examples, in the three ways in which people write them."""

import csv
import io

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.conversation import message
from core.errors import InvalidInput
from core.few_shot import ARROW, insertion_place, parse_pairs, turns

FILLED = st.text(min_size=1).filter(str.strip)
LINE = (
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\\"))
    .map(str.strip)
    .filter(lambda text: text and ARROW not in text)
)


def pairs_of(cells):
    return st.lists(st.tuples(cells, cells), min_size=1, max_size=5).filter(no_heading)


def no_heading(pairs):
    first = tuple(cell.strip().lower() for cell in pairs[0])
    return first not in (("input", "output"), ("user", "assistant"))


def table(pairs, delimiter):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(pairs)
    return out.getvalue()


@given(pairs_of(LINE))
def test_arrow_lines_read_back_as_the_pairs_they_were_written_from(pairs):
    text = "\n".join(f"{left} {ARROW} {right}" for left, right in pairs)
    assert parse_pairs(text) == tuple(pairs)


@given(pairs_of(FILLED))
def test_a_quoted_tsv_table_reads_back_whatever_its_cells_hold(pairs):
    assert parse_pairs(table(pairs, "\t")) == tuple(pairs)


@given(pairs_of(FILLED))
def test_a_quoted_csv_table_reads_back_unless_a_cell_holds_a_tab_or_an_arrow(pairs):
    text = table(pairs, ",")
    assume("\t" not in text)
    assume(ARROW not in text)
    assert parse_pairs(text) == tuple(pairs)


@given(st.text(st.sampled_from('ab ,"\t\n\r=>\\')))
def test_any_text_is_read_into_full_pairs_or_refused(text):
    try:
        pairs = parse_pairs(text)
    except InvalidInput:
        return
    assert pairs
    assert all(left.strip() and right.strip() for left, right in pairs)


def test_spaces_around_an_arrow_and_blank_lines_are_no_part_of_a_pair():
    assert parse_pairs("\n  hot=>cold  \n\n up  =>  down\n") == (("hot", "cold"), ("up", "down"))


def test_only_the_first_arrow_of_a_line_divides_it():
    assert parse_pairs("x => y => z") == (("x", "y => z"),)


def test_a_backslash_n_in_an_arrow_line_is_a_line_break():
    assert parse_pairs(r"one\ntwo => 1\n2") == (("one\ntwo", "1\n2"),)


def test_a_comma_in_an_arrow_line_is_text():
    assert parse_pairs("2024-01-15 => January 15, 2024") == (("2024-01-15", "January 15, 2024"),)


def test_an_arrow_in_a_table_with_tabs_is_text():
    assert parse_pairs("a => b\tc") == (("a => b", "c"),)


def test_csv_may_have_spaces_after_its_commas():
    assert parse_pairs("hot, cold\nup, down") == (("hot", "cold"), ("up", "down"))


def test_a_quoted_cell_keeps_its_commas_quotes_and_line_breaks():
    text = '"Say ""hi"", please.","Hi!\nAnd hello."\n'
    assert parse_pairs(text) == (('Say "hi", please.', "Hi!\nAnd hello."),)


def test_a_quoted_tsv_cell_keeps_its_quotes_and_line_breaks():
    text = '"Say ""hi""."\t"Hi!\nAnd hello."\nup\tdown\n'
    assert parse_pairs(text) == (('Say "hi".', "Hi!\nAnd hello."), ("up", "down"))


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("between", [",", "\t", " => "])
def test_line_ends_of_every_system_are_read(between, line_end):
    """A table with lone carriage returns raised csv.Error, which no one catches."""
    text = line_end.join(f"{left}{between}{right}" for left, right in (("a", "b"), ("c", "d")))
    assert parse_pairs(text) == (("a", "b"), ("c", "d"))


@pytest.mark.parametrize("heading", ["input{}output", "User{}Assistant", "INPUT{}Output"])
@pytest.mark.parametrize("between", [",", "\t", " => "])
def test_a_heading_is_no_example(heading, between):
    text = f"{heading.format(between)}\nhot{between}cold"
    assert parse_pairs(text) == (("hot", "cold"),)


@pytest.mark.parametrize("text", ["", "   ", "\n\n", "\t"])
def test_a_blank_text_is_refused_with_the_form_to_write(text):
    with pytest.raises(InvalidInput, match="no examples. Write one `input => output` pair"):
        parse_pairs(text)


@pytest.mark.parametrize("text", ["input,output", "input => output", ",", '""', '""\t""'])
def test_a_heading_alone_and_a_table_of_empty_cells_are_refused(text):
    """A table of empty cells raised IndexError: the heading was looked for in no rows."""
    with pytest.raises(InvalidInput, match="only a heading or an empty table"):
        parse_pairs(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a => b\nno arrow here", ["Example 2", "'no arrow here'", "1 columns"]),
        ("a => b\nc =>", ["Example 2", "empty"]),
        ("a,b\nc,d,e", ["Example 2", "c | d | e", "3 columns"]),
        ("input,output\na,b\nc", ["Example 2", "'c'"]),
        ("a\tb\n\td", ["Example 2", "empty"]),
    ],
)
def test_an_example_that_is_no_pair_is_named_by_its_place_without_the_heading(text, words):
    with pytest.raises(InvalidInput) as caught:
        parse_pairs(text)
    for word in [*words, "Write exactly two"]:
        assert word in str(caught.value)


def test_a_table_that_csv_cannot_read_is_refused_with_its_line():
    """A cell beyond the csv module's limit raised csv.Error, which no one catches."""
    with pytest.raises(InvalidInput, match="can't be read at line 2: field larger"):
        parse_pairs("a,b\nc," + "d" * (csv.field_size_limit() + 1))


def test_pairs_become_turns_of_user_and_assistant():
    assert turns([("hot", "cold"), ("up", "down")]) == (
        message("user", "hot"),
        message("assistant", "cold"),
        message("user", "up"),
        message("assistant", "down"),
    )


@pytest.mark.parametrize(
    ("roles", "place"),
    [
        ([], 0),
        (["system"], 1),
        (["user"], 0),
        (["system", "user"], 1),
        (["system", "user", "assistant", "user"], 3),
        (["system", "user", "assistant"], 1),
        (["system", "assistant"], 2),
    ],
)
def test_examples_belong_before_the_last_user_turn_else_at_the_end(roles, place):
    assert insertion_place(roles) == place
