"""The editor's rows: what a browser sends is cut down to the form before it is used."""

from pathlib import Path

import pytest
from gradio.utils import get_upload_folder

from components.message_editor import clean_rows, conversation_of, new_row, rows_of
from core.conversation import Image, Text, message


@pytest.mark.parametrize("payload", [None, "text", 3, {"role": "user"}, [None, 1, "x"]])
def test_a_payload_of_the_wrong_form_becomes_an_empty_list(payload):
    assert clean_rows(payload) == []


def test_an_unknown_role_becomes_user_and_missing_fields_are_filled():
    [row] = clean_rows([{"id": "a", "role": "root"}])
    assert row == {"id": "a", "role": "user", "text": "", "images": []}


def test_text_is_kept_byte_for_byte():
    text = '  {\n  "name": '
    assert clean_rows([{"id": "a", "role": "assistant", "text": text}])[0]["text"] == text


def test_an_image_outside_the_upload_folder_is_dropped(tmp_path):
    inside = Path(get_upload_folder()) / "picture.png"
    link = tmp_path / "link.png"
    link.symlink_to("/etc/passwd")
    images = [{"path": str(path)} for path in ("/etc/passwd", f"{inside}/../../x", link, inside)]
    [row] = clean_rows([{"id": "a", "role": "user", "text": "", "images": images}])
    assert [image["path"] for image in row["images"]] == [str(inside)]


def test_a_link_inside_the_upload_folder_that_leads_outside_is_dropped():
    folder = Path(get_upload_folder())
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "leads-outside.png"
    link.unlink(missing_ok=True)
    link.symlink_to("/etc/passwd")
    try:
        images = [{"path": str(link)}]
        [row] = clean_rows([{"id": "a", "role": "user", "images": images}])
        assert row["images"] == []
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
