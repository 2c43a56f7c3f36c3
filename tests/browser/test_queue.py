"""A lane that waits for room says so, can be stopped, and shows afterwards how long it waited."""

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.pages import expect_status, write
from tests.serving import served_here
from tests.watched import Crowded

STATUS = "#lane-a .lane-status"
PHONE: ViewportSize = {"width": 390, "height": 844}


@pytest.fixture
def crowded_page(open_page):
    """A page of an engine in whose queue all wait, at place 2, until it moves; and the engine."""
    engine = Crowded(place=2)
    with served_here(engine) as url:
        visit = open_page(url)
        yield visit, engine
        visit.close()  # first, as it complains of a server that ends while a request is on its way


def test_a_queued_lane_shows_its_place_as_it_moves_up_and_then_answers(crowded_page):
    page, engine = crowded_page
    write(page, ("user", "Hi"))
    page.locator("#run").click()
    expect(page.locator(STATUS)).to_have_text("Waiting · position 2")
    expect(page.locator("#stop")).to_be_visible()
    expect(page.locator("#lane-a .lane-empty")).to_contain_text("Press Stop to leave the queue")
    expect(page.locator("#lane-a .lane-raw .lane-cursor")).to_be_visible()
    engine.move()
    expect(page.locator(STATUS)).to_have_text("Waiting · position 1")
    engine.move()
    expect_status(page, "a", "done")
    expect(page.locator("#lane-a .lane-empty")).to_be_hidden()
    expect(page.locator("#lane-a .lane-metrics")).to_contain_text("s waited")


@pytest.mark.thorough
def test_a_lane_that_met_no_queue_says_nothing_of_waiting(page: Page):
    write(page, ("user", "Hi"))
    page.locator("#run").click()
    expect_status(page, "a", "done")
    expect(page.locator("#lane-a .lane-metrics")).to_contain_text("total")
    expect(page.locator("#lane-a .lane-metrics")).not_to_contain_text("waited")


@pytest.mark.thorough
def test_stop_ends_a_lane_that_waits_and_the_next_run_starts(crowded_page):
    page, engine = crowded_page
    write(page, ("user", "Hi"))
    for _ in range(2):
        page.locator("#run").click()
        expect(page.locator(STATUS)).to_have_text("Waiting · position 2")
        page.locator("#stop").click()
        expect_status(page, "a", "stopped")
        expect(page.locator("#lane-a .lane-status")).to_have_text("Stopped by you")
        assert engine.left.acquire(timeout=5)


@pytest.mark.thorough
def test_closing_the_tab_gives_the_place_in_the_queue_back(crowded_page):
    page, engine = crowded_page
    write(page, ("user", "Hi"))
    page.locator("#run").click()
    expect(page.locator(STATUS)).to_have_text("Waiting · position 2")
    page.close()
    assert engine.left.acquire(timeout=5)


@pytest.mark.thorough
def test_a_prompt_that_goes_on_shows_how_much_of_it_was_cached(page: Page):
    write(page, ("system", "Be brief, in the test of cached prompts."), ("user", "Hi"))
    page.locator("#run").click()
    expect_status(page, "a", "done")
    expect(page.locator("#lane-a .lane-metrics")).not_to_contain_text("cached")
    page.get_by_role("button", name="Use as reply").click()
    expect(page.locator(".turn")).to_have_count(4)
    page.locator(".turn-text").last.fill("What is the capital of France?")
    page.locator("#run").click()
    expect_status(page, "a", "done")
    figure = page.locator("#lane-a .lane-metrics span", has_text="cached")
    cached, whole = figure.locator("b").inner_text().split(" of ")
    assert 0 < int(cached) < int(whole)
    expect(figure).to_have_attribute("title", f"cached {cached} of {whole} prompt tokens")
    expect(page.locator("#lane-a .lane-metrics")).to_contain_text(f"{whole} prompt tokens")


@pytest.mark.thorough
def test_a_queued_lane_is_readable_on_a_phone(open_page, scripted_app: str):
    page = open_page(scripted_app, viewport=PHONE)
    write(page, ("user", "!queue"))
    page.locator("#run").click()
    expect(page.locator(STATUS)).to_have_text("Waiting · position 2")
    expect(page.locator(STATUS)).to_be_in_viewport(ratio=1)
    expect_status(page, "a", "done")
    expect(page.locator("#lane-a .lane-metrics")).to_contain_text("waited")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
