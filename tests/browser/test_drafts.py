"""The draft: nothing that was written is lost, whatever happens to the tab or the server."""

import json
from contextlib import suppress
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Error, Page, expect

from tests.browser.conftest import DESKTOP, KEPT, ready, until_kept
from tests.browser.test_image_tiles import upload
from tests.browser.test_messages import texts, write
from tests.browser.test_settings import number
from tests.serving import free_port, served

TOOLS = '[{"name": "mine"}]'


def work(page: Page) -> None:
    """Change something of every kind."""
    write(page, ("system", "Be brief."), ("user", "précieux 日本 👩‍👩‍👧\n\ttail  "))
    page.get_by_role("button", name="Creative").click()
    expect(page.locator(".preset-state")).to_have_text("Creative is active.")
    number(page, "max-new-tokens").fill("77")
    number(page, "max-new-tokens").press("Tab")
    page.locator("[data-count='3']").click()
    page.get_by_label("Settings of lane B", exact=True).select_option("greedy")
    until_kept(page, "kept.max_new_tokens === 77 && kept.lane_B.preset === 'greedy'")


def write_tools(page: Page) -> None:
    page.locator("#tools summary").click()
    page.locator(".tools-text").fill(TOOLS)
    page.locator(".tools-text").blur()
    until_kept(page, f"kept.tools === {json.dumps(TOOLS)}")


def expect_work(page: Page) -> None:
    expect(page.locator(".turn")).to_have_count(2)
    assert texts(page) == ["Be brief.", "précieux 日本 👩‍👩‍👧\n\ttail  "]
    expect(page.locator(".preset-state")).to_contain_text("Creative")
    expect(number(page, "max-new-tokens")).to_have_value("77")
    expect(number(page, "temperature")).to_have_value("1")
    assert page.evaluate("document.body.dataset.lanes") == "3"
    expect(page.get_by_label("Settings of lane B", exact=True)).to_have_value("greedy")


def another_tab(page: Page) -> Page:
    tab = page.context.new_page()
    tab.set_default_timeout(20_000)
    tab.goto(page.url)
    ready(tab)
    return tab


def opened(page: Page) -> None:
    page.locator(".turns-foot").wait_for()
    page.wait_for_function("keptDrafts.wasOpened")


def test_all_of_the_workspace_comes_back_after_a_reload(page: Page):
    work(page)
    page.reload()
    opened(page)
    expect_work(page)


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
            page.locator(".turn-text").first.fill("Be brief.")
            expect_work(page)
    finally:
        context.close()


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
    expect(page.locator(".meter-note")).to_contain_text("red.png is not there any more")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Attach red.png again").click()
    chooser.value.set_files(picture)
    expect(page.locator(".turn-images figcaption")).to_have_text("red.png")
    expect(page.locator(".meter-text")).to_contain_text("images 70")


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


def test_tools_alone_are_words_too_and_are_set_aside(page: Page):
    write_tools(page)
    page.get_by_role("button", name="Tell a story").click()
    until_kept(page, "kept.tools === ''")
    page.get_by_text("Drafts", exact=True).click()
    page.locator(".draft-list button", has_text="Tools only").click()
    expect(page.locator(".tools-text")).to_have_value(TOOLS)


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


def test_a_duplicated_tab_takes_a_name_of_its_own(page: Page):
    """A browser copies the storage of a tab that it duplicates, and with it the tab's name."""
    write(page, ("user", "original"))
    until_kept(page, "kept.messages[0]?.text === 'original'")
    name = page.evaluate("keptDrafts.tab")
    copy = page.context.new_page()
    copy.add_init_script(f"sessionStorage.playground_tab ??= '{name}'")
    copy.goto(page.url)
    opened(copy)
    copy.wait_for_function(f"keptDrafts.tab !== '{name}'")
    copy.locator(".turn-text").fill("copy")
    until_kept(copy, "kept.messages[0].text === 'copy'")
    page.reload()
    copy.reload()
    opened(page)
    opened(copy)
    assert (texts(page), texts(copy)) == (["original"], ["copy"])
    assert page.evaluate("keptDrafts.tab") == name


def test_a_full_storage_drops_the_oldest_draft_and_not_the_newest(page: Page):
    write(page, ("user", "the one at work"))
    until_kept(page, "kept.messages[0]?.text === 'the one at work'")
    page.evaluate(
        """() => {
          const kept = (text) => ({ messages: [{ id: text[0], role: 'user', text, images: [] }] });
          const long = (at) => ({ at, edited: true, kept: kept(`${at}`.repeat(1000000)) });
          for (const at of [1, 2]) keptDrafts.write(`old ${at}`, long(at));
          keptDrafts.keepPart({ messages: kept('x'.repeat(4000000)).messages });
        }"""
    )
    assert page.evaluate(f"{KEPT}.messages[0].text.length") == 4_000_000
    names = page.evaluate("keptDrafts.names()")
    assert "old 1" not in names
    assert "old 2" in names
    expect(page.locator(".work-note")).to_be_hidden()


def test_no_more_than_twenty_drafts_are_kept_and_copies_go_first(page: Page):
    write(page, ("user", "the one at work"))
    until_kept(page, "kept.messages[0]?.text === 'the one at work'")
    names = page.evaluate(
        """() => {
          for (let at = 1; at <= 30; at += 1) {
            const messages = [{ id: `m${at}`, role: 'user', text: `draft ${at}`, images: [] }];
            keptDrafts.write(`n${at}`, { at, edited: at !== 30, kept: { messages } });
          }
          keptDrafts.write('n31', { at: 31, edited: true, kept: { messages: [] } });
          return keptDrafts.names();
        }"""
    )
    own = page.evaluate("keptDrafts.tab")
    assert len(names) == 20
    assert own in names
    assert "n29" in names
    assert "n30" not in names
    assert "n1" not in names
