"""The Export tab: scripts of lanes, copied, downloaded, and verified."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from core.constraint import Constraint
from core.conversation import Conversation, message
from core.lanes import LaneSettings
from core.sampling import SamplingParams
from core.workspace import Workspace
from core.workspace_json import workspace_to_dict
from tests.browser.pages import (
    expect_status,
    lanes,
    run,
    tab,
    upload,
    use_template,
    violations,
    write,
)
from tests.browser.test_links import fragment_of

MANY_MS = 60_000


def program(page: Page, name: str) -> None:
    page.locator(".export-targets").get_by_role("button", name=name, exact=True).click()
    pressed = page.locator(".export-targets [aria-pressed=true]")
    expect(pressed).to_have_text(name)


def code(page: Page) -> str:
    return page.locator(".export-code").text_content() or ""


@pytest.mark.thorough
def test_before_a_run_it_follows_the_inputs(page: Page):
    write(page, ("user", "first words"))
    tab(page, "Export")
    expect(page.locator(".export-code")).to_contain_text("first words")
    expect(page.locator(".export-state")).to_contain_text("with a random seed")
    expect(page.locator("[data-act=verify]")).to_be_disabled()
    page.locator(".turn-text").last.fill("other words")
    expect(page.locator(".export-code")).to_contain_text("other words")
    page.locator("#presets").get_by_role("button", name="Greedy").click()
    expect(page.locator(".export-code")).to_contain_text("do_sample=False")


def test_after_a_run_it_is_exactly_that_run_until_the_inputs_are_chosen(page: Page):
    write(page, ("user", "asked once"))
    tab(page, "Export")
    page.locator("#run").click()
    state = page.locator(".export-state")
    expect(state).to_contain_text("The run in lane A")
    seed = (state.text_content() or "").split("seed ")[1].split(".")[0]
    assert f"torch.manual_seed({seed})" in code(page)
    page.locator(".turn-text").last.fill("asked anew")
    expect(state).to_contain_text("The inputs have changed since then.")
    assert "asked once" in code(page)
    page.get_by_role("button", name="Current settings").click()
    expect(page.locator(".export-code")).to_contain_text("asked anew")
    page.get_by_role("button", name="Shown run").click()
    expect(page.locator(".export-code")).to_contain_text("asked once")


@pytest.mark.thorough
def test_each_lane_has_its_own_script_and_every_program_is_shown(page: Page):
    write(page, ("user", "Why?"))
    use_template(page, "Temperature ladder")
    expect(page.locator("#column-d")).to_be_visible()
    run(page, *"abcd")
    tab(page, "Export")
    page.get_by_role("button", name="Lane C").click()
    expect(page.locator(".export-code")).to_contain_text("temperature=0.7")
    for name in page.locator(".export-targets button").all_inner_texts():
        program(page, name)
        expect(page.locator(".export-code")).not_to_have_text("")
        expect(page.locator(".export-error")).to_have_text("")
    page.get_by_role("button", name="Lane A").click()
    expect(page.locator(".export-code")).to_contain_text('"gen_ai.request.temperature": 0.0')


def test_what_is_copied_and_downloaded_is_what_is_shown(page: Page, tmp_path):
    hostile = "'''\"\"\" $(ls) `id` \\ <b>bold</b> é🎉"
    write(page, ("user", hostile))
    run(page, "a")
    tab(page, "Export")
    expect(page.locator(".export-code")).to_contain_text("<b>bold</b>")
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == code(page)
    compile(code(page), "lane.py", "exec")
    program(page, "Run JSON")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download run.json").click()
    download.value.save_as(tmp_path / "run.json")
    record = json.loads(Path(tmp_path / "run.json").read_text(encoding="utf-8"))
    assert record["gen_ai.input.messages"][0]["parts"] == [{"type": "text", "content": hostile}]
    assert record["lfm_playground.tokens"]


@pytest.mark.usefixtures("open_page")
@pytest.mark.thorough
def test_an_image_is_offered_under_the_name_that_the_script_uses(page: Page, tmp_path):
    Image.new("RGB", (96, 64), "red").save(tmp_path / "a red one.png")
    write(page, ("user", "What is this?"))
    upload(page, tmp_path / "a red one.png")
    run(page, "a")
    tab(page, "Export")
    expect(page.locator(".export-code")).to_contain_text("picture('a-red-one.png')")
    assert str(tmp_path) not in code(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="a-red-one.png").click()
    assert download.value.suggested_filename == "a-red-one.png"


@pytest.mark.usefixtures("open_page")
@pytest.mark.thorough
def test_verify_tells_how_it_goes_and_is_stopped(page: Page):
    write(page, ("user", "!slow"))
    page.locator("#run").click()
    expect(page.locator("#lane-a .lane-raw")).to_contain_text("This is a")
    page.locator("#stop").click()
    tab(page, "Export")
    expect(page.locator(".export-notes")).to_contain_text("The lane was stopped after")
    expect(page.locator("[data-act=verify]")).to_be_enabled()
    page.locator("[data-act=verify]").click()
    expect(page.locator(".export-verdict")).to_contain_text("Verifying: ")
    page.get_by_role("button", name="Stop verifying").click()
    expect(page.locator(".export-verdict")).to_have_text("Stopped before the end.")
    page.locator("[data-act=verify]").click()
    expect(page.locator(".export-verdict")).to_contain_text("Reproduced: ")


@pytest.mark.thorough
def test_the_shipped_model_is_verified_on_the_page(use_page, pocket_app: str):
    page = use_page(pocket_app)
    page.locator("#scenarios button", has_text="Tell a story").click()
    expect(page.locator(".turn-text")).to_have_value(re.compile("fox"))
    page.locator("#run").click()
    expect_status(page, "a", "done", MANY_MS)
    tab(page, "Export")
    expect(page.locator(".export-code")).to_contain_text("model_id = 'models/pocket'")
    page.locator("[data-act=verify]").click()
    verdict = page.locator(".export-verdict")
    expect(verdict).to_have_attribute("data-state", "same", timeout=MANY_MS)
    expect(verdict).to_contain_text("tokens are the same.")


@pytest.mark.thorough
def test_a_constrained_lane_is_verified_on_the_page(open_page, pocket_app: str):
    age = {"properties": {"age": {"enum": [30, 31]}}, "required": ["age"]}  # any model ends it
    schema = {"type": "object", "additionalProperties": False, **age}
    held = LaneSettings(constraint=Constraint("json_schema", json.dumps(schema)))
    asked = Conversation((message("user", "John is 30."),))
    workspace = Workspace(asked, params=SamplingParams(temperature=0.0, max_new_tokens=20))
    link = fragment_of(workspace_to_dict(workspace.with_lanes([held, LaneSettings()])))
    page = open_page(pocket_app + link)
    expect(page.locator(".work-note p")).to_contain_text("Opened from a link.")
    page.locator("#run").click()
    for label in "ab":
        expect_status(page, label, "done", MANY_MS)
    tab(page, "Export")
    expect(page.locator(".export-code")).to_contain_text("grammar_from_json_schema")
    page.locator("[data-act=verify]").click()
    verdict = page.locator(".export-verdict")
    expect(verdict).to_have_attribute("data-state", "same", timeout=MANY_MS)
    for name in ("Outlines", "vLLM", "SGLang", "Ollama API"):
        program(page, name)
        expect(page.locator(".export-code")).to_contain_text("age")


@pytest.mark.thorough
def test_no_rule_is_violated_on_the_tab(page: Page):
    write(page, ("user", "Hi"))
    lanes(page, 2)
    run(page, "a", "b")
    tab(page, "Export")
    expect(page.locator(".export-code")).to_contain_text("model.generate")
    page.locator("[data-act=verify]").click()
    expect(page.locator(".export-verdict")).to_contain_text("Reproduced")
    assert violations(page, "#export") == []
