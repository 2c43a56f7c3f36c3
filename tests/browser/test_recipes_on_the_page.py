"""A model's recipe: offered when it is chosen, applied by a click; findings and their remedies."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.test_accessibility import violations
from tests.browser.test_messages import roles, texts, write
from tests.browser.test_settings import load, number
from tests.serving import served

TRANSLATOR = "LiquidAI/LFM2-350M-ENJP-MT"
EXTRACTOR = "LiquidAI/LFM2.5-VL-450M-Extract"


@pytest.fixture(scope="module")
def own_app() -> Iterator[str]:
    """An app of its own: the model that these tests load is used by all visitors of an app."""
    with served("--engine", "scripted") as url:
        yield url


@pytest.fixture
def visit(open_page: Open, own_app: str) -> Page:
    return open_page(own_app)


def choose(page: Page, model: str) -> None:
    field = page.locator("#model-choice input")
    field.fill(model)
    field.press("Enter")


def finding(page: Page, rule: str):
    return page.locator(f".findings li[data-rule={rule}]")


def use(page: Page, model: str) -> None:
    load(page, model)
    expect(page.locator(".model-name")).to_have_text(model)
    expect(page.locator("#model-load")).to_be_enabled()


def test_a_chosen_model_offers_its_recipe_and_applies_nothing_by_itself(page: Page):
    write(page, ("user", "mine"))
    expect(page.locator(".recipe")).to_have_count(0)
    expect(page.locator(".scenarios")).not_to_contain_text("English to Japanese")
    choose(page, TRANSLATOR)
    box = page.locator(".recipe")
    expect(box.locator(".recipe-name")).to_have_text("LFM2-350M-ENJP-MT")
    expect(box).to_contain_text("chosen, not loaded")
    expect(box).to_contain_text("values of a third party")
    expect(page.locator(".scenarios b").first).to_have_text("English to Japanese")
    expect(number(page, "temperature")).to_have_value("0.1")
    expect(page.locator(".preset-state")).to_have_text("LFM2.5 text is active.")
    assert texts(page) == ["mine"]
    box.get_by_role("button", name="Use these values").click()
    expect(number(page, "temperature")).to_have_value("0.5")
    expect(number(page, "min-p")).to_have_value("0.1")
    expect(number(page, "top-k")).to_have_value("0")
    expect(box.get_by_role("button", name="Values are set")).to_be_disabled()
    expect(page.locator(".presets [aria-pressed=true]")).to_have_count(0)
    assert texts(page) == ["mine"]
    choose(page, "someone/else")
    expect(page.locator(".recipe")).to_have_count(0)


def test_prompts_layout_and_source_are_shown_to_the_letter(page: Page):
    choose(page, "LiquidAI/LFM2-1.2B-Extract")
    page.get_by_text("Prompt, layout and source").click()
    shown = page.locator(".recipe-system").inner_text()
    assert shown.startswith("Identify and extract information matching the following schema. ")
    assert shown.endswith('\n- company: "Company name"')
    expect(page.locator(".recipe-source")).to_contain_text("docs.liquid.ai")
    expect(page.locator(".recipe-source")).to_contain_text("2026-11-23")


def test_an_example_of_two_is_loaded_from_the_box_and_one_from_its_card(page: Page):
    choose(page, TRANSLATOR)
    page.get_by_label("Load an example for LFM2-350M-ENJP-MT").select_option("Japanese to English")
    expect(page.locator(".turn")).to_have_count(2)
    assert texts(page) == ["Translate to English.", "今日は天気がいいですね。"]
    expect(number(page, "temperature")).to_have_value("0.5")
    page.locator("#scenario-fold button.label-wrap").click()
    page.locator(".scenarios [data-key=to-japanese]").click()
    expect(page.locator(".turn-text").last).to_have_value("What is C. elegans?")
    page.get_by_role("button", name="Undo").first.click()
    assert texts(page) == ["Translate to English.", "今日は天気がいいですね。"]


def test_an_example_of_a_folded_strip_is_a_card_when_it_is_opened_again(page: Page):
    before = page.locator(".scenarios b").count()
    page.locator(".scenarios [data-key=story]").click()
    expect(page.locator(".scenarios [data-key=story]")).to_be_hidden()
    choose(page, TRANSLATOR)
    expect(page.locator(".recipe")).to_have_count(1)
    page.locator("#scenario-fold button.label-wrap").click()
    expect(page.locator(".scenarios b")).to_have_count(before + 2)  # both directions
    expect(page.locator(".scenarios b").first).to_have_text("English to Japanese")


def test_a_missing_system_prompt_is_found_and_set_by_one_click_that_can_be_undone(visit: Page):
    write(visit, ("user", "Good morning"))
    use(visit, TRANSLATOR)
    expect(finding(visit, "system-missing")).to_contain_text("does not work without")
    finding(visit, "system-missing").get_by_role("button", name="Translate to Japanese").click()
    expect(visit.locator(".turn")).to_have_count(2)
    assert list(zip(roles(visit), texts(visit), strict=True)) == [
        ("system", "Translate to Japanese."), ("user", "Good morning"),
    ]  # fmt: skip
    expect(finding(visit, "system-missing")).to_have_count(0)
    visit.get_by_role("button", name="Undo").first.click()
    expect(visit.locator(".turn")).to_have_count(1)
    expect(finding(visit, "system-missing")).to_be_visible()


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


def test_a_picture_example_is_greedy_has_one_picture_and_no_finding(visit: Page):
    use(visit, EXTRACTOR)
    visit.get_by_role("button", name="Load its example").click()
    expect(visit.locator(".turn img")).to_have_count(1)
    expect(number(visit, "temperature")).to_have_value("0")
    expect(visit.locator(".findings")).to_be_hidden()
    visit.locator(".turn-text").last.fill("What is this?")
    expect(finding(visit, "text-beside-image")).to_be_visible()
    number(visit, "temperature").fill("0.4")
    number(visit, "temperature").press("Tab")
    finding(visit, "not-greedy").get_by_role("button", name="Turn sampling off").click()
    expect(number(visit, "temperature")).to_have_value("0")


def test_samplers_without_effect_are_turned_off_in_the_lane_that_has_them(page: Page):
    write(page, ("user", "Hi"))
    page.get_by_role("button", name="Set-ups").or_(
        page.locator("#lane-count .set-ups summary")
    ).first.click()
    page.get_by_role("button", name="Temperature ladder").click()
    row = finding(page, "no-effect")
    expect(row).to_contain_text("Lane A")
    expect(row).to_contain_text("top_k 50 and top_p 0.1 do nothing")
    row.get_by_role("button", name="Turn them off").click()
    expect(row).to_have_count(0)
    expect(number(page, "top-k")).to_have_value("50")


def test_choosing_and_typing_end_in_silence(page: Page):
    """Several listeners on one event of Gradio may call each other for ever."""
    choose(page, TRANSLATOR)
    expect(page.locator(".recipe")).to_have_count(1)
    page.locator(".turn-text").first.fill("Hi")
    page.wait_for_timeout(1500)
    calls: list[str] = []
    page.on("request", lambda r: calls.append(r.url) if "queue/join" in r.url else None)
    page.wait_for_timeout(2000)
    assert calls == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_rule_of_accessibility_is_violated(open_page: Open, own_app: str, theme: str):
    page = open_page(own_app, query=f"?__theme={theme}")
    use(page, TRANSLATOR)
    choose(page, "LiquidAI/LFM2-2.6B-Transcript")
    expect(page.locator(".recipe")).to_have_count(2)
    page.get_by_text("Prompt, layout and source").last.click()
    expect(page.locator(".findings li").first).to_be_visible()
    assert violations(page) == []


def test_a_phone_shows_findings_without_sideways_scrolling(open_page: Open, own_app: str):
    page = open_page(own_app, viewport={"width": 390, "height": 844})
    expect(page.locator(".recipe-name").first).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
