"""The folder of uploads: bounded, and whatever else lies in it harms nobody."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.upload_store import clean
from tests.core.strays import NO_FILES
from tests.hostile.driver import Visitor
from tests.serving import Server, running

DAY = 86_400.0


def put(folder: Path, name: str, size: int, days: float) -> Path:
    path = folder / f"hash of {name}" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x" * size)
    then = path.stat().st_mtime - days * DAY
    os.utime(path, (then, then))
    return path


def test_the_oldest_uploads_go_until_the_rest_fits(tmp_path: Path):
    paths = [put(tmp_path, f"{days}.png", 100, days) for days in range(5)]
    clean(str(tmp_path), most_bytes=250)
    assert [path.exists() for path in paths] == [True, True, False, False, False]
    assert len(list(tmp_path.iterdir())) == 2


def test_an_upload_of_thirty_days_goes_although_there_is_room(tmp_path: Path):
    paths = [put(tmp_path, f"{days}.png", 100, days) for days in (0, 29, 31)]
    clean(str(tmp_path))
    assert [path.exists() for path in paths] == [True, True, False]


def test_what_is_no_upload_is_left_alone_and_breaks_no_cleaning(tmp_path: Path):
    uploads, outside = tmp_path / "uploads", tmp_path / "outside"
    kept = put(outside, "mine.png", 100, 99)
    old = put(uploads, "old.png", 100, 99)
    (uploads / "link").symlink_to(outside)
    (uploads / "hash of old.png" / "pipe").symlink_to(kept)
    for name, plant in NO_FILES.items():
        if name != "100 MB":
            plant(uploads / name)
    clean(str(uploads), most_bytes=0)
    assert kept.exists()
    assert not old.exists()
    assert {path.name for path in uploads.iterdir()} > NO_FILES.keys() - {"100 MB"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "uploads").mkdir()
    for name, plant in NO_FILES.items():
        if name != "100 MB":
            plant(tmp_path / "uploads" / name)
    variables = {"GRADIO_TEMP_DIR": str(tmp_path / "uploads")}
    with running("--engine", "scripted", variables=variables) as server:
        yield server


def test_a_pipe_or_a_loop_among_the_uploads_holds_no_page(server: Server, tmp_path: Path):
    """What is asked for is answered at once, by a sentence, and the log tells of no crash."""
    visitor = Visitor(server.url, patience=5)
    for name in NO_FILES:
        path = str(tmp_path / "uploads" / name)
        reply = visitor.request("GET", f"gradio_api/file={path.replace(' ', '%20')}")
        assert reply.status in (403, 404), name
    assert visitor.upload("a.txt", b"text").endswith("a.txt")
    assert "Traceback" not in server.log
