"""The draft: nothing that was written is lost, whatever happens to the tab or the server."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Error, Page, expect

from tests.browser.pages import (
    DESKTOP,
    KEPT,
    another_tab,
    expect_work,
    number,
    open_messages,
    opened,
    texts,
    until_kept,
    upload,
    work,
    write,
)
from tests.serving import free_port, served

TOOLS = '[{"name": "mine"}]'


@pytest.fixture
def page(new_page: Page) -> Page:
    return new_page


def write_tools(page: Page) -> None:
    page.locator("#tools summary").click()
    page.locator(".tools-text").fill(TOOLS)
    page.locator(".tools-text").blur()
    until_kept(page, f"kept.tools === {json.dumps(TOOLS)}")


def test_all_of_the_workspace_comes_back_after_a_reload(page: Page):
    work(page)
    page.reload()
    opened(page)
    expect_work(page)


@pytest.mark.thorough
def test_a_crashed_tab_loses_nothing_but_its_last_moment(page: Page, scripted_app: str):
    work(page)
    page.locator(".turn-text").last.press_sequentially(", typed without a pause", delay=60)
    with suppress(Error):
        page.goto("chrome://crash", timeout=3000)
    fresh = page.context.new_page()
    fresh.goto(scripted_app)
    opened(fresh)
    assert texts(fresh)[0] == "Be brief."
    typed = texts(fresh)[1].removeprefix("précieux 日本 👩‍👩‍👧\n\ttail  ")
    assert typed
    assert ", typed without a pause".startswith(typed)
    expect(number(fresh, "max-new-tokens")).to_have_value("77")


@pytest.mark.thorough
def test_a_restarted_server_gets_the_draft_from_the_browser(browser: Browser):
    port = free_port()
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    try:
        with served("--engine", "scripted", port=port) as url:
            page.goto(url)
            opened(page)
            work(page)
        page.locator(".turn-text").first.fill("Be brief, while nobody serves.")
        until_kept(page, "kept.messages[0].text.endsWith('nobody serves.')")
        with served("--engine", "scripted", port=port) as url:
            page.goto(url)
            opened(page)
            assert texts(page)[0] == "Be brief, while nobody serves."
            open_messages(page)
            page.locator(".turn-text").first.fill("Be brief.")
            expect_work(page)
    finally:
        context.close()


@pytest.mark.thorough
def test_an_image_whose_file_is_gone_is_named_and_can_be_attached_again(page: Page, tmp_path):
    picture = tmp_path / "red.png"
    Image.new("RGB", (64, 48), "red").save(picture)
    write(page, ("user", "What is this?"))
    upload(page, picture)
    until_kept(page, "kept.messages[0].images.length === 1")
    Path(page.evaluate(f"{KEPT}.messages[0].images[0].path")).unlink()
    page.reload()
    opened(page)
    expect(page.locator(".turn-images figcaption")).to_have_text("Image missing: red.png")
    expect(page.locator(".meter-note")).to_contain_text("red.png no longer exists")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Attach red.png again").click()
    chooser.value.set_files(picture)
    expect(page.locator(".turn-images figcaption")).to_have_text("red.png")
    expect(page.locator(".meter-text")).to_contain_text("images 70")


@pytest.mark.thorough
def test_an_empty_page_never_takes_the_place_of_what_was_written(page: Page):
    write(page, ("user", "precious"))
    until_kept(page, "kept.messages[0]?.text === 'precious'")
    page.get_by_role("button", name="Clear").click()
    until_kept(page, "kept.messages.length === 0")
    page.reload()
    opened(page)
    fresh = another_tab(page)
    assert texts(fresh) == ["precious"]
    fresh.close()
    page.get_by_text("Drafts", exact=True).click()
    page.locator(".draft-list button", has_text="precious").click()
    expect(page.locator(".turn-text")).to_have_value("precious")


@pytest.mark.thorough
def test_leaving_before_the_page_stands_overwrites_nothing(page: Page):
    write(page, ("user", "precious"))
    write_tools(page)
    page.route("**/queue/join*", lambda route: None)  # never answered
    page.reload()
    page.locator(".turn").first.wait_for()
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    assert page.evaluate(f"{KEPT}.messages[0].text") == "precious"
    assert page.evaluate(f"{KEPT}.tools") == TOOLS
    page.unroute("**/queue/join*")
    page.reload()
    opened(page)
    assert texts(page) == ["precious"]
    expect(page.locator(".tools-text")).to_have_value(TOOLS)


@pytest.mark.thorough
def test_tools_alone_are_words_too_and_are_set_aside(page: Page):
    write_tools(page)
    page.get_by_role("button", name="Tell a story").click()
    until_kept(page, "kept.tools === ''")
    page.get_by_text("Drafts", exact=True).click()
    page.locator(".draft-list button", has_text="Tools only").click()
    expect(page.locator(".tools-text")).to_have_value(TOOLS)


@pytest.mark.thorough
def test_two_tabs_keep_a_draft_each_and_a_new_one_starts_from_the_latest(page: Page):
    write(page, ("user", "of the first tab"))
    until_kept(page, "kept.messages[0]?.text === 'of the first tab'")
    second = another_tab(page)
    assert texts(second) == ["of the first tab"]
    second.locator(".turn-text").fill("of the second tab")
    until_kept(second, "kept.messages[0].text === 'of the second tab'")
    number(page, "top-k").fill("7")
    number(page, "top-k").press("Tab")
    until_kept(page, "kept.top_k === 7")
    page.reload()
    second.reload()
    opened(page)
    opened(second)
    assert (texts(page), texts(second)) == (["of the first tab"], ["of the second tab"])
    expect(number(page, "top-k")).to_have_value("7")
    expect(number(second, "top-k")).to_have_value("50")
    third = another_tab(page)
    assert texts(third) == ["of the first tab"]
    second.close()
    third.get_by_text("Drafts", exact=True).click()
    third.locator(".draft-list button", has_text="of the second tab").click()
    expect(third.locator(".turn-text")).to_have_value("of the second tab")
    third.get_by_role("button", name="Undo").click()
    expect(third.locator(".turn-text")).to_have_value("of the first tab")
