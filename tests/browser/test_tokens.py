"""The Tokens tab: walking, cards, branches and scores. Against Transformers: the microscope, and
the prompt by surprise.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from playwright.sync_api import Locator, Page, expect
from transformers import (
    AutoModelForImageTextToText,
    AutoTokenizer,
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from tests.browser.pages import (
    Open,
    number,
    run,
    save_session,
    sessions_tab,
    tab,
    violations,
    write,
)

POCKET = Path(__file__).parents[2] / "models" / "pocket"
ASKED = "Tell me a short story about a fox."
VALUES = {
    "repetition_penalty": 1.1, "temperature": 0.8, "top_k": 40, "top_p": 0.9, "min_p": 0.05,
}  # fmt: skip


def tokens_of(page: Page) -> Locator:
    tab(page, "Tokens")
    stream = page.locator(".token-stream [role=option]")
    expect(stream.first).to_be_visible()
    expect(page.locator(".scope-column").first).to_be_visible()
    return stream


def test_tokens_are_walked_by_keys_and_a_candidate_begins_a_branch(page: Page):
    write(page, ("user", "Hello there"))
    run(page, "a")
    stream = tokens_of(page)
    card = page.locator(".token-card")
    stream.first.focus()
    page.keyboard.press("ArrowRight")
    expect(stream.nth(1)).to_be_focused()
    expect(card).to_contain_text("token 2 · rank")
    page.keyboard.press("End")
    expect(stream.last).to_be_focused()
    expect(page.locator(".token-stream [tabindex='0']")).to_have_count(1)
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    before = stream.all_inner_texts()
    assert violations(page, "#tokens") == []
    page.keyboard.press("Tab")
    chosen = page.locator("button.token-candidate").first
    expect(chosen).to_be_focused()
    word = chosen.locator(".token-text").inner_text().strip("·")
    page.keyboard.press("Enter")
    branches = page.locator(".branch-row")
    expect(branches).to_have_count(2)
    expect(stream.nth(1)).to_contain_text(word)
    expect(stream.nth(1)).to_have_attribute("data-kind", "given")
    assert stream.nth(0).inner_text() == before[0]
    branches.first.click()
    expect(branches.first).to_have_attribute("aria-current", "true")
    expect(stream).to_have_text(before)
    stream.nth(2).click()
    page.locator(".token-redraw").get_by_role("button", name="new seed").click()
    expect(branches).to_have_count(3)
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(branches).to_have_count(2)
    page.get_by_role("button", name="Undo remove").click()
    expect(branches).to_have_count(3)
    page.get_by_role("button", name="As a lane").click()
    expect(page.locator("#lane-b .lane-raw")).to_contain_text(before[0].strip("·"))


@pytest.mark.thorough
def test_an_expected_answer_is_scored_and_a_saved_answer_says_why_it_has_no_tokens(page: Page):
    write(page, ("user", "Hello there"))
    run(page, "a")
    tokens_of(page)
    page.get_by_role("button", name="Score an answer").click()
    page.get_by_label("Expected answer").fill("Hello, you.")
    page.get_by_role("button", name="Score", exact=True).click()
    expect(page.locator(".score-result tbody tr")).to_have_count(1)
    assert violations(page, ".score-dialog") == []
    page.keyboard.press("Escape")
    save_session(page, "Kept")
    sessions_tab(page).get_by_role("button", name="Open version 1").click()
    expect(page.locator("#lane-a .lane-status")).to_have_attribute("data-status", "done")
    tab(page, "Tokens")
    expect(page.locator(".tokens-note")).to_contain_text("Run the lane again")
    expect(page.locator(".tokens-body")).to_be_hidden()


def test_the_microscope_shows_what_transformers_computes(use_page: Open, pocket_app: str):
    page = use_page(pocket_app)
    write(page, ("user", ASKED))
    run(page, "a")
    tokens_of(page).first.focus()
    page.keyboard.press("Home")
    expect(page.locator(".token-card")).to_contain_text("token 1 ·")
    expect(page.locator(".scope-chain")).to_have_attribute("aria-busy", "false")
    page.get_by_role("button", name="Show Min-p").click()
    expect(page.locator(".scope-chain input[type=number][data-name=min_p]")).to_be_focused()
    for name, value in VALUES.items():
        page.locator(f".scope-chain input[type=number][data-name={name}]").fill(str(value))
    columns = page.locator(".scope-column")
    for place, scores in enumerate(_computed()):
        column = columns.nth(place)
        left = int((scores > -torch.inf).sum())
        expect(column.locator(".scope-left b")).to_have_text(f"{left:,}")
        best = 100 * float(scores.softmax(-1).max())
        shown = float(column.locator(".scope-level .num").first.inner_text().strip("↓↑ "))
        assert shown == pytest.approx(best, abs=0.06)
    fits = page.locator(".scope-chain").evaluate("chain => chain.scrollWidth <= chain.clientWidth")
    assert fits, "It scrolls sideways between the open panes."
    page.get_by_role("button", name="Apply to the sidebar").click()
    expect(number(page, "top-p")).to_have_value("0.9")
    expect(number(page, "min-p")).to_have_value("0.05")


@pytest.mark.thorough
def test_the_prompt_is_coloured_by_what_transformers_computes_until_it_changes(
    use_page: Open, pocket_app: str
):
    page = use_page(pocket_app)
    write(page, ("user", ASKED))
    tab(page, "Prompt")
    expect(page.locator(".prompt-tokens")).to_contain_text(ASKED)
    page.get_by_role("button", name="Colour by surprise").click()
    tokens = page.locator(".prompt-stream [role=option]")
    expect(tokens.first).to_be_visible()
    expect(tokens.first).to_have_accessible_name(
        "<|startoftext|>, not scored: nothing comes before it, template"
    )
    bits, ranks = _surprise()
    titles = tokens.evaluate_all("nodes => nodes.map(node => node.title.split(' '))")[1:]
    assert [float(title[0]) for title in titles] == pytest.approx(bits, abs=0.006)
    assert [int(title[4].replace(",", "")) for title in titles] == ranks
    summary = page.locator(".prompt-summary")
    expect(summary).to_contain_text(f"{len(bits)} tokens scored by models/pocket")
    told = [float(number) for number in re.findall(r"([\d.]+) bits", summary.inner_text())]
    assert told == pytest.approx([sum(bits), sum(bits) / len(bits)], abs=0.06)
    assert violations(page, "#prompt") == []
    tokens.first.focus()
    page.keyboard.press("End")
    expect(tokens.last).to_be_focused()
    expect(page.locator(".prompt-figures")).to_contain_text(f"{bits[-1]:.2f} bits")
    page.locator(".turn-text").fill("Something else")
    expect(page.locator(".prompt-surprise")).to_be_hidden()
    expect(page.locator(".prompt-scoring")).to_contain_text("has changed")
    page.locator(".turn-text").fill("word " * 2500)
    expect(summary).to_contain_text("5,010 tokens")
    page.get_by_role("button", name="Colour by surprise").click()
    expect(page.locator(".prompt-scoring")).to_contain_text("context holds")


def _read() -> tuple[Any, torch.Tensor]:
    """The ids of the prompt, and the logits after each of them, by Transformers."""
    tokenizer = AutoTokenizer.from_pretrained(POCKET)
    model = AutoModelForImageTextToText.from_pretrained(POCKET, dtype=torch.float32)
    prompt: Any = tokenizer.apply_chat_template(
        [{"role": "user", "content": ASKED}],
        add_generation_prompt=True, return_tensors="pt", return_dict=False,
    )  # fmt: skip
    with torch.no_grad():
        return prompt, model(prompt).logits.to(torch.float32)


def _surprise() -> tuple[list[float], list[int]]:
    """Bits and ranks of all tokens of the prompt but the first."""
    prompt, logits = _read()
    given, logits = prompt[0, 1:, None], logits[0, :-1]
    ranks = (logits > logits.gather(-1, given)).sum(-1) + 1
    bits = -logits.log_softmax(-1).gather(-1, given)[:, 0] / math.log(2)
    return bits.tolist(), ranks.tolist()


def _computed() -> list[torch.Tensor]:
    """The scores of the answer's first token before and after each step, by Transformers."""
    prompt, logits = _read()
    scores: Any = logits[:, -1]
    found = [scores[0]]
    for step in (
        RepetitionPenaltyLogitsProcessor(VALUES["repetition_penalty"]),
        TemperatureLogitsWarper(VALUES["temperature"]),
        TopKLogitsWarper(int(VALUES["top_k"])),
        TopPLogitsWarper(VALUES["top_p"]),
        MinPLogitsWarper(VALUES["min_p"]),
    ):
        scores = LogitsProcessorList([step])(prompt, scores)
        found.append(scores[0])
    return found
