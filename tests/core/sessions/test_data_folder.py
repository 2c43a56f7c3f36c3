"""A file of the data folder is the old one or the new one, whatever happens while it is written."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.sessions.data_folder import default_data_folder, write_atomically

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
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, cwd=ROOT
        )
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


def test_the_default_folder_obeys_the_system(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert default_data_folder() == Path("/data/lfm-playground")
