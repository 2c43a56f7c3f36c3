"""Running: streaming, prefill, stop, errors, copy and reply."""

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.test_messages import roles, texts, write

STATUS = "#lane-a .lane-status"


def test_ctrl_enter_runs_and_the_answer_streams_with_figures(page: Page):
    write(page, ("system", "A prompt that no other test sends."), ("user", "Hi"))
    page.keyboard.press("Control+Enter")
    expect(page.locator(STATUS)).to_have_text("done")
    expect(page.locator("#lane-a .lane-text")).to_have_text("Hello! What shall we try?")
    expect(page.locator("#lane-a .lane-stop-reason")).to_have_text("ended by itself")
    for figure in ("tokens in", "out", "to first token", "prefill", "in all"):
        expect(page.locator("#lane-a .lane-metrics")).to_contain_text(figure)
    expect(page.locator("#lane-a .lane-parameters")).to_contain_text("temperature 0.1")
    expect(page.locator("#lane-a .lane-parameters")).to_contain_text("seed")
    expect(page.locator("#lane-a .lane-parameters span").first).to_have_text("scripted")


def test_keys_typed_just_before_ctrl_enter_are_sent(page: Page):
    write(page, ("user", ""))
    page.locator(".turn-text").press_sequentially("What is the capital of France?")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#lane-a .lane-text")).to_have_text("The capital of France is Paris.")


def test_a_prefill_is_continued_and_shown_apart(page: Page):
    write(page, ("user", "Tell me"), ("assistant", "Once "))
    page.locator("#run").click()
    expect(page.locator(STATUS)).to_have_text("done")
    expect(page.locator("#lane-a .lane-prefill")).to_have_text("Once ")
    expect(page.locator("#lane-a .lane-text")).to_contain_text("and so it goes on")


def test_escape_stops_keeps_the_text_and_the_next_run_starts(page: Page):
    write(page, ("user", "!long"))
    page.locator("#run").click()
    expect(page.locator("#lane-a .lane-text")).to_contain_text("Paragraph 1")
    page.keyboard.press("Escape")
    expect(page.locator(STATUS)).to_have_text("stopped")
    expect(page.locator("#lane-a .lane-text")).to_contain_text("Paragraph 1")
    write(page, ("user", "Hi"))
    page.locator("#run").click()
    expect(page.locator("#lane-a .lane-text")).to_have_text("Hello! What shall we try?")


def test_the_stop_button_stops(page: Page):
    write(page, ("user", "!slow"))
    page.locator("#run").click()
    expect(page.locator(STATUS)).to_have_text("streaming")
    page.locator("#stop").click()
    expect(page.locator("#lane-a .lane-stop-reason")).to_have_text("stopped by you")


def test_a_failure_of_the_engine_is_a_sentence_in_the_lane(page: Page):
    write(page, ("user", "!fail"))
    page.locator("#run").click()
    expect(page.locator(STATUS)).to_have_text("failed")
    expect(page.locator("#lane-a .lane-error")).to_contain_text("The script was asked to fail")


def test_nothing_to_answer_is_told_by_a_toast(page: Page):
    write(page, ("user", ""))
    page.locator("#run").click()
    expect(page.get_by_test_id("toast-body")).to_contain_text("There is no message to answer")
    expect(page.locator(STATUS)).to_have_text("ready")


def test_use_as_reply_appends_the_answer_and_the_next_user_turn(page: Page):
    write(page, ("user", "Hi"))
    page.locator("#run").click()
    expect(page.locator(STATUS)).to_have_text("done")
    page.get_by_role("button", name="Use as reply").click()
    expect(page.locator(".turn")).to_have_count(3)
    assert texts(page) == ["Hi", "Hello! What shall we try?", ""]
    assert roles(page) == ["user", "assistant", "user"]


def test_keys_typed_right_after_use_as_reply_are_kept(page: Page):
    write(page, ("user", "Hi"))
    page.locator("#run").click()
    expect(page.locator(STATUS)).to_have_text("done")
    page.get_by_role("button", name="Use as reply").click()
    page.locator(".turn-text").first.press_sequentially(" and more", delay=5)
    expect(page.locator(".turn")).to_have_count(3)
    assert texts(page) == ["Hi and more", "Hello! What shall we try?", ""]


def test_copy_takes_prefill_and_answer(page: Page):
    write(page, ("user", "Tell me"), ("assistant", "Once "))
    page.locator("#run").click()
    expect(page.locator(STATUS)).to_have_text("done")
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "Once " + page.locator("#lane-a .lane-text").inner_text()


def test_an_older_rendering_never_takes_the_place_of_a_newer_one(page: Page):
    held: list[Route] = []
    page.route(
        re.compile("component_server"),
        lambda route: route.continue_() if held else held.append(route),
    )
    write(page, ("user", "!slow !markdown"))
    page.locator("#run").click()
    expect(page.locator("#lane-a .lane-text")).not_to_be_empty()
    page.get_by_role("button", name="Markdown").click()
    rendered = page.locator("#lane-a .lane-markdown").first
    expect(rendered).to_contain_text("A heading")
    page.keyboard.press("Escape")
    expect(page.locator("#lane-a .lane-status")).to_have_text("stopped")
    page.wait_for_timeout(600)
    newest = rendered.inner_text()
    with page.expect_response(re.compile("component_server")):
        held[0].continue_()
    page.wait_for_timeout(300)
    assert rendered.inner_text() == newest


def test_markdown_is_an_option_and_html_of_a_model_stays_text(page: Page):
    write(page, ("user", "!markdown"))
    page.locator("#run").click()
    expect(page.locator(STATUS)).to_have_text("done")
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
