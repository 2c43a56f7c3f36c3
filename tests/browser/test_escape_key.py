"""Esc closes what is open and does only that; where nothing is open it stops the runs."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import expect_status, open_models, tab, text, write


def save_a_preset(page: Page) -> None:
    field = page.locator(".own-preset-form [name=name]")
    page.wait_for_timeout(500)  # the page may still draw its presets anew, which closes the form
    page.get_by_role("button", name="Save as preset…").click()
    field.fill("Mine")
    page.locator(".own-preset-form [type=submit]").click()
    expect(page.locator(".own-preset-form")).to_be_hidden()


OPENED: tuple[tuple[str, str], ...] = (
    # by a click on, which is then there
    ("#lane-count .lane-templates summary", "#lane-count .lane-template-list"),
    ("#work-bar .drafts summary", "#work-bar .draft-list"),
    ("#session-save", ".session-ask"),
    (".own-preset-acts [data-act=new]", ".own-preset-form"),
    ("#presets [data-act=menu]", ".own-preset-menu"),
    ("#messages [data-act=camera]", "dialog.camera"),
    ("#model-choice input", "ul[role=listbox]"),
    ("#sessions header [data-act=import]", ".sessions-import"),
    ("#sessions header [data-act=save_as]", ".sessions-form"),
)


def test_each_esc_closes_what_is_open_and_one_more_stops(page: Page):
    status = page.locator("#lane-a .lane-status")
    save_a_preset(page)
    open_models(page)
    write(page, ("user", "!slow !long"))
    page.locator("#run").click()
    expect(status).to_have_attribute("data-status", "streaming")
    for opened_by, opened in OPENED:
        if "#sessions" in opened_by:
            tab(page, "Sessions")
        page.locator(opened_by).first.click()
        expect(page.locator(opened), opened_by).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(opened), opened_by).to_be_hidden()
        assert page.locator("body.running").count() == 1, opened_by
    before = len(text(page, "a"))
    longer = "length => document.querySelector('#lane-a .lane-raw').innerText.length > length"
    page.wait_for_function(longer, arg=before)  # none of the keys has stopped it
    page.keyboard.press("Escape")
    expect(page.locator("body.running")).to_have_count(0)


@pytest.mark.thorough
def test_esc_in_a_lanes_form_closes_it_and_elsewhere_stops(page: Page):
    write(page, ("user", "!slow !long"))
    page.locator("[data-count='2']").click()
    page.locator("#settings-b [data-act=change]").click()
    page.locator("#run").click()
    expect_status(page, "b", "streaming")
    page.locator("#settings-b .lane-form input").first.focus()
    page.keyboard.press("Escape")
    expect(page.locator("#settings-b .lane-form")).to_be_hidden()
    expect_status(page, "b", "streaming")
    page.locator("#settings-b [data-act=change]").click()
    page.locator(".turn-text").first.focus()  # elsewhere: opening goes into the form
    page.keyboard.press("Escape")
    expect_status(page, "b", "stopped")
    expect(page.locator("#settings-b .lane-form")).to_be_visible()
