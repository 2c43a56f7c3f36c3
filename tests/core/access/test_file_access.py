"""Which files may be opened: those of our own folders, however the path is written."""

from __future__ import annotations

import os
import socket
from pathlib import Path, PureWindowsPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.access.file_access import LONGEST_PATH, allowed_file, is_named_inside


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A folder with a picture, beside a secret that lies outside of it."""
    (tmp_path / "secret").write_text("secret")
    folder = tmp_path / "store"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "cat.png").write_bytes(b"pixels")
    return folder


def test_a_file_inside_is_allowed_however_deep(store: Path):
    inside = store / "inner" / "cat.png"
    assert allowed_file(str(inside), (store,)) == inside.resolve()
    assert allowed_file(str(inside), (store / "other", store)) == inside.resolve()
    assert allowed_file(str(inside), ()) is None


def test_a_store_that_is_reached_by_a_link_is_the_store(store: Path, tmp_path: Path):
    (tmp_path / "alias").symlink_to(store)
    for folder in (store, tmp_path / "alias"):
        for path in (store, tmp_path / "alias"):
            named = allowed_file(str(path / "inner" / "cat.png"), (folder,))
            assert (named is not None) == (path == store or folder == path)


HOSTILE: list[Any] = [
    None, 3, True, b"/x", ["x"], {"path": "x"}, "", " ", ".", "..", "/", "relative.png", "~/x",
    "/etc/passwd", "/proc/self/environ", "/dev/zero", "/dev/stdin", "{store}/../secret",
    "{store}/inner/../../secret", "{store}/", "{store}", "{store}/inner", "{store}/inner/cat.png\0",
    "{store}/\ud800", "{store}\\inner\\cat.png", "/{store}/inner/cat.png", "{store}x/cat.png",
    "file://{store}/inner/cat.png", "file:{store}/inner/cat.png", "http://127.0.0.1/x.png",
    "https://x/{store}/inner/cat.png", "\\\\host\\share\\x.png", "//host/share/x.png",
    "\\\\.\\C:\\x", "\\\\?\\UNC\\host\\x", "{store}/" + "x" * LONGEST_PATH, "{store}/" + "x" * 300,
    "{store}/link-out", "{store}/link-folder/secret", "{store}/loop", "{store}/pipe",
    "{store}/socket", "{store}/gone.png",
]  # fmt: skip


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: f"{path!a}"[:40])
def test_whatever_else_is_not(store: Path, tmp_path: Path, path: Any, monkeypatch):
    (store / "link-out").symlink_to(tmp_path / "secret")
    (store / "link-folder").symlink_to(tmp_path)
    (store / "loop").symlink_to(store / "loop")
    os.mkfifo(store / "pipe")
    monkeypatch.chdir(store)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        if isinstance(path, str):
            path = path.replace("{store}", str(store))
        assert allowed_file(path, (store,)) is None


def test_what_the_text_refuses_is_never_looked_at(store: Path, monkeypatch):
    """A look at a UNC path makes Windows connect to the machine that it names."""
    looked: list[str] = []
    stat, realpath = os.stat, os.path.realpath
    monkeypatch.setattr(os, "stat", lambda path, **how: looked.append(path) or stat(path, **how))
    monkeypatch.setattr(
        os.path, "realpath", lambda path, **how: looked.append(path) or realpath(path, **how)
    )
    for path in ("\\\\host\\share\\x.png", "//host/share/x.png", "/etc/passwd"):
        assert allowed_file(path, (store,)) is None
    assert {str(path) for path in looked} <= {str(store)}


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("C:\\store\\a.png", True),
        ("c:/STORE/a.png", True),
        ("C:\\store\\..\\a.png", False),
        ("C:\\store\\a.png:stream", False),
        ("C:store\\a.png", False),
        ("\\store\\a.png", False),
        ("\\\\host\\store\\a.png", False),
        ("\\\\?\\C:\\store\\a.png", False),
        ("\\\\.\\C:\\store\\a.png", False),
        ("D:\\store\\a.png", False),
        ("C:\\store", False),
    ],
)
def test_the_rules_of_windows(path: str, inside: bool):
    folder: Any = PureWindowsPath("C:\\store")
    assert is_named_inside(path, (folder,), PureWindowsPath) == inside


@given(st.text() | st.lists(st.sampled_from(["..", ".", "/", "store", "secret", "~", "\\", "x"])))
def test_no_text_leads_outside(tmp_path_factory, text: Any):
    folder = tmp_path_factory.getbasetemp() / "texts"
    (folder / "store").mkdir(parents=True, exist_ok=True)
    (folder / "secret").write_text("secret")
    path = f"{folder}/store/{text if isinstance(text, str) else ''.join(text)}"
    assert allowed_file(path, (folder / "store",)) is None
