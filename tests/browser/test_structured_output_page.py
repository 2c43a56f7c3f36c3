"""Structured output as a person sets it, for all lanes and for one, answers that keep to it, their
verdicts, and JSON as a tree.
"""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Locator, Page, expect

from core.constraint import Constraint
from core.conversation import Conversation, message
from core.lanes import LaneSettings
from core.workspace import Workspace
from core.workspace_json import workspace_to_dict
from engine.scripted.scripted_engine import ScriptedEngine
from tests.browser.pages import (
    Open,
    change,
    chips,
    expect_status,
    lane_name,
    lanes,
    number,
    open_structured,
    said,
    save_session,
    tab,
    text,
    until_kept,
    use_template,
    violations,
    write,
)
from tests.browser.test_links import fragment_of
from tests.serving import served_here

ANSWER_MS = 60_000
SCHEMA = """{"type": "object", "properties": {"sure": {"type": "boolean"},
 "mood": {"enum": ["good", "bad"]}}, "required": ["sure", "mood"], "additionalProperties": false}"""
TOOL = '[{"name": "look", "parameters": {"type": "object", "properties": {}}}]'


def test_an_answer_fits_the_schema_which_undo_and_a_session_bring_back(
    use_page: Open, pocket_app: str
):
    page = use_page(pocket_app)
    write(page, ("user", "Are you sure?"))
    open_structured(page)
    page.get_by_role("button", name="Schema", exact=True).click()
    field, told = page.get_by_label("JSON schema"), page.locator(".structured-said")
    expect(told).to_have_text("The JSON schema is empty. Write one, or turn the constraint off.")
    field.fill(SCHEMA.replace("},", "}", 1))
    expect(told).to_contain_text("can't be read at line 2, column 2")
    page.get_by_role("button", name="Go to error").click()
    selected = "document.activeElement.selectionStart"
    assert page.evaluate(selected) == SCHEMA.replace("},", "}", 1).index('"mood"')
    field.fill(SCHEMA)
    expect(told).to_contain_text("Schema is valid 2 properties · ready in ")
    expect(page.locator("#structured-row")).to_contain_text("JSON schema · 2 properties")
    assert violations(page, "#structured, #structured-row") == []
    page.locator("#run").click()
    expect_status(page, "a", "done", ANSWER_MS)
    answer = json.loads(text(page, "a"))
    assert answer.keys() == {"sure", "mood"}
    save_session(page, "Sure")
    page.get_by_role("button", name="None", exact=True).click()
    until_kept(page, "kept.constraint.kind === 'none'")
    page.locator("[data-act=step_back]").click()
    expect(field).to_have_value(SCHEMA)
    page.locator("[data-act=step_forward]").click()
    expect(page.locator("#structured-row")).to_contain_text("None")
    tab(page, "Sessions")
    page.get_by_role("button", name="Open version 1").click()
    said(page, "Opened version 1 of “Sure”.")
    expect(field).to_have_value(SCHEMA)
    expect(told).to_contain_text("Schema is valid")


@pytest.mark.thorough
def test_lanes_differ_and_say_so(page: Page):
    write(page, ("user", "Hi"))
    use_template(page, "Free, prefill, schema")
    expect(lane_name(page, "a")).to_have_text("Free")
    expect(lane_name(page, "b")).to_have_text("Prefill")
    assert chips(page, "b") == ["prefill '{\"customer\":'", "schema off"]
    expect(lane_name(page, "c")).to_have_text("Sidebar settings")
    expect(page.locator("#structured-row")).to_contain_text("3 properties · not sent")
    change(page, "a")
    form = page.locator("#settings-a")
    form.get_by_label("Structured output").select_option("choices")
    form.get_by_label("Custom choices").fill("yes\nno\n")
    until_kept(page, "kept.lane_A.constraint.choices.length === 2")
    expect(lane_name(page, "a")).to_have_text("Choices")
    form.get_by_label("Custom choices").fill("")
    expect(form.locator(".lane-fault")).to_have_text("choices not valid")
    expect(form.locator(".lane-fault-note")).to_contain_text("There are no choices.")
    form.get_by_label("Structured output").select_option("json")
    form.get_by_label("White space in JSON").select_option("true")
    until_kept(page, "kept.lane_A.constraint.flexible_whitespace === true")
    form.get_by_label("Structured output").select_option("")
    expect(lane_name(page, "a")).to_have_text("Sidebar settings")


@pytest.mark.thorough
def test_what_is_typed_stays_with_its_kind_also_after_a_reload(page: Page):
    open_structured(page)
    field = page.locator(".structured-text")
    for kind, typed in (("Regex", "a+"), ("Choices", "x\n\ny"), ("Grammar", 'start: "a"')):
        page.get_by_role("button", name=kind, exact=True).click()
        field.press_sequentially(typed)
        expect(page.locator(".structured-paint")).to_have_text(typed)
    until_kept(page, "kept.constraint.text === 'start: \"a\"'")
    page.reload()
    expect(page.locator("#structured-row")).to_contain_text("Grammar · 1 line")
    open_structured(page)
    page.get_by_role("button", name="Choices", exact=True).click()
    expect(field).to_have_value("x\n\ny")
    page.get_by_role("button", name="An example…").click()
    page.get_by_label("An example of the answer you want").fill('{"n": 1}')
    page.get_by_role("button", name="Make the schema").click()
    expect(page.locator("#structured-row")).to_contain_text("1 property")
    assert json.loads(field.input_value())["required"] == ["n"]
    page.get_by_role("button", name="Regex", exact=True).click()
    expect(field).to_have_value("a+")
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()


@pytest.mark.thorough
def test_a_choice_of_tools_is_set_where_the_tools_are(page: Page):
    lanes(page, 2)
    page.locator(".tools summary").click()
    expect(page.get_by_label("Tool choice")).to_be_hidden()
    page.locator(".tools-text").fill(TOOL)
    choice = page.locator("#tool-choice select")
    choice.select_option("look")
    note = page.locator("#tool-choice-note")
    expect(note).to_contain_text("tool_choice look will not be sent")
    until_kept(page, "kept.tool_choice === 'look'")
    change(page, "b")
    page.locator("#settings-b").get_by_label("Tool choice").select_option("auto")
    expect(lane_name(page, "b")).to_have_text("Tool choice auto")
    page.locator(".tools-text").fill("")
    expect(choice.locator("option").last).to_have_text("look (not among the tools)")


# -- verdicts and trees ---------------------------------------------------------------------------
ITEM = {"type": "object", "properties": {"name": {"type": "string"}, "count": {"type": "number"}}}
TREE_SCHEMA = {
    "type": "object",
    "properties": {"by": {"type": "string", "format": "date"}, "items": {"items": ITEM}},
    "required": ["by"],
}
MARKUP = "<img src=x onerror=alert(1)>"
VALID = json.dumps({"by": "2026-12-05", "items": [{"name": MARKUP, "count": 3.0}]})
FAILS = json.dumps({"by": "2026-12-05", "items": [{"name": "mug", "count": "one"}]})
FENCED = f"Sure!\n```json\n{VALID}\n```"


def open_lanes(page: Page, url: str, *answers: str) -> None:
    """Lanes that are held to the schema, each with what it answers."""
    held = Constraint("json_schema", json.dumps(TREE_SCHEMA))
    lanes = [LaneSettings(system=f"!say {answer}", constraint=held) for answer in answers]
    workspace = Workspace(Conversation((message("user", "Order"),))).with_lanes(lanes)
    page.goto("about:blank")
    page.goto(url + fragment_of(workspace_to_dict(workspace)))
    page.locator(f"#lane-{'abcd'[len(answers) - 1]} .lane-status").wait_for()
    page.locator("#run").click()
    for label in "abcd"[: len(answers)]:
        expect_status(page, label, "done")


def verdict(page: Page, label: str) -> Locator:
    return page.locator(f"#lane-{label} .lane-verdict")


def tree(page: Page, label: str) -> Locator:
    return page.locator(f"#lane-{label} .lane-tree")


@pytest.mark.thorough
def test_an_answer_says_whether_it_fits_and_is_a_tree_or_text(open_page):
    with served_here(ScriptedEngine(tokens_per_second=1000)) as url:
        page = open_page(url)
        open_lanes(page, url, FENCED, FAILS, VALID)
        expect(verdict(page, "a")).to_contain_text(
            "Not JSON. There is text before the first brace, line 1."
        )
        expect(tree(page, "a")).to_be_hidden()
        expect(verdict(page, "b")).to_contain_text(
            "One field fails. items[0].count is text, the schema wants a number."
        )
        expect(tree(page, "b").locator("[data-bad] > .tree-value")).to_have_text("one")
        expect(verdict(page, "c")).to_contain_text("Valid. Every field fits the schema.")
        expect(tree(page, "c")).to_contain_text("2026-12-05date")
        expect(tree(page, "c").locator(".tree-value", has_text=MARKUP)).to_be_visible()
        assert violations(page, ".lane-pane") == []
        look = page.locator("#lane-c .lane-look")
        look.get_by_role("button", name="Text").press("Enter")
        expect(tree(page, "c")).to_be_hidden()
        expect(page.locator("#lane-c .lane-raw")).to_contain_text(VALID)
        look.get_by_role("button", name="Tree").press("Enter")
        page.locator("#lane-c [data-act=copy]").click()
        expect(page.locator("#lane-c [data-act=copy]")).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == VALID
        page.locator("#lane-a .lane-look").get_by_role("button", name="Tree").click()
        expect(tree(page, "a")).to_contain_text("2026-12-05date")
        tab(page, "Compare")
        row = page.locator(".comparison tr", has=page.get_by_text("valid", exact=True))
        expect(row.locator("td")).to_have_text(["Not JSON", "One field fails", "yes"])
        page.close()


@pytest.mark.thorough
def test_a_long_tree_grows_by_a_button_and_a_reload_keeps_the_verdict(open_page):
    many = json.dumps({"by": "x", "items": [{"name": "a", "count": n} for n in range(150)]})
    with served_here(ScriptedEngine(tokens_per_second=4000)) as url:
        page = open_page(url)
        open_lanes(page, url, many, VALID)
        number(page, "max-new-tokens").fill("8000")
        number(page, "max-new-tokens").press("Tab")
        page.locator("#run").click()
        expect(tree(page, "a").locator("li")).to_have_count(200)
        more = tree(page, "a").get_by_role("button", name="Show 200 of 252 more values")
        more.press("Enter")
        tree(page, "a").get_by_role("button", name="Show 52 of 52 more values").press("Enter")
        expect(tree(page, "a").locator("li")).to_have_count(452)
        expect(page.locator("#lane-a .lane-body")).to_be_focused()
        page.reload()
        expect(verdict(page, "a")).to_contain_text("One field fails. by is “x”")
        expect(tree(page, "b")).to_contain_text("2026-12-05date")
        page.close()
