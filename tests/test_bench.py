"""The benchmark with a network so small that it is quick and that its numbers say nothing."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.__main__ import flags, main
from benchmarks.measure import Measure, NotMeasured, Result
from benchmarks.measures import MEASURES
from benchmarks.rounds import take
from benchmarks.sizes import SMALL
from benchmarks.table import as_table, write_page
from tests.amounts import every, thorough

ROOT = Path(__file__).parents[1]
KEYS = {"name", "value", "must", "aim", "higher_is_better"}


def bench(*flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", "--small", *flags]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.thorough
def test_the_measures_that_are_named_are_taken_and_written_down(tmp_path):
    file = tmp_path / "figures.json"
    names = ["sampler_share", "lanes_4_350m_llama", "lanes_4_350m"]
    only = [word for name in names for word in ("--only", name)]
    done = bench(*only, "--rounds", "1", "--json", str(file))
    assert done.returncode == 0, done.stderr
    assert "these numbers mean nothing" in done.stdout
    lanes, llama, sampler = json.loads(file.read_text())
    assert set(lanes) == set(sampler) == KEYS
    assert (lanes["name"], lanes["must"], lanes["aim"]) == ("lanes_4_350m", 5.5, 7.5)
    assert lanes["value"] > 0
    assert 0 < sampler["value"] < 1
    assert not sampler["higher_is_better"]
    assert llama["must"] == 1.0
    if find_spec("llama_cpp") and find_spec("gguf"):
        assert llama["value"] > 0
    else:
        assert llama["value"] is None
        assert "llama_cpp" in llama["note"]
    for name in names:
        assert name in done.stdout


def test_an_unknown_measure_is_refused_and_the_known_ones_are_named():
    with pytest.raises(SystemExit, match="Unknown measure 'lanes'; use lanes_4_350m, "):
        flags(["--only", "lanes"])


def test_rows_of_the_page_are_replaced_or_added(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Speed\n\n|a|b|\n|---|---|\n|one|1|\n|two|2|\n\nEnd.\n")
    made = [Result(replace(MEASURES[0], name=name), (3.0, 4.0)) for name in ("two", "three")]
    write_page(made, page)
    *_, one, two, three, gap, end = page.read_text().splitlines()
    assert (one, gap, end) == ("|one|1|", "", "End.")
    assert two == "|two|3.5 (3-4)|≥ 5.5|≥ 7.5|"
    assert three.startswith("|three|3.5")


def test_a_busy_machine_is_refused(monkeypatch):
    monkeypatch.setattr(os, "getloadavg", lambda: (2.4, 1.0, 1.0))
    monkeypatch.setattr(sys, "argv", ["bench"])
    with pytest.raises(SystemExit, match="the load of the last minute is 2.4"):
        main()


def test_less_than_one_round_is_refused():
    with pytest.raises(SystemExit, match="--rounds is 0; it must be 1 or more."):
        flags(["--rounds", "0"])


SLOW = () if thorough() else ("clients_16",)  # it starts two servers
ENGINES = [m.name for m in MEASURES if m.subject != "page" and m.name not in SLOW]
PAGES = [measure.name for measure in MEASURES if measure.subject == "page"]


@pytest.mark.thorough
@pytest.mark.parametrize("name", PAGES)
def test_every_measure_of_the_page_gives_an_amount(name):
    measure = next(measure for measure in MEASURES if measure.name == name)
    (result,) = take([measure], 1, SMALL)
    assert result.value, result.note
    assert name != "page_kilobytes" or "KB before compression" in as_table([result])


@pytest.mark.parametrize("name", every(5, ENGINES))
def test_every_measure_gives_a_ratio_or_says_why_not(name):
    measure = next(measure for measure in MEASURES if measure.name == name)
    (result,) = take([measure], 1, SMALL)
    assert not result.broken, result.note
    assert (result.value is None) == bool(result.note)
    assert result.value is None or result.value > 0


def made(higher: bool, must: float | None = 2.0) -> Measure:
    aim = 3.0 if higher else 1.0
    return Measure("a", "what it is", "350m", lambda _: 1.0, must, aim, higher)


@pytest.mark.parametrize(
    ("higher", "value", "verdict"),
    [
        (True, 3.0, "aim"), (True, 2.5, "must"), (True, 1.9, "MISSED"),
        (False, 1.0, "aim"), (False, 1.5, "must"), (False, 2.1, "MISSED"),
    ],
)  # fmt: skip
def test_the_table_says_which_goal_the_median_reaches(higher, value, verdict):
    result = Result(made(higher), (0.0, value, 9.0))
    assert result.value == value
    assert f"  {verdict}  " in as_table([result])


def test_a_measure_without_a_must_misses_nothing():
    assert Result(made(True, must=None), (1.0,)).verdict == "-"


def test_what_breaks_is_a_line_of_the_table_and_the_others_go_on(capfd):
    def breaks(_: object) -> float:
        raise ValueError("no such step")

    def not_here(_: object) -> float:
        raise NotMeasured("Needs a lake")

    broken = Measure("broken", "", "350m", breaks, None, 1.0)
    absent = Measure("absent", "", "350m", not_here, None, 1.0)
    fine = made(True)
    results = take([broken, absent, fine], 2, SMALL)
    assert [result.broken for result in results] == [True, False, False]
    assert [result.note for result in results] == ["Failed: no such step", "Needs a lake", ""]
    assert results[2].ratios == (1.0, 1.0)
    assert "ValueError" in capfd.readouterr().err
