"""What was typed is what is sent, whatever was typed and whichever event sends it.

A value is typed and the key is pressed in one task of the page, so that nothing can happen between.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from tests.amounts import every
from tests.browser.pages import change, lanes, open_models, run, tab, texts, until_kept, write

# field: where it is typed. control: the element of the input that is sent.
TYPE = """([field, text, then]) => {
  const node = document.querySelector(field);
  node.focus();
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(node), 'value').set.call(node, text);
  node.dispatchEvent(new InputEvent('input', { bubbles: true }));
  const key = { key: 'Enter', ctrlKey: true, bubbles: true };
  if (then === 'Ctrl+Enter') node.dispatchEvent(new KeyboardEvent('keydown', key));
  else document.querySelector(then).click();
}"""
SENT = """({ fn_index, data }) => {
  const { dependencies, components } = window.gradio_config;
  const { inputs, targets } = dependencies.find(({ id }) => id === fn_index);
  const name = (id) => components.find((one) => one.id === id)?.props.elem_id || String(id);
  return {
    event: targets.map(([id, event]) => `${name(id)} ${event}`),
    values: Object.fromEntries(inputs.map((id, place) => [name(id), data[place]])),
  };
}"""


@contextmanager
def sent(page: Page, event: str) -> Iterator[dict[str, Any]]:
    """The values that the first request of `event` carries, by the element of their control."""
    values: dict[str, Any] = {}
    joins: list[dict[str, Any]] = []

    def note(request: Request) -> None:
        if "queue/join" in request.url or "/run/" in request.url:
            joins.append(json.loads(request.post_data or "{}"))

    page.on("request", note)
    yield values
    for _ in range(200):
        for join in joins:
            found = page.evaluate(SENT, join)
            if event in found["event"]:
                values.update(found["values"])
                page.remove_listener("request", note)
                return
        page.wait_for_timeout(50)
    raise AssertionError(f"{event} was not sent.")


def messages(page: Page) -> None:
    write(page, ("user", "old words"))
    until_kept(page, "kept.messages[0]?.text === 'old words'")


def tools(page: Page) -> None:
    page.locator("#tools summary").click()


def lane(page: Page) -> None:
    lanes(page, 2)
    change(page, "b")
    form = page.locator("#settings-b .lane-form")
    form.get_by_label("System prompt").first.select_option("own")
    until_kept(page, "kept.lane_B.system")


def images(page: Page) -> None:
    page.locator(".side-row[data-tab=images]").click()
    page.locator("#budget-max").wait_for()


def nothing(page: Page) -> None:
    pass


FORM = "#settings-b .lane-form"
KINDS: dict[str, tuple[Callable[[Page], None], str, str, str, Callable[[Any], Any], Any]] = {
    # prepare, field, text, control, what of its value, as it must be sent
    "message": (messages, ".turn-text", "new", "messages", lambda rows: rows[0]["text"], "new"),
    "tools": (tools, ".tools-text", "[{}]", "tools", str, "[{}]"),
    "emptied slider": (nothing, "#parameter-temperature [type=number]", "",
                       "parameter-temperature", lambda value: value, None),
    "slider": (nothing, "#parameter-temperature [type=number]", "0.7", "parameter-temperature",
               float, 0.7),
    "length": (nothing, "#parameter-max-new-tokens [type=number]", "77",
               "parameter-max-new-tokens", int, 77),
    "seed": (nothing, "#parameter-seed input", "42", "parameter-seed", int, 42),
    "stop strings": (nothing, "#parameter-stop textarea", "END", "parameter-stop", str, "END"),
    "image budget": (images, "#budget-max [type=number]", "300", "budget-max", int, 300),
    "model": (open_models, "#model-choice input", "someone/else", "model-choice", str,
              "someone/else"),
    "lane's number": (lane, f"{FORM} [max='2']", "1.5", "settings-b",
                      lambda one: one["sampling"], {"temperature": 1.5}),
    "lane's system prompt": (lane, f"{FORM} textarea", "Rhyme.", "settings-b",
                             lambda one: one["system"], "Rhyme."),
}  # fmt: skip
RUN = {name: "run-2" if name.startswith("lane's") else "run-1" for name in KINDS}


def check(page: Page, kind: str, then: str = "Ctrl+Enter") -> None:
    _, field, text, control, part, wanted = KINDS[kind]
    with sent(page, f"{RUN[kind]} click") as values:
        page.evaluate(TYPE, [field, text, then])
    assert part(values[control]) == wanted


@pytest.mark.parametrize("kind", every(4, list(KINDS)))
def test_what_was_just_typed_is_what_runs(page: Page, kind: str):
    KINDS[kind][0](page)
    check(page, kind)


EVENTS = {
    "#run": "run-1 click",
    "#settings-a [data-act=run]": "settings-a run",
    ".own-preset-form [type=submit]": "presets own",
    "#few-shot-insert": "few-shot-insert click",
    "#seed-dice": "seed-dice click",
    "#work-bar [data-act=share]": "work-bar make_link",
    "[data-key=greedy]": "presets pick",
}


@pytest.mark.thorough
def test_every_event_sends_what_was_just_typed(page: Page, subtests: pytest.Subtests):
    messages(page)
    page.get_by_role("button", name="Save as preset…").click()
    page.locator(".own-preset-form [name=name]").fill("Mine")
    page.locator("#few-shot button.label-wrap").click()
    page.locator("#few-shot-text textarea").fill("a => b")
    for then, event in EVENTS.items():
        with subtests.test(then):
            with sent(page, event) as values:
                page.evaluate(TYPE, [".turn-text", f"new for {then}", then])
            assert values["messages"][0]["text"] == f"new for {then}"
            expect(page.locator("body.running")).to_have_count(0)


@pytest.mark.thorough
def test_what_an_act_replaced_at_once_comes_back_by_undo(page: Page):
    """The act's own event hands the text over: it is a step before the act."""
    messages(page)
    page.evaluate(TYPE, [".turn-text", "just typed", "#scenarios button"])
    expect(page.locator(".turn-text").first).not_to_have_value("just typed")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".turn-text")).to_have_value("just typed")


@pytest.mark.thorough
@pytest.mark.parametrize("tab", ["Paste", "Table"])
def test_examples_that_were_just_typed_are_inserted(page: Page, tab: str):
    messages(page)
    page.locator("#few-shot button.label-wrap").click()
    if tab == "Paste":
        field, text = "#few-shot-text textarea", "in => out"
    else:
        page.get_by_role("tab", name="Table").click()
        for cell, words in enumerate(("in", "not yet")):
            place = page.locator(f"#few-shot-table [data-row='0'][data-col='{cell}']")
            place.dblclick()
            place.locator("textarea, input").fill(words)
            page.keyboard.press("Enter")
        page.locator("#few-shot-table [data-row='0'][data-col='1']").dblclick()
        page.locator("#few-shot-table textarea:focus").wait_for()
        field, text = "#few-shot-table textarea:focus", "out"
    page.evaluate(TYPE, [field, text, "#few-shot-insert"])
    expect(page.locator(".turn")).to_have_count(3)
    assert texts(page) == ["in", "out", "old words"]


def test_an_emptied_slider_gets_its_last_value_back_when_it_is_left(page: Page):
    """Gradio put the smallest value in its place."""
    messages(page)
    box = page.locator("#parameter-repetition-penalty [type=number]")
    before = box.input_value()
    box.fill("")
    run(page, "a")
    expect(box).to_have_value(before)
    parameters = page.locator("#lane-a .lane-parameters")
    expect(parameters).to_contain_text(f"repetition_penalty {before}")


@pytest.mark.thorough
def test_a_lanes_form_stays_while_the_page_follows(page: Page):
    """It was built anew after each answer of the server, and took a field from under the caret."""
    lane(page)
    field = page.locator(f"{FORM} textarea")
    node = field.element_handle()
    expect(page.locator("#settings-b .lane-chips")).to_contain_text("helpful")
    write(page, ("system", "Be brief."))
    expect(page.locator("#settings-b .lane-chips")).to_contain_text("helpful")
    page.wait_for_timeout(500)
    assert node is not None
    assert node.evaluate("(node) => node.isConnected")


@pytest.mark.thorough
def test_the_prompt_is_rendered_only_while_it_is_looked_at(page: Page):
    """Some tabs did not say that they were opened, and each edit sent all tokens of the prompt."""
    messages(page)
    tab(page, "Prompt")
    expect(page.locator("#prompt")).to_contain_text("old words")
    for name in ("Answers", "Images", "History", "Sessions", "Export", "Compare"):
        tab(page, name)
        page.wait_for_timeout(500)  # until the server knows of the tab
        page.locator(".turn-text").fill(f"something quite different behind {name}")
        expect(page.locator(".turn-count")).to_have_text("5 tok")
        assert f"behind {name}" not in (page.locator("#prompt").text_content() or ""), name
        tab(page, "Prompt")
        expect(page.locator("#prompt"), name).to_contain_text(f"behind {name}")
        page.locator(".turn-text").fill("old words")
        expect(page.locator(".turn-count")).to_have_text("2 tok")
