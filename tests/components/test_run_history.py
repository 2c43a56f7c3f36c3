"""Runs are kept by session and shown by page."""

from components.run_history import MOST_RUNS, MOST_SESSIONS, RunHistory

RUNS = {"A": None}


def numbers(history, page):
    return [kept.number for kept in history.kept(page)]


def test_the_newest_is_first_and_the_oldest_goes():
    history = RunHistory()
    for _ in range(MOST_RUNS + 2):
        history.keep("page", "12:00", {}, RUNS)
    assert numbers(history, "page") == list(range(MOST_RUNS + 2, 2, -1))
    assert history.find("page", 3).number == 3
    assert history.find("page", 1) is None
    assert history.find("page", "3") is None


def test_a_session_outlives_its_pages_and_others_do_not_see_it():
    history = RunHistory()
    history.open("first", "secret")
    history.keep("first", "12:00", {}, RUNS)
    history.show("first", RUNS)
    history.leave("first")
    history.open("second", "secret")
    history.open("other", "else")
    assert numbers(history, "second") == [1]
    assert history.shown("second") == {}
    assert numbers(history, "other") == numbers(history, "no session") == []


def test_a_page_without_a_session_is_forgotten_when_it_is_left():
    history = RunHistory()
    for nameless in (None, "", 3, ["x"]):
        history.open("page", nameless)
        history.keep("page", "12:00", {}, RUNS)
        history.leave("page")
        assert numbers(history, "page") == []


def test_sessions_that_never_say_goodbye_are_bounded():
    history = RunHistory()
    for number in range(MOST_SESSIONS + 5):
        history.open(f"page {number}", f"session {number}")
        history.keep(f"page {number}", "12:00", {}, RUNS)
    assert numbers(history, "page 0") == []
    assert numbers(history, f"page {MOST_SESSIONS + 4}") == [1]
