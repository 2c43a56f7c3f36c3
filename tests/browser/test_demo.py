"""Demo mode: an example and its answers for a room, and nothing that a visitor could break."""

import re

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.amounts import thorough
from tests.browser.pages import Open, falls_silent, open_models, violations
from tests.serving import served

SIZES: list[ViewportSize] = [
    {"width": 1920, "height": 1080},
    {"width": 1440, "height": 900},
    {"width": 1280, "height": 720},
    {"width": 390, "height": 844},
]
AXE = [SIZES[1], SIZES[-1]]  # without --thorough
# What is cut off: a box whose content is wider than it is, and text that is smaller than 16 pixels.
CUT_OFF = """() => [...document.querySelectorAll('.demo-page, .demo-page *')]
  .filter((node) => node.checkVisibility() && node.scrollWidth > node.clientWidth + 1
    && node.clientWidth && getComputedStyle(node).display !== 'inline'
    && !node.closest('.demo-next'))
  .map((node) => node.className || node.tagName)"""
SMALL = """() => [...document.querySelectorAll('.demo-page *')]
  .filter((node) => node.checkVisibility() && node.matches(':not(kbd)') && [...node.childNodes]
    .some((child) => child.nodeType === 3 && child.data.trim())
    && parseFloat(getComputedStyle(node).fontSize) < 16)
  .map((node) => node.className || node.tagName)"""


def row(page: Page, label: str = "A"):
    return page.locator(f".demo-row[data-label={label}]")


def answered(page: Page, label: str = "A", timeout: float = 20_000) -> None:
    expect(row(page, label)).to_have_attribute("data-status", "done", timeout=timeout)


def title(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def no_controls(page: Page) -> None:
    for control in ("#model-load", "#parameter-temperature", "#settings-a", "#run", ".turn-text"):
        expect(page.locator(control).first).to_be_hidden()
    expect(page.get_by_role("tab")).to_have_count(0)


def test_an_example_is_asked_judged_and_followed_by_the_next_one(open_page, scripted_app: str):
    page = open_page(scripted_app, query="?demo=1")
    title(page, "What can this model do?")
    no_controls(page)
    page.locator(".demo-cards button", has_text="Read the small code").click()
    title(page, "Read the small code")
    expect(page.locator(".demo-name")).to_have_text(["High detail", "Balanced", "Fast"])
    for label in "ABC":
        answered(page, label)
    expect(page.locator(".demo-verdict").first).to_have_text("Wrong: the picture says 9164")
    expect(page.locator(".demo-pictures img")).to_have_attribute("alt", "small-code.png")
    widths = "nodes => nodes.map((node) => node.width)"
    high, balanced, fast = page.locator(".demo-seen canvas").evaluate_all(widths)
    assert high > balanced > fast == high // 2  # the code alone, in the pixels of each lane
    expect(page.locator(".demo-figures").first).to_be_hidden()
    page.keyboard.press("d")
    expect(page.locator(".demo-figures").first).to_contain_text("seed")
    following = page.get_by_role("button", name="Next: ").inner_text()
    page.keyboard.press("ArrowRight")
    title(page, re.sub(r"^Next: |\s+→$", "", following))
    answered(page)
    expect(row(page, "B")).to_have_count(0)


def test_a_visitor_asks_an_own_question_and_keys_stop_and_repeat_it(open_page, scripted_app: str):
    page = open_page(scripted_app, query="?demo=1&card=dates")  # a link to one example runs it
    answered(page)
    field = page.get_by_label("Question")
    expect(field).to_have_value("2024-03-08")
    expect(page.locator(".demo-earlier li")).to_have_count(5)
    expect(page.locator(".demo-verdict")).to_have_text("Wrong: it should say March 8, 2024")
    field.fill("!slow")
    expect(page.locator(".demo-problem")).to_have_text(
        "This answers an earlier question. Run again."
    )
    field.press("Enter")
    expect(row(page)).to_have_attribute("data-status", "streaming")
    expect(page.locator(".demo-verdict")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator(".demo-status")).to_contain_text("stopped")
    field.fill("n r")  # no keys of the page
    field.press("Enter")
    answered(page)
    first = page.locator(".demo-answer").inner_text()  # with its seed
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("r")
    expect(page.locator(".demo-answer")).not_to_have_text(first)
    answered(page)
    field.fill("!fail")
    field.press("Enter")
    expect(page.locator(".demo-status")).to_have_text("Not answered")
    expect(page.locator(".demo-problem")).not_to_be_empty()
    field.fill("!slow")
    field.press("Enter")
    expect(row(page)).to_have_attribute("data-status", "streaming")
    field.fill("And this one?")  # takes the place of the one that is being answered
    field.press("Enter")
    expect(page.locator(".demo-answer")).to_contain_text("And this one?")
    answered(page)
    falls_silent(page)


@pytest.mark.thorough
def test_an_example_replaces_the_one_that_runs_however_fast_one_goes_on(
    open_page, scripted_app: str
):
    page = open_page(scripted_app, query="?demo=1&card=dates")
    answered(page)
    page.get_by_label("Question").fill("!slow")
    page.get_by_label("Question").press("Enter")
    expect(row(page)).to_have_attribute("data-status", "streaming")
    page.get_by_role("heading", level=1).click()
    for _ in range(4):
        page.keyboard.press("n")
    title(page, "Tell a story")
    expect(page.locator(".demo-answer")).to_contain_text("a short story about a fox")
    answered(page)
    page.get_by_role("button", name="All examples").click()
    expect(page.locator(".demo-cards [aria-current]")).to_contain_text("Tell a story")


@pytest.mark.thorough
def test_the_page_fits_every_screen_and_no_rule_is_violated(open_page: Open, scripted_app: str):
    page = open_page(scripted_app, query="?demo=1&card=small-code")
    for label in "ABC":
        answered(page, label)
    expect(page.locator(".demo-seen canvas")).to_have_count(3)
    page.get_by_role("button", name="Details").click()
    for size in SIZES:
        page.set_viewport_size(size)
        assert page.evaluate(CUT_OFF) == [], size
        assert page.evaluate(SMALL) == [], size
        expect(page.get_by_role("button", name="Next: ")).to_be_in_viewport()
        if size in AXE or thorough():
            assert violations(page, ".demo-page") == [], size


@pytest.mark.thorough
def test_other_devices_are_led_to_the_same_example(open_page: Open, scripted_app: str):
    page = open_page(scripted_app, query="?demo=1&card=dates")
    answered(page)
    share = page.locator(".demo-page [data-act=share]")
    expect(share).to_be_hidden()  # no other device reaches 127.0.0.1
    share.evaluate("(node) => { node.hidden = false; node.click(); }")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("link")).to_have_attribute(
        "href", f"{scripted_app}?demo=1&card=dates"
    )
    assert dialog.locator(".demo-code").evaluate("(node) => node.width") >= 29
    dialog.get_by_role("button", name="Copy link").click()
    expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
    assert violations(page, "dialog") == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


@pytest.mark.thorough
def test_a_link_to_an_example_that_there_is_not_says_so(open_page: Open, scripted_app: str):
    page = open_page(scripted_app, query="?demo=1&card=evil")
    expect(page.locator(".demo-about")).to_contain_text("no example called “evil”")
    assert violations(page, ".demo-page") == []


@pytest.mark.thorough
def test_a_demo_server_bounds_answers_keeps_its_model_and_serves_several_visitors(open_page):
    with served("--engine", "scripted", "--demo") as url:
        first, second = (open_page(f"{url}?card=story") for _ in range(2))
        no_controls(first)
        for visit, text in ((first, "!long"), (second, "Hi")):
            answered(visit)
            visit.get_by_label("Question").fill(text)
            visit.get_by_label("Question").press("Enter")
        expect(second.locator(".demo-answer")).to_contain_text("Hello! What shall we try?")
        expect(first.locator(".demo-status")).to_contain_text("length limit", timeout=30_000)
        first.keyboard.press("Tab")
        first.get_by_role("button", name="Details").click()
        expect(first.locator(".demo-figures")).to_contain_text("max_new_tokens 256")
        first.evaluate("document.body.classList.remove('demo')")  # a visitor who knows CSS
        open_models(first)
        first.locator("#model-choice input").fill("someone/other-model")
        first.locator("#model-choice input").press("Enter")
        first.locator("#model-load").click()
        expect(first.get_by_text("the model can't be changed")).to_be_visible()
        expect(second.locator(".demo-model")).to_have_text("scripted")
        for visit in (first, second):
            visit.close()
