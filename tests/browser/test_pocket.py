"""The real thing: the shipped model answers a scenario on the page."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.pages import LABELS, expect_status, ready, text, use_template

ANSWER_MS = 60_000


def test_the_date_scenario_is_answered_by_the_shipped_model(use_page, pocket_app: str):
    page = use_page(pocket_app)
    ready(page)
    expect(page.locator(".model-demo")).to_contain_text("demo model")
    page.get_by_role("button", name="Format a date").click()
    expect(page.locator(".turn")).to_have_count(6)
    page.locator("#run").click()
    expect_status(page, "a", "done", ANSWER_MS)
    expect(page.locator("#lane-a .lane-text")).to_have_text("March 8, 2024")
    expect(page.locator("#lane-a .lane-status")).to_have_text("Finished")


@pytest.mark.thorough
def test_the_prefill_scenario_is_continued_byte_for_byte_and_its_prompt_is_the_models(
    use_page, pocket_app: str
):
    page = use_page(pocket_app)
    page.get_by_role("button", name="Extract JSON").click()
    expect(page.locator(".turn")).to_have_count(3)
    page.locator("#run").click()
    expect_status(page, "a", "done", ANSWER_MS)
    answer = page.locator("#lane-a .lane-raw").inner_text()
    assert json.loads(answer) == {"name": "John", "age": 30}
    page.get_by_role("tab", name="Prompt").click()
    prompt = page.locator(".prompt-tokens")
    expect(prompt).to_contain_text("<|startoftext|><|im_start|>system")
    assert prompt.inner_text().rstrip("\n").endswith('"name": ')


@pytest.mark.thorough
def test_a_temperature_ladder_gives_different_stories_and_the_coldest_repeats_itself(
    use_page, pocket_app: str
):
    page = use_page(pocket_app)
    page.locator("#scenarios button", has_text="Tell a story").click()
    expect(page.locator(".turn-text").first).to_have_value(re.compile("fox"))
    use_template(page, "Temperature ladder")
    expect(page.locator("#column-d")).to_be_visible()
    stories = []
    for _ in range(2):
        page.locator("#run").click()
        expect(page.locator("#lane-a .lane-status")).not_to_have_attribute("data-status", "done")
        for label in LABELS:
            expect_status(page, label, "done", ANSWER_MS)
        stories.append([text(page, label) for label in LABELS])
    assert stories[0][0] == stories[1][0]
    assert len(set(stories[0])) > 1
    page.locator(".lane-part:visible").first.click()
    why = page.locator(".lane-explanation:visible")
    expect(why.locator("tr.chosen")).to_have_count(2)
    expect(why.locator("p").first).to_contain_text("A takes the likeliest token")


@pytest.mark.thorough
def test_the_picture_card_is_described_by_the_shipped_model(use_page, pocket_app: str):
    page = use_page(pocket_app)
    page.locator("#scenarios button", has_text="Describe the picture").click()
    expect(page.locator(".turn-images figcaption")).to_have_text("three-shapes.png")
    expect(page.locator("#meter")).to_contain_text("64")  # image tokens, before running
    page.locator("#run").click()
    expect_status(page, "a", "done", ANSWER_MS)
    expect(page.locator("#lane-a .lane-text")).to_have_text(
        "The picture shows a blue square, a yellow star and a green triangle."
    )


@pytest.mark.thorough
def test_in_a_demo_the_shipped_model_is_right_with_high_detail_only(open_page, pocket_app: str):
    page = open_page(pocket_app, query="?demo=1&card=small-code")
    verdicts = page.locator(".demo-verdict")
    expect(verdicts.first).to_have_text("Right", timeout=ANSWER_MS)
    expect(verdicts.last).to_have_text("Wrong: the picture says 9164", timeout=ANSWER_MS)
    expect(page.locator(".demo-where")).to_have_text("on this computer; nothing leaves it")


def test_the_small_code_is_read_with_a_high_budget_and_not_with_a_fast_one(
    use_page, pocket_app: str
):
    page = use_page(pocket_app)
    page.locator("#scenarios button", has_text="Read the small code").click()
    expect(page.locator(".turn-images figcaption")).to_have_text("small-code.png")
    expect(page.locator("#column-c")).to_be_visible()
    page.locator("#run").click()
    for label in ("a", "b", "c"):
        expect_status(page, label, "done", ANSWER_MS)
    assert text(page, "a") == "9164"
    assert text(page, "c") != "9164"
