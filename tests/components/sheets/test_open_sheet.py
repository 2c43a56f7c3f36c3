"""An open sheet: its run goes on by itself, and what is edited runs again."""

import gc
import threading
import time
import weakref
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from components.sheets.open_sheet import OpenSheet, SheetState
from components.sheets.open_sheets import MOST_OPEN, OpenSheets
from components.sheets.sheet_edits import edited
from components.sheets.sheet_input import Asked
from components.sheets.sheet_table import Order
from components.sheets.sheet_view import prompt_print, state_value
from core.conversation import Conversation, Image, message
from core.errors import InvalidInput
from core.lanes import AS_IN_THE_SIDEBAR
from core.sheets.check import Check
from core.sheets.journal import Journal
from core.sheets.sheet import Row, Sheet
from core.sheets.store import SheetStore
from core.workspace import Workspace
from engine.scripted.scripted_engine import ScriptedEngine
from tests.components.snapshots import LIBRARY, workspace
from tests.waiting import until

PRESETS = LIBRARY.presets
GREEDY = replace(AS_IN_THE_SIDEBAR, preset="greedy")
ASKED = workspace("Say {{word}}", lanes=(AS_IN_THE_SIDEBAR, GREEDY))

PNG = b"\x89PNG\r\n\x1a\n"
ROWS = tuple(Row(n, (f"word {n}", "scripted")) for n in range(1, 31))
SHEET = Sheet("Words", ASKED, ("word", "expected"), ROWS, (Check("contains"),), expected="expected")


@pytest.fixture
def store(tmp_path: Path) -> SheetStore:
    return SheetStore(tmp_path / "sheets")


def opened(store: SheetStore, sheet: Sheet = SHEET) -> OpenSheet:
    return OpenSheet(ScriptedEngine(tokens_per_second=5_000), store, store.create(sheet), "test")


def state(sheet: OpenSheet) -> SheetState:
    while (now := sheet.state(PRESETS, Order(), 0, 50)).unchecked or now.late:
        pass
    return now


def test_a_sheet_runs_is_checked_and_is_there_after_a_restart(store: SheetStore):
    sheet = opened(store)
    sheet.run(ASKED, PRESETS)
    with pytest.raises(InvalidInput, match="is running"):
        sheet.run(ASKED, PRESETS)
    until(lambda: not sheet.runs.is_busy)
    now = state(sheet)
    assert (now.progress.state, now.progress.done) == ("finished", 60)
    assert [lane.passed for lane in now.lanes] == [30, 30]
    again = OpenSheet(ScriptedEngine(), store, sheet.key, "test")
    assert state(again).progress.done == 60


def test_an_edited_row_and_another_check_lose_only_what_they_change(store: SheetStore):
    sheet = opened(store)
    sheet.run(ASKED, PRESETS)
    until(lambda: not sheet.runs.is_busy)
    sheet.edit(2, "word", "another")
    assert state(sheet).progress.done == 58
    sheet.edit(2, "word", "word 2")
    assert state(sheet).progress.done == 60
    checks = (Check("contains", "no such words"),)
    sheet.change(lambda now: replace(now, checks=checks))
    now = state(sheet)
    assert (now.progress.done, now.lanes[0].passed, now.counts["fails"]) == (60, 0, 30)
    sheet.remove(30)
    assert state(sheet).counts["all"] == 29
    sheet.put_back()
    assert state(sheet).progress.done == 60


def test_equal_rows_share_an_answer_before_and_after_edits_as_in_a_sheet_opened_anew(
    store: SheetStore,
):
    equal = replace(SHEET, rows=tuple(replace(row, values=("word", "")) for row in ROWS[:4]))
    sheet = opened(store, equal)
    sheet.run(ASKED, PRESETS)
    until(lambda: not sheet.runs.is_busy)

    def done() -> tuple[int, int]:
        fresh = state(OpenSheet(ScriptedEngine(), store, sheet.key, "test")).progress
        now = state(sheet).progress
        assert (now.done, now.total) == (fresh.done, fresh.total)
        return now.done, now.total

    assert done() == (8, 8)
    sheet.edit(2, "word", "another")
    assert done() == (6, 8)
    sheet.edit(3, "word", "another")
    sheet.remove(1)
    assert done() == (2, 6)
    sheet.edit(2, "word", "word")
    sheet.put_back()
    assert done() == (6, 8)


def test_rows_are_added_with_new_columns_and_numbers(store: SheetStore):
    sheet = opened(store)
    sheet.add(("word", "note"), [Row(1, ("more", "n"))])
    assert sheet.sheet.columns == ("word", "expected", "note")
    assert sheet.sheet.rows[0].values == ("word 1", "scripted", "")
    assert sheet.sheet.rows[-1] == Row(31, ("more", "", "n"))


def test_a_cell_is_asked_again_with_its_seed_and_values(store: SheetStore):
    sheet = opened(store)
    first, second = sheet.asked(3, PRESETS)
    assert first.conversation.messages[-1].text == "Say word 3"
    assert (first.params.seed, second.lane) == (0, "B")
    with pytest.raises(InvalidInput, match="Row 99"):
        sheet.asked(99, PRESETS)


def test_the_same_sheet_is_open_once_and_a_deleted_one_no_longer(store: SheetStore):
    sheets = OpenSheets(ScriptedEngine(tokens_per_second=20))
    key = store.create(SHEET)
    sheet = sheets.get(store, key)
    assert sheets.get(store, key) is sheet
    sheet.run(ASKED, PRESETS)
    assert [*sheets.running(store)] == [key]
    sheet.runs.pause()
    sheets.delete(store, key)
    assert not sheet.runs.is_busy
    with pytest.raises(InvalidInput, match="has been deleted"):
        sheet.edit(1, "word", "too late")
    assert not (store.folder / key).exists()
    with pytest.raises(InvalidInput, match="no longer exists"):
        sheets.get(store, key)


def test_the_value_has_what_is_on_the_screen_and_no_more(store: SheetStore):
    long = replace(SHEET, rows=(Row(1, ("x" * 5_000, "e")), *ROWS[1:]))
    sheet = opened(store, long)
    value = state_value(sheet.key, sheet.state(PRESETS, Order(), 0, 5), {"A": "One"})
    assert len(value["rows"]) == 5
    assert len(value["rows"][0]["values"][0]) == 300
    assert value["rows"][0]["cut"] == [0]
    assert [lane["name"] for lane in value["lanes"]] == ["One", "B"]


def test_two_pages_with_the_same_prompt_have_the_same_print_whatever_their_variables():
    assert prompt_print(ASKED) == prompt_print(replace(ASKED, variables=(("word", "x"),)))
    assert prompt_print(ASKED) != prompt_print(workspace("Say {{word}}"))


def test_a_row_put_back_has_a_number_of_its_own_and_all_columns(store: SheetStore):
    sheet = opened(store)
    sheet.remove(30)
    sheet.add(("word", "note"), [Row(1, ("another", "n"))])  # in a second tab
    sheet.put_back()
    rows = sheet.sheet.rows
    assert len({row.number for row in rows}) == len(rows) == 31
    assert rows[29] == Row(31, ("word 30", "scripted", ""))
    assert store.stored(sheet.key).sheet == sheet.sheet


def test_a_change_of_one_part_keeps_what_is_saved_at_the_same_time(store: SheetStore):
    sheet, inside = opened(store), threading.Event()
    save = store.save

    def slow(key: str, changed: Sheet) -> Sheet:
        inside.set()
        time.sleep(0.05)
        return save(key, changed)

    store.save = slow
    edit = threading.Thread(target=sheet.edit, args=(1, "word", "zebra"))
    edit.start()
    assert inside.wait(10)
    asked = Asked(act="checks", checks=[{"kind": "json"}])
    edited(sheet, asked)
    edited(sheet, Asked(act="settings", name="Named", expected="word"))
    edit.join()
    assert sheet.sheet.rows[0].values[0] == "zebra"
    assert (sheet.sheet.name, sheet.sheet.checks) == ("Named", (Check("json"),))


def test_a_refused_run_leaves_the_prompt_and_its_answers(store: SheetStore):
    sheet = opened(store)
    sheet.run(ASKED, PRESETS)
    until(lambda: not sheet.runs.is_busy)
    for wrong in (workspace("{{zzz}}"), workspace("")):
        with pytest.raises(InvalidInput):
            sheet.run(wrong, PRESETS)
    assert store.stored(sheet.key).sheet.workspace == sheet.sheet.workspace == ASKED
    assert state(sheet).progress.done == 60


def test_only_so_many_sheets_run_of_all_and_of_each_user(tmp_path: Path):
    sheets = OpenSheets(ScriptedEngine(tokens_per_second=5))
    stores = [SheetStore(tmp_path / name / "sheets", name) for name in ("ann", "ben", "cleo")]

    def begin(store: SheetStore) -> OpenSheet:
        sheet = sheets.get(store, store.create(SHEET))
        with sheets.room(store, sheet.key):
            sheet.run(ASKED, PRESETS)
        return sheet

    first = begin(stores[0])
    begin(stores[0])
    with pytest.raises(InvalidInput, match="2 of your sheets are running"):
        begin(stores[0])
    begun = [first, *(begin(store) for store in (stores[1], stores[1]))]
    with pytest.raises(InvalidInput, match="4 sheets are running"):
        begin(stores[2])
    begun[0].runs.stop()
    begun.append(begin(stores[2]))
    for store in stores:
        for sheet in sheets.running(store).values():
            sheet.runs.stop()


def test_a_place_is_taken_before_its_run_has_begun(store: SheetStore):
    sheets = OpenSheets(ScriptedEngine())
    keys = [store.create(SHEET) for _ in range(5)]
    with ExitStack() as begun:
        for key in keys[:4]:
            begun.enter_context(sheets.room(store, key))
        with pytest.raises(InvalidInput, match="4 sheets are running"):
            begun.enter_context(sheets.room(store, keys[4]))


def test_sheets_that_nobody_looks_at_are_given_back_and_one_in_use_is_never_opened_twice(
    store: SheetStore,
):
    sheets = OpenSheets(ScriptedEngine())
    keys = [store.create(replace(SHEET, name=f"n{n}")) for n in range(MOST_OPEN + 2)]
    used = sheets.get(store, keys[0])
    gone = weakref.ref(store.journal(keys[1])), weakref.ref(sheets.get(store, keys[1]))
    for key in keys[2:]:
        sheets.get(store, key)
    gc.collect()
    assert [one() for one in gone] == [None, None]
    assert sheets.get(store, keys[0]) is used


def test_a_sheet_that_takes_long_to_open_keeps_no_other_waiting(store: SheetStore):
    sheets = OpenSheets(ScriptedEngine())
    slow, other = store.create(SHEET), store.create(SHEET)
    read, go_on = store.journal, threading.Event()

    def journal(key: str) -> Journal:
        assert key != slow or go_on.wait(10)
        return read(key)

    store.journal = journal
    opening = threading.Thread(target=sheets.get, args=(store, slow))
    opening.start()
    assert sheets.get(store, other).key == other
    assert opening.is_alive()
    go_on.set()
    opening.join()


def test_a_column_called_expected_is_itself_where_another_is_chosen(store: SheetStore):
    made = replace(SHEET, expected="word")
    sheet, row = opened(store, made).row(3)
    assert sheet.texts(row) == {"word": "word 3", "expected": "scripted"}
    assert sheet.values(row)["expected"] == "word 3"


def test_a_replaced_image_of_a_row_is_asked_again_and_none_is_replaced_meanwhile(
    store: SheetStore,
):
    rows = tuple(Row(n, (name,)) for n, name in enumerate(("cat.png", "dog.png"), start=1))
    sheet = opened(store, Sheet("Pets", workspace("Who?"), ("file",), rows, images="file"))
    for name in ("cat.png", "dog.png"):
        sheet.keep_image(name, PNG + name.encode())
    sheet.run(workspace("Who?"), PRESETS)
    until(lambda: not sheet.runs.is_busy)
    assert state(sheet).progress.done == 2
    sheet.keep_image("cat.png", PNG + b"another cat")
    assert state(sheet).progress.done == 1
    sheet.keep_image("cat.png", PNG + b"cat.png")
    now = state(sheet)
    assert (now.progress.done, now.images) == (2, ("cat.png", "dog.png"))

    key = store.create(SHEET)
    slow = OpenSheet(ScriptedEngine(tokens_per_second=2), store, key, "test")
    slow.keep_image("cat.png", PNG)
    slow.run(ASKED, PRESETS)
    slow.keep_image("new.png", PNG)
    with pytest.raises(InvalidInput, match="is running with a different image named cat.png"):
        slow.keep_image("cat.png", PNG)
    slow.runs.stop()


def test_two_pages_with_the_same_image_have_the_same_print_wherever_it_lies(tmp_path: Path):
    prints = []
    for name, content in (("a.png", PNG), ("b.png", PNG), ("c.png", PNG + b"x")):
        (tmp_path / name).write_bytes(content)
        turn = message("user", "Who?", [Image(str(tmp_path / name), "cat.png")])
        prints.append(prompt_print(Workspace(Conversation((turn,)))))
    assert prints[0] == prints[1] != prints[2]


def test_a_judge_is_asked_after_the_answers_and_about_those_that_it_has_not_seen(
    store: SheetStore,
):
    judge = Check("judge", "!say {{answer}}", name="the judge")
    verdict = '{"pass": true, "why": "It is %s."}'
    rows = tuple(Row(n, (verdict % f"good {n}",)) for n in range(1, 6))
    asked = workspace("!say {{word}}")
    sheet = opened(store, Sheet("Judged", asked, ("word",), rows, (judge,)))
    sheet.run(asked, PRESETS)
    until(lambda: not sheet.runs.is_busy)
    now = state(sheet)
    assert (now.progress.done, now.progress.total, now.unjudged) == (5, 5, 0)
    assert (now.lanes[0].passed, now.lanes[0].answers) == (5, 5)
    sheet.edit(2, "word", verdict % "another")
    sheet.run(asked, PRESETS)
    until(lambda: not sheet.runs.is_busy)
    assert state(sheet).lanes[0].passed == 5
    failing = Check("judge", "!fail {{answer}}")
    sheet.change(lambda one: replace(one, checks=(failing,)))
    assert state(sheet).unjudged == 5
    for _ in range(2):  # what failed is asked again
        sheet.judge(PRESETS)
        until(lambda: not sheet.runs.is_busy)
        now = state(sheet)
        assert (now.unjudged, now.lanes[0].answers, now.progress.done) == (5, 0, 5)
    assert now.rows[0].cells["A"].why.startswith("The judge failed: ")
    sheet.change(lambda one: replace(one, checks=(judge,)))
    assert (state(sheet).unjudged, state(sheet).lanes[0].passed) == (0, 5)


def test_a_stopped_run_asks_no_judge(store: SheetStore):
    made = replace(SHEET, checks=(Check("judge", "!say x {{answer}}"),))
    sheet = OpenSheet(ScriptedEngine(tokens_per_second=20), store, store.create(made), "test")
    sheet.run(ASKED, PRESETS)
    assert sheet.runs.goes_on
    sheet.runs.stop()
    until(lambda: not sheet.runs.is_busy)
    assert not sheet.runs.asks_judge
