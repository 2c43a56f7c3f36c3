"""Runs are kept by session and shown by page."""

import threading
from dataclasses import replace

import pytest

from components.history import run_history
from components.history.history_tab import run_cards
from components.history.run_history import MOST_PAGES, MOST_RUNS, MOST_SESSIONS, KeptRun, RunHistory
from core.access.access import Visitor
from core.conversation import Conversation, message
from core.runs.events import Token
from core.runs.run import Run
from core.runs.traces import Candidate, packed_trace
from core.sampling import SamplingParams
from core.sessions.saved_answers import SavedAnswer, saved_runs
from core.vision import VisionBudget
from core.workspace import Request, Workspace

RUNS = {"A": Run(Request("A", Conversation(), SamplingParams(), VisionBudget()))}


def opened(history, page, session, user=""):
    history.open(Visitor(page, user=user), session)


def keep(history, page, inputs=None):
    history.begin(page, inputs or Workspace()).end(RUNS)


def numbers(history, page):
    return [kept.number for kept in history.kept(page)]


def test_the_newest_is_first_and_the_oldest_goes():
    history = RunHistory()
    for _ in range(MOST_RUNS + 2):
        keep(history, "page")
    assert numbers(history, "page") == list(range(MOST_RUNS + 2, 2, -1))
    assert history.find("page", 3).number == 3
    assert history.find("page", 1) is None
    assert history.find("page", "3") is None


def test_a_session_outlives_its_pages_and_others_do_not_see_it():
    history = RunHistory()
    opened(history, "first", "secret")
    keep(history, "first")
    history.show("first", RUNS)
    history.leave("first")
    opened(history, "second", "secret")
    opened(history, "other", "else")
    assert numbers(history, "second") == [1]
    assert history.shown("second") == {}
    assert numbers(history, "other") == numbers(history, "no session") == []


def test_another_user_with_the_same_session_name_sees_nothing():
    history = RunHistory()
    opened(history, "ann/page", "session", "ann")
    keep(history, "ann/page")
    opened(history, "bob/page", "session", "bob")
    assert numbers(history, "bob/page") == []


def test_a_page_without_a_session_is_forgotten_when_it_is_left():
    history = RunHistory()
    for nameless in (None, "", 3, ["x"], "x" * 101):
        opened(history, "page", nameless)
        keep(history, "page")
        history.leave("page")
        assert numbers(history, "page") == []


def test_sessions_that_never_say_goodbye_are_bounded():
    history = RunHistory()
    for number in range(MOST_SESSIONS + 5):
        opened(history, f"page {number}", f"session {number}")
        keep(history, f"page {number}")
    assert numbers(history, "page 0") == []
    assert numbers(history, f"page {MOST_SESSIONS + 4}") == [1]


def test_a_page_that_is_reloaded_in_mid_run_finds_the_run_again():
    """The page was left before its run was kept: the run went to a session that nobody had."""
    history = RunHistory()
    opened(history, "first", "secret")
    going = history.begin("first", Workspace())
    history.leave("first")
    opened(history, "second", "secret")
    ending = threading.Timer(0.05, going.end, [RUNS])
    ending.start()
    assert [kept.number for kept in history.settled("second", 5.0)] == [1]
    ending.join()


def test_a_run_of_a_page_that_is_gone_leaves_nothing_behind():
    history = RunHistory()
    going = history.begin("page", Workspace())
    history.leave("page")
    going.end(RUNS)
    assert numbers(history, "page") == []


def test_the_runs_of_all_sessions_are_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(run_history, "MOST_BYTES", 27_000)
    history, long = RunHistory(), Conversation((message("user", "x" * 5000),))
    for number in range(4):
        opened(history, f"page {number}", f"session {number}")
        keep(history, f"page {number}", Workspace(long))
    assert [len(numbers(history, f"page {number}")) for number in range(4)] == [0, 0, 1, 1]


def test_a_run_that_begins_just_after_its_page_was_left_belongs_to_its_session():
    """Reloaded right after Run was pressed, a page did not find its answer again."""
    history = RunHistory()
    opened(history, "first", "secret")
    history.leave("first")
    going = history.begin("first", Workspace())
    opened(history, "second", "secret")
    going.end(RUNS)
    assert numbers(history, "second") == [1]


def test_a_page_that_was_left_shows_nothing_although_its_run_still_draws():
    """The last redraw of a run that was stopped by a closed tab stayed in memory for ever."""
    history = RunHistory()
    for page in ("named", "nameless"):
        opened(history, page, page if page == "named" else None)
        going = history.begin(page, Workspace())
        history.leave(page)
        history.show(page, RUNS)
        going.end(RUNS)
        assert history.shown(page) == {}
    assert list(history._sessions) == ["/named"]


def test_a_run_without_a_session_that_begins_after_its_page_was_left_leaves_nothing_behind():
    history = RunHistory()
    opened(history, "page", None)
    history.leave("page")
    history.begin("page", Workspace()).end(RUNS)
    assert history._sessions == {}


def test_pages_that_never_say_goodbye_are_bounded():
    history = RunHistory()
    for number in range(MOST_PAGES + 5):
        opened(history, f"page {number}", "secret")
        history.show(f"page {number}", RUNS)
    assert len(history._pages) == MOST_PAGES
    assert history.shown("page 0") == {}
    assert history.shown(f"page {MOST_PAGES + 4}") == RUNS


def test_what_pages_show_is_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(run_history, "MOST_BYTES", 27_000)
    history = RunHistory()
    long = {"A": replace(RUNS["A"], tokens=(Token(1, "x", -1.0, 0.0),) * 30)}
    for number in range(4):
        opened(history, f"page {number}", "secret")
        history.show(f"page {number}", long)
        history.begin(f"page {number}", Workspace()).end(long)
    assert [len(history.shown(f"page {number}")) for number in range(4)] == [0, 0, 1, 1]


def test_traces_count_among_the_bytes_of_a_run():
    trace = packed_trace(1, 0.5, [Candidate(n, str(n), -1.0, 0.1) for n in range(21)])
    bare = {"A": replace(RUNS["A"], tokens=(Token(1, "x", -1.0, 0.0),) * 30)}
    full = {"A": replace(RUNS["A"], tokens=(Token(1, "x", -1.0, 0.0, trace),) * 30)}
    sizes = [KeptRun(1, "", Workspace(), runs).nbytes for runs in (bare, full)]
    assert sizes[1] - sizes[0] == 30 * trace.nbytes
    assert 300 < trace.nbytes < 800


ENDED = {label: replace(RUNS["A"], status="done", text=label) for label in "AB"}


def test_a_reload_shows_what_stood_in_the_lanes_and_nothing_that_never_ended():
    """After a run of one lane alone the others were empty."""
    history = RunHistory()
    opened(history, "first", "secret")
    history.begin("first", Workspace()).end(ENDED)
    again = {"B": replace(ENDED["B"], text="again")}
    history.begin("first", Workspace()).end(again)
    history.show("first", {"C": replace(ENDED["A"], status="streaming")})
    history.leave("first")
    opened(history, "second", "secret")
    assert history.show_again("second") == history.shown("second") == {**ENDED, **again}
    history.replace("second", {})
    history.leave("second")
    opened(history, "third", "secret")
    assert history.show_again("third") == {}


def test_answers_of_a_version_count_as_memory_too(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(run_history, "MOST_BYTES", 27_000)
    answers = [SavedAnswer("A", "x" * 6_000, tokens=10_000_000, prompt_tokens=10_000_000)]
    history, runs = RunHistory(), saved_runs(answers, Conversation())
    for number in range(4):
        opened(history, f"page {number}", f"session {number}")
        history.replace(f"page {number}", runs)
    assert [len(history.shown(f"page {number}")) for number in range(4)] == [0, 0, 1, 1]


def test_cards_tell_what_changed_since_the_run_before():
    history = RunHistory()
    hotter = replace(RUNS["A"].request, params=SamplingParams(temperature=0.5))
    for runs in (RUNS, RUNS, {"A": replace(RUNS["A"], request=hotter)}):
        history.begin("page", Workspace()).end(runs)
    changes = [card["changes"] for card in run_cards(history.kept("page"))]
    assert changes == [["Temperature off → 0.5"], ["Same as before"], []]
