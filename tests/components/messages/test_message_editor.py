"""The editor's rows: what a browser sends is cut down to the form before it is used."""

import shutil
from pathlib import Path

import pytest
from gradio.utils import get_upload_folder

from components.messages.message_editor import clean_rows, conversation_of, new_row, rows_of
from components.uploads import file_url, upload_folder
from core.conversation import Image, Text, message
from core.errors import InvalidInput
from engine.scripted.scripted_engine import ScriptedEngine


@pytest.mark.parametrize("payload", [None, "text", 3, {"role": "user"}, [None, 1, "x"]])
def test_a_payload_of_the_wrong_form_becomes_an_empty_list(payload):
    assert clean_rows(payload) == []


def test_an_unknown_role_becomes_user_and_missing_fields_are_filled():
    [row] = clean_rows([{"id": "a", "role": "root"}])
    assert row == {"id": "a", "role": "user", "text": "", "images": []}


def test_text_is_kept_byte_for_byte():
    text = '  {\n  "name": '
    assert clean_rows([{"id": "a", "role": "assistant", "text": text}])[0]["text"] == text


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
    [row] = clean_rows([{"id": "a", "role": "user", "text": "", "images": images}])
    assert len(row["images"]) == len(images)
    for image in row["images"]:
        assert (image["name"], image["url"], image["missing"]) == ("cat.png", "", True)
        assert image["path"].startswith(str(upload_folder()))
        assert not Path(image["path"]).exists()
    assert clean_rows([row]) == [row]


def test_an_image_whose_file_is_there_is_kept_and_one_whose_file_is_gone_is_missing(uploaded):
    image = {"path": str(uploaded), "url": file_url(uploaded), "name": "cat.png"}
    row = {"id": "a", "role": "user", "text": "", "images": [image]}
    assert clean_rows([row]) == [row]
    uploaded.unlink()
    assert clean_rows([row])[0]["images"] == [{**image, "url": "", "missing": True}]
    uploaded.write_bytes(b"again")
    assert clean_rows(clean_rows([row])) == [row]


def test_an_engine_says_that_a_missing_image_is_not_there():
    [row] = clean_rows(
        [{"role": "user", "images": [{"path": "/nowhere/cat.png", "name": "cat.png"}]}]
    )
    [image] = conversation_of([row]).images
    with pytest.raises(InvalidInput, match="image cat.png is not there any more"):
        ScriptedEngine().look(image)


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
        [row] = clean_rows([{"id": "a", "role": "user", "images": images}])
        assert [image["path"] for image in row["images"]] != [str(link)]
        assert row["images"][0]["missing"]
    finally:
        link.unlink()


def test_rows_become_a_conversation_with_images_before_text():
    row = {
        **new_row("user", "What is this?"),
        "images": [{"path": "p.png", "url": "", "name": "n"}],
    }
    conversation = conversation_of([row])
    assert conversation.messages[0].parts == (Image("p.png", "n"), Text("What is this?"))


def test_messages_become_rows_with_ids_of_their_own():
    rows = rows_of([message("user", "a"), message("assistant", "b")])
    assert [(row["role"], row["text"]) for row in rows] == [("user", "a"), ("assistant", "b")]
    assert rows[0]["id"] != rows[1]["id"]
