"""Sessions on the disk: versions are only ever added, and nothing that was saved is lost."""

import json
import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.conversation import Conversation, Image, message
from core.errors import InvalidInput
from core.sessions.session_files import Version
from core.sessions.session_images import by_content
from core.sessions.session_store import SessionStore
from core.workspace import Workspace
from tests.amounts import amount
from tests.child import started
from tests.core.test_workspace_json import WORKSPACES

ROOT = Path(__file__).parents[3]
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(
    lambda name: any(letter.isprintable() and not letter.isspace() for letter in name)
)
SAVER = """
import sys
from pathlib import Path
from core.conversation import Conversation, message
from core.workspace import Workspace
from core.sessions.session_store import SessionStore
store, number = SessionStore(Path(sys.argv[1])), 0
print("ready", flush=True)
while True:
    number += 1
    text = f"{number} " + "x" * 300_000
    saved = Workspace(Conversation((message("user", text),)))
    if number % 3:
        key = store.save("talk", saved, f"version {number}").key
    else:
        key = store.create(f"new {number}", saved).key
    print(key, len(store.session(key).versions), number, flush=True)
"""


def talk(text: str, *images: Image) -> Workspace:
    return Workspace(Conversation((message("user", text, images),)))


def texts(store: SessionStore, key: str) -> list[str]:
    return [v.workspace.conversation.messages[0].text for v in store.session(key).versions]


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    return SessionStore(tmp_path / "sessions", [tmp_path])


@settings(max_examples=amount(12, 40))
@given(NAMES, st.lists(st.tuples(WORKSPACES, st.none() | NAMES), min_size=1, max_size=3))
def test_whatever_is_saved_comes_back_in_a_new_server(tmp_path_factory, name, saved):
    folder = tmp_path_factory.mktemp("data")
    store = SessionStore(folder)
    (first, label), *others = saved
    key = store.create(name, first, label or "").key
    for workspace, version_name in others:
        store.save(key, workspace, version_name or "")
    session = SessionStore(folder).session(key)
    assert session.name == store.session(key).name
    assert [v.number for v in session.versions] == list(range(1, len(saved) + 1))
    assert session.broken == ()
    for version, (workspace, _) in zip(session.versions, saved, strict=True):
        assert by_content(version.workspace, [folder]) == by_content(workspace, [folder])


def test_an_earlier_version_is_never_rewritten(store: SessionStore):
    key = store.create("Talk", talk("one")).key
    first = store.folder / key / "versions" / "0001.json"
    before = (first.read_bytes(), first.stat().st_ino, first.stat().st_mtime_ns)
    store.save(key, talk("two"), "with two")
    store.name_version(key, 1, "the first")
    store.rename(key, "Other")
    assert (first.read_bytes(), first.stat().st_ino, first.stat().st_mtime_ns) == before
    session = store.session(key)
    assert [v.name for v in session.versions] == ["the first", "with two"]
    assert session.name == "Other"
    assert store.name_version(key, 1, " ").versions[0].name == ""


def test_two_servers_that_save_at_the_same_time_lose_nothing(store: SessionStore):
    key = store.create("Talk", talk("0")).key

    def save(start: int) -> None:
        other = SessionStore(store.folder)
        for number in range(start, start + 10):
            other.save(key, talk(str(number)))

    savers = [threading.Thread(target=save, args=(start,)) for start in (1, 11, 21)]
    for saver in savers:
        saver.start()
    for saver in savers:
        saver.join()
    assert sorted(map(int, texts(store, key))) == list(range(31))


def test_a_server_that_is_killed_while_it_saves_loses_nothing_saved_before(tmp_path: Path):
    SessionStore(tmp_path).create("talk", talk("0"))
    said: list[list[str]] = []
    for pause in (0.05, 0.11, 0.17, 0.23):
        for old in tmp_path.glob("new-*"):
            SessionStore(tmp_path).delete(old.name)
        server = started("-c", SAVER, str(tmp_path), stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        server.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            server.wait(timeout=pause)
        os.kill(server.pid, signal.SIGKILL)
        said = [line.split() for line in server.stdout if line.endswith("\n")]
        server.wait()
        server.stdout.close()
        store = SessionStore(tmp_path)
        sessions, broken = store.sessions()
        assert broken == ()
        assert all(s.broken == () and s.versions for s in sessions)
        for key, versions, number in said:
            kept = texts(store, key)[int(versions) - 1]
            assert kept == f"{number} " + "x" * 300_000
    assert said  # the last one had time to save


def test_images_survive_the_folder_they_came_from(store: SessionStore, tmp_path: Path):
    upload = tmp_path / "upload.PNG"
    upload.write_bytes(b"picture")
    key = store.create("Look", talk("see", Image(str(upload), "cat"))).key
    store.save(key, talk("again", Image(str(upload), "same cat")))
    upload.unlink()
    copies = list((store.folder / key / "images").iterdir())
    assert len(copies) == 1
    for version, name in zip(store.session(key).versions, ("cat", "same cat"), strict=True):
        (image,) = version.workspace.conversation.images
        assert Path(image.path).read_bytes() == b"picture"
        assert image.name == name


def test_an_image_that_is_gone_keeps_its_name_and_the_rest_is_saved(store: SessionStore):
    key = store.create("Look", talk("see", Image("/nowhere/cat.png", "cat"))).key
    assert store.session(key).versions[0].workspace == talk("see", Image("", "cat"))


def test_an_image_from_elsewhere_is_never_copied_into_a_session(tmp_path: Path):
    """Only what a page may show: a path in a workspace once was read wherever it led."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    store = SessionStore(tmp_path / "sessions", [tmp_path / "uploads"])
    key = store.create("Look", talk("see", Image(str(secret), "s"))).key
    assert store.session(key).versions[0].workspace == talk("see", Image("", "s"))
    assert not (store.folder / key / "images").exists()


def test_a_session_file_can_not_reach_other_files(store: SessionStore, tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    key = store.create("Look", talk("see", Image(str(secret), "s"))).key
    path = store.folder / key / "versions" / "0001.json"
    value = json.loads(path.read_text())
    for wanted in ("images/../../../secret", str(secret), "../secret", "images/x/y"):
        value["workspace"]["messages"][0]["content"][0]["path"] = wanted
        path.write_text(json.dumps(value))
        (image,) = SessionStore(store.folder).session(key).versions[0].workspace.conversation.images
        assert image.path == ""


@pytest.mark.parametrize("content", ["", "{", "[]", "[" * 100_000, '{"time": 3}', "\ud800"])
def test_a_broken_version_is_named_and_stays(store: SessionStore, content: str):
    key = store.create("Talk", talk("one")).key
    store.save(key, talk("two"))
    path = store.folder / key / "versions" / "0001.json"
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    session = store.session(key)
    assert [v.number for v in session.versions] == [2]
    assert len(session.broken) == 1
    assert str(path) in session.broken[0]
    assert store.save(key, talk("three")).versions[-1].number == 3
    assert path.read_bytes() == content.encode("utf-8", "surrogatepass")
    with pytest.raises(InvalidInput, match="no version 1 that can be read"):
        session.version(1)


@pytest.mark.parametrize(
    "value",
    [{}, {"format": "lfm-playground-session", "layout": 9}, {"name": 3}, {"version_names": [1]}],
)
def test_a_session_whose_names_can_not_be_read_is_named_and_the_others_are_listed(
    store: SessionStore, value: dict
):
    store.create("Good", talk("fine"))
    path = store.folder / store.create("Bad", talk("x")).key / "session.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **value} if value else value))
    sessions, broken = store.sessions()
    assert [s.name for s in sessions] == ["Good"]
    assert len(broken) == 1
    assert str(path) in broken[0]
    with pytest.raises(InvalidInput, match="left as it is"):
        store.save("bad", talk("y"))


def test_delete_can_be_undone_and_the_name_may_be_taken_meanwhile(store: SessionStore):
    key = store.create("Talk", talk("one")).key
    store.save(key, talk("two"), "v2")
    gone = store.delete(key)
    assert store.sessions() == ((), ())
    assert [s.name for s in store.deleted()] == ["Talk"]
    with pytest.raises(InvalidInput, match="session 'talk' no longer exists"):
        store.save(key, talk("three"))
    store.create("talk", talk("other"))
    back = store.undelete(gone)
    assert back.name == "Talk 2"
    assert texts(store, back.key) == ["one", "two"]
    assert back.versions[1].name == "v2"
    assert store.deleted() == ()
    assert texts(store, "talk") == ["other"]


def test_deleting_the_same_name_twice_keeps_both(store: SessionStore):
    for text in ("one", "two"):
        store.delete(store.create("Talk", talk(text)).key)
    assert len(store.deleted()) == 2


def test_a_duplicate_goes_its_own_way(store: SessionStore, tmp_path: Path):
    upload = tmp_path / "a.png"
    upload.write_bytes(b"picture")
    key = store.create("Talk", talk("one", Image(str(upload), "a")), "start").key
    copy = store.duplicate(key)
    assert (copy.name, copy.versions[0].name) == ("Talk 2", "start")
    assert copy.versions[0].time == store.session(key).versions[0].time
    store.delete(key)
    store.save(copy.key, talk("two"))
    assert texts(store, copy.key) == ["one", "two"]
    (image,) = store.session(copy.key).versions[0].workspace.conversation.images
    assert Path(image.path).read_bytes() == b"picture"


@pytest.mark.parametrize("name", ["", " \n", "x" * 121, None, 3])
def test_a_name_that_is_none_is_refused(store: SessionStore, name):
    with pytest.raises(InvalidInput, match="The name has"):
        store.create(name, talk("x"))
    assert store.sessions() == ((), ())


def test_a_name_is_used_once(store: SessionStore):
    key = store.create("Talk", talk("x")).key
    other = store.create("Other", talk("x")).key
    with pytest.raises(InvalidInput, match="already"):
        store.create(" talk ", talk("y"))
    with pytest.raises(InvalidInput, match="already"):
        store.rename(other, "TALK")
    assert store.rename(key, "TALK").name == "TALK"


@pytest.mark.parametrize("key", ["..", "deleted", "", "a/b", "/", "Talk", "\0", "a" * 300])
def test_a_key_from_a_browser_reaches_no_other_folder(store: SessionStore, key: str):
    store.delete(store.create("Talk", talk("x")).key)
    with pytest.raises(InvalidInput, match="no longer exists"):
        store.session(key)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Émile: a/b", "emile-a-b"),
        ("日本語", "session"),
        ("../..", "session"),
        ("Deleted", "deleted"),
        ("con", "session-con"),
    ],
)
def test_folders_have_names_that_every_system_allows(store: SessionStore, name: str, key: str):
    made = store.create(name, talk("x"))
    assert made.name == name
    assert made.key == (key if key != "deleted" else "deleted-2")
    assert store.session(made.key).name == name


def test_a_disk_that_refuses_is_said_and_leaves_no_half_session(tmp_path: Path):
    (tmp_path / "sessions").write_text("a file where the folder should be")
    store = SessionStore(tmp_path / "sessions")
    with pytest.raises(InvalidInput, match="was not written"):
        store.create("Talk", talk("x"))
    whole = SessionStore(tmp_path / "other")
    with pytest.raises(InvalidInput, match="half of a character"):
        whole.create("Talk", talk("\ud800"))
    assert list(whole.folder.iterdir()) == []


def test_a_session_comes_with_its_versions(store: SessionStore):
    versions = [
        Version(4, "2026-01-31T12:00:00", "a", talk("x")),
        Version(9, "2026-02-01", "", talk("y")),
    ]
    session = store.add("Imported", versions)
    assert [(v.number, v.name) for v in session.versions] == [(1, "a"), (2, "")]
    assert session.versions[0].time == "2026-01-31T12:00:00"
