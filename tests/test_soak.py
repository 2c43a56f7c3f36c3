"""The soak in small: every kind of visitor, for seconds."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from soak.__main__ import flags

ROOT = Path(__file__).parents[1]


def soak(*flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "soak", *flags]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.thorough
def test_visitors_of_every_kind_break_nothing():
    done = soak("--minutes", "0.2", "--visitors", "16")
    assert done.returncode == 0, done.stdout + done.stderr
    for kind in ("runs read to the end", "runs left in the middle", "hostile inputs"):
        assert re.search(rf"[1-9]\d* {kind}", done.stdout), done.stdout
    for figure in ("time to first token: median", "longest pause of a run: median", "at the end:"):
        assert figure in done.stdout
    assert "Nothing broke, nothing hung, nothing grew." in done.stdout


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("--minutes", "0"), "--minutes is 0.0; it must be above 0"),
        (("--minutes", "nan"), "--minutes is nan; it must be above 0"),
        (("--visitors", "0"), "--visitors is 0; it must be from 1 to 200."),
    ],
)
def test_flags_out_of_range_are_named(given, sentence, capsys):
    with pytest.raises(SystemExit):
        flags(given)
    assert sentence in capsys.readouterr().err
