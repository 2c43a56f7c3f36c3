"""Runs are kept by session and shown by page."""

import threading

import pytest

from components import run_history
from components.run_history import MOST_RUNS, MOST_SESSIONS, RunHistory
from core.access import Visitor
from core.conversation import Conversation
from core.run import Run
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Request

RUNS = {"A": Run(Request("A", Conversation(), SamplingParams(), VisionBudget()))}


def opened(history, page, session, user=""):
    history.open(Visitor(page, user=user), session)


def keep(history, page, inputs=None):
    history.begin(page, inputs or {}).end(RUNS)


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
    going = history.begin("first", {})
    history.leave("first")
    opened(history, "second", "secret")
    ending = threading.Timer(0.05, going.end, [RUNS])
    ending.start()
    assert [kept.number for kept in history.settled("second", 5.0)] == [1]
    ending.join()


def test_a_run_of_a_page_that_is_gone_leaves_nothing_behind():
    history = RunHistory()
    going = history.begin("page", {})
    history.leave("page")
    going.end(RUNS)
    assert numbers(history, "page") == []


def test_the_runs_of_all_sessions_are_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(run_history, "MOST_BYTES", 25_000)
    history = RunHistory()
    for number in range(4):
        opened(history, f"page {number}", f"session {number}")
        keep(history, f"page {number}", {"messages": "x" * 5000})
    assert [len(numbers(history, f"page {number}")) for number in range(4)] == [0, 0, 1, 1]
