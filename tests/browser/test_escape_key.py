"""Esc closes what is open and does only that; where nothing is open it stops the runs."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_messages import write


def save_a_preset(page: Page) -> None:
    page.get_by_role("button", name="Save as preset…").click()
    page.locator(".own-preset-form [name=name]").fill("Mine")
    page.locator(".own-preset-form [type=submit]").click()
    expect(page.locator(".own-preset-form")).to_be_hidden()


@pytest.mark.parametrize(
    ("opened_by", "opened"),
    [
        ("#lane-count .set-ups summary", "#lane-count .set-up-list"),
        ("#work-bar .drafts summary", "#work-bar .draft-list"),
        ("#session-save", ".session-ask"),
        (".own-preset-acts [data-act=new]", ".own-preset-form"),
        ("#presets [data-act=menu]", ".own-preset-menu"),
        ("#messages [data-act=camera]", "dialog.camera"),
        ("#model-choice input", "ul[role=listbox]"),
        ("#sessions header [data-act=import]", ".sessions-import"),
        ("#sessions header [data-act=save_as]", ".sessions-form"),
    ],
)
def test_the_first_esc_closes_and_the_second_stops(page: Page, opened_by: str, opened: str):
    status = page.locator("#lane-a .lane-status")
    if "menu" in opened_by:
        save_a_preset(page)
    write(page, ("user", "!slow !long"))
    page.locator("#run").click()
    expect(status).to_have_text("streaming")
    if "#sessions" in opened_by:
        page.get_by_role("tab", name="Sessions").click()
    page.locator(opened_by).first.click()
    expect(page.locator(opened)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(opened)).to_be_hidden()
    page.wait_for_timeout(300)
    assert page.locator("body.running").count() == 1
    page.keyboard.press("Escape")
    expect(page.locator("body.running")).to_have_count(0)


def test_esc_in_a_lanes_form_closes_it_and_elsewhere_stops(page: Page):
    write(page, ("user", "!slow !long"))
    page.locator("[data-count='2']").click()
    page.locator("#settings-b [data-act=change]").click()
    page.locator("#run").click()
    expect(page.locator("#lane-b .lane-status")).to_have_text("streaming")
    page.locator("#settings-b .lane-form input").first.focus()
    page.keyboard.press("Escape")
    expect(page.locator("#settings-b .lane-form")).to_be_hidden()
    expect(page.locator("#lane-b .lane-status")).to_have_text("streaming")
    page.locator("#settings-b [data-act=change]").click()
    page.keyboard.press("Escape")
    expect(page.locator("#lane-b .lane-status")).to_have_text("stopped")
    expect(page.locator("#settings-b .lane-form")).to_be_visible()
