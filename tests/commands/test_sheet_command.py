"""A sheet runs from the command line, says what came of it, and its status is of use to CI."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import app
from core.errors import InvalidInput
from core.sheets.command import SheetCommand, in_words, sheet_flags, time_in_words
from core.sheets.runner import Progress
from engine.scripted.scripted_engine import ScriptedEngine
from tests.shipped import LIBRARY

PRESETS = LIBRARY.presets
SHEET = """
format: lfm-playground-sheet
version: 1
prompt:
  messages:
    - {role: user, content: "!say {{word}}"}
lanes:
  - {preset: greedy}
  - {preset: creative}
checks:
  - {kind: equals, value: "{{word}}"}
  - {kind: length, most: 3}
rows: words.csv
"""


def command(folder: Path, **options) -> tuple[SheetCommand, list[str]]:
    (folder / "sheet.yaml").write_text(options.pop("text", SHEET))
    (folder / "words.csv").write_text("word\none\ntwo\nthree\n")
    said: list[str] = []
    options = {"resume": False, "fail_under": None, **options}
    made = SheetCommand(folder / "sheet.yaml", folder / "out.jsonl", **options, say=said.append)
    return made, said


def run(made: SheetCommand) -> int:
    return made.run(ScriptedEngine(tokens_per_second=500), PRESETS, made.read())


def test_a_sheet_runs_and_its_answers_are_written_with_the_checks(tmp_path: Path):
    made, said = command(tmp_path, fail_under=0.6)
    assert run(made) == 0
    assert said[-3:-1] == [
        "A, Greedy: 2 of 3 pass, 67% (95% interval 21 to 94%)",
        "B, Creative: 2 of 3 pass, 67% (95% interval 21 to 94%)",
    ]
    assert said[-1].startswith("Too few rows to compare B with A.")
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [(one["row"], one["lane"], one["passed"]) for one in lines] == [
        (1, "A", True), (1, "B", True), (2, "A", True), (2, "B", True), (3, "A", False),
        (3, "B", False),
    ]  # fmt: skip
    assert lines[0]["values"] == {"word": "one"}


def test_what_only_people_can_judge_is_left_out_and_said(tmp_path: Path):
    made, said = command(tmp_path, text=SHEET.replace("{kind: length, most: 3}", "{kind: review}"))
    assert [check.kind for check in made.read().checks] == ["equals"]
    assert said == ["The blind review is left out: people judge on the page."]


def test_it_goes_on_where_it_stood_and_fails_below_a_rate(tmp_path: Path):
    made, _ = command(tmp_path)
    run(made)
    out = tmp_path / "out.jsonl"
    kept = [json.loads(line) for line in out.read_text().splitlines()]
    out.write_text("\n".join(out.read_text().splitlines()[:4]) + '\n{"key": "cut')
    again, said = command(tmp_path, resume=True, fail_under=0.9)
    assert run(again) == 1
    assert said[-2:] == ["Lane A is below 90%.", "Lane B is below 90%."]
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert lines[:4] == kept[:4]
    assert [one["text"] for one in lines] == [one["text"] for one in kept]


def test_an_answer_that_can_not_be_judged_does_not_help_to_reach_a_rate(tmp_path: Path):
    made, said = command(
        tmp_path, text=SHEET.replace("equals,", "regex,").replace("most: 3", "most: 9"),
        fail_under=0.9,
    )  # fmt: skip
    (tmp_path / "words.csv").write_text("word\none\n(\nthree\n")
    assert run(made) == 1
    assert said[-4].endswith("2 of 2 pass, 100% (95% interval 34 to 100%), 1 undecided")
    assert said[-2] == "Lane A is below 90%."


def test_a_judge_is_a_run_of_its_own(tmp_path: Path):
    judge = (
        'checks:\n  - {kind: judge, value: "!say {\\"pass\\": true, \\"why\\": \\"{{answer}}\\"}"}'
    )
    made, said = command(tmp_path, text=SHEET.replace("checks:", judge), fail_under=0.6)
    assert run(made) == 0
    assert "judged by the model in use" in said
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [one["checks"]["judged by the model in use"] for one in lines[:6]] == [True] * 6
    assert {one.get("judge") for one in lines[6:]} == {"judged by the model in use"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"text": "x: 1"}, "no `format"),
        ({"text": SHEET.replace("words.csv", "none.csv")}, "none.csv can't be read: No such file"),
        ({"text": SHEET.replace("{{word}}", "{{town}}", 1)}, "variable town, but the sheet"),
        ({"text": SHEET.replace('value: "{{word}}"', 'value: "{{t}}"')}, "No value for variable t"),
        ({"text": SHEET[: SHEET.index("checks")], "fail_under": 0.5}, "The sheet has no checks"),
    ],
)  # fmt: skip
def test_what_can_not_run_is_said_in_a_sentence(tmp_path: Path, options, sentence):
    made, _ = command(tmp_path, **options)
    with pytest.raises(InvalidInput, match=sentence):
        run(made)


def test_an_existing_file_is_not_written_over(tmp_path: Path):
    made, _ = command(tmp_path)
    (tmp_path / "out.jsonl").write_text("mine")
    with pytest.raises(InvalidInput, match="exists. Use --resume"):
        run(made)


def test_progress_is_a_line():
    going = Progress("running", 40, 100, 2, 13.0, 3.14)
    assert in_words(going) == "40 of 100 answers, 2 failed, 3.1 a second, 19 s left"
    assert in_words(Progress("finished", 100, 100, 0, 200.0)) == "100 of 100 answers, in 3 min"
    assert time_in_words(9_000) == "2.5 h"


def test_flags_are_checked():
    options = sheet_flags(["x.yaml", "--out", "y.jsonl", "--fail-under", ".9"], "models/x")
    assert (options.fail_under, options.model) == (0.9, "models/x")
    for wrong in (["x.yaml"], ["x.yaml", "--out", "y", "--fail-under", "90"]):
        with pytest.raises(SystemExit):
            sheet_flags(wrong, "models/x")


def test_the_program_itself_runs_a_sheet(tmp_path: Path):
    command(tmp_path)
    asked = ["app.py", "sheet", "sheet.yaml", "--out", "out.jsonl", "--engine", "scripted"]
    asked[0] = str(app.ROOT / "app.py")
    ended = subprocess.run(
        [sys.executable, *asked, "--fail-under", "1"], cwd=tmp_path, capture_output=True, text=True
    )
    assert ended.returncode == 1, ended.stderr
    assert "Lane A is below 100%." in ended.stdout
