"""Thoughts are folded, calls are cards, results become turns, and tools are edited safely."""

import pytest
from playwright.sync_api import Page, expect

from engine.scripted.scripted_engine import ScriptedEngine
from engine.scripted.scripted_replies import THOUGHT
from tests.browser.pages import (
    expect_status,
    ready,
    roles,
    run,
    texts,
    use_template,
    violations,
    write,
)
from tests.serving import served_here

CALL = '<|tool_call_start|>[get_weather(location="Paris")]<|tool_call_end|>I have asked a tool.'
THOUGHT_NODE = "#lane-a .lane-thought-text .lane-text"


def answered(page: Page, *turns: tuple[str, str]) -> None:
    write(page, *turns)
    run(page, "a")


def call_a_tool(page: Page) -> None:
    page.locator("#scenarios button", has_text="Call a tool").click()
    expect(page.locator(".tools-summary")).to_contain_text("1 tool ·")
    run(page, "a")


def test_a_thought_is_folded_while_it_streams_and_can_be_watched(open_page):
    with served_here(ScriptedEngine(tokens_per_second=15)) as url:
        page = open_page(url)
        watch_a_thought(page)
        page.close()


def watch_a_thought(page: Page) -> None:
    write(page, ("user", "!think"))
    page.locator("#run").click()
    summary = page.locator("#lane-a .lane-thought summary")
    expect(summary).to_contain_text("Thinking… ")
    expect(page.locator(THOUGHT_NODE)).to_be_hidden()
    summary.click()
    expect(page.locator(THOUGHT_NODE)).to_contain_text("should be folded")
    page.evaluate(f"window.kept = document.querySelector('{THOUGHT_NODE}').firstChild")
    expect(summary).to_contain_text("Thought · ")
    expect(page.locator(THOUGHT_NODE)).to_have_text(THOUGHT)
    # The same text node as before: it was added to, not drawn anew.
    assert page.evaluate(f"window.kept === document.querySelector('{THOUGHT_NODE}').firstChild")
    expect(page.locator("#lane-a .lane-said")).to_contain_text("This is a scripted answer")


@pytest.mark.thorough
def test_the_raw_view_shows_every_character(page: Page):
    answered(page, ("user", "!think Hi"))
    expect(page.locator("#lane-a .lane-raw")).to_be_hidden()
    page.locator("#lane-a .lane-view-raw").click()
    raw = page.locator("#lane-a .lane-raw .lane-text").text_content() or ""
    assert raw.startswith(f"<think>{THOUGHT}</think>\n\nThis is")
    expect(page.locator("#lane-a .lane-parts")).to_be_hidden()
    page.locator("#lane-a .lane-view-markdown").click()
    expect(page.locator("#lane-a .lane-said .lane-markdown")).to_contain_text("This is a scripted")


@pytest.mark.usefixtures("open_page")
@pytest.mark.thorough
def test_an_answer_without_thought_is_drawn_as_ever_and_has_no_raw_view(page: Page):
    answered(page, ("user", "Hi"))
    expect(page.locator("#lane-a .lane-raw")).to_be_visible()
    expect(page.locator("#lane-a .lane-view-raw")).to_be_hidden()
    expect(page.locator("#lane-a .lane-answer")).to_be_hidden()


@pytest.mark.thorough
def test_a_reply_keeps_the_thought_or_not_and_a_tag_of_the_prompt_comes_back(page: Page):
    answered(page, ("user", "!opened"))
    expect(page.locator("#lane-a .lane-thought summary")).to_contain_text("Thought · ")
    page.locator("#lane-a [data-act=copy]").click()
    expect(page.locator("#lane-a [data-act=copy]")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("This is a scripted answer")
    page.locator("#lane-a .lane-answer").click()
    expect(page.locator(".turn")).to_have_count(3)
    assert texts(page)[1] == copied
    page.get_by_role("button", name="Undo").click()
    page.locator("#lane-a [data-act=reply]").click()
    expect(page.locator(".turn")).to_have_count(3)
    assert texts(page)[1] == f"<think>{THOUGHT}</think>\n\n{copied}"


def test_a_tools_result_becomes_a_turn_and_the_model_goes_on(page: Page):
    call_a_tool(page)
    card = page.locator("#lane-a .tool-call")
    expect(card.locator(".tool-name")).to_have_text("get_weather")
    expect(card.locator("td")).to_have_text('"Paris"')
    expect(card.locator("li")).to_have_count(0)
    page.locator("#lane-a .tool-send").click()
    expect(page.get_by_text("The result is empty.")).to_be_visible()
    assert roles(page) == ["system", "user"]
    card.locator(".tool-result").fill("18 degrees")
    page.locator("#lane-a .tool-send").click()
    expect(page.locator("#lane-a .lane-raw")).to_contain_text("The tool answered 18 degrees")
    assert roles(page) == ["system", "user", "assistant", "tool"]
    assert texts(page)[2:] == [CALL, "18 degrees"]
    expect(page.locator("#lane-a .tool-call")).to_have_count(0)


@pytest.mark.thorough
def test_the_key_to_run_sends_the_result_and_the_same_call_finds_it_again(page: Page):
    call_a_tool(page)
    page.locator("#lane-a .tool-result").fill("kept")
    page.locator("#run").click()
    expect_status(page, "a", "streaming")
    expect_status(page, "a", "done")
    result = page.locator("#lane-a .tool-result")
    expect(result).to_have_value("kept")
    result.press("Control+Enter")
    expect(page.locator("#lane-a .lane-raw")).to_contain_text("The tool answered kept")


@pytest.mark.thorough
def test_what_is_wrong_with_a_call_is_said_on_its_card(page: Page):
    page.locator("#tools summary").click()
    page.locator("[data-example=Weather]").click()
    wrong = "<|tool_call_start|>[get_wether(city=1), get_weather(unit=K)]<|tool_call_end|>"
    answered(page, ("user", "Go"), ("assistant", wrong))
    problems = page.locator("#lane-a .tool-problem")
    expect(problems.first).to_have_text("get_wether is not one of the given tools: get_weather.")
    expect(problems.nth(1)).to_contain_text("found “K)]”, expected a value")
    expect(page.locator("#lane-a .tool-send")).to_have_text("Add 2 results and run")


def test_a_text_of_a_call_never_becomes_markup(page: Page):
    bad = '<|tool_call_start|>[f(a="<img src=x onerror=alert(1)>")]<|tool_call_end|>'
    answered(page, ("user", "Go"), ("assistant", bad))
    expect(page.locator("#lane-a .tool-call td")).to_contain_text("<img src=x")
    expect(page.locator("#lane-a .tool-call img")).to_have_count(0)


@pytest.mark.thorough
def test_lanes_part_inside_of_the_parts(page: Page):
    write(page, ("user", "!think ladder"))
    use_template(page, "Temperature ladder")
    expect(page.locator("#column-d")).to_be_visible()
    run(page, *"abcd")
    part = page.locator("#lane-c .lane-said .lane-part")
    expect(part).to_have_text(".")  # of 0.7, where lane A says 0
    expect(page.locator("#lane-c .lane-said .lane-text")).to_contain_text("The temperature is")
    part.click()
    expect(page.locator("#lane-c .lane-explanation")).to_be_visible()
    said = page.locator("#lane-c .lane-said").inner_text()
    page.locator("#lane-c .lane-view-raw").click()
    assert page.locator("#lane-c .lane-raw").inner_text().endswith(said)


# -- the editor ----------------------------------------------------------------------------------
@pytest.mark.thorough
def test_a_mistake_is_named_and_found_and_examples_are_added(page: Page):
    page.locator("#tools summary").click()
    field = page.locator(".tools-text")
    field.fill('[\n  {"name": "f",}\n]')
    expect(page.locator(".tools-note")).to_contain_text("line 2, column 16")
    page.locator("[data-example=Weather]").click()
    expect(page.locator(".tools-note")).to_contain_text("Fix the JSON first.")
    page.locator("#tools [data-act=show]").click()
    assert field.evaluate("node => [node.selectionStart, node.value[node.selectionStart]]") == [
        17,
        "}",
    ]
    field.fill('[{"name": "f"}]')
    expect(page.locator(".tools-summary")).to_contain_text("1 tool ·")
    expect(page.locator("#tools [data-act=show]")).to_be_hidden()
    page.locator("[data-example=Weather]").click()
    expect(page.locator(".tools-summary")).to_contain_text("2 tools ·")
    page.locator("[data-example=Weather]").click()
    expect(page.locator(".tools-note")).to_have_text("get_weather is already in the list.")
    expect(page.locator("#meter")).to_contain_text("tools ")


@pytest.mark.thorough
def test_tools_survive_a_reload_that_comes_at_once(page: Page):
    page.locator("#tools summary").click()
    page.locator(".tools-text").press_sequentially('[{"name": "f"}]')
    page.reload()
    ready(page)
    expect(page.locator(".tools-text")).to_have_value('[{"name": "f"}]')
    expect(page.locator(".tools-summary")).to_contain_text("1 tool ·")


@pytest.mark.thorough
def test_tools_that_a_scenario_replaced_come_back_by_undo(page: Page):
    page.locator("#tools summary").click()
    page.locator(".tools-text").fill('[{"name": "mine"}]')
    page.locator("#scenarios button", has_text="Tell a story").click()
    expect(page.locator(".tools-text")).to_have_value("")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".tools-text")).to_have_value('[{"name": "mine"}]')
    expect(page.locator(".tools-summary")).to_contain_text("1 tool ·")


@pytest.mark.thorough
def test_no_rule_is_violated_by_cards_and_thoughts(page: Page):
    call_a_tool(page)
    page.locator(".turn-text").last.fill("!think")
    run(page, "a")
    page.locator("#lane-a .lane-thought summary").click()
    assert violations(page, "#lane-a, #tools") == []
    page.locator(".tools-text").fill("[")
    expect(page.locator(".tools-note")).to_contain_text("line 1")
    assert violations(page, "#tools") == []
