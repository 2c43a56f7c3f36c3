"""Demo mode: cards and answers only, and nothing that a visitor could break."""

from playwright.sync_api import Page, expect

from tests.serving import served


def no_controls(page: Page) -> None:
    for control in ("#model-load", "#parameter-temperature", "#settings-a [data-act=change]"):
        expect(page.locator(control)).to_be_hidden()
    expect(page.get_by_role("tab")).to_have_count(0)


def test_a_card_answers_at_once_in_a_demo_and_controls_are_folded_away(
    open_page, scripted_app: str
):
    page = open_page(scripted_app, query="?demo=1")
    no_controls(page)
    page.locator("#scenarios button", has_text="Tell a story").click()
    expect(page.locator("#lane-a .lane-status")).to_have_text("done")
    expect(page.locator("#lane-a .lane-raw")).to_contain_text("a short story about a fox")
    expect(page.locator("#scenarios button").first).to_be_visible()
    page.locator(".turn-text").last.fill("!long")
    page.locator("#run").click()
    expect(page.locator("#lane-a .lane-parameters")).to_contain_text("max_new_tokens 256")
    page.locator("#stop").click()


def test_a_demo_server_bounds_answers_keeps_its_model_and_serves_several_visitors(open_page):
    with served("--engine", "scripted", "--demo") as url:
        first, second = open_page(url), open_page(url)
        no_controls(first)
        for visit, text in ((first, "!long"), (second, "Hi")):
            visit.locator(".turn-text").last.fill(text)
            visit.locator("#run").click()
        expect(second.locator("#lane-a .lane-raw")).to_contain_text("Hello! What shall we try?")
        expect(first.locator("#lane-a .lane-stop-reason")).to_have_text(
            "reached max new tokens", timeout=30_000
        )
        expect(first.locator("#lane-a .lane-metrics")).to_contain_text("256 out")
        first.evaluate("document.body.classList.remove('demo')")  # a visitor who knows CSS
        first.locator("#model-choice input").fill("someone/other-model")
        first.locator("#model-choice input").press("Enter")
        first.locator("#model-load").click()
        expect(first.get_by_text("the model that all visitors use stays")).to_be_visible()
        expect(second.locator(".model-name")).to_have_text("scripted")
        for visit in (first, second):
            visit.close()
