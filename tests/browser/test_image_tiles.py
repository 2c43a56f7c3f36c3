"""Images: every way in, what the model gets of them, and what it costs before running."""

import base64
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.pages import lane_name, run, tab, text, upload, use_template, write

SAMPLES = sorted((Path(__file__).parents[2] / "presets" / "pictures").glob("*.png"))


@pytest.fixture
def large(tmp_path) -> Path:
    """1,000 x 700 pixels: six tiles and a thumbnail by default."""
    Image.new("RGB", (1000, 700), "orange").save(tmp_path / "large.png")
    return tmp_path / "large.png"


def hand_in(page: Page, file: Path, kind: str) -> None:
    """Drop or paste a file onto the last message, as a browser reports it."""
    page.locator(".turn-text").last.evaluate(
        """(field, [data, name, kind]) => {
          const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
          const transfer = new DataTransfer();
          transfer.items.add(new File([bytes], name, { type: 'image/png' }));
          const event = kind === 'drop'
            ? new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true })
            : new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true });
          field.dispatchEvent(event);
        }""",
        [base64.b64encode(file.read_bytes()).decode(), file.name, kind],
    )


@pytest.mark.thorough
def test_an_image_is_dropped_or_pasted_into_a_message(page: Page, large: Path):
    write(page, ("user", "What is this?"))
    for images, kind in enumerate(("drop", "paste"), start=1):
        hand_in(page, large, kind)
        expect(page.locator(".turn-images figcaption")).to_have_text(["large.png"] * images)
    run(page, "a")
    assert "I was shown 2 images." in text(page, "a")


def test_the_overlay_shows_tiles_sizes_and_the_price_that_is_paid(page: Page, large: Path):
    """Attaching an image opens the tab where its price is set; Run leads back to the answer."""
    write(page, ("user", "What is this?"))
    upload(page, large)
    card = page.locator(".tile-card")
    expect(card.locator("h3")).to_have_text("large.png · message 1, user")
    expect(card.locator(".tile-grid span")).to_have_text(["256"] * 6)
    expect(card.locator(".tile-tokens")).to_have_text("1,783 image tokens + 9 special")
    expect(card).to_contain_text("is resized to 1,536 × 1,024 and split into 3 × 2 tiles")
    expect(card).to_contain_text("a thumbnail of 608 × 416: 247")
    expect(page.locator(".meter-text")).to_contain_text("images 1,783")
    page.get_by_role("button", name="What the model sees").click()
    sizes = "nodes => nodes.map((n) => [n.width, n.height])"
    expect(card.locator("canvas")).to_have_count(7)
    assert card.locator("canvas").evaluate_all(sizes) == [[512, 512]] * 6 + [[608, 416]]
    prices = page.locator(".budget-tokens")
    expect(prices).to_have_text(["1,792 tokens", "1,662 tokens", "56 tokens", "1,792 tokens"])
    page.get_by_role("button", name="Fast").click()
    expect(page.locator(".side-row[data-tab=images]")).to_have_text("ImagesFast · 56 tokens")
    run(page, "a")
    expect(page.locator("#lane-a")).to_be_visible()
    page.locator(".side-row[data-tab=images]").click()
    expect(card).to_be_visible()


@pytest.mark.thorough
def test_an_image_is_shown_large_with_its_neighbours(page: Page, large: Path, tmp_path):
    Image.new("RGB", (64, 48), "red").save(tmp_path / "red.png")
    write(page, ("user", "What is this?"))
    upload(page, large, tmp_path / "red.png")
    page.get_by_role("button", name="Enlarge red.png").click()
    preview = page.get_by_role("dialog", name="Image")
    expect(preview).to_contain_text("red.png · 64 × 48 pixels · 2 of 2")
    page.keyboard.press("ArrowRight")
    expect(preview).to_contain_text("large.png · 1000 × 700 pixels · 1 of 2")
    page.keyboard.press("Escape")
    expect(preview).to_have_count(0)


@pytest.mark.thorough
def test_transparent_parts_are_white_as_the_model_gets_them(page: Page, tmp_path):
    """In the dark theme they were dark, on which black text can't be seen."""
    Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    page.locator("body").evaluate("body => body.classList.add('dark')")
    write(page, ("user", "What is this?"))
    upload(page, tmp_path / "clear.png")
    tab(page, "Images")
    for shown in (".tile-frame img", ".tile-seen canvas"):
        expect(page.locator(shown)).to_have_css("background-color", "rgb(255, 255, 255)")
        page.get_by_role("button", name="What the model sees").click()


@pytest.mark.thorough
def test_fast_with_splitting_is_warned_of_and_fixed_in_one_click(page: Page, tmp_path):
    Image.new("RGB", (512, 512), "navy").save(tmp_path / "square.png")
    write(page, ("user", "What is this?"))
    upload(page, tmp_path / "square.png")
    page.get_by_role("button", name="Fast").click()
    expect(page.locator(".meter-text")).to_contain_text("images 64")
    expect(page.locator(".budget-warning")).to_be_hidden()
    page.locator("#budget-splitting input").check()
    warning = page.locator(".budget-warning")
    expect(warning).to_contain_text("This image costs 1,095 tokens, more than the 258")
    expect(warning).to_contain_text("Without splitting: 66 tokens.")
    expect(page.locator(".meter-text")).to_contain_text("images 1,088")
    page.get_by_role("button", name="Turn off splitting").click()
    expect(warning).to_be_hidden()
    expect(page.locator(".meter-text")).to_contain_text("images 64")
    expect(page.get_by_role("button", name="Fast, 66")).to_have_attribute("aria-pressed", "true")


@pytest.mark.thorough
def test_prices_follow_a_slider_while_it_moves(page: Page, large: Path):
    write(page, ("user", "What is this?"))
    upload(page, large)
    page.locator("#budget-splitting input").uncheck()
    expect(page.locator(".tile-tokens")).to_have_text("247 image tokens + 2 special")
    page.locator("#budget-max input[type=range]").fill("100")
    expect(page.locator(".tile-tokens")).to_have_text("88 image tokens + 2 special")


@pytest.mark.thorough
def test_budget_lanes_show_what_each_pays(page: Page, large: Path):
    write(page, ("user", "What is this?"))
    upload(page, large)
    use_template(page, "Image budgets")
    expect(lane_name(page, "c")).to_have_text("Fast budget")
    run(page, *"abc")
    tab(page, "Images")
    expect(page.locator(".tile-plan")).to_have_count(3)
    prices = page.locator(".tile-tokens").all_inner_texts()
    assert prices == [
        "1,783 image tokens + 9 special",
        "1,653 image tokens + 9 special",
        "54 image tokens + 2 special",
    ]
    tab(page, "Compare")
    row = page.get_by_role("region", name="Figures").locator("tr", has_text="tokens in")
    expect(row.locator("td")).to_have_count(3)
    paid = [int(cell.replace(",", "")) for cell in row.locator("td").all_inner_texts()]
    assert [paid[0] - paid[1], paid[0] - paid[2]] == [1783 - 1653, 1783 + 9 - 54 - 2]


@pytest.mark.thorough
def test_an_image_is_replaced_and_removed_in_any_turn(page: Page, large: Path, tmp_path):
    Image.new("RGB", (64, 48), "red").save(tmp_path / "red.png")
    write(page, ("user", "First"), ("assistant", "Yes"), ("user", "Second"))
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Attach image").first.click()
    chooser.value.set_files(large)
    expect(page.locator(".turn-images figcaption")).to_have_text("large.png")
    upload(page, tmp_path / "red.png")
    tab(page, "Images")
    expect(page.locator(".tile-card h3")).to_have_text(
        ["large.png · message 1, user", "red.png · message 3, user"]
    )
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Replace large.png").click()
    chooser.value.set_files(tmp_path / "red.png")
    expect(page.locator(".turn-images figcaption")).to_have_text(["red.png", "red.png"])
    page.get_by_role("button", name="Remove red.png").first.click()
    expect(page.locator(".turn-images figcaption")).to_have_count(1)


def test_a_bad_file_has_its_sentence_and_costs_no_message(page: Page, tmp_path):
    (tmp_path / "cut.png").write_bytes(b"")
    write(page, ("user", "precious"))
    hand_in(page, tmp_path / "cut.png", "drop")
    tab(page, "Images")
    expect(page.locator(".tile-error")).to_contain_text("The file cut.png is empty.")
    page.locator("#run").click()
    tab(page, "Answers")
    expect(page.locator("#lane-a .lane-error")).to_contain_text("The file cut.png is empty.")
    expect(page.locator(".turn-text").first).to_have_value("precious")


@pytest.mark.thorough
def test_an_animation_says_that_its_first_frame_is_read(page: Page, tmp_path):
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    write(page, ("user", "What is this?"))
    upload(page, tmp_path / "moving.gif")
    tab(page, "Images")
    expect(page.locator(".tile-card")).to_contain_text(
        "This is an animation. The model sees only the first frame."
    )


@pytest.mark.thorough
def test_a_sample_is_added_in_one_click_and_sent(page: Page):
    write(page, ("user", "What is this?"), ("assistant", ""))
    tab(page, "Images")
    expect(page.locator(".tile-samples img")).to_have_count(len(SAMPLES))
    widths = "nodes => nodes.map((node) => node.naturalWidth)"
    page.wait_for_function(
        "[...document.querySelectorAll('.tile-samples img')].every((image) => image.naturalWidth)"
    )
    assert all(page.locator(".tile-samples img").evaluate_all(widths))
    page.get_by_role("button", name="Add red-circle.png to the last user message").click()
    expect(page.locator(".turn").first.locator("figcaption")).to_have_text("red-circle.png")
    expect(page.locator(".tile-card h3")).to_have_text("red-circle.png · message 1, user")
    tab(page, "Answers")
    page.get_by_role("button", name="Remove message").last.click()
    run(page, "a")
    assert "I was shown 1 image." in text(page, "a")


@pytest.mark.thorough
def test_a_picture_comes_from_the_camera(page: Page):
    write(page, ("user", "What is this?"))
    page.get_by_role("button", name="Camera").click()
    expect(page.locator(".camera video")).to_be_visible()
    page.wait_for_function("document.querySelector('.camera video').videoWidth > 0")
    page.get_by_role("button", name="Take picture").click()
    expect(page.locator(".turn-images figcaption")).to_have_text("camera.png")
    expect(page.locator(".camera")).to_have_count(0)
