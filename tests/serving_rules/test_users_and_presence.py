"""Users and passwords, who is still there, and uploads that are cleaned."""

import os

import pytest

from serving import presence, upload_store
from serving.presence import Presence
from serving.upload_store import clean, upload_folder
from serving.users import BadUsers, entry_of, read_users
from tests.waiting import run

PASSWORD = "correct horse"


def allows(users, name: str, password: str) -> bool:
    return run(users.allows(name, password))


def test_users_log_in_by_the_password_of_their_entry_only(tmp_path):
    text = "\n".join(
        (entry_of("ann", PASSWORD, True), "# a comment", entry_of("bob", "12345678", False))
    )
    (tmp_path / "users.txt").write_text(text)
    for given in (text, str(tmp_path / "users.txt")):
        users = read_users(given)
        assert users.owners == {"ann"}
        assert allows(users, "ann", PASSWORD)
        assert allows(users, "bob", "12345678")
        assert not allows(users, "ann", "12345678")
        assert not allows(users, "eve", PASSWORD)
        assert not allows(users, "ann", "")
    assert PASSWORD not in text


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("/no/such/file", "can't be read"),
        ("ann:secret\n", "Line 1 of the users is not an entry"),
        ("../x:owner:AAAA:AAAA\n", "Line 1 of the users is not an entry"),
        ("# nobody: here\n", "No users were given"),
    ],
)
def test_entries_that_can_not_be_read_are_named(given, sentence):
    with pytest.raises(BadUsers, match=sentence):
        read_users(given)


def test_a_user_is_named_once():
    line = entry_of("ann", PASSWORD, True)
    with pytest.raises(BadUsers, match="Line 2 of the users repeats ann"):
        read_users(f"{line}\n{line}\n")


@pytest.mark.parametrize("name", ["", "Ann", "../x", "a" * 33, "a b", ".hidden", "ann\n"])
def test_names_that_would_be_no_safe_folder_are_refused(name):
    with pytest.raises(BadUsers, match="can't be used"):
        entry_of(name, PASSWORD, True)


def test_a_short_password_is_refused():
    with pytest.raises(BadUsers, match="has 7 characters"):
        entry_of("ann", "1234567", True)


def test_a_client_is_here_while_it_reads_and_a_moment_longer(monkeypatch):
    now = 100.0
    monkeypatch.setattr(presence, "monotonic", lambda: now)
    clients = Presence()
    clients.expect("ann")
    now += presence.NEVER_CAME_AFTER - 0.1
    assert clients.is_here("ann")
    now += 0.2
    assert not clients.is_here("ann")
    with clients.reading("ann"), clients.reading("ann"):
        now += 1000
        assert clients.is_here("ann")
    assert clients.is_here("ann")
    now += presence.GONE_AFTER + 0.1
    assert not clients.is_here("ann")


def test_a_client_that_nobody_knows_yet_has_a_moment_to_come(monkeypatch):
    """A plain call that came back for its answer after 50 ms was stopped at its first token."""
    now = 100.0
    monkeypatch.setattr(presence, "monotonic", lambda: now)
    clients = Presence()
    assert clients.is_here("call")
    now += presence.NEVER_CAME_AFTER - 0.1
    assert clients.is_here("call")
    now += 0.2
    assert not clients.is_here("call")


def test_a_client_that_leaves_right_after_it_came_is_gone_a_moment_later(monkeypatch):
    now = 100.0
    monkeypatch.setattr(presence, "monotonic", lambda: now)
    clients = Presence()
    clients.expect("ann")
    with clients.reading("ann"):
        now += 0.1
    now += presence.GONE_AFTER + 0.1
    assert not clients.is_here("ann")


def test_a_client_that_asks_again_while_it_reads_is_waited_for(monkeypatch):
    now = 100.0
    monkeypatch.setattr(presence, "monotonic", lambda: now)
    clients = Presence()
    with clients.reading("ann"):
        clients.expect("ann")
    now += presence.GONE_AFTER + 0.1
    assert clients.is_here("ann")


def test_uploads_that_are_too_old_or_too_many_go_oldest_first(tmp_path):
    for age, name in enumerate(("new", "middle", "old", "ancient")):
        file = tmp_path / name / "picture.png"
        file.parent.mkdir()
        file.write_bytes(bytes(100))
        changed = file.stat().st_mtime - 3600 * 10**age
        os.utime(file, (changed, changed))
    clean(str(tmp_path), most_bytes=200)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["middle", "new"]
    clean(str(tmp_path), oldest=2 * 3600)
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_the_folder_of_uploads_is_private_stays_the_same_and_is_never_a_link(tmp_path, monkeypatch):
    monkeypatch.setattr(upload_store.tempfile, "gettempdir", lambda: str(tmp_path))
    first = upload_folder(tmp_path / "data")
    assert upload_folder(tmp_path / "data") == first
    assert upload_folder(tmp_path / "other") != first
    assert os.stat(first).st_mode & 0o077 == 0
    os.rename(first, tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", first)
    assert os.path.realpath(upload_folder(tmp_path / "data")) != str(tmp_path / "elsewhere")
