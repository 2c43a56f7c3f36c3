"""A closed tab frees the engine at once, not when the answer would have ended."""

from collections.abc import Iterator
from time import monotonic

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.pages import DESKTOP, expect_status, ready, write
from tests.serving import served_here
from tests.watched import Watched

TOKENS_PER_SECOND = 10.0  # 600 tokens of a long answer take a minute
PATIENCE = 10.0


@pytest.mark.thorough
def test_closing_the_tab_frees_the_engine(open_page):
    engine = Watched(TOKENS_PER_SECOND)
    with served_here(engine) as url:
        visit = open_page(url)
        write(visit, ("user", "!long"))
        visit.locator("#run").click()
        expect_status(visit, "a", "streaming")
        assert not engine.freed.is_set()
        closed = monotonic()
        visit.close()
        assert engine.freed.wait(PATIENCE)
        assert monotonic() - closed < PATIENCE


@pytest.fixture
def visit(browser: Browser) -> Iterator[Page]:
    """A tab that may complain: Gradio does, when a page is left while an answer comes."""
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.set_default_timeout(20_000)
    yield page
    context.close()


@pytest.mark.thorough
def test_a_page_that_is_reloaded_in_mid_run_shows_its_answer_again(visit: Page):
    """As far as it had come, and as stopped: it was shown as if it still went on."""
    engine = Watched(TOKENS_PER_SECOND)
    with served_here(engine) as url:
        visit.goto(url)
        ready(visit)
        write(visit, ("user", "!long"))
        visit.locator("#run").click()
        expect(visit.locator("#lane-a .lane-text")).to_contain_text("Paragraph 1 says")
        visit.reload()
        ready(visit)
        expect_status(visit, "a", "stopped")
        expect(visit.locator("#lane-a .lane-text")).to_contain_text("Paragraph 1 says")
        assert engine.freed.wait(PATIENCE)
        visit.get_by_role("tab", name="History").click()
        expect(visit.locator(".run-card")).to_have_count(1)
        write(visit, ("user", "Hi"))
        visit.locator("#run").click()
        expect(visit.locator("#lane-a .lane-text")).to_have_text("Hello! What shall we try?")
        visit.context.close()


@pytest.mark.thorough
def test_a_page_that_is_reloaded_right_after_run_finds_that_run_in_the_history(visit: Page):
    with served_here(Watched(TOKENS_PER_SECOND)) as url:
        visit.goto(url)
        ready(visit)
        write(visit, ("user", "!long"))
        visit.locator("#run").click()
        expect(visit.locator("#lane-a .lane-status")).not_to_have_attribute("data-status", "idle")
        visit.reload()
        ready(visit)
        expect_status(visit, "a", "stopped")
        visit.get_by_role("tab", name="History").click()
        expect(visit.locator(".run-card")).to_have_count(1)
        visit.context.close()
