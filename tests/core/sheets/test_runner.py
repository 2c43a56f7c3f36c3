"""A sheet runs its missing cells, keeps each one as it ends, and goes on where it was."""

from __future__ import annotations

import resource
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from core.conversation import Conversation, message
from core.errors import InvalidInput
from core.lanes import LaneSettings
from core.sheets.cell import Cell
from core.sheets.journal import Journal
from core.sheets.plan import Plan
from core.sheets.runner import MOST_FAILURES, SheetRun
from core.sheets.sheet import Row, Sheet
from core.workspace import Workspace
from engine.remote.several import SeveralEngines
from engine.scripted.scripted_engine import ScriptedEngine
from tests.waiting import until

OTHER = LaneSettings(sampling=(("temperature", 0.5),))
WAIT = 30.0  # seconds, for what takes a tenth of one


def sheet(*texts: str, lanes: int = 2, samples: int = 1, prompt: str = "!say {{word}}") -> Sheet:
    talk = Conversation((message("user", prompt),))
    return Sheet(
        "Words",
        Workspace(talk).with_lanes([LaneSettings(), OTHER][:lanes]),
        ("word",),
        tuple(Row(n, (text,)) for n, text in enumerate(texts, start=1)),
        samples=samples,
    )


def engine() -> ScriptedEngine:
    return ScriptedEngine(tokens_per_second=2_000)


def run(made: Sheet, path: Path, **options) -> tuple[Journal, SheetRun]:
    journal = Journal(path)
    begun = SheetRun(engine(), Plan(made, {}, "scripted"), journal, **options)
    begun.start()
    assert begun.join(WAIT)
    return journal, begun


def test_every_cell_is_answered_and_kept(tmp_path: Path):
    made = sheet("one", "two words", "three", samples=2)
    seen = []
    journal, begun = run(made, tmp_path / "cells.jsonl", added=seen.append)
    plan = Plan(made, {}, "scripted")
    assert begun.progress.state == "finished"
    assert (begun.progress.done, begun.progress.total, begun.progress.failed) == (12, 12, 0)
    assert len(seen) == 12
    again = Journal(tmp_path / "cells.jsonl").cells
    assert again == journal.cells
    for place in plan.places():
        cell = again[plan.key(place)]
        assert cell.text == made.rows[place.row].values[0]
        assert (cell.seed, cell.stop_reason) == (place.sample, "end_of_sequence")
        assert cell.tokens == len(cell.token_ids) > 0


def test_only_what_is_missing_runs(tmp_path: Path):
    path, made = tmp_path / "cells.jsonl", sheet("one", "two", lanes=1)
    run(made, path)
    with_lane = replace(made, workspace=made.workspace.with_lanes([LaneSettings(), OTHER]))
    for changed, new in (
        (made, 0),
        (replace(made, rows=(*made.rows, Row(3, ("three",)))), 1),
        (replace(made, rows=(made.rows[0].edited(0, "other"), made.rows[1])), 1),
        (with_lane, 2),
        (made, 0),
    ):
        seen = []
        run(changed, path, added=seen.append)
        assert len(seen) == new


def test_lanes_that_ask_the_same_are_answered_once(tmp_path: Path):
    made = sheet("one", "two")
    made = replace(made, workspace=made.workspace.with_lanes([OTHER, OTHER]))
    assert run(made, tmp_path / "cells.jsonl")[1].progress.total == 2


def test_cells_that_are_named_run_again(tmp_path: Path):
    path, made = tmp_path / "cells.jsonl", sheet("one", "two", lanes=1)
    run(made, path)
    seen = []
    key = next(iter(Journal(path).cells))
    run(made, path, again=[key], added=seen.append)
    assert [cell.key for cell in seen] == [key]


def test_a_failed_cell_is_kept_with_its_reason_and_is_not_run_again_by_itself(tmp_path: Path):
    path, made = tmp_path / "cells.jsonl", sheet("x", "!fail", prompt="{{word}}", lanes=1)
    journal, begun = run(made, path)
    (failed,) = [cell for cell in journal.cells.values() if cell.error]
    assert failed.row == 2
    assert begun.progress.failed == 1
    seen = []
    run(made, path, added=seen.append)
    assert seen == []


def test_rows_with_a_problem_are_left_out(tmp_path: Path):
    made = sheet("one", "two", lanes=1)
    made = replace(made, rows=(replace(made.rows[0], problem="It is broken."), made.rows[1]))
    journal, begun = run(made, tmp_path / "cells.jsonl")
    assert begun.progress.total == 1
    assert [cell.row for cell in journal.cells.values()] == [2]


def test_stopping_ends_at_once_and_the_rest_runs_later(tmp_path: Path):
    path, made = tmp_path / "cells.jsonl", sheet(*"abcdef", prompt="!long {{word}}", lanes=1)
    slow = ScriptedEngine(tokens_per_second=1)  # an answer takes ten minutes
    begun = SheetRun(slow, Plan(made, {}, "scripted"), Journal(path), at_once=2)
    begun.start()
    until(lambda: len(begun._streams) == 2)
    threads = [one for one in threading.enumerate() if one.name == "sheet"]
    begun.stop()
    assert begun.join(WAIT)
    for thread in threads:
        thread.join(WAIT)
        assert not thread.is_alive()
    assert begun.progress.state == "stopped"
    assert Journal(path).cells == {}


def test_pausing_keeps_what_is_under_way_and_resuming_goes_on(tmp_path: Path):
    made, first = sheet(*(str(n) for n in range(40)), lanes=1), threading.Event()
    begun = SheetRun(engine(), Plan(made, {}, "scripted"), Journal(tmp_path / "cells.jsonl"),
                     at_once=2, added=lambda cell: first.set())  # fmt: skip
    begun.start()
    assert first.wait(WAIT)
    begun.pause()
    with begun._change:
        assert begun._change.wait_for(lambda: begun._state == "paused", WAIT)
    done = begun.progress.done
    assert 1 <= done < 40
    for thread in threading.enumerate():
        if thread.name == "sheet":
            thread.join(WAIT)
            assert not thread.is_alive()
    assert not begun.join(0.1)
    assert begun.progress.done == done
    begun.resume()
    assert begun.join(WAIT)
    assert begun.progress.done == begun.progress.total == 40


def test_when_everything_fails_it_pauses_and_says_why(tmp_path: Path):
    made = sheet(*(f"!fail {n}" for n in range(60)), prompt="{{word}}", lanes=1)
    begun = SheetRun(engine(), Plan(made, {}, "scripted"), Journal(tmp_path / "cells.jsonl"))
    begun.start()
    with begun._change:
        assert begun._change.wait_for(lambda: begun._state == "paused", WAIT)
    assert f"{MOST_FAILURES} answers in a row failed, the last one with: " in begun.progress.why
    begun.stop()
    assert begun.join(WAIT)


def test_a_lane_that_can_not_answer_does_not_hold_up_the_other(tmp_path: Path):
    """A server of one lane was gone, and the whole sheet paused again and again."""
    words = [f"w{n}" for n in range(MOST_FAILURES + 6)]
    gone = LaneSettings(model="nowhere")
    made = sheet(*words)
    made = replace(made, workspace=made.workspace.with_lanes([LaneSettings(), gone]))
    journal = Journal(tmp_path / "cells.jsonl")
    begun = SheetRun(SeveralEngines(engine(), ()), Plan(made, {}, "scripted"), journal)
    begun.start()
    assert begun.join(WAIT)
    assert (begun.progress.state, begun.progress.failed) == ("finished", len(words))
    assert {cell.lane for cell in journal.cells.values() if cell.error} == {"B"}


def test_a_disk_that_takes_nothing_pauses_the_run(tmp_path: Path):
    made = sheet("one", lanes=1)
    journal = Journal(tmp_path / "cells.jsonl")
    begun = SheetRun(engine(), Plan(made, {}, "scripted"), journal)
    (tmp_path / "cells.jsonl").mkdir()
    begun.start()
    with begun._change:
        assert begun._change.wait_for(lambda: begun._state == "paused", WAIT)
    assert begun.progress.why.startswith("The answer was not written: Is a directory.")
    (tmp_path / "cells.jsonl").rmdir()
    begun.resume()
    assert begun.join(WAIT)
    assert begun.progress.done == 1


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (sheet("one", prompt="{{town}}"), "variable town, but the sheet has no such column; its"),
        (sheet(), "has no rows"),
        (sheet("one", prompt=""), "No message to answer"),
    ],
)
def test_a_sheet_that_can_not_run_says_so_before(tmp_path: Path, made, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        SheetRun(engine(), Plan(made, {}), Journal(tmp_path / "cells.jsonl"))


def test_a_line_that_was_cut_is_left_out_and_the_next_one_is_whole(tmp_path: Path):
    path, made = tmp_path / "cells.jsonl", sheet("one", "two", "three", lanes=1)
    run(made, path)
    path.write_bytes(path.read_bytes()[:-20])
    assert len(Journal(path).cells) == 2
    seen = []
    run(made, path, added=seen.append)
    assert len(seen) == 1
    assert len(Journal(path).cells) == 3


def test_a_line_that_the_disk_takes_half_of_is_no_line_and_the_next_one_is_whole(tmp_path: Path):
    path = tmp_path / "cells.jsonl"
    journal = Journal(path)
    journal.add(Cell("one", 1, "A", text="x"))
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 20, hard))
    try:
        with pytest.raises(InvalidInput, match="was not written: File too large"):
            journal.add(Cell("two", 2, "A", text="y"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    journal.add(Cell("three", 3, "A", text="z"))
    assert [*journal.cells] == [*Journal(path).cells] == ["one", "three"]


def test_a_closed_journal_refuses_and_no_folder_comes_back(tmp_path: Path):
    folder = tmp_path / "sheet"
    folder.mkdir()
    journal = Journal(folder / "cells.jsonl")
    journal.add(Cell("one", 1, "A"))
    journal.close()
    folder.rename(tmp_path / "deleted")
    with pytest.raises(InvalidInput, match="the sheet was deleted in the meantime"):
        journal.add(Cell("two", 2, "A"))
    with pytest.raises(InvalidInput, match="No such file"):
        Journal(folder / "cells.jsonl").add(Cell("two", 2, "A"))
    assert not folder.exists()
