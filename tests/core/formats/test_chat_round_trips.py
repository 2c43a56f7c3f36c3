"""What a format can hold is the same after writing and reading; what it can't hold is said."""

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.conversation import ROLES, Conversation, Image, Message, Text, ToolCall, message
from core.errors import InvalidInput
from core.formats.chat_files import FORMATS, Exported, read_chats, write_chat
from core.formats.data_urls import image_of
from core.formats.imported_chat import ImportedChat
from core.sampling import SamplingParams, sampling_params
from core.sessions.session_files import Session, Version
from core.sessions.session_images import by_content, with_paths
from core.workspace import Workspace
from tests.core.test_workspace_json import PARAMS, WORKSPACES

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
LINES = st.lists(
    st.sampled_from(["", "User:", "user: x", "\\User: y", "\\\\AI:", " System: z", "ſystem:"])
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")),
    max_size=5,
).map("\n".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
TOOLS = st.lists(st.dictionaries(TEXT, JSON, min_size=1, max_size=2), max_size=2).map(
    lambda tools: json.dumps(tools, ensure_ascii=False) if tools else ""
)


CALL = st.builds(
    ToolCall, st.sampled_from(["", "call_1"]), TEXT, st.dictionaries(TEXT, JSON).map(json.dumps)
)


def conversations(text: st.SearchStrategy[str], tools: st.SearchStrategy[str]):
    turns = st.builds(message, st.sampled_from(ROLES), text)
    return st.builds(Conversation, st.lists(turns, min_size=1, max_size=5).map(tuple), tools)


def exported(form: str, saved: Workspace, images: bool = False) -> Exported:
    """The folders are those of the images, which are allowed to be anywhere here."""
    return write_chat(form, "a name", saved, None, images, folders(saved))


def folders(saved: Workspace) -> tuple[Path, ...]:
    return tuple(Path(i.path).parent for i in saved.conversation.images if i.path[:1] == "/")


def back(written: Exported) -> ImportedChat:
    """Through bytes, as a file goes."""
    assert written.text.endswith("\n")
    (chat,) = read_chats(written.text.encode("utf-8"), written.name)
    return chat


def parsed(conversation: Conversation) -> tuple:
    return conversation.messages, json.loads(conversation.tools or "[]")


@given(conversations(TEXT, TOOLS), PARAMS, st.sampled_from(["openai", "jsonl"]))
def test_openai_holds_messages_tools_and_sampling_values(conversation, params, form):
    chat = back(exported(form, Workspace(conversation, params=params)))
    assert parsed(chat.conversation) == parsed(conversation)
    named = {k: list(v) if isinstance(v, tuple) else v for k, v in chat.sampling.items()}
    assert sampling_params(named) == params
    assert chat.notes == ()


@given(TEXT, st.lists(CALL, max_size=2), st.sampled_from(["openai", "jsonl", "page"]))
def test_calls_and_the_ids_of_their_results_come_back(text, calls, form):
    turns = message("user", "?"), message("assistant", text, calls=calls)
    result = Message("tool", (Text("9"),), tool_call_id="call_1")
    conversation = Conversation((*turns, result, message("user", "So?")))
    chat = back(exported(form, Workspace(conversation)))
    assert chat.conversation == conversation
    assert chat.notes == ()


@given(st.lists(CALL, min_size=1, max_size=2))
def test_sharegpt_holds_calls_without_their_ids(calls):
    conversation = Conversation((message("assistant", "", calls=calls),))
    [turn] = back(exported("sharegpt", Workspace(conversation))).conversation.messages
    assert [(c.name, json.loads(c.arguments)) for c in turn.calls] == [
        (c.name, json.loads(c.arguments)) for c in calls
    ]


@given(conversations(TEXT, TEXT))
def test_sharegpt_holds_messages_and_tools(conversation):
    written = exported("sharegpt", Workspace(conversation))
    assert back(written).conversation == conversation
    assert any("Sampling values" in sentence for sentence in written.left_out)


@given(conversations(LINES, st.just("")))
def test_plain_text_holds_messages_also_those_that_look_like_headings(conversation):
    written = exported("text", Workspace(conversation))
    assert back(written).conversation == conversation


@given(conversations(TEXT, TEXT))
def test_plain_text_says_what_it_can_not_hold(conversation):
    written = exported("text", Workspace(conversation))
    same = back(written).conversation == conversation
    told = {"Tools have no place in it.", "Carriage returns became line feeds."} & {
        *written.left_out
    }
    assert same or told


@given(WORKSPACES.filter(lambda saved: saved.conversation.messages))
def test_our_own_file_holds_the_whole_page(saved):
    written = exported("page", saved)
    assert back(written).workspace == with_paths(saved, lambda image: "")
    assert len(written.left_out) == len({i.name for i in saved.conversation.images})


@pytest.fixture
def picture(tmp_path: Path) -> Image:
    path = tmp_path / "cat.png"
    path.write_bytes(PNG)
    return Image(str(path), "my cat")


@pytest.mark.parametrize("form", ["openai", "jsonl", "page"])
def test_images_go_along_inside_of_the_file(picture: Image, form: str):
    saved = Workspace(Conversation((message("user", "Look", [picture]),)))
    chat = back(exported(form, saved, images=True))
    (image,) = chat.conversation.images
    assert image_of(image.path) == ("png", PNG)
    assert image.name == ("my cat" if form == "page" else "")
    assert picture.path not in exported(form, saved, images=True).text
    without = exported(form, saved)
    assert any("my cat is left out" in sentence for sentence in without.left_out)
    assert len(without.text) < 2000


@pytest.mark.parametrize("form", ["sharegpt", "text"])
def test_formats_without_images_say_so(picture: Image, form: str):
    saved = Workspace(Conversation((message("user", "Look", [picture]),)))
    written = exported(form, saved, images=True)
    assert "Images have no place in it." in written.left_out
    assert back(written).conversation == Conversation((message("user", "Look"),))


def test_a_session_goes_along_with_all_its_versions(picture: Image):
    pages = [
        Workspace(Conversation((message("user", text, [picture]),)), params=SamplingParams(seed=n))
        for n, text in enumerate(("one", "two"))
    ]
    versions = tuple(
        Version(n, f"2026-01-0{n}T10:00:00", name, page)
        for n, (name, page) in enumerate(zip(("", "better"), pages, strict=True), start=1)
    )
    where = folders(pages[0])
    written = write_chat(
        "session", "Talk", pages[0], Session("talk", "Talk", versions), True, where
    )
    assert written.name == "Talk.session.json"
    assert written.text.count("data:image/png") == 1
    chat = back(written)
    assert (chat.title, chat.notes) == ("Talk", ())
    for before, after in zip(versions, chat.versions, strict=True):
        assert replace(after, workspace=pages[0]) == replace(before, workspace=pages[0])
        (image,) = after.workspace.conversation.images
        assert image_of(image.path) == ("png", PNG)
        gone = with_paths(after.workspace, lambda _: "")
        assert gone == with_paths(by_content(before.workspace, where), lambda _: "")


@pytest.mark.parametrize("form", FORMATS)
def test_an_empty_page_has_nothing_to_export(form: str):
    with pytest.raises(InvalidInput, match="No messages to export"):
        exported(form, Workspace())


def test_a_page_that_is_no_session_is_not_exported_as_one():
    page = Workspace(Conversation((message("user", "Hi"),)))
    with pytest.raises(InvalidInput, match="not a session yet"):
        exported("session", page)
    with pytest.raises(InvalidInput, match="Unknown format 'pdf'"):
        exported("pdf", page)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("a/b: c?", "a-b- c.txt"),
        ("日本", "日本.txt"),
        ("..", "conversation.txt"),
        ("x" * 99, f"{'x' * 80}.txt"),
    ],
)
def test_the_file_is_called_as_the_session(title: str, name: str):
    page = Workspace(Conversation((message("user", "Hi"),)))
    assert write_chat("text", title, page, None, False, ()).name == name
