"""Sessions as a person uses them: save, compare, restore, find, delete, and survive a crash."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from core.sessions.session_store import SessionStore
from tests.browser.conftest import DESKTOP, Open, ready
from tests.browser.test_accessibility import violations
from tests.browser.test_lanes import change, lanes
from tests.browser.test_messages import texts, write
from tests.browser.test_settings import number
from tests.serving import ROOT, answers, free_port, served


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, Path]]:
    """One of its own: sessions are the machine's, other tests must not meet them."""
    with tempfile.TemporaryDirectory() as folder:
        with served("--engine", "scripted", "--data-dir", folder) as url:
            yield url, Path(folder)


@pytest.fixture
def data(server: tuple[str, Path]) -> Path:
    """The server's data folder, without any session."""
    shutil.rmtree(server[1] / "sessions", ignore_errors=True)
    return server[1]


@pytest.fixture
def page(open_page: Open, server: tuple[str, Path], data: Path) -> Page:
    return open_page(server[0])


def sessions_tab(page: Page) -> Locator:
    page.get_by_role("tab", name="Sessions").click()
    expect(page.locator(".sessions-note")).to_contain_text("all who can open it see and change")
    return page.locator("#sessions")


def save(page: Page, name: str = "") -> None:
    """By the key; with a name as a new session."""
    page.keyboard.press("Control+s")
    if name:
        page.get_by_label("Name of the session").fill(name)
        page.keyboard.press("Enter")
        expect(page.locator(".session-name")).to_have_text(name)


def said(page: Page, text: str) -> None:
    expect(page.locator(".sessions-said")).to_contain_text(text)


def names(panel: Locator) -> list[str]:
    return panel.locator(".session-fold").all_inner_texts()


def test_a_page_is_saved_changed_saved_again_compared_and_restored(page: Page, data: Path):
    write(page, ("system", "Be brief."), ("user", "Tell me of the sea"))
    expect(page.locator(".session-name")).to_have_text("Not saved")
    save(page, "The sea")
    page.locator(".turn-text").last.fill("Tell me of the deep sea")
    number(page, "temperature").fill("0.9")
    number(page, "temperature").press("Tab")
    save(page)
    expect(page.locator(".session-said")).to_have_text("Version 2")
    panel = sessions_tab(page)
    expect(panel.locator(".sessions-current")).to_have_text("The sea · version 2")
    expect(panel.locator(".session-version")).to_have_count(2)
    panel.get_by_role("button", name="Compare version 2").click()
    expect(panel.locator(".session-diff")).to_contain_text("Nothing differs.")
    panel.get_by_role("button", name="Compare version 1").click()
    diff = panel.locator(".session-diff")
    expect(diff.locator("ins")).to_have_text("deep ")
    expect(diff.locator("del")).to_have_count(0)
    expect(diff).to_contain_text("1 message as before")
    rows = diff.get_by_role("region", name="Settings that differ").locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("temperature")
    expect(rows).to_contain_text("0.9")
    panel.get_by_role("button", name="Open version 1").click()
    said(page, "Version 1 of “The sea” is on the page.")
    assert texts(page) == ["Be brief.", "Tell me of the sea"]
    expect(number(page, "temperature")).not_to_have_value("0.9")
    panel.get_by_role("button", name="Open version 2").click()
    expect(number(page, "temperature")).to_have_value("0.9")
    panel.get_by_role("button", name="Restore version 1").click()
    said(page, "Version 1 is on the page, and version 3 too.")
    assert texts(page) == ["Be brief.", "Tell me of the sea"]
    expect(panel.locator(".session-version[aria-current] > b")).to_have_text("3")
    kept = SessionStore(data / "sessions").session("the-sea")
    assert [v.name for v in kept.versions] == ["", "", "as version 1"]
    assert kept.version(2).workspace.params.temperature == 0.9
    assert kept.version(3).workspace == kept.version(1).workspace


def test_a_reload_keeps_the_session_of_the_page(page: Page):
    write(page, ("user", "one"))
    save(page, "Talk")
    page.reload()
    ready(page)
    expect(page.locator(".session-name")).to_have_text("Talk")
    page.locator(".turn-text").fill("two")
    save(page)
    expect(page.locator(".session-said")).to_have_text("Version 2")
    expect(sessions_tab(page).locator(".session-version")).to_have_count(2)


def test_sessions_are_found_by_name_and_by_message(page: Page):
    for name, text in (("Trip", "Where is the harbour?"), ("Harbour", "dates")):
        write(page, ("user", text))
        panel = sessions_tab(page)
        panel.get_by_role("button", name="Save as…").click()
        panel.get_by_label("Save as").fill(name)
        panel.get_by_role("button", name="OK").click()
        said(page, f"Saved “{name}” as version 1.")
    query = panel.get_by_role("searchbox")
    query.press_sequentially("harbour", delay=30)
    expect(panel.locator(".sessions-count")).to_have_text("2 of 2")
    assert names(panel) == ["Harbour", "Trip"]
    query.fill("WHERE harbour")
    expect(panel.locator(".sessions-count")).to_have_text("1 of 2")
    assert names(panel) == ["Trip"]
    expect(query).to_be_focused()
    query.fill("nothing of it")
    expect(panel.locator(".session-card")).to_have_count(0)


def test_names_duplicates_and_a_delete_that_is_undone(page: Page):
    write(page, ("user", "one"))
    save(page, "Talk")
    panel = sessions_tab(page)
    panel.get_by_role("button", name="Rename").click()
    panel.get_by_label("New name").fill("<b>Speech</b>")
    page.keyboard.press("Enter")
    said(page, "It is called “<b>Speech</b>” now.")
    expect(page.locator(".session-name")).to_have_text("<b>Speech</b>")
    panel.get_by_role("button", name="Name version 1").click()
    panel.get_by_label("Name of version 1").fill("before")
    page.keyboard.press("Enter")
    expect(panel.locator(".session-label")).to_have_text("before")
    panel.get_by_role("button", name="Duplicate").click()
    said(page, "There is “<b>Speech</b> 2” now")
    expect(panel.locator(".session-card")).to_have_count(2)
    panel.get_by_role("button", name="<b>Speech</b>", exact=True).click()
    expect(panel.locator(".session-card[data-key=talk] .session-version")).to_have_count(1)
    panel.get_by_role("button", name="Delete").click()
    said(page, "Deleted “<b>Speech</b>”.")
    expect(page.locator(".session-name")).to_have_text("Not saved")
    expect(panel.locator(".session-card")).to_have_count(1)
    panel.get_by_role("button", name="Undo").click()
    said(page, "is back.")
    expect(panel.locator(".session-card")).to_have_count(2)


def test_a_session_that_another_page_deleted_is_not_written_to(page: Page, data: Path):
    write(page, ("user", "one"))
    save(page, "Talk")
    SessionStore(data / "sessions").delete("talk")
    save(page)
    expect(page.get_by_text("The session of this page was deleted.")).to_be_visible()
    expect(page.locator(".session-name")).to_have_text("Not saved")
    save(page, "Talk")
    assert len(SessionStore(data / "sessions").session("talk").versions) == 1


def test_a_broken_file_is_named_and_the_rest_works(page: Page, data: Path):
    write(page, ("user", "one"))
    save(page, "Good")
    save(page)
    expect(page.get_by_text("Nothing changed since version 1.")).to_be_visible()
    page.locator(".turn-text").fill("two")
    save(page)
    expect(page.locator(".session-said")).to_have_text("Version 2")
    (data / "sessions" / "good" / "versions" / "0001.json").write_text("{")
    (data / "sessions" / "bad").mkdir()
    (data / "sessions" / "bad" / "session.json").write_text('{"name": 3}')
    panel = sessions_tab(page)
    expect(panel.locator(".sessions-broken")).to_contain_text("bad/session.json can't be read")
    expect(panel.locator(".session-broken")).to_contain_text("0001.json can't be read")
    expect(panel.locator(".session-version")).to_have_count(1)
    assert (data / "sessions" / "bad" / "session.json").read_text() == '{"name": 3}'


def test_images_of_a_session_survive_the_upload(page: Page, data: Path):
    write(page, ("user", "Look"))
    page.get_by_role("tab", name="Images").click()
    page.get_by_role("button", name="Add red-circle.png to the last user message").click()
    expect(page.locator(".turn figcaption")).to_have_text("red-circle.png")
    save(page, "Look")
    page.get_by_role("button", name="Remove red-circle.png").click()
    expect(page.locator(".turn figcaption")).to_have_count(0)
    panel = sessions_tab(page)
    expect(panel.locator(".session-version")).to_contain_text("of images")
    panel.get_by_role("button", name="Compare version 1").click()
    expect(panel.locator(".session-diff")).to_contain_text("1 image before, 0 now.")
    panel.get_by_role("button", name="Open version 1").click()
    expect(page.locator(".turn figcaption")).to_have_text("red-circle.png")
    page.wait_for_function("document.querySelector('.turn-images img').naturalWidth > 0")
    panel.get_by_role("button", name="Compare version 1").click()
    expect(panel.locator(".session-diff")).to_contain_text("Nothing differs.")


def test_a_wrong_number_is_named_and_nothing_is_saved(page: Page, data: Path):
    write(page, ("user", "one"))
    lanes(page, 2)
    change(page, "b")
    field = page.locator("#settings-b .lane-form").get_by_label("Temperature")
    field.fill("9")
    field.blur()
    save(page)
    page.get_by_label("Name of the session").fill("Talk")
    page.keyboard.press("Enter")
    expect(page.locator(".toast-body")).to_contain_text("Lane B: temperature is 9")
    expect(page.locator(".session-name")).to_have_text("Not saved")
    assert SessionStore(data / "sessions").sessions()[0] == ()


def test_a_demo_neither_shows_nor_saves_sessions(open_page: Open, tmp_path: Path):
    with served("--engine", "scripted", "--demo", "--data-dir", str(tmp_path)) as url:
        page = open_page(url)
        expect(page.locator("#session")).to_be_hidden()
        page.locator(".turn-text").last.fill("Hi")
        page.keyboard.press("Control+s")
        expect(page.get_by_label("Name of the session")).to_be_hidden()
        page.evaluate("document.body.classList.remove('demo')")  # a visitor who knows CSS
        page.locator("#session-save").click()
        page.get_by_label("Name of the session").fill("Talk")
        page.keyboard.press("Enter")
        expect(page.get_by_text("This is a demo, so sessions of this machine")).to_be_visible()
        page.get_by_role("tab", name="Sessions").click()
        expect(page.get_by_text("This is a demo, so sessions").last).to_be_visible()
        assert not (tmp_path / "sessions").exists()
        page.close()


def test_a_server_that_is_killed_while_it_saves_keeps_what_it_said_was_saved(
    open_page: Open, tmp_path: Path
):
    flags = ["--engine", "scripted", "--data-dir", str(tmp_path)]
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    server = subprocess.Popen(
        [sys.executable, "app.py", "--port", str(port), *flags],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert answers(url, server)
        page = open_page(url)
        write(page, ("user", "before"))
        save(page, "Talk")
        page.locator(".turn-text").fill("x" * 200_000)
        save(page)
        page.locator(".session-bar[data-number='2']").wait_for()
        page.locator(".turn-text").fill("y" * 200_000)
        save(page)
        os.kill(server.pid, signal.SIGKILL)
        page.context.close()
    finally:
        server.kill()
        server.wait()
    with served(*flags) as again:
        page = open_page(again, DESKTOP)
        panel = sessions_tab(page)
        panel.get_by_role("button", name="Talk", exact=True).click()
        expect(panel.locator(".session-version").last).to_be_visible()
        assert panel.locator(".session-version").count() >= 2
        expect(panel.locator(".session-broken")).to_have_count(0)
        panel.get_by_role("button", name="Open version 1").click()
        expect(page.locator(".turn-text")).to_have_value("before")
        panel.get_by_role("button", name="Open version 2").click()
        expect(page.locator(".turn-text")).to_have_value("x" * 200_000)
        page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_tab_violates_no_rule_of_accessibility(page: Page, theme: str):
    page.goto(f"{page.url}?__theme={theme}")
    ready(page)
    write(page, ("user", "one"))
    save(page, "Talk")
    page.locator(".turn-text").fill("two")
    panel = sessions_tab(page)
    panel.get_by_role("button", name="Import…").click()
    panel.get_by_role("button", name="Export…").click()
    panel.get_by_role("button", name="Compare version 1").click()
    expect(panel.locator(".session-diff ins")).to_be_visible()
    assert violations(page) == []
