"""The recipe box and the findings, in a browser: what is listed, and what a click does about it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from engine.scripted.scripted_engine import ScriptedEngine
from tests.browser.pages import (
    Open,
    falls_silent,
    lanes_shown,
    load,
    number,
    open_messages,
    open_models,
    roles,
    texts,
    violations,
    write,
)
from tests.serving import served_here

TRANSLATOR = "LiquidAI/LFM2-350M-ENJP-MT"
EXTRACTOR = "LiquidAI/LFM2.5-VL-450M-Extract"


@pytest.fixture(scope="module")
def own_app() -> Iterator[str]:
    """An app of its own: the model that these tests load is used by all visitors of an app."""
    with served_here(ScriptedEngine()) as url:
        yield url


@pytest.fixture
def visit(open_page: Open, own_app: str) -> Page:
    return open_page(own_app)


def choose(page: Page, model: str) -> None:
    open_models(page)
    field = page.locator("#model-choice input")
    field.fill(model)
    field.press("Enter")


def finding(page: Page, rule: str):
    return page.locator(f".findings li[data-rule={rule}]")


def use(page: Page, model: str) -> None:
    load(page, model)
    expect(page.locator(".model-name")).to_have_text(model)
    expect(page.locator("#model-load")).to_be_enabled()


@pytest.mark.thorough
def test_a_chosen_model_offers_its_recipe_and_applies_nothing_by_itself(page: Page):
    write(page, ("user", "mine"))
    expect(page.locator(".recipe")).to_have_count(0)
    expect(page.locator(".scenarios")).not_to_contain_text("English to Japanese")
    choose(page, TRANSLATOR)
    box = page.locator(".recipe")
    expect(box.locator(".recipe-name")).to_have_text("LFM2-350M-ENJP-MT")
    expect(box).to_contain_text("chosen, not loaded")
    expect(box).to_contain_text("third-party values")
    expect(page.locator(".scenarios b").first).to_have_text("English to Japanese")
    expect(number(page, "temperature")).to_have_value("0.1")
    expect(page.locator(".preset-state")).to_have_text("LFM2.5 text is active.")
    assert texts(page) == ["mine"]
    box.get_by_role("button", name="Use these values").click()
    expect(number(page, "temperature")).to_have_value("0.5")
    expect(number(page, "min-p")).to_have_value("0.1")
    expect(number(page, "top-k")).to_have_value("0")
    expect(box.get_by_role("button", name="Values in use")).to_be_disabled()
    expect(page.locator(".presets [aria-pressed=true]")).to_have_count(0)
    assert texts(page) == ["mine"]
    choose(page, "someone/else")
    expect(page.locator(".recipe")).to_have_count(0)


@pytest.mark.thorough
def test_prompts_layout_and_source_are_shown_to_the_letter(page: Page):
    choose(page, "LiquidAI/LFM2-1.2B-Extract")
    page.get_by_text("Prompt, layout and source").click()
    shown = page.locator(".recipe-system").inner_text()
    assert shown.startswith("Identify and extract information matching the following schema. ")
    assert shown.endswith('\n- company: "Company name"')
    expect(page.locator(".recipe-source")).to_contain_text("docs.liquid.ai")
    expect(page.locator(".recipe-source")).to_contain_text("2026-11-23")


@pytest.mark.thorough
def test_an_example_of_two_is_loaded_from_the_box_and_one_from_its_card(page: Page):
    choose(page, TRANSLATOR)
    page.get_by_label("Load an example for LFM2-350M-ENJP-MT").select_option("Japanese to English")
    expect(page.locator(".turn")).to_have_count(2)
    assert texts(page) == ["Translate to English.", "今日は天気がいいですね。"]
    expect(number(page, "temperature")).to_have_value("0.5")
    page.locator(".scenarios [data-key=to-japanese]").click()
    expect(page.locator(".turn-text").last).to_have_value("What is C. elegans?")
    page.get_by_role("button", name="Undo").first.click()
    assert texts(page) == ["Translate to English.", "今日は天気がいいですね。"]


def test_a_missing_system_prompt_is_found_and_set_by_one_click_that_can_be_undone(visit: Page):
    write(visit, ("user", "Good morning"))
    use(visit, TRANSLATOR)
    expect(finding(visit, "system-missing")).to_contain_text("does not work without")
    finding(visit, "system-missing").get_by_role("button", name="Translate to Japanese").click()
    expect(visit.locator(".turn")).to_have_count(2)
    assert list(zip(roles(visit), texts(visit), strict=True)) == [
        ("system", "Translate to Japanese."),
        ("user", "Good morning"),
    ]
    expect(finding(visit, "system-missing")).to_have_count(0)
    visit.get_by_role("button", name="Undo").first.click()
    expect(visit.locator(".turn")).to_have_count(1)
    expect(finding(visit, "system-missing")).to_be_visible()


@pytest.mark.thorough
def test_findings_follow_typing_and_go_when_all_is_well(visit: Page):
    write(visit, ("system", "Translate to German."), ("user", "Hi"))
    use(visit, TRANSLATOR)
    expect(finding(visit, "system-not-exact")).to_be_visible()
    visit.locator(".turn-text").first.fill("Translate to English")
    expect(finding(visit, "system-not-exact")).to_contain_text("differs only in punctuation")
    visit.locator(".turn-text").first.fill("Translate to English.")
    expect(finding(visit, "system-not-exact")).to_have_count(0)
    finding(visit, "other-family").get_by_role("button", name="Use its values").click()
    expect(number(visit, "temperature")).to_have_value("0.5")
    expect(visit.locator(".findings")).to_be_hidden()
    visit.get_by_role("button", name="Add assistant message").click()
    visit.get_by_role("button", name="Add user message").click()
    expect(finding(visit, "many-turns")).to_be_visible()
    finding(visit, "many-turns").get_by_role("button", name="Keep only the last").click()
    expect(visit.locator(".turn")).to_have_count(2)


@pytest.mark.thorough
def test_a_picture_example_is_greedy_has_one_picture_and_no_finding(visit: Page):
    use(visit, EXTRACTOR)
    visit.get_by_role("button", name="Load example").click()
    expect(visit.locator(".turn img")).to_have_count(1)
    expect(number(visit, "temperature")).to_have_value("0")
    expect(visit.locator(".findings")).to_be_hidden()
    visit.locator(".turn-text").last.fill("What is this?")
    expect(finding(visit, "image-with-text")).to_be_visible()
    number(visit, "temperature").fill("0.4")
    number(visit, "temperature").press("Tab")
    finding(visit, "not-greedy").get_by_role("button", name="Turn sampling off").click()
    expect(number(visit, "temperature")).to_have_value("0")


@pytest.mark.thorough
def test_samplers_without_effect_are_turned_off_in_the_lane_that_has_them(page: Page):
    write(page, ("user", "Hi"))
    page.get_by_role("button", name="Templates").or_(
        page.locator("#lane-count .lane-templates summary")
    ).first.click()
    page.get_by_role("button", name="Temperature ladder").click()
    lanes_shown(page, 4)
    open_messages(page)
    row = finding(page, "no-effect")
    expect(row).to_contain_text("Lane A")
    expect(row).to_contain_text("top_k 50 and top_p 0.1 do nothing")
    row.get_by_role("button", name="Turn them off").click()
    expect(row).to_have_count(0)
    expect(number(page, "top-k")).to_have_value("50")


@pytest.mark.thorough
def test_choosing_and_typing_end_in_silence(page: Page):
    """Several listeners on one event of Gradio may call each other for ever."""
    choose(page, TRANSLATOR)
    expect(page.locator(".recipe")).to_have_count(1)
    page.locator(".turn-text").first.fill("Hi")
    falls_silent(page)


@pytest.mark.thorough
def test_no_rule_of_accessibility_is_violated(open_page: Open, own_app: str):
    page = open_page(own_app)
    use(page, TRANSLATOR)
    choose(page, "LiquidAI/LFM2-2.6B-Transcript")
    expect(page.locator(".recipe")).to_have_count(2)
    page.get_by_text("Prompt, layout and source").last.click()
    expect(page.locator(".findings li").first).to_be_visible()
    assert violations(page, "#recipe, #lint") == []


@pytest.mark.thorough
def test_a_phone_shows_findings_without_sideways_scrolling(open_page: Open, own_app: str):
    page = open_page(own_app, viewport={"width": 390, "height": 844})
    expect(page.locator(".recipe-name").first).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
