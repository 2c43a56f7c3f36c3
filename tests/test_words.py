"""Texts follow the word list of CONTRIBUTING.md: phrases that read as if translated are listed."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
READ = ("components", "core", "engine", "serving", "benchmarks", "docs", "presets")
READ += ("app.py", "README.md")
KINDS = (".py", ".js", ".css", ".html", ".md", ".yaml")

# Each with what to write instead.
BANNED = {
    r"\bbeside\b": "in addition to, next to, second",
    r"\b(?:is|are) no (?:list|object|text|number|image|whole)\b": "must be a, is not a",
    r"\bThere is no act\b": "Unknown action",
    r"\bmend(?:s|ed|ing)?\b": "fix, repair",
    r"\bset-ups?\b": "template",
    r"\bended by itself\b": "Finished",
    r"\bmet a stop string\b": "stop string",
    r"\b(?:ms|s) in all\b": "total",
    r'"in all"': "total",
    r"\bequal ones\b": "identical",
    r"\bas in the sidebar\b": "Sidebar settings",
    r"\bnot (?:there|here) any more\b": "no longer",
    r"\bname it'": "Add label",
    r"\broom for \{": "left",
    r"· off: ": "put the off value into the help",
    r"\b1 messages\b": "1 message",
    r"\bparts? from (?:lane|the first)\b": "diverges from",
    r"\bwhite space behind\b": "white space after",
    r'"""Of ': "name the thing",
    r"[\d}] %(?= |[.,;:)`'\"])(?! \d| len)": "95%, without a space",
}  # fmt: skip


def texts() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *READ],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    paths = [ROOT / name for name in listed.stdout.splitlines() if name.endswith(KINDS)]
    return [path for path in paths if path.exists()]


def found(phrase: str) -> dict[str, str]:
    """Lines with the phrase, by file and line number."""
    pattern = re.compile(phrase, re.IGNORECASE)
    lines = {}
    for path in texts():
        name = path.relative_to(ROOT).as_posix()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            if pattern.search(line):
                lines[f"{name}:{number}"] = line.strip()
    return lines


@pytest.mark.parametrize("phrase", BANNED)
def test_no_text_has_a_phrase_of_the_list(phrase):
    assert not found(phrase), f"Write “{BANNED[phrase]}” instead."
