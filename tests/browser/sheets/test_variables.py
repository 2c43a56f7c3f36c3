"""Variables on the page: fields, marks, a refusal by name, and what stays."""

from playwright.sync_api import Page, expect

from tests.browser.pages import DESKTOP, PHONE, ready, run, tab, until_kept, write

FONTS = (
    "['.turn-text', '.turn-marks'].map((at) => getComputedStyle(document.querySelector(at)).font)"
)


def test_variables_are_marked_listed_filled_in_and_kept(page: Page):
    write(page, ("system", "Be {{style}}."), ("user", "What is {{date}}?"))
    fields = page.locator("#variables textarea")
    expect(fields).to_have_count(2)
    expect(page.locator(".turn-marks mark")).to_have_text(["{{style}}", "{{date}}"])
    page.get_by_label("Value of style").fill("brief")
    page.locator("#run").click()
    expect(page.locator(".toast-body")).to_contain_text("No value for variable date.")
    page.get_by_label("Value of date").fill("the day")
    run(page, "a")
    tab(page, "Prompt")
    expect(page.locator("#prompt")).to_contain_text("What is the day?")
    until_kept(page, "kept.variables.date === 'the day'")
    page.reload()
    ready(page)
    expect(page.get_by_label("Value of date")).to_have_value("the day")
    for size in (DESKTOP, PHONE):  # a mark lies below its letters only if both are as large
        page.set_viewport_size(size)
        field, marks = page.evaluate(FONTS)
        assert field == marks
