"""The page is there before its model: one can write in it, and a run waits for the model."""

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from engine.scripted.scripted_engine import ScriptedEngine
from engine.starting import StartingEngine
from tests.amounts import amount
from tests.browser.pages import expect_status, opened, until_kept, write
from tests.serving import served_here

NAME = "LFM2-700M"
EVENTS = "**/queue/join*"


@pytest.fixture
def page(new_page: Page) -> Page:
    return new_page


@pytest.fixture
def go() -> Iterator[threading.Event]:
    """Set, the server's engine is made and loads its model."""
    go = threading.Event()
    yield go
    go.set()


@pytest.fixture
def early_page(open_page, go: threading.Event) -> Iterator[Page]:
    def make() -> ScriptedEngine:
        assert go.wait(60)
        return ScriptedEngine(tokens_per_second=400)

    engine = StartingEngine(make, f"LiquidAI/{NAME}", lambda event: None)
    with served_here(engine) as url:
        page = open_page(url)
        engine.start()
        yield page
        go.set()
        page.context.close()


def hold(route: Route) -> None:
    """Neither answered nor sent on."""


def test_what_is_typed_before_the_server_has_opened_the_page_stays(page: Page):
    """It was replaced by an empty message, or by the draft, when the server returned them."""
    for typed, stands in (("first, ", "first, "), ("second", "first, second"))[: amount(1, 2)]:
        page.route(EVENTS, hold)
        page.reload()
        first = page.locator(".turn-text").first
        first.press("End")
        page.keyboard.type(typed)
        expect(first).to_have_value(stands)
        page.wait_for_timeout(400)  # more than a typing pause
        page.unroute(EVENTS)  # which lets them go
        opened(page)
        until_kept(page, f"kept.temperature !== undefined && kept.messages[0].text === '{stands}'")
        expect(first).to_have_value(stands)
        expect(first).to_be_focused()
        expect(page.locator(".turn-count").first).to_contain_text("tok")


@pytest.mark.thorough
def test_a_page_that_is_opened_early_follows_the_start(early_page: Page, go: threading.Event):
    status = early_page.locator("#model-status")
    expect(status).to_contain_text("Starting")
    write(early_page, ("user", "Hi"))
    early_page.locator("#run").click()
    expect(early_page.locator("#lane-a .lane-status")).to_have_text("Starting…")
    go.set()
    expect_status(early_page, "a", "done", 15_000)
    expect(status).to_contain_text(NAME)
    expect(early_page.locator(".turn textarea").first).to_have_value("Hi")
    expect(early_page.locator(".turn-count").first).to_have_text("1 tok")
    early_page.reload()
    expect(early_page.locator("#model-status")).to_contain_text(NAME)
