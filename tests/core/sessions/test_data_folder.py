"""A file of the data folder is the old one or the new one, whatever happens while it is written."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from platformdirs.macos import MacOS
from platformdirs.unix import Unix
from platformdirs.windows import Windows

from core.sessions import data_folder
from core.sessions.data_folder import default_data_folder, write_atomically
from tests.child import started

ROOT = Path(__file__).parents[3]
WRITER = """
import sys
from pathlib import Path
from core.sessions.data_folder import write_atomically
path, size = Path(sys.argv[1]), 400_000
print("ready", flush=True)
while True:
    for letter in "ab":
        write_atomically(path, letter * size)
"""


def test_the_folder_is_made_and_the_text_is_kept_byte_for_byte(tmp_path: Path):
    path = tmp_path / "deep" / "file.yaml"
    write_atomically(path, "one\r\ntwo\n")
    assert path.read_bytes() == b"one\r\ntwo\n"
    assert [one.name for one in path.parent.iterdir()] == ["file.yaml"]


def test_a_writer_that_is_killed_leaves_a_whole_file(tmp_path: Path):
    path = tmp_path / "file"
    path.write_text("a" * 400_000)
    for pause in (0.02, 0.05, 0.08, 0.11):
        writer = started("-c", WRITER, str(path), stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(timeout=pause)
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        text = path.read_text()
        assert len(text) == 400_000
        assert len(set(text)) == 1


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path):
    path = tmp_path / "file"
    write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "new \ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


LOCAL = "C:\\Users\\ann\\AppData\\Local"  # what Windows itself would say
SYSTEMS = [
    ("linux", Unix, ".local/share"),
    ("darwin", MacOS, "Library/Application Support"),
    ("win32", Windows, LOCAL),
]
NAMES = [name for name, *_ in SYSTEMS]


@pytest.fixture(params=SYSTEMS, ids=NAMES)
def usual(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder that a system has without settings of its user."""
    name, directories, folder = request.param
    monkeypatch.setattr(sys, "platform", name)
    monkeypatch.setattr(data_folder, "PlatformDirs", directories)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", LOCAL)
    monkeypatch.setenv("WIN_PD_OVERRIDE_LOCAL_APPDATA", LOCAL)
    return (Path() if folder == LOCAL else tmp_path) / folder / "lfm-playground"


def test_the_default_folder_obeys_the_system(usual: Path):
    assert default_data_folder() == usual


@pytest.mark.parametrize("usual", SYSTEMS[:2], ids=NAMES[:2], indirect=True)
def test_the_default_folder_follows_xdg(
    usual: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "chosen"))
    assert default_data_folder() == tmp_path / "chosen" / "lfm-playground"


@pytest.mark.parametrize("usual", SYSTEMS[1:2], ids=NAMES[1:2], indirect=True)
def test_a_macs_folder_from_before_xdg_counted_there_is_still_found(
    usual: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "chosen"))
    usual.mkdir(parents=True)
    assert default_data_folder() == usual


@pytest.mark.parametrize("usual", SYSTEMS[2:], ids=NAMES[2:], indirect=True)
def test_a_folder_below_a_changed_localappdata_is_still_found(
    usual: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    assert default_data_folder() == usual
    (tmp_path / "lfm-playground").mkdir()
    assert default_data_folder() == tmp_path / "lfm-playground"
