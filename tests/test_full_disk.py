"""A disk that takes nothing more: the person reads why, and what was there before stays."""

from __future__ import annotations

import io
import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.hostile.driver import Seen, Visitor
from tests.serving import Server, running

ROOM = 20_000  # bytes of a file; the log stays smaller
LARGE = "x" * 2 * ROOM
UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    flags = ("--engine", "scripted", "--data-dir", str(tmp_path / "data"))
    with running(*flags, variables={"GRADIO_TEMP_DIR": str(tmp_path / "uploads")}) as server:
        yield server


@contextmanager
def full(server: Server) -> Iterator[None]:
    """No file of the server's can become larger than ROOM."""
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (ROOM, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, UNLIMITED)


def rows(text: str) -> list[dict[str, Any]]:
    return [{"id": "1", "role": "user", "text": text, "images": []}]


def save(visitor: Visitor, text: str, bar: Any = None) -> Seen:
    sent = {} if bar else {"name": "Talk"}
    return visitor.act("session", "save", sent, messages=rows(text), session=bar)


def save_preset(visitor: Visitor, name: str, text: str) -> str:
    """What went wrong."""
    told = {"act": "save", "name": name, "from_page": True, "holds": {"system": True}}
    messages = [{**rows(text)[0], "role": "system"}, *rows("Hi")]
    seen = visitor.act("presets", "own", told, messages=messages)
    return seen.error or seen.prop("presets", "reply")["error"]


def imported(visitor: Visitor, text: str) -> Seen:
    workspace = {"format": "lfm-playground-workspace", "version": 1,
                 "messages": [{"role": "user", "content": text}]}  # fmt: skip
    version = {"time": "2026-01-31T12:00:00", "workspace": workspace}
    file = {"format": "lfm-playground-session-file", "version": 1, "name": "Imported",
            "versions": [version]}  # fmt: skip
    told = {"act": "import", "text": json.dumps(file)}
    return visitor.act("sessions", "open", told)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def picture(size: int) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((size, size), 90).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_full_disk_is_a_sentence_and_everything_saved_before_stays(server: Server, tmp_path):
    visitor, data = Visitor(server.url), tmp_path / "data"
    bar = save(visitor, "before").data["session"]
    assert save_preset(visitor, "Before", "before") == ""
    before = contents(data)
    with full(server):
        for seen in (save(visitor, LARGE, bar), imported(visitor, LARGE)):
            assert seen.error
            assert seen.error.startswith("The session was not written: sessions/")
            assert ".json: File too large. What was saved before is still there." in seen.error
            assert str(data) not in seen.error
        said = save_preset(visitor, "Large", LARGE)
        assert "can't be used: File too large" in said
        with pytest.raises(PermissionError, match="507: The file was not saved: File too large"):
            visitor.upload("noise.png", picture(300))
        assert contents(data) == before
        assert visitor.call("generate", rows_of_api("Hi"), {}, 1).error is None
    assert save(visitor, LARGE, bar).data["session"]["number"] == 2
    assert save_preset(visitor, "Large", LARGE) == ""
    assert visitor.upload("noise.png", picture(300)).endswith("noise.png")
    assert "Traceback" not in server.log


def rows_of_api(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


@pytest.mark.thorough
def test_a_data_folder_that_can_not_be_written_is_a_sentence_and_the_page_opens(tmp_path: Path):
    data = tmp_path / "data"
    data.mkdir()
    for name in ("presets", "sessions"):
        (data / name).write_text("a file where the folder should be")
    before = contents(data)
    with running("--engine", "scripted", "--data-dir", str(data)) as server:
        visitor = Visitor(server.url)
        assert visitor.act("page", "load").error is None
        panel = visitor.act("sessions", "look", {"act": "refresh"}).data["sessions"]
        assert len(panel["broken"]) == 1
        assert "sessions can't be read: Not a directory" in panel["broken"][0]
        for seen in (save(visitor, "Hi"), imported(visitor, "Hi")):
            assert seen.error
            assert "The session was not written" in seen.error
        assert "can't be used" in save_preset(visitor, "Mine", "Hi")
        assert "Traceback" not in server.log
    assert contents(data) == before


@pytest.mark.thorough
def test_two_servers_on_one_data_folder_lose_nothing(server: Server, tmp_path: Path):
    data = tmp_path / "data"
    with running("--engine", "scripted", "--data-dir", str(data)) as other:
        first, second = Visitor(server.url), Visitor(other.url)
        bar = save(first, "0").data["session"]
        for number in range(1, 7):
            visitor = first if number % 2 else second
            saved = save(visitor, str(number), bar)
            assert saved.data["session"]["number"] == number + 1
            assert save_preset(visitor, f"Preset {number}", str(number)) == ""
        assert "already" in (save(second, "7").error or "")
        assert "already" in save_preset(second, "Preset 1", "7")
        for visitor in (first, second):
            shown = visitor.act("sessions", "look", {"act": "refresh", "unfold": "talk"})
            assert shown.data["sessions"]["sessions"][0]["versions"] == 7
        assert "Traceback" not in server.log + other.log
    assert len(list((data / "presets").glob("*.yaml"))) == 6
