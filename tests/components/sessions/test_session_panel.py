"""What a browser asks of sessions is untrusted, and a file is only read where it was uploaded."""

import base64
import json
from pathlib import Path

import gradio as gr
import pytest
from gradio.utils import get_upload_folder

from components.sessions.session_bar import shown
from components.sessions.session_import import imported
from components.sessions.session_panel import Asked, asked, panel_value
from components.sessions.session_pictures import Unpacked, placed
from components.uploads import uploaded_file
from core.bounds import MOST_MESSAGES
from core.conversation import Conversation, Image, message
from core.errors import InvalidInput
from core.sampling import SamplingParams
from core.sessions.session_store import SessionStore
from core.workspace import Workspace
from tests.core.formats.test_chat_round_trips import PNG

PAGE = Workspace(preset="greedy", params=SamplingParams(top_k=7, temperature=0.2))


def event(**data) -> gr.EventData:
    return gr.EventData(None, data)


def test_only_values_of_the_right_kind_are_taken():
    assert asked(event(act="open", key="a", number=3, images=True, place=0)) == Asked(
        "open", key="a", number=3, images=True, place=0
    )
    hostile = event(act=3, key=["a"], number="3", images=1, place=True, unfold={}, question=None)
    assert asked(hostile) == Asked()


@pytest.mark.parametrize("path", ["/etc/hostname", "", "../x", "\0", "relative.json"])
def test_a_file_that_was_not_uploaded_is_not_read(path: str):
    with pytest.raises(InvalidInput, match="was not uploaded"):
        imported(PAGE, Asked("import", file=path, name="a.json"))


def test_settings_that_a_file_does_not_name_stay():
    text = '{"messages": [{"role": "user", "content": "Hi"}], "temperature": 0.9}'
    found = imported(PAGE, Asked("import", text=text))
    assert found.saved.params == SamplingParams(top_k=7, temperature=0.9)
    assert found.saved.preset == "greedy"
    assert found.sentence == "Imported 1 message from The pasted text, with temperature."


def test_a_conversation_that_is_longer_than_the_page_is_cut_with_a_note():
    text = "\n\n".join(f"User: {n}" for n in range(MOST_MESSAGES + 1))
    found = imported(PAGE, Asked("import", text=text))
    assert len(found.saved.conversation.messages) == MOST_MESSAGES
    assert found.notes == (f"Only the first {MOST_MESSAGES} of 1001 messages were imported.",)


@pytest.mark.parametrize("place", [-1, 1, 10**9])
def test_a_conversation_that_the_file_does_not_have_is_named(place: int):
    with pytest.raises(InvalidInput, match=f"no conversation {place + 1}; it has 1"):
        imported(PAGE, Asked("import", text="Hi", place=place))


def look(*images: Image) -> Workspace:
    return Workspace(Conversation((message("user", "Look", images),)))


def test_images_are_put_where_the_page_may_show_them(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(PNG)
    url = f"data:image/svg+xml;base64,{base64.b64encode(PNG).decode()}"
    images = [Image(str(tmp_path / "a.png"), "a"), Image("/gone.png", "c")]
    saved, gone = placed(look(*images), tmp_path)
    one, missing = saved.conversation.images
    [other] = Unpacked().placed(look(Image(url, "b"))).conversation.images
    for image in (one, other):
        assert uploaded_file(image.path)
        assert Path(image.path).read_bytes() == PNG
        assert image.path.endswith(".png")  # as its content says
    assert (missing.path, gone) == ("", ("c",))
    assert Path(get_upload_folder()).resolve() in Path(one.path).resolve().parents


WORKSPACE = {"format": "lfm-playground-workspace", "version": 1}
SEEN = [{"role": "user", "content": [{"type": "image", "path": "x"}]}]


@pytest.mark.parametrize("path", ["/etc/passwd", "x", "file:///etc/passwd", "", 3, None])
def test_a_file_of_ours_may_hold_images_and_name_no_file_of_the_server(path):
    """Such a file once was copied to where every visitor could read it."""
    text = json.dumps({**WORKSPACE, "messages": SEEN, "files": {"x": path}})
    with pytest.raises(InvalidInput, match="`files` must map the names"):
        imported(PAGE, Asked("import", text=text))


def test_an_image_that_a_file_of_ours_names_and_does_not_hold_is_told():
    named = [{"role": "user", "content": [{"type": "image", "path": "/etc/passwd"}]}]
    text = json.dumps({**WORKSPACE, "messages": named})
    found = imported(PAGE, Asked("import", text=text))
    assert [image.path for image in found.saved.conversation.images] == [""]
    assert found.notes == ("The image without a name is not in the file.",)


def test_an_image_that_a_file_has_many_times_is_unpacked_once_and_different_ones_are_bounded():
    def url(number: int) -> str:
        return f"data:image/png;n={number};base64,{base64.b64encode(PNG).decode()}"

    files = Unpacked()
    many = files.placed(look(*[Image(url(1)) for _ in range(1000)])).conversation.images
    assert len({image.path for image in many}) == 1
    files.placed(look(*[Image(url(n)) for n in range(512)]))
    with pytest.raises(InvalidInput, match="more than 512 images"):
        files.placed(look(Image(url(512))))


def test_the_bars_value_is_cut_down_before_it_is_sent_again():
    """Gradio would copy a file that an answer names to where everybody can read it."""
    file = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
    assert shown({**file, "key": "a", "name": "b", "number": 2}) == {
        "key": "a",
        "name": "b",
        "number": 2,
    }
    for hostile in (None, 3, file, [file], {"key": file, "name": file, "number": file}):
        assert shown(hostile) == {"key": "", "name": "", "number": 0}


def test_the_tab_tells_no_folder_of_the_server(tmp_path: Path):
    store = SessionStore(tmp_path)
    store.create("Talk", PAGE)
    assert str(tmp_path) not in repr(panel_value(store, None, PAGE, Asked()))


def test_a_data_url_that_is_no_picture_is_refused():
    svg = base64.b64encode(b"<svg onload='alert(1)'/>").decode()
    for url in (f"data:image/png;base64,{svg}", "data:image/png,abc", "data:;base64,%%%"):
        with pytest.raises(InvalidInput, match="not a PNG"):
            Unpacked().placed(look(Image(url)))


def test_a_session_of_the_page_that_is_gone_is_not_shown_as_current(tmp_path: Path):
    store = SessionStore(tmp_path)
    store.create("Talk", PAGE)
    now = {"key": "gone", "name": "Gone", "number": 4}
    value = panel_value(store, now, None, Asked())
    assert value["current"] == {"key": "", "name": "", "number": 0}
    assert value["shown"] is None
    for hostile in (None, 3, {"key": 3}, {"key": "talk", "number": "x"}):
        assert panel_value(store, hostile, PAGE, Asked())["total"] == 1
