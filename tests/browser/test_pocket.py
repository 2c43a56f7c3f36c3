"""The real thing: the shipped model answers a scenario on the page."""

import json

from playwright.sync_api import expect

from tests.browser.conftest import ready

ANSWER_MS = 60_000


def test_the_date_scenario_is_answered_by_the_shipped_model(open_page, pocket_app: str):
    page = open_page(pocket_app)
    ready(page)
    expect(page.locator(".model-demo")).to_contain_text("demo model")
    page.get_by_role("button", name="Format a date").click()
    expect(page.locator(".turn")).to_have_count(6)
    page.locator("#run").click()
    expect(page.locator("#lane-a .lane-status")).to_have_text("done", timeout=ANSWER_MS)
    expect(page.locator("#lane-a .lane-text")).to_have_text("March 8, 2024")
    expect(page.locator("#lane-a .lane-stop-reason")).to_have_text("ended by itself")


def test_the_prefill_scenario_is_continued_byte_for_byte_and_its_prompt_is_the_models(
    open_page, pocket_app: str
):
    page = open_page(pocket_app)
    page.get_by_role("button", name="Extract JSON").click()
    expect(page.locator(".turn")).to_have_count(3)
    page.locator("#run").click()
    expect(page.locator("#lane-a .lane-status")).to_have_text("done", timeout=ANSWER_MS)
    answer = page.locator("#lane-a .lane-raw").inner_text()
    assert json.loads(answer) == {"name": "John", "age": 30}
    page.get_by_role("tab", name="Prompt").click()
    prompt = page.locator(".prompt-tokens")
    expect(prompt).to_contain_text("<|startoftext|><|im_start|>system")
    assert prompt.inner_text().rstrip("\n").endswith('"name": ')
