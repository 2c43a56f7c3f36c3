"""Where and why lanes differ, runs that come back, and the report."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import (
    LABELS,
    expect_status,
    lane_name,
    lanes,
    ready,
    run,
    tab,
    text,
    texts,
    use_template,
    write,
)
from tests.core.compare.test_report import Parsed


@pytest.fixture
def page(new_page: Page) -> Page:
    return new_page


def ladder(page: Page, message: str = "Why?") -> None:
    write(page, ("user", message))
    use_template(page, "Temperature ladder")
    expect(page.locator("#column-d")).to_be_visible()
    run(page, *LABELS)


def test_the_first_different_token_is_marked_and_explained(page: Page):
    ladder(page)
    part = page.locator("#lane-c .lane-part")
    expect(part).to_be_visible()
    expect(page.locator("#lane-a .lane-part")).to_be_hidden()
    before = page.locator("#lane-c .lane-text").inner_text()
    assert before.endswith("The temperature is 0")  # " and" in lane A, ".7" in lane C
    assert text(page, "a").startswith(before)
    part.click()
    why = page.locator("#lane-c .lane-explanation")
    expect(why).to_be_visible()
    expect(why.locator("table")).to_have_count(2)
    expect(why.locator("caption").first).to_have_text("Lane A")
    expect(why.locator("tr.chosen")).to_have_count(2)
    expect(why.locator("tr.other")).to_have_count(2)
    expect(why.locator("p").first).to_contain_text("A takes the likeliest token (temperature 0)")
    why.get_by_role("button", name="Close").click()
    expect(why).to_be_hidden()


@pytest.mark.thorough
def test_the_compare_tab_shows_settings_words_and_figures(page: Page):
    ladder(page)
    tab(page, "Compare")
    box = page.locator("#comparison")
    expect(box.locator(".comparison-verdict")).to_have_text("4 answers, 4 different.")
    seeds = box.locator(".comparison-seeds")
    expect(seeds).to_contain_text("so differences come only from the settings")
    settings = box.get_by_role("region", name="Settings that differ")
    expect(settings).to_contain_text("temperature")
    assert settings.locator("tbody tr").count() == 1
    figures = box.get_by_role("region", name="Figures")
    for name in ("tokens in", "to first token", "decode", "mean logprob", "stop reason"):
        expect(figures).to_contain_text(name)
    expect(box.locator("del")).to_have_count(1)
    box.get_by_label("Lane compared", exact=True).select_option("D")
    expect(box.locator("ins")).to_contain_text("1.2")


@pytest.mark.thorough
def test_answers_that_agree_are_identical_and_grouped(page: Page):
    write(page, ("user", "Hi"))
    use_template(page, "four seeds")
    expect(page.locator("#column-d")).to_be_visible()
    run(page, *LABELS)
    tab(page, "Compare")
    expect(page.locator(".comparison-verdict")).to_have_text("All answers are identical.")
    expect(page.locator(".comparison-groups li")).to_have_count(1)
    expect(page.locator(".comparison-groups b")).to_have_text("4 × A, B, C, D")


@pytest.mark.thorough
def test_the_report_is_one_file_with_everything_and_hostile_text_stays_text(page: Page, tmp_path):
    hostile = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    ladder(page, hostile)
    tab(page, "Compare")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download report").click()
    file = tmp_path / "report.html"
    download.value.save_as(file)
    assert re.fullmatch(r"comparison-[\d-]+\.html", download.value.suggested_filename)
    html = Path(file).read_text(encoding="utf-8")
    parsed = Parsed(html)
    assert "http" not in html
    assert not {"script", "link", "img"} & {tag for tag, _ in parsed.tags}
    assert parsed.text.count(hostile) >= 5  # the message and four answers
    for part in ("temperature", "gradio", "tokens in", "C diverges from A at token", "removed it"):
        assert part in parsed.text
    report = page.context.new_page()
    alerts = []
    report.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    report.goto(file.as_uri())
    expect(report.locator(".lane")).to_have_count(4)
    lane = report.locator(".lane.C")
    lane.locator(".tokens > summary").click()
    token = lane.locator(".flow a").nth(2)
    expect(token.locator("span")).to_be_hidden()
    token.click()
    expect(token.locator("span")).to_contain_text("Token 3 ")
    lane.get_by_text("Close").click()
    expect(token.locator("span")).to_be_hidden()
    assert alerts == []


def test_a_run_is_kept_opened_again_and_its_inputs_come_back(page: Page):
    ladder(page, "first question")
    page.locator("[data-count='1']").click()
    write(page, ("user", "second question"))
    run(page, "a")
    tab(page, "History")
    cards = page.locator(".run-card")
    expect(cards).to_have_count(2)
    expect(cards.last).to_contain_text("first question")
    assert cards.last.locator(".run-lane").count() == 4
    changes = page.locator(".run-changes")
    expect(changes).to_have_count(1)  # the first run has none before it
    expect(changes).to_contain_text("Without lanes B, C, D")
    expect(changes).to_contain_text("Message 1 edited")
    page.get_by_role("button", name="Open run 1").click()
    expect(page.locator("[data-count='4']")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#lane-d .lane-raw")).to_contain_text("first question")
    assert texts(page) == ["second question"]
    tab(page, "History")
    page.get_by_role("button", name="Restore run 1").click()
    expect(page.locator(".turn-text").first).to_have_value("first question")
    expect(lane_name(page, "c")).to_have_text("Temperature 0.7")


@pytest.mark.thorough
def test_runs_outlive_a_reload_of_the_tab_and_are_not_seen_by_another(page: Page, open_page):
    write(page, ("user", "Hi"))
    run(page, "a")
    page.reload()
    ready(page)
    tab(page, "History")
    expect(page.locator(".run-card")).to_have_count(1)
    other = open_page(page.url)
    tab(other, "History")
    expect(other.locator(".run-list-empty")).to_be_visible()


@pytest.mark.thorough
def test_a_lane_of_an_earlier_run_is_added_to_the_comparison_with_a_new_one(page: Page):
    write(page, ("user", "first question"))
    run(page, "a")
    page.locator(".turn-text").last.fill("second question")
    run(page, "a")
    expect(page.locator("#lane-a .lane-raw")).to_contain_text("second question")
    tab(page, "History")
    page.get_by_role("button", name="Add lane A of run 1 to the comparison").click()
    expect(page.locator("#lane-b .lane-raw")).to_contain_text("first question")
    expect(page.locator("#settings-b .lane-chips")).to_contain_text("pinned")
    page.locator(".turn-text").last.fill("third question")
    page.locator("#run").click()
    expect(page.locator("#lane-a .lane-raw")).to_contain_text("third question")
    expect_status(page, "a", "done")
    assert "first question" in text(page, "b")


@pytest.mark.thorough
def test_the_figures_follow_a_run_that_is_looked_at(page: Page):
    write(page, ("user", "Hi"))
    lanes(page, 2)
    tab(page, "Compare")
    expect(page.locator(".comparison-verdict")).to_have_text(
        "Run at least two lanes to compare them."
    )
    page.locator("#run").click()
    expect(page.locator(".comparison-verdict")).to_have_text("All answers are identical.")
