"""Running: streaming, prefill, stop, errors, copy and reply."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import (
    expect_status,
    number,
    ready,
    roles,
    run,
    texts,
    until_kept,
    write,
)


def test_ctrl_enter_runs_and_the_answer_streams_with_figures(page: Page):
    write(page, ("system", "A prompt that no other test sends."), ("user", "Hi"))
    page.keyboard.press("Control+Enter")
    expect_status(page, "a", "done")
    expect(page.locator("#lane-a .lane-text")).to_have_text("Hello! What shall we try?")
    expect(page.locator("#lane-a .lane-status")).to_have_text("Finished")
    for figure in ("tokens", "first"):
        expect(page.locator("#lane-a .lane-short")).to_contain_text(figure)
    for figure in ("prompt tokens", "prefill", "total"):
        expect(page.locator("#lane-a .lane-metrics")).to_contain_text(figure)
    expect(page.locator("#lane-a .lane-parameters")).to_contain_text("temperature 0.1")
    expect(page.locator("#lane-a .lane-parameters")).to_contain_text("seed")
    expect(page.locator("#lane-a .lane-parameters span").first).to_have_text("scripted")


@pytest.mark.thorough
def test_keys_typed_just_before_ctrl_enter_are_sent(page: Page):
    write(page, ("user", ""))
    page.locator(".turn-text").press_sequentially("What is the capital of France?")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#lane-a .lane-text")).to_have_text("The capital of France is Paris.")


def test_a_prefill_is_continued_and_shown_apart(page: Page):
    write(page, ("user", "Tell me"), ("assistant", "Once "))
    page.locator("#run").click()
    expect_status(page, "a", "done")
    expect(page.locator("#lane-a .lane-prefill")).to_have_text("Once ")
    expect(page.locator("#lane-a .lane-text")).to_contain_text("and so it goes on")


def test_escape_stops_keeps_the_text_and_the_next_run_starts(page: Page):
    write(page, ("user", "!long"))
    page.locator("#run").click()
    expect(page.locator("#lane-a .lane-text")).to_contain_text("Paragraph 1")
    page.keyboard.press("Escape")
    expect_status(page, "a", "stopped")
    expect(page.locator("#lane-a .lane-text")).to_contain_text("Paragraph 1")
    write(page, ("user", "Hi"))
    page.locator("#run").click()
    expect(page.locator("#lane-a .lane-text")).to_have_text("Hello! What shall we try?")


@pytest.mark.thorough
def test_the_stop_button_stops(page: Page):
    write(page, ("user", "!slow"))
    page.locator("#run").click()
    expect_status(page, "a", "streaming")
    page.locator("#stop").click()
    expect(page.locator("#lane-a .lane-status")).to_have_text("Stopped by you")


def test_a_failure_of_the_engine_is_a_sentence_in_the_lane(page: Page):
    write(page, ("user", "!fail"))
    page.locator("#run").click()
    expect_status(page, "a", "failed")
    expect(page.locator("#lane-a .lane-error")).to_contain_text("The script was asked to fail")


@pytest.mark.thorough
def test_nothing_to_answer_is_told_by_a_toast(page: Page):
    write(page, ("user", ""))
    page.locator("#run").click()
    expect(page.get_by_test_id("toast-body")).to_contain_text("No message to answer")
    expect_status(page, "a", "idle")


def test_use_as_reply_appends_the_answer_and_the_next_user_turn(page: Page):
    write(page, ("user", "Hi"))
    page.locator("#run").click()
    expect_status(page, "a", "done")
    page.get_by_role("button", name="Use as reply").click()
    expect(page.locator(".turn")).to_have_count(3)
    assert texts(page) == ["Hi", "Hello! What shall we try?", ""]
    assert roles(page) == ["user", "assistant", "user"]


@pytest.mark.thorough
def test_keys_typed_right_after_use_as_reply_are_kept(page: Page):
    write(page, ("user", "Hi"))
    page.locator("#run").click()
    expect_status(page, "a", "done")
    page.get_by_role("button", name="Use as reply").click()
    page.locator(".turn-text").first.press_sequentially(" and more", delay=5)
    expect(page.locator(".turn")).to_have_count(3)
    assert texts(page) == ["Hi and more", "Hello! What shall we try?", ""]


@pytest.mark.thorough
def test_copy_takes_prefill_and_answer(page: Page):
    write(page, ("user", "Tell me"), ("assistant", "Once "))
    page.locator("#run").click()
    expect_status(page, "a", "done")
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "Once " + page.locator("#lane-a .lane-text").inner_text()


def test_markdown_is_an_option_and_html_of_a_model_stays_text(page: Page):
    write(page, ("user", "!markdown"))
    page.locator("#run").click()
    expect_status(page, "a", "done")
    expect(page.locator("#lane-a .lane-text")).to_contain_text("<b>not bold</b>")
    page.get_by_role("button", name="Markdown").click()
    expect(page.locator("#lane-a .lane-markdown h1")).to_have_text("A heading")
    expect(page.locator("#lane-a .lane-markdown")).to_contain_text("<b>not bold</b>")
    expect(page.locator("#lane-a .lane-markdown b")).to_have_count(0)
    page.get_by_role("button", name="Markdown").click()
    expect(page.locator("#lane-a .lane-raw")).to_contain_text("# A heading")


def test_the_prompt_tab_shows_the_rendered_prompt_and_its_ids(page: Page):
    write(page, ("user", "Hello there"))
    page.get_by_role("tab", name="Prompt").click()
    tokens = page.locator(".prompt-tokens")
    expect(tokens).to_contain_text("<|im_start|>user")
    expect(tokens).to_contain_text("Hello there")
    expect(page.locator(".prompt-token.special").first).to_have_text("<|startoftext|>")
    page.locator(".turn-text").fill("Changed words")
    expect(tokens).to_contain_text("Changed words")
    page.get_by_role("button", name="Token ids").click()
    expect(page.locator(".prompt-token").first).to_have_text("1 ")


def test_an_answer_stays_and_says_what_has_changed_since_also_after_a_reload(page: Page):
    write(page, ("user", "Hi"))
    run(page, "a")
    outdated = page.locator("#lane-a .lane-outdated")
    page.locator("#lane-a .lane-view-markdown").click()
    expect(outdated).to_have_text("")
    page.locator(".turn-text").fill("Something else")
    expect(outdated).to_have_text("Out of date. Changed since: the messages.")
    page.locator(".turn-text").fill("Hi")
    expect(outdated).to_have_text("")
    number(page, "temperature").fill("0.9")
    expect(outdated).to_have_text("Out of date. Changed since: temperature.")
    until_kept(page, "kept.temperature === 0.9")
    page.reload()
    ready(page)
    expect(page.locator("#lane-a .lane-when")).to_contain_text("from ")
    expect(outdated).to_have_text("Out of date. Changed since: temperature.")
    run(page, "a")
    expect(outdated).to_have_text("")
    expect(page.locator("#lane-a .lane-when")).to_have_text("")


RUN_AT_ONCE_WHEN_DONE = """() => {
  const status = document.querySelector('#lane-a .lane-status');
  const runs = window.runs = { done: 0 };
  new MutationObserver(() => {
    if (status.dataset.status === 'done' && ++runs.done < 4) document.querySelector('#run').click();
  }).observe(status, { attributeFilter: ['data-status'] });
}"""


@pytest.mark.thorough
def test_run_can_be_pressed_again_at_the_moment_an_answer_is_complete(page: Page):
    write(page, ("user", "Hi"))
    page.evaluate(RUN_AT_ONCE_WHEN_DONE)
    page.locator("#run").click()
    page.wait_for_function("runs.done === 4")
