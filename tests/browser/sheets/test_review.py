"""A blind review: by keys, by a link on a phone, and what it comes to."""

from playwright.sync_api import Page, expect

from tests.browser.pages import (
    PHONE,
    Open,
    lanes,
    tab,
    until_kept,
    violations,
    write,
)

ROWS = "word\n" + "\n".join(f"word {n}" for n in range(1, 4))


def reviewed(page: Page, count: str) -> None:
    expect(page.locator(".review-count")).to_have_text(count)


def start(page: Page, name: str) -> None:
    page.get_by_label("Your name").fill(name)
    page.keyboard.press("Enter")
    expect(page.locator(".review-answer")).to_have_count(2)


def test_two_people_judge_without_knowing_the_lanes(open_page: Open, scripted_app: str):
    page = open_page(scripted_app)
    write(page, ("user", "Say {{word}}"))
    until_kept(page, "kept.messages[0].text === 'Say {{word}}'")
    lanes(page, 2)
    page.get_by_label("Settings of lane B", exact=True).select_option("greedy")
    tab(page, "Sheet")
    page.locator(".sheet-new textarea").fill(ROWS)
    page.get_by_role("button", name="New sheet").click()
    expect(page.locator(".sheet-row")).to_have_count(3)
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Blind review").click()
    start(page, "Ann")
    link = page.url
    assert violations(page, ".review") == []
    page.keyboard.press("1")
    reviewed(page, "1 of 3")
    page.keyboard.press("n")
    page.keyboard.type("clearer")
    page.keyboard.press("Enter")
    page.keyboard.press("3")
    reviewed(page, "2 of 3")
    page.keyboard.press("u")
    reviewed(page, "1 of 3")
    page.keyboard.press("2")
    reviewed(page, "2 of 3")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("button", name="Tie")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("textbox", name="Note")).to_have_value("clearer")

    phone = open_page(link, PHONE)
    expect(phone.locator("#sheet")).to_have_count(0)
    start(phone, "Ben")
    for n in range(1, 4):
        phone.get_by_role("button", name="First is better").click()
        reviewed(phone, f"{n} of 3")
    box = phone.get_by_role("button", name="Look at them again").bounding_box()
    assert box
    assert box["x"] + box["width"] <= PHONE["width"]

    page.keyboard.press("Escape")
    tab(page, "Sheet")
    expect(page.locator(".sheet-verdict")).to_contain_text("Ann (2) and Ben (3) judged 3 of 3 rows")
    expect(page.locator(".sheet-rate.b")).to_contain_text("Blind review: ")
