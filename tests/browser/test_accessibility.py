"""axe-core finds nothing on the page, light and dark, idle and answered."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import (
    LABELS,
    change,
    expect_status,
    lanes_shown,
    number,
    run,
    use_template,
    violations,
    write,
)


def test_no_rule_is_violated(page: Page):
    write(page, ("system", "Be brief."), ("user", "Hi"), ("assistant", "He"))
    page.get_by_role("button", name="Explain").click()
    page.locator("#few-shot button.label-wrap").click()
    page.locator("#run").click()
    expect_status(page, "a", "done")
    assert violations(page) == []
    page.get_by_role("tab", name="Prompt").click()
    expect(page.locator(".prompt-token").first).to_be_visible()
    assert violations(page, "[role=tabpanel]") == []


@pytest.mark.thorough
def test_no_rule_is_violated_by_lanes_that_are_compared(page: Page):
    write(page, ("user", "Why?"))
    use_template(page, "Temperature ladder")
    expect(page.locator("#column-d")).to_be_visible()
    run(page, *LABELS)
    change(page, "b")
    page.locator("#settings-a [data-act=pin]").click()
    page.locator("#lane-c .lane-part").click()
    expect(page.locator("#lane-c .lane-explanation")).to_be_visible()
    page.locator("#lane-count .lane-templates summary").click()
    assert violations(page) == []
    for tab, shown in (("Compare", ".comparison-words"), ("History", ".run-card")):
        page.get_by_role("tab", name=tab).click()
        expect(page.locator(shown)).to_be_visible()
        assert violations(page, "[role=tabpanel]") == []


def test_arrows_move_in_a_group_which_has_one_stop_for_the_tab_key(page: Page):
    def focused() -> str:
        return page.evaluate("document.activeElement.textContent || document.activeElement.id")

    page.locator(".session-save, #session-save").first.focus()
    page.keyboard.press("Tab")
    assert focused() == "1"  # the number of lanes in use
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert focused() == "3"
    page.keyboard.press("Tab")
    assert focused().startswith("Templates")
    page.keyboard.press("Shift+Tab")
    assert focused() == "1"
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    lanes_shown(page, 4)


def test_a_message_about_a_wrong_value_goes_when_it_is_corrected(page: Page):
    number(page, "top-k").fill("0.7")
    page.locator("#run").click()
    toast = page.locator(".toast-body")
    expect(toast).to_contain_text("top_k")
    number(page, "top-k").select_text()
    page.keyboard.type("7")  # by a key: what was there before it goes
    expect(toast).to_have_count(0)
