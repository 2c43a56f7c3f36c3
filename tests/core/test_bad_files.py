"""One bad file among presets or sessions is named and left alone; all others are read."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from core.conversation import Conversation, message
from core.errors import InvalidInput
from core.library.own_presets import OwnPresets
from core.library.preset_file import preset_text
from core.sessions.session_store import SessionStore
from core.workspace import Workspace
from tests.core.library.test_preset_file import PLAIN
from tests.core.strays import NO_FILES, Plant

PATIENCE = 10.0  # seconds
TEXT = preset_text(PLAIN)
BAD_PRESETS = {
    "cut off": TEXT[: len(TEXT) // 2],
    "a budget that divides by zero": f"{TEXT}images:\n  downsample_factor: 0\n",
    "a number beyond all": TEXT.replace("top_k: 5", "top_k: 1e999"),
    "infinity": TEXT.replace("top_k: 5", "top_k: .inf"),
    "no number": TEXT.replace("top_k: 5", "top_k: .nan"),
    "half of a character": f'{TEXT}system: "\\uD800"\n',
    "a list of lists of a billion names": "a: &a 1\n"
    + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
        for before, name in zip("abcdefghi", "bcdefghij", strict=True)
    )
    + "kind: *j\n",
}
WORKSPACE = {"messages": [{"role": "user", "content": "Hi"}]}


def within(seconds: float, work: Callable[[], Any]) -> Any:
    """What it gives. Fails where it takes longer: a pipe once held every page of a server."""
    found: Future[Any] = Future()

    def run() -> None:
        try:
            found.set_result(work())
        except BaseException as error:
            found.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return found.result(seconds)


@pytest.fixture
def own(tmp_path: Path) -> OwnPresets:
    own = OwnPresets(tmp_path / "presets")
    own.save(PLAIN)
    return own


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    store = SessionStore(tmp_path / "sessions")
    for name in ("Good", "Bad"):
        store.create(name, talk("one"))
        store.save(name.lower(), talk("two"))
    return store


def talk(text: str) -> Workspace:
    return Workspace(Conversation((message("user", text),)))


def inode(path: Path) -> tuple[int, int]:
    facts = path.lstat()
    return facts.st_ino, facts.st_mtime_ns


# -- presets ---------------------------------------------------------------------------------
@pytest.mark.parametrize("plant", NO_FILES.values(), ids=NO_FILES)
def test_what_is_no_preset_file_is_named_and_the_others_are_read(own: OwnPresets, plant: Plant):
    bad = own.folder / "bad.yaml"
    plant(bad)
    before = inode(bad)
    shelf = within(PATIENCE, own.read)
    assert list(shelf.presets) == ["own/mine"]
    assert list(shelf.broken) == ["bad.yaml"]
    assert shelf.broken["bad.yaml"].startswith("bad.yaml: ")
    assert within(PATIENCE, lambda: own.save(PLAIN, "own/bad", replaces=True)) == "own/mine"
    assert inode(bad) == before


@pytest.mark.parametrize("text", BAD_PRESETS.values(), ids=BAD_PRESETS)
def test_a_preset_with_bad_content_is_named_and_the_others_are_read(own: OwnPresets, text: str):
    bad = own.folder / "bad.yaml"
    bad.write_text(text)
    shelf = within(PATIENCE, own.read)
    assert list(shelf.presets) == ["own/mine"]
    assert shelf.broken["bad.yaml"].startswith("bad.yaml")
    shelf.broken["bad.yaml"].encode()
    assert len(shelf.broken["bad.yaml"]) < 1000
    assert bad.read_text() == text


# -- sessions --------------------------------------------------------------------------------
@pytest.mark.parametrize("plant", NO_FILES.values(), ids=NO_FILES)
@pytest.mark.parametrize("name", ["session.json", "versions/0001.json", "versions", ""])
def test_what_is_no_session_file_is_named_and_the_others_are_read(
    store: SessionStore, name: str, plant: Plant
):
    bad = store.folder / "bad" / name
    bad.rename(store.folder.parent / "moved")
    plant(bad)
    before = inode(bad)
    sessions, broken = within(PATIENCE, store.sessions)
    assert "Good" in [session.name for session in sessions]
    told = [*broken, *(one for session in sessions for one in session.broken)]
    if not (name in ("versions", "") and bad.is_dir()):  # an empty folder is no mistake
        assert len(told) == 1
        assert "bad" in told[0]
    assert inode(bad) == before

    def save() -> str:
        try:
            return f"version {store.save('bad', talk('three')).versions[-1].number}"
        except InvalidInput as error:
            return str(error)

    said = within(PATIENCE, save)
    expected = "version 3" if name == "versions/0001.json" else "version 1"
    assert said == expected or "bad" in said
    assert inode(bad)[0] == before[0]


def version_with(**fields: Any) -> str:
    workspace = {"format": "lfm-playground-workspace", "version": 1, "messages": []}
    return json.dumps({"time": "2026-01-31T12:00:00", "workspace": {**workspace, **fields}})


def named(name: str) -> str:
    head = {"format": "lfm-playground-session", "layout": 1, "name": name, "version_names": {}}
    return json.dumps(head)


HALF = [{"role": "user", "content": "\ud800"}]
BAD_VERSIONS = {
    "cut off": version_with()[:60],
    "a budget that divides by zero": version_with(images={"downsample_factor": 0}),
    "a number beyond all": version_with(sampling={"top_k": 0}).replace("0}", "1e999}"),
    "a whole number beyond all": version_with(sampling={"top_k": 10**4200}),
    "no number": version_with(sampling={"temperature": float("nan")}),
    "infinity of images": version_with(images={"max_tiles": float("inf")}),
    "half of a character": version_with(messages=HALF),
    "half of a character in a tool": version_with(tools="\ud800"),
    "half of a character in a preset": version_with(preset="\ud800"),
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("text", BAD_VERSIONS.values(), ids=BAD_VERSIONS)
def test_a_version_with_bad_content_is_named_and_the_others_are_read(
    store: SessionStore, text: str
):
    bad = store.folder / "bad" / "versions" / "0001.json"
    bad.write_text(text)
    sessions, broken = within(PATIENCE, store.sessions)
    assert [session.name for session in sessions] == ["Bad", "Good"]
    assert broken == ()
    (told,) = sessions[0].broken
    assert str(bad) in told
    told.encode()
    assert [version.number for version in sessions[0].versions] == [2]
    assert bad.read_text() == text


def test_half_of_a_character_in_a_name_would_break_every_page_that_lists_it(store: SessionStore):
    bad = store.folder / "bad" / "session.json"
    bad.write_text(named("\ud800"))
    sessions, broken = store.sessions()
    assert [session.name for session in sessions] == ["Good"]
    assert str(bad) in broken[0]
    bad.write_text(named("\U0001f600"))  # two halves of one
    assert "\U0001f600" in [session.name for session in store.sessions()[0]]


# -- without permission ----------------------------------------------------------------------
@pytest.fixture
def without_privileges(tmp_path: Path) -> Iterator[None]:
    """Root may read everything; a process of root's becomes somebody who may not."""
    root = os.name == "posix" and os.geteuid() == 0
    if root:
        for path in [tmp_path, *tmp_path.rglob("*")]:
            os.chown(path, 65534, 65534)
        for parent in tmp_path.parents:
            if parent.stat().st_uid == 0 and parent not in (Path("/"), Path("/tmp")):
                parent.chmod(parent.stat().st_mode | 0o011)
        os.seteuid(65534)
    yield
    if root:
        os.seteuid(0)


@pytest.mark.parametrize("what", ["a file", "a folder"])
def test_a_session_without_permission_is_named_and_the_others_are_read(
    store: SessionStore, without_privileges, what: str
):
    bad = store.folder / "bad" / ("session.json" if what == "a file" else "")
    bad.chmod(0)
    try:
        sessions, broken = SessionStore(store.folder).sessions()
        assert [session.name for session in sessions] == ["Good"]
        assert "bad" in broken[0]
        assert "Permission denied" in broken[0]
    finally:
        bad.chmod(0o700)


def test_a_preset_without_permission_is_named_and_the_others_are_read(
    own: OwnPresets, without_privileges
):
    bad = own.folder / "bad.yaml"
    bad.write_text(TEXT)
    bad.chmod(0)
    shelf = own.read()
    assert list(shelf.presets) == ["own/mine"]
    assert shelf.broken == {"bad.yaml": "bad.yaml: Permission denied."}


def test_a_folder_of_presets_without_permission_is_named(own: OwnPresets, without_privileges):
    own.folder.chmod(0)
    try:
        assert own.read().broken == {"presets": "presets: Permission denied."}
    finally:
        own.folder.chmod(0o700)
