"""A sheet on the page: pasted rows, a run that goes on without its page, and its cells."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import (
    PHONE,
    expect_status,
    lanes,
    ready,
    tab,
    text,
    texts,
    until_kept,
    violations,
    write,
)

ROWS = "word\texpected\n" + "\n".join(f"word {n}\t“word {n * (n % 2)}”" for n in range(200))


@pytest.fixture
def page(new_page: Page) -> Page:
    return new_page


def new_sheet(page: Page) -> None:
    """200 pasted rows for two lanes, and a check."""
    write(page, ("user", "{{word}}"))
    until_kept(page, "kept.messages[0].text === '{{word}}'")
    lanes(page, 2)
    tab(page, "Sheet")
    page.locator(".sheet-new textarea").fill(ROWS)
    page.get_by_role("button", name="New sheet").click()
    expect(page.locator(".sheet-row").first).to_be_visible()
    page.get_by_role("button", name="Checks: 1").click()
    page.get_by_label("Kind", exact=True).select_option("contains")
    page.get_by_role("button", name="Check the answers").click()
    expect(page.locator("dialog[open]")).to_have_count(0)


def cell(page: Page, place: int, column: int) -> None:
    page.locator(f'.sheet-row[data-place="{place}"] [data-column="{column}"]').click()


def test_a_run_goes_on_without_its_page_is_filtered_and_opened_as_a_run(page: Page):
    new_sheet(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".sheet-tag")).to_have_text("Running")
    page.goto("about:blank")
    page.go_back()
    ready(page)
    tab(page, "Sheet")
    expect(page.locator(".sheet-tag")).to_have_text("Finished", timeout=60_000)
    expect(page.locator(".sheet-rate.a .sheet-big")).to_contain_text("101 of 200")
    expect(page.locator(".sheet-verdict")).to_contain_text("pass the same rows")
    page.get_by_role("button", name="A lane fails 99").click()
    expect(page.locator(".sheet-row").first).to_have_attribute("aria-rowindex", "2")
    expect(page.locator('.sheet-row[data-place="1"]')).to_contain_text("word 4")
    assert page.locator(".sheet-row").count() < 60
    cell(page, 1, 4)
    expect_status(page, "b", "done")
    assert "“word 4”" in text(page, "a")
    assert texts(page) == ["{{word}}"]
    expect(page.get_by_label("Value of word")).to_have_value("word 4")
    tab(page, "Sheet")
    expect(page.locator(".sheet-tag")).to_have_text("Finished")


def test_rows_are_edited_searched_and_sorted_and_an_edited_one_runs_alone(page: Page):
    new_sheet(page)
    cell(page, 0, 1)
    page.keyboard.press("Enter")
    page.keyboard.type("zebra")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.type("yak")
    page.keyboard.press("Enter")
    expect(page.locator('.sheet-row[data-place="1"]')).to_contain_text("yak")
    page.get_by_label("Find in rows and answers").fill("zebra")
    expect(page.locator(".sheet-row")).to_have_count(1)
    page.get_by_label("Find in rows and answers").fill("")
    page.get_by_title("Sort by word").click()
    page.get_by_title("Sort by word").click()
    expect(page.locator('.sheet-row[data-place="0"]')).to_contain_text("zebra")
    assert violations(page, "#sheet") == []
    page.set_viewport_size(PHONE)
    page.locator("#phone [data-pane=answers]").click()
    expect(page.locator(".sheet-rate.b")).to_be_visible()
    box = page.locator(".sheet-rate.b").bounding_box()
    assert box
    assert box["x"] == 0


@pytest.mark.thorough
def test_an_example_opens_as_a_sheet_and_is_saved_as_a_file(page: Page, tmp_path: Path):
    page.get_by_role("button", name="Which preset formats dates better?").click()
    expect(page.locator(".sheet-bar h2")).to_have_text("Which preset formats dates better?")
    expect(page.locator(".sheet-rate")).to_have_count(4)
    assert texts(page)[-1] == "{{date}}"
    page.get_by_text("Export", exact=True).last.click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="YAML").click()
    assert saved.value.suggested_filename == "which-preset-formats-dates-better.yaml"
    page.get_by_role("button", name="Settings").last.click()
    page.get_by_role("button", name="Delete the sheet").click()
    page.locator("p", has_text="was deleted").get_by_role("button", name="Undo").click()
    expect(page.locator(".sheet-bar h2")).to_be_visible()
