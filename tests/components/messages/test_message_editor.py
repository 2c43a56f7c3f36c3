"""The editor's rows: what a browser sends is cut down to the form before it is used."""

import shutil
from pathlib import Path

import pytest
from gradio.utils import get_upload_folder

from components.messages.message_editor import messages_of, new_row, rows_of
from components.uploads import file_url, upload_folder
from core.conversation import Image, Message, Text, ToolCall, message
from core.errors import InvalidInput
from engine.scripted.scripted_engine import ScriptedEngine


def cleaned(payload):
    """What comes back to the page of what it sent."""
    return rows_of(messages_of(payload))


@pytest.mark.parametrize("payload", [None, "text", 3, {"role": "user"}, [None, 1, "x"]])
def test_a_payload_of_the_wrong_form_becomes_an_empty_list(payload):
    assert messages_of(payload) == ()


def test_an_unknown_role_becomes_user_and_missing_fields_are_filled():
    assert cleaned([{"id": "a", "role": "root"}]) == [
        {"id": "a", "role": "user", "text": "", "images": []}
    ]


def test_text_is_kept_byte_for_byte():
    text = '  {\n  "name": '
    assert messages_of([{"id": "a", "role": "assistant", "text": text}])[0].text == text


@pytest.fixture
def uploaded():
    """A file in the folder of uploads."""
    folder = Path(get_upload_folder()) / "test-of-rows"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "picture.png").write_bytes(b"pixels")
    yield folder / "picture.png"
    shutil.rmtree(folder)


def test_an_image_outside_the_upload_folder_stays_by_name_only(tmp_path, uploaded):
    link = tmp_path / "link.png"
    link.symlink_to("/etc/passwd")
    outside = [tmp_path / "cat.png", "/etc/passwd", f"{uploaded}/../../../x", link]
    images = [{"path": p, "url": "u", "name": "cat.png"} for p in [*map(str, outside), 3, None]]
    [row] = cleaned([{"id": "a", "role": "user", "text": "", "images": images}])
    assert len(row["images"]) == len(images)
    for image in row["images"]:
        assert (image["name"], image["url"], image["missing"]) == ("cat.png", "", True)
        assert image["path"].startswith(str(upload_folder()))
        assert not Path(image["path"]).exists()
    assert cleaned([row]) == [row]


def test_an_image_whose_file_is_there_is_kept_and_one_whose_file_is_gone_is_missing(uploaded):
    image = {"path": str(uploaded), "url": file_url(uploaded), "name": "cat.png"}
    row = {"id": "a", "role": "user", "text": "", "images": [image]}
    assert cleaned([row]) == [row]
    uploaded.unlink()
    [missing] = cleaned([row])[0]["images"]
    assert (missing["name"], missing["url"], missing["missing"]) == ("cat.png", "", True)
    uploaded.write_bytes(b"again")
    assert cleaned([row]) == [row]


def test_an_engine_says_that_a_missing_image_is_not_there():
    [turn] = messages_of(
        [{"role": "user", "images": [{"path": "/nowhere/cat.png", "name": "cat.png"}]}]
    )
    [image] = turn.images
    with pytest.raises(InvalidInput, match="image cat.png no longer exists"):
        ScriptedEngine().image_info(image)


def test_messages_of_a_saved_workspace_keep_the_names_of_images_that_are_gone():
    [row] = rows_of([message("user", "Hi", [Image("/nowhere/cat.png", "cat.png")])])
    assert [(i["name"], i["missing"]) for i in row["images"]] == [("cat.png", True)]


def test_a_link_inside_the_upload_folder_that_leads_outside_is_not_followed():
    folder = Path(get_upload_folder())
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "leads-outside.png"
    link.unlink(missing_ok=True)
    link.symlink_to("/etc/passwd")
    try:
        images = [{"path": str(link)}]
        [row] = cleaned([{"id": "a", "role": "user", "images": images}])
        assert [image["path"] for image in row["images"]] != [str(link)]
        assert row["images"][0]["missing"]
    finally:
        link.unlink()


def test_rows_become_messages_with_images_before_text(uploaded):
    image = {"path": str(uploaded), "name": "n"}
    [turn] = messages_of([{"role": "user", "text": "What is this?", "images": [image]}])
    assert turn.parts == (Image(str(uploaded), "n"), Text("What is this?"))


def test_messages_become_rows_with_ids_of_their_own():
    rows = rows_of([message("user", "a"), message("assistant", "b")])
    assert [(row["role"], row["text"]) for row in rows] == [("user", "a"), ("assistant", "b")]
    assert rows[0]["id"] != rows[1]["id"]


def test_a_message_that_was_on_the_page_keeps_its_id():
    row = {"id": "mine", "role": "user", "text": "a", "images": []}
    assert cleaned([row]) == [row]


CALL = ToolCall("call_1", "f", '{"a": 1}')
WRITTEN = "<|tool_call_start|>[f(a=1)]<|tool_call_end|>"


def test_a_call_stays_a_call_until_its_text_is_edited():
    turn = message("assistant", "So: ", calls=[CALL])
    [row] = rows_of([turn])
    assert row["text"] == f"So: {WRITTEN}"
    assert messages_of([row]) == (turn,)
    assert messages_of([{**row, "text": f"Well: {WRITTEN}"}])[0].calls == (CALL,)
    edited = {**row, "text": row["text"].replace("a=1", "a=2")}
    assert messages_of([edited]) == (message("assistant", edited["text"]),)
    assert messages_of([{**row, "role": "user"}]) == (message("user", row["text"]),)


def test_a_call_that_a_model_wrote_is_text():
    assert messages_of([new_row("assistant", WRITTEN)]) == (message("assistant", WRITTEN),)


def test_a_tools_message_keeps_the_call_it_answers():
    [row] = rows_of([Message("tool", (Text("9"),), tool_call_id="call_1")])
    assert messages_of([{**row, "text": "10"}])[0].tool_call_id == "call_1"


@pytest.mark.parametrize(
    "calls",
    [7, "x", [7], [{}], [{"name": {}, "arguments": "{}"}], [{"name": "f", "arguments": "[]"}],
     [{"name": "f", "arguments": "{" + '"a":[' * 500}],
     [{"name": "f", "arguments": '{"a":' + "[" * 500 + "]" * 500 + "}"}]],
)  # fmt: skip
def test_calls_that_are_none_are_left_out(calls):
    row = {"id": "a", "role": "assistant", "text": "b", "images": []}
    assert cleaned([{**row, "calls": calls}]) == [row]
