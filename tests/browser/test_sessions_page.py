"""Sessions as a person uses them: save, compare, restore, find, delete, and survive a crash."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from core.sessions.session_store import SessionStore
from tests.browser.pages import (
    DESKTOP,
    Open,
    change,
    expect_status,
    lanes,
    number,
    ready,
    run,
    said,
    save_session,
    sessions_tab,
    tab,
    text,
    texts,
    until_kept,
    violations,
    work,
    write,
)
from tests.serving import running, served


def names(panel: Locator) -> list[str]:
    return panel.locator(".session-fold").all_inner_texts()


def test_a_page_is_saved_changed_saved_again_compared_and_restored(page: Page, scripted_data: Path):
    write(page, ("system", "Be brief."), ("user", "Tell me of the sea"))
    expect(page.locator(".session-name")).to_have_text("Not saved")
    save_session(page, "The sea")
    page.locator(".turn-text").last.fill("Tell me of the deep sea")
    number(page, "temperature").fill("0.9")
    number(page, "temperature").press("Tab")
    save_session(page)
    expect(page.locator(".session-said")).to_have_text("Version 2")
    panel = sessions_tab(page)
    expect(panel.locator(".sessions-current")).to_have_text("The sea · version 2")
    expect(panel.locator(".session-version")).to_have_count(2)
    panel.get_by_role("button", name="Compare version 2").click()
    expect(panel.locator(".session-diff")).to_contain_text("No differences.")
    panel.get_by_role("button", name="Compare version 1").click()
    diff = panel.locator(".session-diff")
    expect(diff.locator("ins")).to_have_text("deep ")
    expect(diff.locator("del")).to_have_count(0)
    expect(diff).to_contain_text("1 message unchanged")
    rows = diff.get_by_role("region", name="Settings that differ").locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("temperature")
    expect(rows).to_contain_text("0.9")
    panel.get_by_role("button", name="Open version 1").click()
    said(page, "Opened version 1 of “The sea”.")
    assert texts(page) == ["Be brief.", "Tell me of the sea"]
    expect(number(page, "temperature")).not_to_have_value("0.9")
    panel.get_by_role("button", name="Open version 2").click()
    expect(number(page, "temperature")).to_have_value("0.9")
    panel.get_by_role("button", name="Restore version 1").click()
    said(page, "Restored version 1 as version 3.")
    assert texts(page) == ["Be brief.", "Tell me of the sea"]
    expect(panel.locator(".session-version[aria-current] > b")).to_have_text("3")
    kept = SessionStore(scripted_data / "sessions").session("the-sea")
    assert [v.name for v in kept.versions] == ["", "", "as version 1"]
    assert kept.version(2).workspace.params.temperature == 0.9
    assert kept.version(3).workspace == kept.version(1).workspace


def test_a_version_brings_its_answers_back_and_the_bar_tells_what_is_not_saved(page: Page):
    edited, outdated = page.locator(".session-edited"), page.locator("#lane-a .lane-outdated")
    write(page, ("user", "Hi"))
    run(page, "a")
    first = text(page, "a")
    expect(edited).to_be_hidden()
    save_session(page, "Talk")
    page.locator(".turn-text").fill("Ho")
    expect(edited).to_be_visible()
    page.locator("#run").click()
    expect(page.locator("#lane-a .lane-raw")).to_contain_text("“Ho”")
    expect_status(page, "a", "done")
    page.locator(".turn-text").fill("Hi")
    expect(edited).to_be_hidden()
    page.locator(".turn-text").fill("Hey")
    expect(edited).to_be_visible()
    save_session(page)
    expect(page.locator(".session-said")).to_have_text("Version 2")
    panel = sessions_tab(page)
    panel.get_by_role("button", name="Open version 1").click()
    said(page, "Opened version 1 of “Talk”.")
    tab(page, "Answers")
    expect(page.locator("#lane-a .lane-raw")).to_have_text(first)
    expect(page.locator("#lane-a .lane-when")).to_contain_text("from ")
    expect(outdated).to_have_text("")
    until_kept(page, "kept.messages[0].text === 'Hi'")
    expect(edited).to_be_hidden()
    page.locator(".turn-text").fill("Hi there")
    expect(outdated).to_have_text("Out of date. Changed since: the messages.")
    until_kept(page, "kept.messages[0].text === 'Hi there'")
    page.reload()
    ready(page)
    expect(page.locator("#lane-a .lane-raw")).to_have_text(first)
    expect(outdated).to_have_text("Out of date. Changed since: the messages.")
    expect(edited).to_be_visible()


@pytest.mark.thorough
def test_an_answer_that_was_out_of_date_when_it_was_saved_says_so(page: Page):
    write(page, ("user", "Tell me of the sea"))
    run(page, "a")
    number(page, "temperature").fill("0.9")
    expect(page.locator("#lane-a .lane-outdated")).to_contain_text("temperature")
    save_session(page, "Talk")
    page.locator("#run").click()
    expect(page.locator("#lane-a .lane-raw")).to_contain_text("temperature is 0.9")
    expect_status(page, "a", "done")
    panel = sessions_tab(page)
    panel.get_by_role("button", name="Compare version 1").click()
    expect(panel.locator(".session-diff")).to_contain_text("Lane A has a different answer.")
    panel.get_by_role("button", name="Open version 1").click()
    said(page, "Opened version 1")
    tab(page, "Answers")
    expect(page.locator("#lane-a .lane-outdated")).to_have_text(
        "Out of date. Changed since: Temperature 0.1 → 0.9."
    )
    expect(page.locator(".session-edited")).to_be_hidden()
    page.get_by_role("button", name="New").click()
    expect(page.locator("#lane-a .lane-raw")).to_have_text("")
    page.reload()
    ready(page)
    expect(page.locator("#lane-a .lane-raw")).to_have_text("")


@pytest.mark.thorough
def test_everything_that_is_kept_counts_as_saved_after_a_save_and_a_reload(page: Page):
    work(page)
    edited = page.locator(".session-edited")
    save_session(page, "All")
    expect(page.locator(".session-said")).to_have_text("Version 1")
    expect(edited).to_be_hidden()
    page.reload()
    ready(page)
    page.wait_for_function("playground.keptDrafts.wasOpened")
    expect(edited).to_be_hidden()
    page.get_by_role("button", name="Greedy").click()
    expect(edited).to_be_visible()
    page.locator("[data-act=step_back]").click()
    expect(edited).to_be_hidden()
    page.get_by_role("button", name="Greedy").click()
    expect(edited).to_be_visible()
    sessions_tab(page).get_by_role("button", name="Open version 1").click()
    expect(edited).to_be_hidden()


@pytest.mark.thorough
def test_a_reload_keeps_the_session_of_the_page(page: Page):
    write(page, ("user", "one"))
    save_session(page, "Talk")
    page.reload()
    ready(page)
    expect(page.locator(".session-name")).to_have_text("Talk")
    page.locator(".turn-text").fill("two")
    save_session(page)
    expect(page.locator(".session-said")).to_have_text("Version 2")
    expect(sessions_tab(page).locator(".session-version")).to_have_count(2)


@pytest.mark.thorough
def test_sessions_are_found_by_name_and_by_message(page: Page):
    for name, words in (("Trip", "Where is the harbour?"), ("Harbour", "dates")):
        write(page, ("user", words))
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


@pytest.mark.usefixtures("open_page")
@pytest.mark.thorough
def test_names_duplicates_and_a_delete_that_is_undone(page: Page):
    write(page, ("user", "one"))
    save_session(page, "Talk")
    panel = sessions_tab(page)
    panel.get_by_role("button", name="Rename").click()
    panel.get_by_label("New name").fill("<b>Speech</b>")
    page.keyboard.press("Enter")
    said(page, "Renamed to “<b>Speech</b>”.")
    expect(page.locator(".session-name")).to_have_text("<b>Speech</b>")
    panel.get_by_role("button", name="Label version 1").click()
    panel.get_by_label("Label of version 1").fill("before")
    page.keyboard.press("Enter")
    expect(panel.locator(".session-label")).to_have_text("before")
    panel.get_by_role("button", name="Duplicate").click()
    said(page, "Duplicated as “<b>Speech</b> 2”")
    expect(panel.locator(".session-card")).to_have_count(2)
    panel.get_by_role("button", name="<b>Speech</b>", exact=True).click()
    expect(panel.locator(".session-card[data-key=talk] .session-version")).to_have_count(1)
    panel.get_by_role("button", name="Delete").click()
    said(page, "Deleted “<b>Speech</b>”.")
    expect(page.locator(".session-name")).to_have_text("Not saved")
    expect(panel.locator(".session-card")).to_have_count(1)
    panel.get_by_role("button", name="Undo").click()
    said(page, "Restored “")
    expect(panel.locator(".session-card")).to_have_count(2)


@pytest.mark.thorough
def test_a_session_that_another_page_deleted_is_not_written_to(page: Page, scripted_data: Path):
    write(page, ("user", "one"))
    save_session(page, "Talk")
    SessionStore(scripted_data / "sessions").delete("talk")
    save_session(page)
    expect(page.get_by_text("The session of this page was deleted.")).to_be_visible()
    expect(page.locator(".session-name")).to_have_text("Not saved")
    save_session(page, "Talk")
    assert len(SessionStore(scripted_data / "sessions").session("talk").versions) == 1


@pytest.mark.thorough
def test_a_broken_file_is_named_and_the_rest_works(page: Page, scripted_data: Path):
    write(page, ("user", "one"))
    save_session(page, "Good")
    save_session(page)
    expect(page.get_by_text("No changes since version 1.")).to_be_visible()
    page.locator(".turn-text").fill("two")
    save_session(page)
    expect(page.locator(".session-said")).to_have_text("Version 2")
    (scripted_data / "sessions" / "good" / "versions" / "0001.json").write_text("{")
    (scripted_data / "sessions" / "bad").mkdir()
    (scripted_data / "sessions" / "bad" / "session.json").write_text('{"name": 3}')
    panel = sessions_tab(page)
    expect(panel.locator(".sessions-broken")).to_contain_text("bad/session.json can't be read")
    expect(panel.locator(".session-broken")).to_contain_text("0001.json can't be read")
    expect(panel.locator(".session-version")).to_have_count(1)
    assert (scripted_data / "sessions" / "bad" / "session.json").read_text() == '{"name": 3}'


@pytest.mark.thorough
def test_images_of_a_session_survive_the_upload(page: Page, scripted_data: Path):
    write(page, ("user", "Look"))
    page.get_by_role("tab", name="Images").click()
    page.get_by_role("button", name="Add red-circle.png to the last user message").click()
    expect(page.locator(".turn figcaption")).to_have_text("red-circle.png")
    save_session(page, "Look")
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
    expect(panel.locator(".session-diff")).to_contain_text("No differences.")


@pytest.mark.thorough
def test_a_wrong_number_is_named_and_nothing_is_saved(page: Page, scripted_data: Path):
    write(page, ("user", "one"))
    lanes(page, 2)
    change(page, "b")
    field = page.locator("#settings-b .lane-form").get_by_label("Temperature")
    field.fill("9")
    field.blur()
    save_session(page)
    page.get_by_label("Session name").fill("Talk")
    page.keyboard.press("Enter")
    expect(page.locator(".toast-body")).to_contain_text("Lane B: temperature is 9")
    expect(page.locator(".session-name")).to_have_text("Not saved")
    assert SessionStore(scripted_data / "sessions").sessions()[0] == ()


@pytest.mark.thorough
def test_a_demo_neither_shows_nor_saves_sessions(open_page: Open, tmp_path: Path):
    with served("--engine", "scripted", "--demo", "--data-dir", str(tmp_path)) as url:
        page = open_page(url)
        expect(page.locator("#session")).to_be_hidden()
        page.keyboard.press("Control+s")
        expect(page.get_by_label("Session name")).to_be_hidden()
        page.evaluate("document.body.classList.remove('demo')")  # a visitor who knows CSS
        page.locator(".turn-text").last.fill("Hi")
        page.locator("#session-save").click()
        page.get_by_label("Session name").fill("Talk")
        page.keyboard.press("Enter")
        expect(page.get_by_text("This is a demo, so sessions are not available")).to_be_visible()
        page.get_by_role("tab", name="Sessions").click()
        expect(page.get_by_text("This is a demo, so sessions").last).to_be_visible()
        assert not (tmp_path / "sessions").exists()
        page.close()


@pytest.mark.thorough
def test_a_server_that_is_killed_while_it_saves_keeps_what_it_said_was_saved(
    open_page: Open, tmp_path: Path
):
    flags = ["--engine", "scripted", "--data-dir", str(tmp_path)]
    with running(*flags) as server:
        page = open_page(server.url)
        write(page, ("user", "before"))
        save_session(page, "Talk")
        page.locator(".turn-text").fill("x" * 200_000)
        save_session(page)
        page.locator(".session-bar[data-number='2']").wait_for()
        page.locator(".turn-text").fill("y" * 200_000)
        save_session(page)
        server.process.kill()
        page.context.close()
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


@pytest.mark.thorough
def test_the_tab_violates_no_rule_of_accessibility(page: Page):
    write(page, ("user", "one"))
    save_session(page, "Talk")
    page.locator(".turn-text").fill("two")
    panel = sessions_tab(page)
    panel.get_by_role("button", name="Import…").click()
    panel.get_by_role("button", name="Export…").click()
    panel.get_by_role("button", name="Compare version 1").click()
    expect(panel.locator(".session-diff ins")).to_be_visible()
    assert violations(page, "#sessions, #session") == []
