"""Options of the chat template: what a person sets is in the prompt, the answer and the script."""

from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from core.template_options import TemplateOption
from engine.scripted.scripted_engine import ALL, ScriptedEngine
from tests.browser.pages import Open, load, run, tab, until_kept, violations, write
from tests.serving import served_here

CLOSED = "</think>"
OPTION = "#option-enable_thinking"


def test_an_option_changes_the_prompt_the_answer_and_its_script(page: Page):
    write(page, ("user", "Hi"))
    expect(page.locator(f"{OPTION} option").first).to_have_text("Default (on)")
    tab(page, "Prompt")
    prompt = page.locator(".prompt-tokens")
    expect(prompt).to_contain_text("Hi")
    assert CLOSED not in prompt.inner_text()
    page.locator(OPTION).select_option(label="Off")
    expect(prompt).to_contain_text(CLOSED)
    run(page, "a")
    expect(page.locator("#lane-a")).to_contain_text("enable_thinking off")
    tab(page, "Export")
    expect(page.locator(".export-code")).to_contain_text("enable_thinking=False")
    page.locator(OPTION).select_option(label="Default (on)")
    page.get_by_role("button", name="Current settings").click()
    expect(page.locator(".export-code")).not_to_contain_text("enable_thinking")
    page.get_by_role("button", name="Shown run").click()
    expect(page.locator(".export-code")).to_contain_text("enable_thinking=False")
    assert violations(page, "#template-options") == []


@pytest.mark.thorough
def test_options_survive_a_reload_and_are_undone(page: Page):
    write(page, ("user", "Hi"))
    page.locator(OPTION).select_option(label="Off")
    until_kept(page, "kept.template_options.enable_thinking === false")
    page.reload()
    expect(page.locator(OPTION)).to_have_value("false")
    page.locator(OPTION).select_option(label="On")
    until_kept(page, "kept.template_options.enable_thinking === true")
    page.locator("[data-act=step_back]").click()
    expect(page.locator(OPTION)).to_have_value("false")


@pytest.mark.thorough
def test_texts_and_numbers_are_typed_and_what_is_not_read_is_said(open_page: Open):
    more = (TemplateOption("effort", "text", "low"), TemplateOption("budget", "number", 512))
    can = replace(ALL, template_options=(*ALL.template_options, *more))
    engine = ScriptedEngine(tokens_per_second=400, capabilities=can)
    with served_here(engine) as url:
        page = open_page(url)
        write(page, ("user", "Hi"))
        page.locator("#option-effort").press_sequentially("high")
        page.locator("#option-budget").press_sequentially("64")
        until_kept(page, "kept.template_options.budget === 64")
        until_kept(page, "kept.template_options.effort === 'high'")
        expect(page.locator("#option-budget")).to_be_focused()
        engine._can = ALL  # another model, whose template reads one of them
        load(page, "other/model")
        unread = page.locator("[data-kind=unread]")
        expect(unread).to_have_count(2)
        expect(unread.first).to_contain_text("not sent: this template does not read it")
        expect(page.locator("#lint")).to_contain_text("the template option budget")
        unread.get_by_role("button", name="Remove effort").click()
        expect(unread).to_have_count(1)
        until_kept(page, "!('effort' in kept.template_options)")
        page.goto("about:blank")
