"""A sheet comes back whole from JSON, from YAML and from its folder; what is wrong is named."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.conversation import Conversation, Image, message
from core.errors import InvalidInput
from core.lanes import LaneSettings
from core.sampling import SamplingParams
from core.sheets.check import Check
from core.sheets.row_files import Table, read_rows
from core.sheets.sheet import Row, Sheet, check_sheet
from core.sheets.sheet_json import sheet_from_dict, sheet_of, sheet_text, sheet_to_dict
from core.sheets.store import About, SheetStore
from core.workspace import Workspace

HAND = """
format: lfm-playground-sheet
version: 1
name: Dates
prompt:
  messages:
    - role: user
      content: "{{date}}"
lanes:
  - preset: lfm2-text
  - preset: creative
    sampling: {temperature: 1.5}
checks:
  - kind: equals
  - kind: length
    most: 24
rows:
  - {date: 2024-03-08, expected: "March 8, 2024", code: 007}
  - {date: yes, expected: 1.10}
"""


def test_a_sheet_that_was_written_by_hand_is_read_as_it_is_written():
    sheet = sheet_of(HAND)
    assert sheet.columns == ("date", "expected", "code")
    assert sheet.rows[0].values == ("2024-03-08", "March 8, 2024", "007")
    assert sheet.rows[1].values == ("yes", "1.10", "")
    assert sheet.expected == "expected"
    assert sheet.workspace.labels == ("A", "B")
    assert sheet.workspace.lanes[1] == LaneSettings("creative", (("temperature", 1.5),))
    assert sheet.checks == (Check("equals"), Check("length", most=24))
    assert (sheet.samples, sheet.seed, sheet.images) == (1, 0, "")


SHEETS = st.builds(
    lambda rows, name, text, samples, temperature, numbers: Sheet(
        name,
        replace(
            Workspace(
                Conversation((message("system", text), message("user", "{{a}} {{b}}"))),
                params=SamplingParams(temperature=temperature),
            ).with_lanes([LaneSettings("x"), LaneSettings(system=text)]),
            template_options=(("enable_thinking", False),),
        ),
        ("a", "größe"),
        tuple(
            Row(3 * n if numbers else n, row, "It is odd." if n == 2 else "")
            for n, row in enumerate(rows, start=1)
        ),
        (Check("equals", text or "x"), Check("length", most=2)),
        samples,
        expected="größe",
    ),
    st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), max_size=4),
    st.text(max_size=10),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12).filter(lambda t: t == t.strip()),
    st.integers(1, 20),
    st.floats(0, 2),
    st.booleans(),
)


@given(SHEETS)
def test_a_sheet_comes_back_from_json_and_from_yaml(sheet):
    check_sheet(sheet)
    assert sheet_from_dict(json.loads(json.dumps(sheet_to_dict(sheet)))) == sheet
    assert sheet_of(sheet_text(sheet)) == sheet


def test_rows_may_lie_in_a_file_of_their_own():
    text = HAND[: HAND.index("rows:")] + "rows: dates.csv\n"
    read = lambda name: read_rows("date,expected\n7,eight\n", name)  # noqa: E731
    assert sheet_of(text, read).rows == (Row(1, ("7", "eight")),)
    with pytest.raises(InvalidInput, match="names a file, which is read on the command line only"):
        sheet_of(text)


def test_images_of_messages_are_written_by_name_and_not_read_from_a_page():
    talk = Conversation((message("user", "{{a}}", [Image("/data/own/x.png", "x.png")]),))
    text = sheet_text(Sheet("x", Workspace(talk), ("a",), (Row(1, ("b",)),)))
    assert "/data" not in text
    with pytest.raises(InvalidInput, match="can't contain the images"):
        sheet_of(text)
    (image,) = sheet_of(text, lambda name: Table((), ())).workspace.conversation.images
    assert image.path == "x.png"


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "\n".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}]" for a, b in pairwise("abcdefgh")
)  # fmt: skip
HEAD = "format: lfm-playground-sheet\nversion: 1\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no `format"),
        ("7", "no `format"),
        ("[" * 100_000, "This is not YAML: exceeded maximum nesting depth"),
        ("[" * 70 + "]" * 70, "nested more than 64 levels deep"),
        ("{" * 60, "This is not YAML"),
        ("!!python/object/apply:os.system ['x']", "This is not YAML"),
        (BOMB, "can't use YAML aliases"),
        (HEAD.replace("1", "2"), "version is not 1"),
        (HEAD + "evil: 1", "no field 'evil'"),
        (HEAD + "prompt: 7", "prompt must be an object"),
        (HEAD + "prompt: {messages: 7}", "no list of messages"),
        (HEAD + "prompt: {messages: [{role: bot}]}", "Message 1 has the role 'bot'"),
        (HEAD + "lanes: [{}, {}, {}, {}, {}]", "lanes of a sheet must be a list of at most 4"),
        (HEAD + "checks: {}", "checks of a sheet must be a list"),
        (HEAD + "checks: [7]", "A check must be an object"),
        (HEAD + "samples: 0", "samples is 0; it must be a whole number, 1 to 20"),
        (HEAD + "samples: 1.5", "samples is 1.5"),
        (HEAD + "seed: -1", "seed is -1"),
        (HEAD + "rows: [7]", "Row 1 must be an object that maps column names to strings"),
        (HEAD + "rows: [{a: [b]}]", "Row 1 must be an object that maps column names to strings"),
        (HEAD + "columns: [b]\nrows: [{a: b}]", "Row 1 has 'a', which is not among columns"),
        (HEAD + "columns: [a, a]\nrows: [{a: b}]", "Two columns are called 'a'"),
        (HEAD + "expected: b\nrows: [{a: b}]", "expected is the column 'b'; the columns are a"),
        (HEAD + "images: b\nrows: [{a: b}]", "images is the column 'b'"),
        (HEAD + "numbers: [1, 1]\nrows: [{a: b}, {a: b}]", "numbers must be a list of whole"),
        (HEAD + "problems: 7\nrows: [{a: b}]", "problems must be an object"),
        (HEAD + "rows:\n" + "- {a: b}\n" * 10_001, "rows of a sheet must be a list of at most 10"),
        (HEAD + "rows:\n- {" + ", ".join(f"c{n}: x" for n in range(51)) + "}", "has 51 columns"),
        (HEAD + "rows:\n- {a: " + "x" * 100_001 + "}", "Row 1 has 100,001 characters in a; 100"),
        ("x" * (20 * 2**20 + 1), "20,971,521 characters; at most 20,971,520 are read"),
    ],
)  # fmt: skip
def test_what_is_no_sheet_is_named(text, sentence):
    began = thread_time()
    with pytest.raises(InvalidInput, match=sentence):
        sheet_of(text)
    assert thread_time() - began < 10


def test_rows_lanes_and_samples_together_are_bounded():
    rows = tuple(Row(n, ("x",)) for n in range(1, 10_001))
    lanes = Workspace().with_lanes([LaneSettings()] * 4)
    check_sheet(Sheet("x", lanes, ("a",), rows, samples=5))
    with pytest.raises(
        InvalidInput, match="10,000 rows, 4 lanes and 6 samples make 240,000 answers"
    ):
        check_sheet(Sheet("x", lanes, ("a",), rows, samples=6))
    long = tuple(Row(n, ("x" * 99_999,)) for n in range(1, 202))
    with pytest.raises(InvalidInput, match="at most 20,000,000 are read"):
        check_sheet(Sheet("x", Workspace(), ("a",), long))


# -- the store ---------------------------------------------------------------------------------
SHEET = sheet_of(HAND)


def test_a_sheet_is_kept_in_its_folder_and_comes_back(tmp_path: Path):
    store = SheetStore(tmp_path / "sheets")
    assert store.sheets() == ((), ())
    key = store.create(SHEET)
    assert (key, store.create(SHEET)) == ("dates", "dates-2")
    store.save(key, replace(SHEET, samples=3))
    assert SheetStore(tmp_path / "sheets").stored(key).sheet == replace(SHEET, samples=3)
    assert [one.key for one in store.sheets()[0]] == ["dates", "dates-2"]
    assert store.journal(key) is store.journal(key)


def test_a_deleted_sheet_can_be_brought_back(tmp_path: Path):
    store = SheetStore(tmp_path / "sheets")
    key = store.create(SHEET)
    gone = store.delete(key)
    assert store.sheets() == ((), ())
    with pytest.raises(InvalidInput, match="'dates' no longer exists"):
        store.stored(key)
    assert store.undelete(gone) == key
    assert store.stored(key).sheet == SHEET


@pytest.mark.parametrize("key", ["..", "../x", "deleted", "", "a/b", "x" * 200, "A", ".new-x"])
def test_a_key_never_leads_out_of_the_folder(tmp_path: Path, key):
    store = SheetStore(tmp_path / "sheets")
    store.delete(store.create(SHEET))
    for act in (store.stored, store.delete, store.journal, store.images):
        with pytest.raises(InvalidInput, match="no longer exists"):
            act(key)


def test_a_sheet_that_can_not_be_read_is_named_and_the_others_are_there(tmp_path: Path):
    store = SheetStore(tmp_path / "sheets")
    broken, _ = store.create(SHEET), store.create(replace(SHEET, name="Other"))
    (store.folder / broken / "sheet.json").write_text("{")
    found, sentences = store.sheets()
    assert [one.key for one in found] == ["other"]
    assert sentences[0].startswith("The sheet dates can't be read: ")


def test_the_list_of_sheets_reads_no_rows(tmp_path: Path):
    store = SheetStore(tmp_path / "sheets")
    name = "“Größe” \U0001f600" * 9
    key = store.create(replace(SHEET, name=name))
    file = store.folder / key / "sheet.json"
    first, rest = file.read_bytes().split(b"\n")
    file.write_bytes(first + b"\n" + rest[:9])  # all else is gone
    (listed,), _ = store.sheets()
    assert listed.about == About(name, 2, 2)
    for line in (b"{", b'{"about": {"name": 7, "rows": 2, "lanes": 2},', b'{"about": 1,'):
        file.write_bytes(line + b"\n" + rest[:9])
        assert len(store.sheets()[1]) == 1
    file.write_bytes(b"{" + rest)  # as it was written before
    assert store.sheets()[0][0].about == listed.about
    assert store.stored(key).sheet.rows == SHEET.rows
