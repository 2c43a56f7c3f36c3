"""Conversations come in from files and pasted text, and go out again as files that parse."""

import base64
import json
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from core.conversation import message
from core.formats.chat_files import read_chats
from core.formats.data_urls import image_of
from core.sessions.session_store import SessionStore
from engine.scripted.scripted_engine import ScriptedEngine
from tests.amounts import every
from tests.browser.pages import Open, number, roles, said, save_session, sessions_tab, texts, write
from tests.core.formats.test_chat_round_trips import PNG
from tests.serving import served_here

TURNS = [("system", "Be brief."), ("user", "Hi <b>you</b>\n\nUser: not me"), ("assistant", "Yo ✓")]
OPENAI = {
    "messages": [{"role": role, "content": text} for role, text in TURNS],
    "temperature": 0.7,
    "seed": 5,
}
NAMES = {"system": "system", "user": "human", "assistant": "gpt"}
SHAREGPT = [{"conversations": [{"from": NAMES[role], "value": text} for role, text in TURNS]}]
PLAIN = "System: Be brief.\n\nUser: Hi <b>you</b>\n\n\\User: not me\n\nAssistant: Yo ✓\n"
FILES = {
    "openai.json": json.dumps(OPENAI),
    "openai.jsonl": json.dumps(OPENAI, ensure_ascii=False) + "\n",
    "sharegpt.json": json.dumps(SHAREGPT),
    "plain.txt": PLAIN,
}


def opened_form(panel: Locator) -> None:
    """The form that takes files and pasted text."""
    if panel.locator(".sessions-import").is_hidden():
        panel.get_by_role("button", name="Import…").click()


def hand_in(page: Page, name: str, content: str | bytes) -> Locator:
    panel = sessions_tab(page)
    opened_form(panel)
    raw = content if isinstance(content, bytes) else content.encode("utf-8")
    file = {"name": name, "mimeType": "text/plain", "buffer": raw}
    panel.locator("input[type=file]").set_input_files([file])
    return panel


def export(page: Page, panel: Locator, form: str, source: str = "", images: bool = False) -> str:
    if panel.locator(".sessions-export").is_hidden():
        panel.locator("header").get_by_role("button", name="Export…").click()
    if source:
        panel.get_by_label("Source").select_option(label=source)
    panel.get_by_label("Format").select_option(form)
    if images:
        panel.get_by_label("with images").check()
    with page.expect_download() as download:
        panel.get_by_role("button", name="Download").click()
    path = download.value.path()
    return download.value.suggested_filename + "\n" + path.read_text(encoding="utf-8")


def one(text: str):
    (chat,) = read_chats(text, "exported")
    return chat


@pytest.mark.thorough
def test_each_format_is_imported_by_upload(page: Page, subtests: pytest.Subtests):
    write(page, ("user", "mine"))
    for name, content in FILES.items():
        with subtests.test(name):
            hand_in(page, name, content)
            said(page, f"Imported 3 messages from {name}")
            assert list(zip(roles(page), texts(page), strict=True)) == TURNS
            if "openai" in name:
                expect(number(page, "temperature")).to_have_value("0.7")
                expect(page.get_by_label("Seed").first).to_have_value("5")
            page.get_by_role("button", name="Undo").first.click()
            expect(page.locator(".turn-text")).to_have_value("mine")


@pytest.mark.thorough
def test_each_format_is_imported_by_pasting(page: Page, subtests: pytest.Subtests):
    panel = sessions_tab(page)
    for name, content in FILES.items():
        with subtests.test(name):
            write(page, ("user", name))
            opened_form(panel)
            panel.get_by_label("Pasted conversation").fill(content)
            panel.get_by_role("button", name="Import pasted text").click()
            expect(page.locator(".turn")).to_have_count(len(TURNS))
            said(page, "Imported 3 messages from The pasted text")
            assert list(zip(roles(page), texts(page), strict=True)) == TURNS


@pytest.mark.thorough
def test_of_several_conversations_one_is_chosen(page: Page):
    lines = [{"messages": [{"role": "user", "content": f"question {n}"}]} for n in range(13)]
    write(page, ("user", "mine"))
    panel = hand_in(page, "many.jsonl", "\n".join(map(json.dumps, lines)))
    said(page, "many.jsonl holds 13 conversations. Choose one:")
    assert texts(page) == ["mine"]
    panel.get_by_role("button", name="Import conversation 13").click()
    said(page, "Imported 1 message from many.jsonl")
    assert texts(page) == ["question 12"]


WRONG: dict[str, str | bytes] = {
    "bad.json, message 1: `role` is 'bot'": '{"messages": [{"role": "bot"}]}',
    "bad.json, line 1, column 15": '{"messages": [}',
    "bad.json, line 1: it is not UTF-8": b"User: \xff",
}


def test_a_wrong_file_is_named_and_the_page_stays(page: Page, subtests: pytest.Subtests):
    write(page, ("user", "mine"))
    for named, content in every(2, list(WRONG.items())):
        with subtests.test(named):
            hand_in(page, "bad.json", content)
            expect(page.get_by_text(named)).to_be_visible()
            assert texts(page) == ["mine"]


def test_what_is_exported_parses_again_and_is_called_as_the_session(page: Page):
    write(page, *TURNS)
    number(page, "temperature").fill("0.7")
    save_session(page, "My talk")
    wanted = tuple(message(role, text) for role, text in TURNS)  # type: ignore[arg-type]
    panel = sessions_tab(page)
    for form, ending in (("openai", ".json"), ("jsonl", ".jsonl"), ("sharegpt", ".sharegpt.json"),
                         ("text", ".txt"), ("page", ".page.json")):  # fmt: skip
        name, _, text = export(page, panel, form).partition("\n")
        assert name == f"My talk{ending}"
        assert text.endswith("\n")
        assert one(text).conversation.messages == wanted
    said(page, "Exported My talk.page.json")
    export(page, panel, "sharegpt")
    said(page, "Sampling values, presets, image budgets and lanes have no place in it.")
    text = export(page, panel, "session", "My talk, newest version").partition("\n")[2]
    (version,) = one(text).versions
    assert version.workspace.params.temperature == 0.7


@pytest.mark.thorough
def test_a_session_goes_to_another_machine_as_a_file_with_its_images(
    page: Page, open_page: Open, tmp_path: Path
):
    write(page, ("user", "Look"))
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Attach image").click()
    picture = {"name": "dot.png", "mimeType": "image/png", "buffer": PNG}
    chooser.value.set_files([picture])
    expect(page.locator(".turn figcaption")).to_have_text("dot.png")
    save_session(page, "Dots")
    page.locator(".turn-text").fill("Look again")
    save_session(page)
    expect(page.locator(".session-said")).to_have_text("Version 2")
    panel = sessions_tab(page)
    text = export(page, panel, "session", "Dots, newest version", images=True).partition("\n")[2]
    (image,) = one(text).versions[1].workspace.conversation.images
    assert image_of(image.path) == ("png", PNG)
    with served_here(ScriptedEngine(), data=tmp_path) as other:
        there = open_page(other)
        hand_in(there, "dots.session.json", text)
        said(there, "Imported the session “Dots” with 2 versions")
        expect(there.locator(".session-name")).to_have_text("Dots")
        expect(there.locator(".turn figcaption")).to_have_text("dot.png")
        there.wait_for_function("document.querySelector('.turn-images img').naturalWidth > 0")
        assert texts(there) == ["Look again"]
        kept = SessionStore(tmp_path / "sessions").session("dots")
        (image,) = kept.versions[0].workspace.conversation.images
        assert Path(image.path).read_bytes() == PNG
        there.close()


@pytest.mark.thorough
def test_an_image_inside_of_an_openai_file_lands_on_the_page(page: Page):
    url = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    parts = [{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": {"url": url}}]
    hand_in(page, "a.json", json.dumps([{"role": "user", "content": parts}]))
    page.wait_for_function("document.querySelector('.turn-images img')?.naturalWidth > 0")
    assert texts(page) == ["Look"]
