"""Lanes: how many, what each changes, and running, stopping, pinning and promoting them."""

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import ready, until_kept
from tests.browser.test_messages import write

LABELS = "abcd"


def lanes(page: Page, count: int) -> None:
    page.locator(f"[data-count='{count}']").click()
    expect(page.locator(f"#column-{LABELS[count - 1]}")).to_be_visible()


def set_up(page: Page, name: str) -> None:
    page.locator("#lane-count .set-ups summary").click()
    page.locator("#lane-count .set-up-list button", has_text=name).click()


def run(page: Page, *labels: str) -> None:
    """Run all, and wait until these lanes are done."""
    page.locator("#run").click()
    for label in labels:
        expect(page.locator(f"#lane-{label} .lane-status")).to_have_text("done")


def text(page: Page, label: str) -> str:
    return page.locator(f"#lane-{label} .lane-raw").inner_text()


def chips(page: Page, label: str) -> list[str]:
    return page.locator(f"#settings-{label} .lane-chips span").all_inner_texts()


def change(page: Page, label: str) -> None:
    """Open a lane's form."""
    page.locator(f"#settings-{label} [data-act=change]").click()


def test_one_lane_shows_no_settings_of_its_own(page: Page):
    expect(page.locator("#column-a")).to_be_visible()
    expect(page.locator("#column-b")).to_be_hidden()
    expect(page.locator("#settings-a .lane-source")).to_be_hidden()


def test_a_ladder_streams_four_lanes_that_differ_in_temperature_only(page: Page):
    write(page, ("user", "ladder"))
    set_up(page, "Temperature ladder")
    expect(page.locator("#column-d")).to_be_visible()
    run(page, *LABELS)
    for label, temperature in zip(LABELS, ("0", "0.3", "0.7", "1.2"), strict=True):
        assert f"The temperature is {temperature} " in text(page, label)
    assert chips(page, "a") == []
    assert chips(page, "c") == ["temperature 0.7"]
    hover = page.locator("#settings-c .lane-chips").get_attribute("title")
    assert "temperature = 0.7" in hover
    assert "max_new_tokens = " in hover
    seeds = {text(page, label).split("seed is ")[1].split(",")[0] for label in LABELS}
    assert len(seeds) == 1


def test_all_lanes_stream_at_the_same_time(page: Page):
    write(page, ("user", "!long"))
    lanes(page, 3)
    page.locator("#run").click()
    for label in "abc":
        expect(page.locator(f"#lane-{label} .lane-status")).to_have_text("streaming")
        expect(page.locator(f"#lane-{label} .lane-text")).to_contain_text("Paragraph 1")
    page.keyboard.press("Escape")
    for label in "abc":
        expect(page.locator(f"#lane-{label} .lane-status")).to_have_text("stopped")


def test_a_lane_is_stopped_alone_and_the_others_go_on(page: Page):
    write(page, ("user", "!long"))
    lanes(page, 2)
    page.locator("#run").click()
    expect(page.locator("#lane-b .lane-text")).to_contain_text("Paragraph 1")
    page.locator("#settings-b [data-act=run]").click()
    expect(page.locator("#lane-b .lane-status")).to_have_text("stopped")
    before = len(text(page, "a"))
    expect(page.locator("#lane-a .lane-status")).to_have_text("streaming")
    page.wait_for_function(
        "length => document.querySelector('#lane-a .lane-raw').innerText.length > length",
        arg=before,
    )
    page.locator("#stop").click()
    expect(page.locator("#lane-a .lane-status")).to_have_text("stopped")


def test_a_lane_is_run_again_alone_and_the_others_stay(page: Page):
    write(page, ("user", "first"))
    lanes(page, 2)
    run(page, "a", "b")
    page.locator(".turn-text").last.fill("second")
    page.locator("#settings-b [data-act=run]").click()
    expect(page.locator("#lane-b .lane-raw")).to_contain_text("second")
    expect(page.locator("#lane-b .lane-status")).to_have_text("done")
    assert "first" in text(page, "a")


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
    expect(page.get_by_text("Every lane is pinned. Unpin one, then run.")).to_be_visible()


def test_settings_of_a_lane_go_to_the_sidebar(page: Page):
    write(page, ("user", "Hi"))
    set_up(page, "Temperature ladder")
    expect(page.locator("#column-d")).to_be_visible()
    page.locator("#settings-d [data-act=promote]").click()
    expect(page.locator("#parameter-temperature input[type=number]")).to_have_value("1.2")
    expect(page.locator("#settings-d .lane-chips")).to_contain_text("temperature 1.2")


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
    form.get_by_label("Own system prompt").fill("Answer in French.")
    form.get_by_label("Own system prompt").blur()
    expect(page.locator("#settings-b .lane-chips")).to_contain_text("Answer in French.")
    run(page, "a", "b")
    assert "The temperature is 1.5 and the seed is 42," in text(page, "b")
    assert "Be brief." not in chips(page, "b")
    shown = page.locator("#lane-b .lane-parameters").inner_text()
    assert "temperature 1.5" in shown


def test_a_wrong_number_in_a_lane_is_named_with_the_lane(page: Page):
    write(page, ("user", "Hi"))
    lanes(page, 2)
    change(page, "b")
    form = page.locator("#settings-b .lane-form")
    form.get_by_label("Temperature").fill("9")
    form.get_by_label("Temperature").blur()
    page.locator("#run").click()
    expect(page.locator(".toast-body")).to_contain_text("Lane B: temperature is 9")


def test_a_lane_takes_a_preset(page: Page):
    write(page, ("user", "Hi"))
    lanes(page, 2)
    page.locator("#settings-b .lane-source").select_option("greedy")
    expect(page.locator("#settings-b .lane-chips")).to_contain_text("temperature 0")
    run(page, "a", "b")
    expect(page.locator("#lane-b .lane-parameters")).to_contain_text("temperature 0")


@pytest.mark.parametrize(
    ("name", "chip"),
    [
        ("Recommended vs neutral", "temperature off"),
        ("four seeds", "seed 2"),
        ("Presets of the family", "temperature"),
        ("With and without system prompt", "system prompt none"),
        ("Image budgets", "max_image_tokens 128"),
        ("Two models", "model someone/other-model"),
    ],
)
def test_a_set_up_fills_the_lanes_and_all_of_them_run(page: Page, tmp_path, name, chip):
    write(page, ("system", "Be brief."), ("user", "What is this?"))
    Image.new("RGB", (64, 48), "red").save(tmp_path / "red.png")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Attach image").last.click()
    chooser.value.set_files(tmp_path / "red.png")
    expect(page.locator(".turn-images figcaption")).to_have_text("red.png")
    if name == "Two models":
        page.locator("#model-choice input").fill("someone/other-model")
        page.locator("#model-choice input").press("Enter")
        page.locator("#model-load-beside").click()
        expect(page.locator(".model-beside")).to_contain_text("someone/other-model")
    set_up(page, name)
    expect(page.locator("#settings-b .lane-chips")).to_contain_text(chip)
    count = page.locator(".lane-column:visible").count()
    assert 2 <= count <= 4
    run(page, *LABELS[:count])
    if name == "Two models":
        expect(page.locator("#lane-b .lane-parameters")).to_contain_text("someone/other-model")


def test_a_set_up_says_what_it_needs_first(page: Page):
    write(page, ("user", "Hi"))
    page.locator("#lane-count .set-ups summary").click()
    for name, need in (
        ("Image budgets", "Add an image to a message first."),
        ("With and without system prompt", "Add a system message first."),
    ):
        button = page.locator("#lane-count .set-up-list button", has_text=name)
        expect(button).to_be_disabled()
        expect(button).to_contain_text(need)
    page.locator(".brand h1").click()
    expect(page.locator("#lane-count .set-up-list")).to_be_hidden()


def test_lanes_come_back_after_a_reload(page: Page):
    write(page, ("user", "keep me"))
    set_up(page, "Temperature ladder")
    expect(page.locator("#settings-c .lane-chips")).to_contain_text("temperature 0.7")
    until_kept(page, "kept.lanes === 4")
    page.reload()
    ready(page)
    expect(page.locator("#settings-c .lane-chips")).to_contain_text("temperature 0.7")
    expect(page.locator(".turn-text").first).to_have_value("keep me")


def test_four_lanes_are_readable_on_a_phone(open_page, scripted_app: str):
    page = open_page(scripted_app, {"width": 390, "height": 844})
    write(page, ("user", "Hi"))
    set_up(page, "four seeds")
    expect(page.locator("#column-d")).to_be_visible()
    run(page, *LABELS)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for label in LABELS:
        assert page.locator(f"#lane-{label}").bounding_box()["width"] > 300
