"""A workspace as a link: all of it but images, in the part of the address that nobody is sent."""

import base64
import json
import re
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from components import client_component
from core.conversation import Conversation, message
from core.workspace import Workspace
from core.workspace_json import workspace_from_dict, workspace_to_dict
from tests.amounts import amount
from tests.browser.pages import (
    DESKTOP,
    KEPT,
    another_tab,
    expect_work,
    opened,
    ready,
    texts,
    until_kept,
    upload,
    work,
    write,
)
from tests.core.test_workspace_json import WORKSPACES

MARK = "#workspace="
LINK_OF = "(value) => linkOf(value, '')"


def copied(page: Page) -> str:
    """The link, when the page says that it is copied."""
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".work-note p")).to_contain_text("Link copied")
    return page.evaluate("navigator.clipboard.readText()")


def fragment_of(value: object) -> str:
    """As the page would make it, by Python's own libraries."""
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(json.dumps(value).encode()) + packer.flush()
    return MARK + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def value_of(link: str) -> object:
    data = link.partition(MARK)[2]
    return json.loads(zlib.decompress(base64.urlsafe_b64decode(data + "=" * (-len(data) % 4)), -15))


def kept(page: Page) -> dict[str, Any]:
    """This tab's draft, without the messages' ids, which are each page's own."""
    values = json.loads(page.evaluate(f"JSON.stringify({KEPT})"))
    for row in values["messages"]:
        del row["id"]
    return values


def test_a_link_opens_the_whole_workspace_in_a_browser_that_has_kept_nothing(
    scripted_app: str, use_page, open_page
):
    page = use_page(scripted_app)
    work(page)
    link = copied(page)
    expect(page.locator(".work-note p")).to_have_text(f"Link copied: {len(link)} characters.")
    before = kept(page)
    other = open_page(link)  # in the same window: the first page is gone
    expect(other.locator(".work-note p")).to_contain_text("Opened from a link.")
    until_kept(other, "kept.lanes === 3")
    expect_work(other)
    assert kept(other) == before
    assert value_of(link) == value_of(copied(other))


@pytest.mark.thorough
def test_a_page_from_a_link_or_an_earlier_draft_belongs_to_no_session(page: Page):
    write(page, ("user", "kept under a name"))
    page.locator("#session .session-save").click()
    page.locator("#session input").fill("Mine")
    page.locator("#session input").press("Enter")
    expect(page.locator(".session-name")).to_have_text("Mine")
    asking = Conversation((message("user", "Who goes there?"),))
    fragment = fragment_of(workspace_to_dict(Workspace(asking, "greedy")))
    page.evaluate(f"location.hash = {json.dumps(fragment)}")
    expect(page.locator(".turn-text")).to_have_value("Who goes there?")
    expect(page.locator(".session-name")).to_have_text("Not saved")
    page.locator(".turn-text").fill("I do")
    page.locator(".turn-text").blur()
    page.get_by_text("Drafts", exact=True).click()
    page.locator(".draft-list button", has_text="kept under a name").click()
    expect(page.locator(".turn-text")).to_have_value("kept under a name")
    expect(page.locator(".session-name")).to_have_text("Not saved")


@pytest.mark.thorough
def test_a_link_in_demo_mode_says_what_it_did(page: Page, open_page, scripted_app: str):
    asking = Conversation((message("user", "Who goes there?"),))
    fragment = fragment_of(workspace_to_dict(Workspace(asking, "greedy")))
    demo = open_page(f"{scripted_app}?demo=1{fragment}")
    expect(demo.locator(".work-note p")).to_have_text("Opened from a link.")
    expect(demo.locator(".work-note")).to_be_visible()
    expect(demo.get_by_role("button", name="Undo")).to_be_hidden()


@pytest.mark.thorough
def test_the_address_loses_the_fragment_and_a_reload_keeps_later_edits(page: Page, open_page):
    write(page, ("user", "from a link"))
    other = open_page(copied(page))
    expect(other.locator(".turn-text")).to_have_value("from a link")
    assert other.evaluate("location.href") == page.url
    other.locator(".turn-text").fill("edited later")
    until_kept(other, "kept.messages[0].text === 'edited later'")
    other.reload()
    opened(other)
    assert texts(other) == ["edited later"]


@pytest.mark.thorough
@pytest.mark.parametrize("way", ["a new tab", "the same tab"])
def test_what_was_on_the_page_comes_back_by_undo(page: Page, way: str):
    write(page, ("user", "from a link"))
    link = copied(page)
    page.locator(".turn-text").fill("my own draft")
    until_kept(page, "kept.messages[0].text === 'my own draft'")
    if way == "a new tab":
        tab = another_tab(page)
        tab.goto("about:blank")
        tab.goto(link)
    else:
        tab = page
        tab.evaluate("(link) => { location.href = link; }", link)
    expect(tab.locator(".turn-text")).to_have_value("from a link")
    tab.get_by_role("button", name="Undo").click()
    expect(tab.locator(".turn-text")).to_have_value("my own draft")
    tab.get_by_role("button", name="Redo").click()
    expect(tab.locator(".turn-text")).to_have_value("from a link")
    until_kept(tab, "kept.messages[0].text === 'from a link'")
    tab.reload()
    opened(tab)
    tab.get_by_text("Drafts", exact=True).click()
    expect(tab.locator(".draft-list button", has_text="my own draft")).to_be_visible()


@pytest.mark.thorough
def test_no_request_carries_the_fragment(browser: Browser, scripted_app: str):
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url + json.dumps(r.headers)))
    try:
        asking = Conversation((message("user", "Who goes there?"),))
        fragment = fragment_of(workspace_to_dict(Workspace(asking, "greedy")))
        page.goto(scripted_app + fragment)
        ready(page)
        expect(page.locator(".work-note p")).to_contain_text("Opened from a link")
        assert any("queue/join" in url for url in asked)
        assert [url for url in asked if fragment[11:40] in url or "workspace=" in url] == []
    finally:
        context.close()


@pytest.mark.thorough
def test_images_are_left_out_and_both_sides_are_told(page: Page, open_page, tmp_path: Path):
    Image.new("RGB", (64, 48), "red").save(tmp_path / "red.png")
    write(page, ("user", "What is this?"))
    upload(page, tmp_path / "red.png")
    link = copied(page)
    expect(page.locator(".work-note p")).to_have_text(
        f"Link copied: {len(link)} characters, without 1 image."
    )
    assert "red" not in json.dumps(value_of(link))
    expect(page.locator(".turn-images figure")).to_have_count(1)
    other = open_page(link)
    expect(other.locator(".work-note p")).to_contain_text("without 1 image")
    expect(other.locator(".turn-text")).to_have_value("What is this?")


@pytest.mark.thorough
def test_a_workspace_that_is_too_long_is_told_with_both_numbers(page: Page):
    noise = base64.b64encode(
        bytes(range(256)) * 3 + zlib.compress(str(page).encode() * 99)
    ).decode()
    words = "".join(chr(0x4E00 + (number * 7919) % 20000) for number in range(6000))
    write(page, ("user", words + noise))
    page.evaluate("navigator.clipboard.writeText('untouched')")
    page.get_by_role("button", name="Copy link").click()
    note = page.locator(".work-note p")
    expect(note).to_contain_text("too long for a link:")
    expect(note).to_contain_text("characters; the limit is 8,000. Save it as a file instead.")
    assert page.evaluate("navigator.clipboard.readText()") == "untouched"


BAD = {
    "cut off": fragment_of(workspace_to_dict(Workspace()))[:-9],
    "unpacks to 20 MB": fragment_of("0" * 20_000_000),
}


@pytest.mark.thorough
def test_a_broken_link_is_one_sentence_and_the_draft_stays(page: Page, subtests: pytest.Subtests):
    write(page, ("user", "my own draft"))
    until_kept(page, "kept.messages[0]?.text === 'my own draft'")
    address = page.url
    page.goto("about:blank")
    for name, fragment in BAD.items():
        with subtests.test(name):
            if page.url == "about:blank":  # by opening the page; the others where it is open
                page.goto(address + fragment)
                opened(page)
            else:
                page.locator(".work-note [data-act=dismiss]").click()
                expect(page.locator(".work-note")).to_be_hidden()
                page.evaluate("(fragment) => { location.hash = fragment; }", fragment)
            expect(page.locator(".work-note p")).to_contain_text("The link could not be opened")
            page.wait_for_function("!location.href.includes('#')")
            assert texts(page) == ["my own draft"]


FOREIGN = {
    "a list": ([1, 2], "not a workspace"),
    "null": (None, "not a workspace"),
    "another version": ({"format": "lfm-playground-workspace", "version": 9}, "version 9"),
    "a wrong number": (
        {**workspace_to_dict(Workspace()), "sampling": {"temperature": 99}},
        "temperature is 99",
    ),
}


@pytest.mark.thorough
def test_a_foreign_link_is_one_sentence_and_the_page_opens(
    open_page, scripted_app, subtests: pytest.Subtests
):
    page: Page | None = None
    for name, (value, words) in FOREIGN.items():
        with subtests.test(name):
            if page is None:
                page = open_page(scripted_app, query=fragment_of(value))
            else:
                page.evaluate("(fragment) => { location.hash = fragment; }", fragment_of(value))
            expect(page.locator(".toast-body").last).to_contain_text(words)
            expect(page.locator(".work-note")).to_be_hidden()
            page.locator(".turn-text").fill(f"the page works with {name}")
            expect(page.locator(".turn-count")).to_have_text(re.compile("[1-9] tok"))


@pytest.mark.thorough
def test_where_the_clipboard_is_forbidden_the_link_is_shown(page: Page):
    write(page, ("user", "Hi"))
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".work-note p")).to_contain_text("Copy this link")
    assert isinstance(value_of(page.get_by_label("The link").input_value()), dict)


@pytest.mark.thorough
def test_any_workspace_survives_the_link(browser: Browser):
    """Python's zlib reads what the browser packs, and the other way round."""
    page = browser.new_page()
    try:
        module = client_component.read_asset("workspace_link.js")
        shared = "Object.assign(window, { linkOf, workspaceOf });"
        page.add_script_tag(content=f"{module}\n{shared}", type="module")

        @settings(max_examples=amount(20, 60), suppress_health_check=[HealthCheck.too_slow])
        @given(WORKSPACES)
        def survives(saved: Workspace) -> None:
            value = workspace_to_dict(saved)
            assert workspace_from_dict(value_of(page.evaluate(LINK_OF, value))) == saved
            back = page.evaluate("workspaceOf", fragment_of(value))
            assert workspace_from_dict(back) == saved

        survives()
    finally:
        page.close()
