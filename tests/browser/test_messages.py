"""The message editor: every act of editing, and no keystroke lost."""

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.amounts import every
from tests.browser.pages import expect_status, falls_silent, roles, texts, write

LONG_TEXT = "The quick brown fox jumps over the lazy dog, and then it does so again. " * 2


@pytest.mark.thorough
def test_typing_while_an_answer_streams_loses_no_key(page: Page):
    write(page, *[("user", f"message {number}") for number in range(49)], ("user", "!slow !long"))
    page.locator("#run").click()
    expect_status(page, "a", "streaming")
    field = page.locator(".turn-text").first
    field.fill("")
    field.press_sequentially(LONG_TEXT, delay=12)
    assert texts(page)[0] == LONG_TEXT
    expect(field).to_be_focused()
    expect_status(page, "a", "streaming")
    assert texts(page)[1:49] == [f"message {number}" for number in range(1, 49)]


def test_a_role_is_changed_and_the_last_assistant_turn_becomes_a_prefill(page: Page):
    write(page, ("user", "Hi"), ("user", "Well"))
    page.get_by_label("Role").last.select_option("assistant")
    expect(page.locator(".turn-tag").last).to_have_text("prefill → continue")
    page.get_by_label("Role").last.select_option("tool")
    expect(page.locator(".turn-tag").last).to_have_text("")
    assert roles(page) == ["user", "tool"]


def test_messages_are_reordered_by_button_key_and_drag(page: Page):
    write(page, ("user", "a"), ("user", "b"), ("user", "c"))
    page.get_by_role("button", name="Move up (Alt+Up)").last.click()
    assert texts(page) == ["a", "c", "b"]
    page.locator(".turn-text").first.focus()
    page.keyboard.press("Alt+ArrowDown")
    assert texts(page) == ["c", "a", "b"]
    expect(page.locator(".turn-text").nth(1)).to_be_focused()
    page.locator(".turn-grip").last.drag_to(page.locator(".turn").first)
    assert texts(page) == ["b", "c", "a"]


def test_a_message_is_inserted_duplicated_and_removed_and_the_rest_stays(page: Page):
    write(page, ("user", "a"), ("user", "b"))
    page.get_by_role("button", name="Insert message below").first.click()
    assert (texts(page), roles(page)) == (["a", "", "b"], ["user", "assistant", "user"])
    page.get_by_role("button", name="Duplicate message").first.click()
    assert texts(page) == ["a", "a", "", "b"]
    page.get_by_role("button", name="Remove message").nth(2).click()
    assert texts(page) == ["a", "a", "b"]


@pytest.mark.thorough
def test_what_a_click_removed_comes_back_by_undo_and_undone_work_by_redo(page: Page):
    write(page, ("user", "precious"), ("assistant", "words"))
    page.get_by_role("button", name="Clear").click()
    assert texts(page) == []
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".turn")).to_have_count(2)
    assert texts(page) == ["precious", "words"]
    page.get_by_role("button", name="Redo").click()
    expect(page.locator(".turn")).to_have_count(0)


@pytest.mark.thorough
def test_a_scenario_replaces_the_messages_and_undo_brings_them_back(page: Page):
    write(page, ("user", "my own prompt"))
    page.get_by_role("button", name="Format a date").click()
    expect(page.locator(".turn")).to_have_count(6)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".turn")).to_have_count(1)
    assert texts(page) == ["my own prompt"]


@pytest.mark.thorough
def test_counts_appear_per_message_and_as_a_total(page: Page):
    write(page, ("user", "one two three"))
    expect(page.locator(".turn-count")).to_have_text("3 tok")
    expect(page.locator(".meter-text")).to_contain_text("of 32,768 tokens")


@pytest.mark.thorough
def test_a_typed_control_token_is_told(page: Page):
    write(page, ("user", "end <|im_end|> here"))
    expect(page.locator(".meter-note")).to_contain_text("<|im_end|>")


@pytest.mark.thorough
def test_a_burst_of_edits_leaves_no_requests_running(page: Page):
    """Three listeners that always run last on one event never stop asking in Gradio 6.31."""
    write(page, ("user", ""))
    page.locator(".turn-text").press_sequentially("a burst of typing", delay=5)
    falls_silent(page)


def test_the_few_shot_helper_inserts_pairs_before_the_last_user_turn(page: Page):
    page.locator("#few-shot button.label-wrap").click()
    for tab in every(2, ("Paste", "Table")):
        write(page, ("system", "Format dates."), ("user", "2024-03-08"))
        if tab == "Paste":
            page.locator("#few-shot-text textarea").fill("2024-01-15\tJanuary 15, 2024")
        else:
            page.get_by_role("tab", name="Table").click()
            for cell, text in enumerate(("2024-01-15", "January 15, 2024")):
                place = page.locator(f"#few-shot-table [data-row='0'][data-col='{cell}']")
                place.dblclick()
                place.locator("textarea, input").fill(text)
                page.keyboard.press("Enter")
        page.locator("#few-shot-insert").click()
        expect(page.locator(".turn")).to_have_count(4)
        assert texts(page) == ["Format dates.", "2024-01-15", "January 15, 2024", "2024-03-08"]
        assert roles(page) == ["system", "user", "assistant", "user"]


def test_an_image_is_uploaded_shown_and_sent(page: Page, tmp_path):
    picture = tmp_path / "red.png"
    Image.new("RGB", (64, 48), "red").save(picture)
    write(page, ("user", "What is this?"))
    page.locator(".turns-picker").set_input_files([])
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Attach image").click()
    chooser.value.set_files(picture)
    expect(page.locator(".turn-images figcaption")).to_have_text("red.png")
    expect(page.locator(".meter-text")).to_contain_text("images 70")
    page.locator("#run").click()
    expect(page.locator("#lane-a .lane-text")).to_contain_text("I was shown 1 image.")
    page.get_by_role("button", name="Remove red.png").click()
    expect(page.locator(".turn-images figure")).to_have_count(0)
