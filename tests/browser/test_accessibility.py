"""axe-core finds nothing on the page, light and dark, idle and answered."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.test_lanes import LABELS, change, run, set_up
from tests.browser.test_messages import write


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {node['html'][:160]}" for v in found for node in v["nodes"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_rule_is_violated(open_page, scripted_app: str, theme: str):
    page = open_page(scripted_app, query=f"?__theme={theme}")
    write(page, ("system", "Be brief."), ("user", "Hi"), ("assistant", "He"))
    page.get_by_role("button", name="Explain").click()
    page.locator("#few-shot button.label-wrap").click()
    page.locator("#run").click()
    expect(page.locator("#lane-a .lane-status")).to_have_text("done")
    assert violations(page) == []
    page.get_by_role("tab", name="Prompt").click()
    expect(page.locator(".prompt-token").first).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_rule_is_violated_by_lanes_that_are_compared(open_page, scripted_app: str, theme: str):
    page = open_page(scripted_app, query=f"?__theme={theme}")
    write(page, ("user", "Why?"))
    set_up(page, "Temperature ladder")
    expect(page.locator("#column-d")).to_be_visible()
    run(page, *LABELS)
    change(page, "b")
    page.locator("#settings-a [data-act=pin]").click()
    page.locator("#lane-c .lane-part").click()
    expect(page.locator("#lane-c .lane-explanation")).to_be_visible()
    page.locator("#lane-count .set-ups summary").click()
    assert violations(page) == []
    for tab, shown in (("Compare", ".comparison-words"), ("History", ".run-card")):
        page.get_by_role("tab", name=tab).click()
        expect(page.locator(shown)).to_be_visible()
        assert violations(page) == []
