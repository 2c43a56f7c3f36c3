"""Presets, sliders, seed, model picker, draft and theme."""

import pytest
from playwright.sync_api import Page, expect

from core.runs.engine import Loaded
from engine.scripted.scripted_engine import ScriptedEngine
from tests.browser.pages import (
    DESKTOP,
    change,
    expect_status,
    lane_name,
    lanes,
    load,
    number,
    ready,
    texts,
    write,
)
from tests.serving import served_here


def test_a_preset_sets_what_it_names_and_leaves_messages_alone(page: Page):
    write(page, ("user", "mine"))
    page.get_by_role("button", name="LFM2 text").click()
    expect(number(page, "temperature")).to_have_value("0.3")
    expect(number(page, "min-p")).to_have_value("0.15")
    expect(number(page, "repetition-penalty")).to_have_value("1.05")
    expect(number(page, "top-k")).to_have_value("0")
    expect(number(page, "top-p")).to_have_value("1")
    expect(page.locator(".preset-state")).to_have_text("LFM2 text is active.")
    assert texts(page) == ["mine"]


def test_a_changed_slider_shows_modified_and_one_click_restores_it(page: Page):
    page.get_by_role("button", name="Greedy").click()
    expect(page.locator(".preset-state")).to_have_text("Greedy is active.")
    number(page, "temperature").fill("0.7")
    number(page, "temperature").press("Tab")
    expect(page.locator(".preset-modified")).to_have_text("modified")
    page.get_by_role("button", name="Restore Greedy").click()
    expect(number(page, "temperature")).to_have_value("0")
    expect(page.locator(".preset-modified")).to_have_count(0)


def test_an_empty_or_wrong_number_is_named_and_a_preset_fixes_it(page: Page):
    note = page.locator(".meter-note")
    number(page, "temperature").fill("")
    expect(note).to_contain_text("temperature is empty")
    number(page, "temperature").fill("7")
    expect(note).to_contain_text("temperature is 7; the allowed range is 0 to 2")
    page.get_by_role("button", name="LFM2.5 text").click()
    expect(number(page, "temperature")).to_have_value("0.1")
    expect(note).to_have_text("")


@pytest.mark.thorough
def test_the_reset_button_of_a_slider_returns_to_off_and_shows_modified(page: Page):
    page.get_by_role("button", name="LFM2 text").click()
    expect(number(page, "min-p")).to_have_value("0.15")
    page.locator("#parameter-min-p [data-testid=reset-button]").click()
    expect(number(page, "min-p")).to_have_value("0")
    expect(page.locator(".preset-modified")).to_be_visible()


def test_the_seed_that_was_used_is_shown_and_can_be_kept(page: Page):
    write(page, ("user", "anything"))
    page.locator("#run").click()
    expect_status(page, "a", "done")
    shown = page.locator("#lane-a .lane-parameters span", has_text="seed").inner_text()
    page.get_by_role("button", name="Reuse this seed").click()
    seed = shown.removeprefix("seed ")
    field = page.locator("#parameter-seed input")
    expect(field).to_have_value(seed)
    page.locator("#run").click()
    expect(page.locator("#lane-a .lane-text")).to_contain_text(f"the seed is {seed}")
    page.locator("#seed-dice").click()
    expect(field).not_to_have_value(seed)


@pytest.mark.thorough
def test_a_wrong_number_in_a_draft_costs_no_message(page: Page):
    write(page, ("user", "precious"))
    number(page, "top-k").fill("")
    expect(page.locator(".meter-note")).to_contain_text("top_k is empty")
    page.reload()
    ready(page)
    assert texts(page) == ["precious"]


@pytest.mark.thorough
def test_a_reload_within_the_typing_pause_keeps_what_was_typed(page: Page):
    write(page, ("user", ""))
    page.locator(".turn-text").press_sequentially("typed at once")
    page.reload()
    ready(page)
    assert texts(page) == ["typed at once"]


@pytest.mark.thorough
def test_help_is_a_click_away(page: Page):
    help_text = page.locator("#parameter-temperature .info-text")
    expect(help_text).to_be_hidden()
    page.get_by_role("button", name="Explain").click()
    expect(help_text).to_be_visible()


def test_a_typed_model_loads_with_progress(page: Page):
    load(page, "someone/other-model")
    expect(page.locator(".model-progress")).to_be_visible()
    expect(page.locator(".model-name")).to_have_text("someone/other-model")
    expect(page.locator(".model-progress")).to_be_hidden()
    load(page, "scripted")
    expect(page.locator(".model-name")).to_have_text("scripted")


@pytest.mark.thorough
def test_a_run_says_which_model_answers_if_another_visitor_has_loaded_one(open_page):
    engine = ScriptedEngine()
    with served_here(engine) as url:
        visit = open_page(url)
        expect(visit.locator(".model-name")).to_have_text("scripted")
        assert isinstance(list(engine.load("someone/other-model"))[-1], Loaded)
        write(visit, ("user", "Hi"))
        visit.locator("#run").click()
        expect(visit.locator(".model-name")).to_have_text("someone/other-model")
        expect_status(visit, "a", "done")
        expect(visit.locator("#lane-a .lane-parameters span").first).to_have_text(
            "someone/other-model"
        )
        visit.close()


@pytest.mark.thorough
def test_an_unknown_model_is_a_sentence_and_the_one_in_use_stays(page: Page):
    load(page, "someone/missing-model")
    expect(page.locator(".model-error")).to_contain_text("someone/missing-model")
    expect(page.locator(".model-name")).to_have_text("scripted")
    expect(page.locator("#model-load")).to_be_enabled()


@pytest.mark.thorough
def test_loading_can_be_cancelled(page: Page):
    load(page, "someone/slow-model")
    page.locator("#model-cancel").click()
    expect(page.locator(".model-error")).to_contain_text("was cancelled")
    expect(page.locator(".model-name")).to_have_text("scripted")


@pytest.mark.thorough
def test_the_theme_is_switched_and_remembered(page: Page):
    dark = page.evaluate("document.body.classList.contains('dark')")
    page.locator("#theme").click()
    assert page.evaluate("document.body.classList.contains('dark')") is not dark
    page.reload()
    ready(page)
    assert page.evaluate("document.body.classList.contains('dark')") is not dark


def test_a_phone_has_no_sideways_scrolling_and_run_at_the_bottom(open_page, scripted_app: str):
    page = open_page(scripted_app, viewport={"width": 390, "height": 844})
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    box = page.locator("#run").bounding_box()
    assert box is not None
    assert box["y"] > 844 - 80
    write(page, ("user", "Hi"))
    page.locator("#run").click()
    expect(page.locator("#lane-a .lane-text")).to_have_text("Hello! What shall we try?")
    expect(page.locator("#lane-a .lane-text")).to_be_in_viewport()


@pytest.mark.thorough
def test_two_visitors_do_not_see_each_other(open_page, scripted_app: str):
    first, second = open_page(scripted_app, DESKTOP), open_page(scripted_app, DESKTOP)
    write(first, ("user", "Hi"))
    write(second, ("user", "What is the capital of France?"))
    first.locator("#run").click()
    second.locator("#run").click()
    expect(first.locator("#lane-a .lane-text")).to_have_text("Hello! What shall we try?")
    expect(second.locator("#lane-a .lane-text")).to_have_text("The capital of France is Paris.")


def test_the_keys_are_listed_and_esc_closes_only_the_list(page: Page):
    write(page, ("user", "!slow !long"))
    page.locator("#run").click()
    expect_status(page, "a", "streaming")
    page.locator("#stop").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("Run all lanes")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect_status(page, "a", "streaming")
    page.keyboard.press("Escape")
    expect_status(page, "a", "stopped")


@pytest.mark.thorough
def test_a_value_that_runs_refuse_is_marked_where_it_stands_and_no_preset_is_active(page: Page):
    number(page, "top-k").fill("0.7")
    state = page.locator(".preset-state")
    expect(state).to_have_text("A value is not valid.")
    expect(page.locator(".presets [aria-pressed=true]")).to_have_count(0)
    expect(page.locator(".meter-note")).to_contain_text("top_k is 0.7")
    number(page, "top-k").fill("50")
    expect(state).to_have_text("LFM2.5 text is active.")
    lanes(page, 2)
    change(page, "b")
    page.locator("#settings-b .lane-form input").first.fill("99")
    page.keyboard.press("Tab")
    expect(lane_name(page, "b")).to_have_text("Not valid")
    expect(page.locator("#settings-b .lane-chips")).to_have_text("Temperature 99: must be 0 to 2")
