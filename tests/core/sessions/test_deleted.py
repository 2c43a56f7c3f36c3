"""What was deleted can be brought back, and does not fill the disk."""

from __future__ import annotations

import os
from datetime import datetime, tzinfo
from pathlib import Path

import pytest

from core.conversation import Conversation, message
from core.library.own_presets import OwnPresets
from core.sessions import deleted
from core.sessions.data_folder import ABANDONED, write_atomically
from core.sessions.session_store import SessionStore
from core.workspace import Workspace
from tests.core.library.test_preset_file import PLAIN

LONG_AGO = 1_000_000_000.0  # seconds since 1970


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    return SessionStore(tmp_path / "sessions")


def talk(text: str) -> Workspace:
    return Workspace(Conversation((message("user", text),)))


def age(path: Path, seconds: float) -> None:
    """Set back when it was changed."""
    facts = path.stat()
    os.utime(path, (facts.st_atime - seconds, facts.st_mtime - seconds))


def delete_sessions(store: SessionStore, count: int, text: str = "Hi") -> list[str]:
    """Their keys among the deleted ones, the one deleted first first."""
    keys: list[str] = []
    for number in range(count):
        for earlier in deleted_keys(store):
            age(store.folder / "deleted" / earlier, 10)
        keys.append(store.delete(store.create(f"Talk {number}", talk(text)).key))
    return keys


def deleted_keys(store: SessionStore) -> set[str]:
    return {session.key for session in store.deleted()}


def test_the_oldest_of_too_many_deleted_sessions_goes(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(deleted, "MOST_DELETED", 3)
    keys = delete_sessions(store, 5)
    assert deleted_keys(store) == set(keys[-3:])
    assert store.undelete(keys[-1]).versions[0].workspace == talk("Hi")
    assert sorted(os.listdir(store.folder / "deleted")) == sorted(keys[-3:-1])


def test_deleted_sessions_are_bounded_in_bytes_and_the_last_one_always_stays(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(deleted, "MOST_BYTES", 25_000)
    keys = delete_sessions(store, 4, "x" * 10_000)
    assert deleted_keys(store) == set(keys[-2:])
    last = store.delete(store.create("Large", talk("x" * 100_000)).key)
    assert deleted_keys(store) == {last}


def test_a_clock_that_is_set_back_costs_nobody_what_was_just_deleted(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(deleted, "MOST_DELETED", 1)
    for old in delete_sessions(store, 1):
        age(store.folder / "deleted" / old, -100_000)  # deleted tomorrow
    last = store.delete(store.create("Last", talk("Hi")).key)
    assert deleted_keys(store) == {last}


def test_the_oldest_of_too_many_deleted_presets_goes_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(deleted, "MOST_DELETED", 2)
    own = OwnPresets(tmp_path)
    (tmp_path / "deleted").mkdir()
    (tmp_path / "deleted" / "notes.txt").write_text("mine")
    (tmp_path / "deleted" / "folder.yaml").mkdir()
    names: list[str] = []
    for _ in range(4):
        for earlier in names[-2:]:
            age(tmp_path / "deleted" / earlier, 10)
        names.append(own.delete(own.save(PLAIN)))
    left = {"notes.txt", "folder.yaml", *names[-2:]}
    assert set(os.listdir(tmp_path / "deleted")) == left
    assert own.restore(names[-1]) == "own/mine"


def test_two_deleted_at_the_same_moment_are_both_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The second took the first one's place where a clock had been set back."""

    class Frozen(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Frozen:
            return cls(2026, 1, 31, 12)

    own, names = OwnPresets(tmp_path), []
    monkeypatch.setattr("core.library.own_presets.datetime", Frozen)
    for number in range(3):
        names.append(own.delete(own.save(PLAIN)))
        assert len(set(names)) == number + 1
    assert [own.restore(name) for name in names] == ["own/mine", "own/mine-2", "own/mine-3"]


def test_what_a_killed_server_was_writing_is_removed_after_an_hour(store: SessionStore):
    key = store.create("Talk", talk("one")).key
    versions = store.folder / key / "versions"
    abandoned = [store.folder / ".new-abc", versions / ".0002.json.abc.part"]
    recent = [store.folder / ".new-def", versions / ".0002.json.def.part"]
    for draft, part in (abandoned, recent):
        draft.mkdir()
        (draft / "session.json").write_text("{}")
        part.write_text("{")
    for path in abandoned:
        age(path, ABANDONED + 60)
    store.save(key, talk("two"))
    store.create("Other", talk("one"))
    assert [path.exists() for path in abandoned] == [False, False]
    assert [path.exists() for path in recent] == [True, True]
    assert [version.number for version in store.session(key).versions] == [1, 2]


def test_a_file_that_is_written_leaves_its_neighbours_alone(tmp_path: Path):
    other = tmp_path / ".other.yaml.abc.part"
    other.write_text("")
    os.utime(other, (LONG_AGO, LONG_AGO))
    write_atomically(tmp_path / "mine.yaml", "mine")
    assert other.exists()
