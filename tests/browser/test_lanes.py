"""Lanes: how many, what each changes, and running, stopping, pinning and promoting them."""

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.pages import (
    LABELS,
    change,
    chips,
    expect_status,
    lane_name,
    lanes,
    lanes_shown,
    open_models,
    ready,
    run,
    text,
    until_kept,
    use_template,
    write,
)


@pytest.mark.thorough
def test_one_lane_shows_no_settings_of_its_own(page: Page):
    write(page, ("user", "Hi"))
    run(page, "a")
    expect(page.locator("#column-a")).to_be_visible()
    expect(page.locator("#column-b")).to_be_hidden()
    expect(page.locator("#settings-a .lane-source")).to_be_hidden()


def test_a_ladder_streams_four_lanes_that_differ_in_temperature_only(page: Page):
    write(page, ("user", "ladder"))
    use_template(page, "Temperature ladder")
    expect(page.locator("#column-d")).to_be_visible()
    run(page, *LABELS)
    for label, temperature in zip(LABELS, ("0", "0.3", "0.7", "1.2"), strict=True):
        assert f"The temperature is {temperature} " in text(page, label)
        assert lane_name(page, label).inner_text() == f"Temperature {temperature}"
        assert chips(page, label) == []
    hover = page.locator("#settings-c .lane-source").get_attribute("title")
    assert "temperature = 0.7" in hover
    assert "max_new_tokens = " in hover
    seeds = {text(page, label).split("seed is ")[1].split(",")[0] for label in LABELS}
    assert len(seeds) == 1


@pytest.mark.thorough
def test_all_lanes_stream_at_the_same_time(page: Page):
    write(page, ("user", "!slow !long"))
    lanes(page, 3)
    page.locator("#run").click()
    for label in "abc":
        expect_status(page, label, "streaming")
        expect(page.locator(f"#lane-{label} .lane-text")).to_contain_text("Paragraph 1")
    page.keyboard.press("Escape")
    for label in "abc":
        expect_status(page, label, "stopped")


@pytest.mark.thorough
def test_a_lane_is_stopped_alone_and_the_others_go_on(page: Page):
    write(page, ("user", "!slow !long"))
    lanes(page, 2)
    page.locator("#run").click()
    expect(page.locator("#lane-b .lane-text")).to_contain_text("Paragraph 1")
    page.locator("#settings-b [data-act=run]").click()
    expect_status(page, "b", "stopped")
    before = len(text(page, "a"))
    expect_status(page, "a", "streaming")
    page.wait_for_function(
        "length => document.querySelector('#lane-a .lane-raw').innerText.length > length",
        arg=before,
    )
    page.locator("#stop").click()
    expect_status(page, "a", "stopped")


@pytest.mark.thorough
def test_a_lane_is_run_again_alone_and_the_others_stay(page: Page):
    write(page, ("user", "first"))
    lanes(page, 2)
    run(page, "a", "b")
    page.locator(".turn-text").last.fill("second")
    page.locator("#settings-b [data-act=run]").click()
    expect(page.locator("#lane-b .lane-raw")).to_contain_text("second")
    expect_status(page, "b", "done")
    assert "first" in text(page, "a")


@pytest.mark.thorough
def test_a_pinned_lane_stays_while_the_others_run(page: Page):
    write(page, ("user", "first"))
    lanes(page, 2)
    run(page, "a", "b")
    page.locator("#settings-a [data-act=pin]").click()
    assert chips(page, "a") == ["pinned"]
    page.locator(".turn-text").last.fill("second")
    page.locator("#run").click()
    expect(page.locator("#lane-b .lane-raw")).to_contain_text("second")
    assert "first" in text(page, "a")
    page.locator("#settings-b [data-act=pin]").click()
    page.locator("#run").click()
    expect(page.get_by_text("All lanes are pinned. Unpin one, then run.")).to_be_visible()


@pytest.mark.thorough
def test_settings_of_a_lane_go_to_the_sidebar(page: Page):
    write(page, ("user", "Hi"))
    use_template(page, "Temperature ladder")
    expect(page.locator("#column-d")).to_be_visible()
    page.locator("#settings-d [data-act=promote]").click()
    expect(page.locator("#parameter-temperature input[type=number]")).to_have_value("1.2")
    expect(lane_name(page, "a")).to_have_text("Temperature 0")
    expect(lane_name(page, "d")).to_have_text("Sidebar settings")


def test_a_lane_changes_a_parameter_the_seed_and_the_system_prompt(page: Page):
    write(page, ("system", "Be brief."), ("user", "Who?"))
    lanes(page, 2)
    change(page, "b")
    form = page.locator("#settings-b .lane-form")
    form.get_by_label("Temperature").fill("1.5")
    form.get_by_label("Temperature").blur()
    form.get_by_label("Seed").fill("42")
    form.get_by_label("Seed").blur()
    form.get_by_label("System prompt").select_option("own")
    form.get_by_label("Custom system prompt").fill("Answer in French.")
    form.get_by_label("Custom system prompt").blur()
    expect(page.locator("#settings-b .lane-chips")).to_contain_text("Answer in French.")
    run(page, "a", "b")
    assert "The temperature is 1.5 and the seed is 42," in text(page, "b")
    assert "Be brief." not in chips(page, "b")
    shown = page.locator("#lane-b .lane-parameters").inner_text()
    assert "temperature 1.5" in shown


@pytest.mark.thorough
def test_a_wrong_number_in_a_lane_is_named_with_the_lane(page: Page):
    write(page, ("user", "Hi"))
    lanes(page, 2)
    change(page, "b")
    form = page.locator("#settings-b .lane-form")
    form.get_by_label("Temperature").fill("9")
    form.get_by_label("Temperature").blur()
    page.locator("#run").click()
    expect(page.locator(".toast-body")).to_contain_text("Lane B: temperature is 9")


@pytest.mark.thorough
def test_a_lane_takes_a_preset(page: Page):
    write(page, ("user", "Hi"))
    lanes(page, 2)
    page.locator("#settings-b .lane-source").select_option("greedy")
    expect(page.locator("#settings-b .lane-chips")).to_contain_text("temperature 0")
    run(page, "a", "b")
    expect(page.locator("#lane-b .lane-parameters")).to_contain_text("temperature 0")


TEMPLATES = (
    ("Recommended vs neutral", "Neutral"),
    ("four seeds", "Seed 2"),
    ("Family presets", "LFM2 text"),
    ("With and without system prompt", "No system prompt"),
    ("Image budgets", "Balanced budget"),
    ("Two models", "someone/other-model"),
)


@pytest.mark.thorough
def test_each_template_fills_the_lanes_and_all_of_them_run(
    page: Page, tmp_path, subtests: pytest.Subtests
):
    write(page, ("system", "Be brief."), ("user", "What is this?"))
    Image.new("RGB", (64, 48), "red").save(tmp_path / "red.png")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Attach image").last.click()
    chooser.value.set_files(tmp_path / "red.png")
    expect(page.locator(".turn-images figcaption")).to_have_text("red.png")
    for name, lane in TEMPLATES:
        with subtests.test(name):
            if name == "Two models":
                open_models(page)
                page.locator("#model-choice input").fill("someone/other-model")
                page.locator("#model-choice input").press("Enter")
                page.locator("#model-load-second").click()
                expect(page.locator(".model-second")).to_contain_text("someone/other-model")
            use_template(page, name)
            expect(lane_name(page, "b")).to_have_text(lane)
            count = page.locator(".lane-column:visible").count()
            assert 2 <= count <= 4
            page.locator("#run").click()
            expect(page.locator("body.running")).to_have_count(1)
            for label in LABELS[:count]:
                expect_status(page, label, "done")
    expect(page.locator("#lane-b .lane-parameters")).to_contain_text("someone/other-model")


@pytest.mark.thorough
def test_a_template_says_what_it_needs_first(page: Page):
    write(page, ("user", "Hi"))
    page.locator("#lane-count .lane-templates summary").click()
    for name, need in (
        ("Image budgets", "Add an image to a message first."),
        ("With and without system prompt", "Add a system message first."),
    ):
        button = page.locator("#lane-count .lane-template-list button", has_text=name)
        expect(button).to_be_disabled()
        expect(button).to_contain_text(need)
    page.locator(".brand h1").click()
    expect(page.locator("#lane-count .lane-template-list")).to_be_hidden()


@pytest.mark.thorough
def test_lanes_come_back_after_a_reload(page: Page):
    write(page, ("user", "keep me"))
    use_template(page, "Temperature ladder")
    expect(lane_name(page, "c")).to_have_text("Temperature 0.7")
    until_kept(page, "kept.lanes === 4")
    page.reload()
    ready(page)
    expect(lane_name(page, "c")).to_have_text("Temperature 0.7")
    expect(page.locator(".turn-text").first).to_have_value("keep me")


@pytest.mark.thorough
def test_four_lanes_are_readable_on_a_phone(open_page, scripted_app: str):
    page = open_page(scripted_app, {"width": 390, "height": 844})
    write(page, ("user", "Hi"))
    use_template(page, "four seeds")
    lanes_shown(page, 4)
    run(page, *LABELS)
    expect(page.locator("#column-a")).to_be_visible()  # a run opens the answers
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for label in LABELS:
        assert page.locator(f"#lane-{label}").bounding_box()["width"] > 300
