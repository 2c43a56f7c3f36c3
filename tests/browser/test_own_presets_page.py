"""Own presets on the page: saved, applied, edited, duplicated, deleted, sent out and taken in."""

import shutil
from pathlib import Path
from time import monotonic

import pytest
from playwright.sync_api import Locator, Page, expect

from core.library.library import PresetMessage
from core.library.own_presets import OwnPresets
from core.library.preset_file import preset_of
from tests.browser.pages import number, ready, roles, texts, violations, write
from tests.serving import running

ODD_NAME = 'Größe: "no" & <b>1.10</b> – 字 ${1+1} {{2}}'
PATIENCE = 10.0  # seconds
PROMPT = "  Be brief:\n\tno lists\n\n\"1.10\" or 'no' # 字\n"


@pytest.fixture(autouse=True)
def folder(scripted_data: Path) -> Path:
    """Where the own presets lie; each test begins without any."""
    folder = scripted_data / "presets"
    folder.unlink(missing_ok=True) if folder.is_file() else shutil.rmtree(folder, True)
    return folder


def own_buttons(page: Page) -> Locator:
    return page.locator(".own-presets [data-key]")


def names(page: Page, *wanted: str) -> None:
    expect(own_buttons(page)).to_have_text(list(wanted))


def fill(page: Page, name: str, *parts: str, note: str | None = None) -> None:
    form = page.locator(".own-preset-form")
    form.locator("[name=name]").fill(name)
    if note is not None:
        form.locator("[name=note]").fill(note)
    for part in ("images", "system", "messages"):
        if form.locator(f"[name={part}]").is_visible():
            form.locator(f"[name={part}]").set_checked(part in parts)


def submit(page: Page) -> None:
    page.locator(".own-preset-form [type=submit]").click()


def save(page: Page, name: str, *parts: str, note: str | None = None) -> None:
    page.get_by_role("button", name="Save as preset…").click()
    fill(page, name, *parts, note=note)
    submit(page)
    expect(page.locator(".own-preset-form")).to_be_hidden()


def choose(page: Page, name: str, act: str) -> None:
    more = page.get_by_role("button", name=f"Actions for preset {name}", exact=True)
    if more.get_attribute("aria-expanded") != "true":
        more.click()
    page.locator(f".own-preset-menu [data-act={act}]").click()


def test_a_preset_is_saved_and_applied_after_a_reload_and_undo_brings_the_messages_back(
    page: Page, folder: Path
):
    write(page, ("system", PROMPT), ("user", "Hi"), ("assistant", "{\n"))
    number(page, "temperature").fill("0.33")
    number(page, "max-new-tokens").fill("77")
    page.locator("#parameter-stop textarea").fill("###")
    save(page, ODD_NAME, "images", "system", "messages", note="Line one\nno")
    names(page, ODD_NAME)
    expect(page.locator(".preset-state")).to_have_text(f"{ODD_NAME} is active.")
    [file] = folder.glob("*.yaml")
    preset = preset_of(file.read_text(encoding="utf-8"), file.name)
    assert (preset.name, preset.description, preset.system) == (ODD_NAME, "Line one\nno", PROMPT)
    assert preset.named | {"temperature": 0.33, "max_new_tokens": 77, "stop": ["###"],
                           "max_image_tokens": 256} == preset.named  # fmt: skip
    page.reload()
    ready(page)
    page.get_by_role("button", name="Greedy").click()
    expect(page.locator(".preset-state")).to_have_text("Greedy is active.")
    write(page, ("user", "another prompt"))
    page.locator("#parameter-stop textarea").fill("")
    own_buttons(page).click()
    expect(page.locator(".turn")).to_have_count(3)
    assert texts(page) == [PROMPT, "Hi", "{\n"]
    assert roles(page) == ["system", "user", "assistant"]
    expect(number(page, "temperature")).to_have_value("0.33")
    expect(number(page, "max-new-tokens")).to_have_value("77")
    expect(page.locator("#parameter-stop textarea")).to_have_value("###")
    expect(page.locator(".preset-state")).to_have_text(f"{ODD_NAME} is active.")
    page.locator("[data-act=step_back]").click()
    expect(page.locator(".turn")).to_have_count(1)
    assert texts(page) == ["another prompt"]
    expect(page.locator(".preset-state")).to_have_text("Greedy is active.")
    page.locator("[data-act=step_forward]").click()
    expect(page.locator(".turn")).to_have_count(3)
    page.locator(".turn").nth(2).get_by_role("button", name="Remove message").click()
    badge = page.locator(".preset-modified")
    expect(badge).to_have_attribute("title", "Changed: messages")
    page.locator(".preset-state [data-key]").click()
    expect(badge).to_have_count(0)
    assert texts(page) == [PROMPT, "Hi", "{\n"]


@pytest.mark.thorough
def test_a_preset_with_a_system_prompt_changes_that_message_only(page: Page):
    write(page, ("system", "Be kind."), ("user", "mine"))
    save(page, "Kind", "system")
    write(page, ("user", "other"), ("system", "late"))
    own_buttons(page).click()
    expect(page.locator(".turn")).to_have_count(3)
    assert texts(page) == ["Be kind.", "other", "late"]


@pytest.mark.thorough
def test_edit_duplicate_delete_undo_and_replace(page: Page, folder: Path):
    save(page, "One", note="first")
    number(page, "top-k").fill("9")
    expect(page.locator(".preset-modified")).to_be_visible()
    choose(page, "One", "edit")
    expect(page.locator(".own-preset-form [name=note]")).to_have_value("first")
    fill(page, "Uno")
    submit(page)
    names(page, "Uno")
    expect(page.locator(".preset-state")).to_have_text("Uno is active.")  # the page's values now
    assert OwnPresets(folder).get("own/one").named["top_k"] == 9
    choose(page, "Uno", "duplicate")
    names(page, "Uno", "Uno (2)")
    number(page, "top-k").fill("3")
    expect(page.locator(".preset-modified")).to_be_visible()
    choose(page, "Uno (2)", "edit")  # not the active one: its values stay
    fill(page, "Due")
    submit(page)
    names(page, "Due", "Uno")
    assert OwnPresets(folder).get("own/uno-2").named["top_k"] == 9
    choose(page, "Due", "delete")
    names(page, "Uno")
    page.locator("#presets").get_by_role("button", name="Undo").click()
    names(page, "Due", "Uno")
    page.get_by_role("button", name="Save as preset…").click()
    fill(page, "Due", note="newer")
    submit(page)
    expect(page.locator(".own-preset-error")).to_contain_text("already have a preset “Due”")
    assert OwnPresets(folder).get("own/uno-2").description == "first"
    expect(page.locator(".own-preset-form [type=submit]")).to_have_text("Replace")
    submit(page)
    expect(page.locator(".own-preset-form")).to_be_hidden()
    assert OwnPresets(folder).get("own/uno-2").description == "newer"
    names(page, "Due", "Uno")


@pytest.mark.thorough
def test_a_preset_is_sent_out_and_taken_in_and_each_bad_file_is_named(page: Page, tmp_path: Path):
    write(page, ("system", PROMPT))
    save(page, "Mine", "system")
    with page.expect_download() as downloading:
        choose(page, "Mine", "export")
    text = Path(downloading.value.path()).read_text(encoding="utf-8")
    assert downloading.value.suggested_filename == "mine.yaml"
    assert preset_of(text, "mine.yaml").system == PROMPT
    files = {
        "good.yaml": text.replace("name: Mine", "name: Yours").encode(),
        "again.yaml": text.encode(),
        "wrong.yaml": text.replace("temperature: 0.1", "temperature: hot").encode(),
        "latin.yaml": b"name: \xe9",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with page.expect_file_chooser() as choosing:
        page.get_by_role("button", name="Import…").click()
    choosing.value.set_files([tmp_path / name for name in files])
    names(page, "Mine", "Yours")
    said = page.locator(".own-preset-notes")
    expect(said).to_contain_text("Imported: “Yours”, “Mine”.")
    expect(said).to_contain_text("wrong.yaml, field sampling.temperature: it must be")
    expect(said).to_contain_text("latin.yaml: it is not UTF-8 text.")


@pytest.mark.thorough
def test_a_broken_file_is_named_on_the_page_and_the_others_work(page: Page, folder: Path):
    save(page, "Mine")
    broken = "kind: preset\nname: Mine\nsampling: {temperature: <b>hot</b>}"
    (folder / "mine-2.yaml").write_text(broken)
    page.reload()
    ready(page)
    expect(page.locator(".own-preset-broken p")).to_have_count(1)
    expect(page.locator(".own-preset-broken")).to_contain_text("mine-2.yaml, field order")
    save(page, "mine")
    names(page, "Mine", "mine")
    assert (folder / "mine-2.yaml").read_text() == broken
    (folder / "mine-2.yaml").unlink()
    number(page, "top-k").fill("4")
    expect(page.locator(".own-preset-broken p")).to_have_count(0)


@pytest.mark.thorough
def test_an_own_preset_is_chosen_in_a_lane_and_brings_its_system_prompt(page: Page):
    write(page, ("system", "Be a lane."), ("user", "Hi"))
    number(page, "top-k").fill("7")
    save(page, "For lanes", "system")
    write(page, ("user", "Hi"))
    page.get_by_role("button", name="Greedy").click()
    expect(page.locator(".preset-state")).to_have_text("Greedy is active.")
    page.locator("#lane-count").get_by_role("button", name="2", exact=True).click()
    page.locator("#settings-b .lane-source").select_option(label="For lanes")
    expect(page.locator("#settings-b .lane-chips")).to_contain_text("top_k 7")
    expect(page.locator("#settings-b .lane-chips")).to_contain_text("Be a lane.")


@pytest.mark.thorough
def test_the_words_that_were_typed_stay_where_a_save_fails(page: Page, folder: Path):
    folder.write_text("a file where the folder should be")
    page.get_by_role("button", name="Save as preset…").click()
    fill(page, "Mine", note="precious")
    submit(page)
    expect(page.locator(".own-preset-error")).to_contain_text("--data-dir")
    expect(page.locator(".own-preset-form [name=note]")).to_have_value("precious")
    folder.unlink()
    submit(page)
    names(page, "Mine")


@pytest.mark.thorough
def test_a_visitor_of_a_demo_changes_nothing(scripted_app: str, open_page, folder: Path):
    owner = open_page(scripted_app)
    save(owner, "Mine")
    visitor = open_page(scripted_app, query="?demo=1")
    visitor.evaluate("document.body.classList.remove('demo')")  # one who knows CSS
    refused = visitor.get_by_text("presets can't be saved here")
    choose(visitor, "Mine", "delete")
    expect(refused).to_be_visible()
    visitor.get_by_role("button", name="Save as preset…").click()
    expect(refused).to_be_visible()
    fill(visitor, "Theirs")
    submit(visitor)
    expect(visitor.locator(".own-preset-error")).to_contain_text("This is a demo")
    assert [path.name for path in folder.iterdir()] == ["mine.yaml"]


@pytest.mark.thorough
def test_a_server_that_is_killed_while_it_saves_loses_nothing_that_was_saved(
    scripted_app: str, open_page, browser, scripted_data: Path, folder: Path
):
    """Two servers on one folder: one is killed within a save, the other shows what is there."""
    long = "a line of a long prompt\n" * 1000
    with running("--engine", "scripted", "--data-dir", str(scripted_data)) as server:
        page = browser.new_page()
        page.goto(server.url)
        ready(page)
        save(page, "Safe")
        page.locator(".turn-text").last.fill(long)
        page.get_by_role("button", name="Save as preset…").click()
        fill(page, "Large", "messages")
        submit(page)
        end = monotonic() + PATIENCE
        while not {*folder.glob(".large*"), *folder.glob("large*")} and monotonic() < end:
            pass  # the browser is a process of its own
        server.process.kill()
        server.process.wait()
        page.close()
    shelf = OwnPresets(folder).read()
    assert shelf.broken == {}
    assert shelf.presets["own/safe"].name == "Safe"
    for name, preset in shelf.presets.items():
        assert name == "own/safe" or preset.messages == [PresetMessage("user", long)]
    other = open_page(scripted_app)
    names(other, *(preset.name for preset in shelf.presets.values()))
    save(other, "After")


@pytest.mark.thorough
def test_no_rule_of_accessibility_is_violated(page: Page, folder: Path):
    save(page, "Mine", note="mine")
    (folder / "bad.yaml").write_text("no: preset")
    page.get_by_role("button", name="Actions for preset Mine").click()
    page.get_by_role("button", name="Save as preset…").click()
    fill(page, "Mine")
    submit(page)
    expect(page.locator(".own-preset-fault")).to_be_visible()
    expect(page.locator(".own-preset-broken")).to_be_visible()
    assert violations(page, "#presets") == []


@pytest.mark.thorough
def test_a_phone_has_no_sideways_scrolling(scripted_app: str, open_page):
    page = open_page(scripted_app, viewport={"width": 390, "height": 844})
    page.locator("#phone [data-pane=settings]").click()
    save(page, "A long name of a preset " * 6)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = own_buttons(page).bounding_box()
    assert box is not None
    assert box["width"] < 360
