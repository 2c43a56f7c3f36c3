"""Undo and redo over the whole workspace, exactly, and the browser's own inside text fields."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import (
    KEPT,
    expect_status,
    number,
    roles,
    save_session,
    tab,
    text,
    texts,
    until_kept,
    write,
)

VALUES = f"JSON.stringify({KEPT})"


@pytest.fixture
def page(new_page: Page) -> Page:
    return new_page


def steps(page: Page) -> list[int]:
    return page.evaluate("[playground.undoSteps.past.length, playground.undoSteps.future.length]")


def expect_steps(page: Page, past: int, future: int) -> None:
    page.wait_for_function(
        "([past, future]) => playground.undoSteps.past.length === past"
        " && playground.undoSteps.future.length === future",
        arg=[past, future],
    )


def leave_fields(page: Page) -> None:
    page.evaluate("document.activeElement.blur()")


@pytest.mark.thorough
def test_an_opened_page_has_nothing_to_undo(page: Page):
    page.wait_for_function("playground.undoSteps.present")
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    expect(page.get_by_role("button", name="Redo")).to_be_disabled()
    assert steps(page) == [0, 0]


def test_typing_a_scenario_a_slider_and_lanes_are_undone_and_redone_exactly(page: Page):
    page.wait_for_function("playground.undoSteps.present")
    states = []

    def done(condition: str) -> None:
        until_kept(page, condition)
        page.wait_for_function(f"playground.undoSteps.past.length === {len(states) + 1}")
        states.append(json.loads(page.evaluate(VALUES)))

    page.locator(".turn-text").fill("my own words")
    done("kept.messages[0].text === 'my own words'")
    page.get_by_role("button", name="Format a date").click()
    done("kept.messages.length === 6")
    number(page, "temperature").fill("0.7")
    number(page, "temperature").press("Tab")
    done("kept.temperature === 0.7")
    page.get_by_role("button", name="Greedy").click()
    done("kept.preset === 'greedy'")
    page.get_by_text("Templates").click()
    page.get_by_role("button", name="Temperature ladder").click()
    done("kept.lanes === 4")
    page.locator("[data-count='2']").click()
    done("kept.lanes === 2")
    page.get_by_label("Settings of lane B", exact=True).select_option("creative")
    done("kept.lane_B.preset === 'creative'")
    page.get_by_role("button", name="Remove message").last.click()
    done("kept.messages.length === 5")
    assert steps(page) == [len(states), 0]
    leave_fields(page)
    for place in reversed(range(len(states) - 1)):
        page.keyboard.press("Control+z")
        expect_steps(page, place + 1, len(states) - 1 - place)
        assert json.loads(page.evaluate(VALUES)) == states[place]
        shown = [row["text"] for row in states[place]["messages"]]
        expect(page.locator(".turn")).to_have_count(len(shown))
        assert texts(page) == shown
        expect(number(page, "temperature")).to_have_value(f"{states[place]['temperature']:g}")
        expect(page.locator("body")).to_have_attribute("data-lanes", str(states[place]["lanes"]))
    page.keyboard.press("Control+z")
    expect(page.locator(".turn-text")).to_have_value("")
    for place, state in enumerate(states):
        page.keyboard.press("Control+y" if place % 2 else "Control+Shift+Z")
        expect_steps(page, place + 1, len(states) - 1 - place)
        assert json.loads(page.evaluate(VALUES)) == state
    expect(page.locator(".turn")).to_have_count(5)
    expect(page.get_by_role("button", name="Redo")).to_be_disabled()
    expect(page.locator(".meter-text")).to_contain_text("of 32,768 tokens")


@pytest.mark.thorough
def test_what_was_undone_is_what_is_run(page: Page):
    write(page, ("user", "What is the capital of France?"))
    until_kept(page, "kept.messages[0]?.text.endsWith('France?')")
    page.get_by_role("button", name="Tell a story").click()
    until_kept(page, "!kept.messages[0].text.endsWith('France?')")
    page.get_by_role("button", name="Undo").click()
    page.locator("#run").click()
    expect(page.locator("#lane-a .lane-text")).to_have_text("The capital of France is Paris.")


@pytest.mark.thorough
def test_a_dragged_slider_is_one_step(page: Page):
    page.wait_for_function("playground.undoSteps.present")
    slider = page.locator("#parameter-top-k input[type=range]")
    slider.focus()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    until_kept(page, "kept.top_k === 62")
    page.keyboard.press("Control+z")
    expect(number(page, "top-k")).to_have_value("50")
    assert steps(page) == [0, 1]


@pytest.mark.thorough
def test_a_text_field_undoes_its_own_typing_and_nothing_else(page: Page):
    write(page, ("user", "kept"))
    page.get_by_role("button", name="Greedy").click()
    until_kept(page, "kept.preset === 'greedy'")
    field = page.locator(".turn-text")
    field.focus()
    page.keyboard.press("End")
    page.keyboard.type("XY")
    page.keyboard.press("Control+z")
    expect(field).to_have_value("kept")
    page.wait_for_timeout(500)
    assert page.evaluate(f"{KEPT}.preset") == "greedy"
    assert page.evaluate(f"{KEPT}.messages[0].text") == "kept"


@pytest.mark.thorough
def test_restoring_a_run_from_the_history_is_undone(page: Page):
    write(page, ("user", "Hi"))
    page.locator("#run").click()
    expect_status(page, "a", "done")
    write(page, ("user", "something newer"))
    page.get_by_role("tab", name="History").click()
    page.locator("#run-list button", has_text="Restore").first.click()
    expect(page.locator(".turn-text")).to_have_value("Hi")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".turn-text")).to_have_value("something newer")


@pytest.mark.thorough
def test_a_lanes_system_prompt_that_was_just_typed_is_run(page: Page):
    write(page, ("user", "Hi"))
    page.locator("[data-count='2']").click()
    page.get_by_role("button", name="Change settings of lane B").click()
    form = page.locator("#settings-b .lane-form")
    form.get_by_label("System prompt").first.select_option("own")
    field = form.get_by_label("Custom system prompt")
    field.evaluate("(field) => field.focus()")
    page.evaluate("""() => {  // at once: no pause between the last letter and the key that runs
      const field = document.activeElement;
      field.value = 'Answer in rhyme.';
      field.dispatchEvent(new Event('input', { bubbles: true }));
      const key = { key: 'Enter', ctrlKey: true, bubbles: true };
      field.dispatchEvent(new KeyboardEvent('keydown', key));
    }""")
    expect_status(page, "b", "done")
    page.get_by_role("tab", name="Export").click()
    page.get_by_role("button", name="Lane B").click()
    expect(page.locator("#export")).to_contain_text("Answer in rhyme.")


@pytest.mark.thorough
def test_an_open_export_follows_undo(page: Page):
    write(page, ("user", "first words"))
    until_kept(page, "kept.messages[0]?.text === 'first words'")
    page.get_by_role("tab", name="Export").click()
    expect(page.locator("#export")).to_contain_text("first words")
    tab(page, "Answers")
    page.get_by_role("button", name="Tell a story").click()
    tab(page, "Export")
    expect(page.locator("#export")).to_contain_text("a fox")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#export")).to_contain_text("first words")


@pytest.mark.thorough
def test_a_held_key_asks_the_server_once(page: Page):
    write(page, *[("user", f"message {number} " + "words " * 200) for number in range(20)])
    for place in range(9):
        page.get_by_role("button", name="Move down (Alt+Down)").nth(place).click()
    expect(page.locator(".turn-text").nth(9)).to_have_value(re.compile("^message 0 "))
    page.wait_for_timeout(800)
    leave_fields(page)
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if "queue/join" in r.url else None)
    page.evaluate(
        """async () => {
          for (let number = 0; number < 9; number += 1) {
            const { undoSteps } = playground;
            const { length } = undoSteps.past;
            document.dispatchEvent(new KeyboardEvent('keydown', { key: 'z', ctrlKey: true }));
            while (undoSteps.past.length === length) await new Promise((r) => setTimeout(r, 1));
          }
        }"""
    )
    page.wait_for_timeout(1000)
    assert len(asked) <= 3
    assert texts(page)[0].startswith("message 0 ")


@pytest.mark.thorough
def test_a_lanes_own_system_prompt_is_kept_while_typing_and_its_form_follows_undo(page: Page):
    page.locator("[data-count='2']").click()
    page.get_by_role("button", name="Change settings of lane B").click()
    form = page.locator("#settings-b .lane-form")
    form.get_by_label("System prompt").first.select_option("own")
    until_kept(page, "kept.lane_B.system")
    field = form.get_by_label("Custom system prompt")
    field.fill("Answer in rhyme.")
    until_kept(page, "kept.lane_B.system === 'Answer in rhyme.'")
    expect(field).to_be_focused()
    page.get_by_role("button", name="Undo").click()
    expect(field).to_have_value("You are a helpful assistant.")
    form.get_by_label("Temperature").focus()
    form.get_by_label("System prompt").first.focus()
    page.keyboard.press("Control+z")
    expect(field).to_have_count(0)
    page.keyboard.press("Control+Shift+z")
    expect(field).to_have_value("You are a helpful assistant.")


def test_new_keeps_only_the_model_and_is_undone(page: Page):
    write(page, ("system", "Be brief."), ("user", "!slow"))
    page.locator("[data-count='2']").click()
    save_session(page, "Before")
    page.locator("#run").click()
    expect_status(page, "b", "streaming")
    page.get_by_role("button", name="New").click()
    expect(page.locator(".turn")).to_have_count(1)
    expect(page.locator(".turn-text")).to_be_focused()
    assert (texts(page), roles(page)) == ([""], ["user"])
    assert page.evaluate("document.body.dataset.lanes") == "1"
    expect_status(page, "a", "idle")
    assert text(page, "a") == ""
    expect(page.locator(".session-name")).to_have_text("Not saved")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".turn")).to_have_count(2)
    assert texts(page) == ["Be brief.", "!slow"]
