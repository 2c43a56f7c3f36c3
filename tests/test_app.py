"""The program: its flags, the lazy gate to torch, and what a start without a model says."""

import subprocess
import sys
from pathlib import Path

import pytest

import app
from core.conversation import Conversation, message
from core.runs.events import Failed
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Request
from engine.starting import StartingEngine

ROOT = Path(__file__).parents[1]
ASKED = Request("A", Conversation((message("user", "Hi"),)), SamplingParams(), VisionBudget())


def python(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_the_whole_scripted_page_is_built_without_torch():
    done = python(
        "import sys, app\n"
        "engine = app.make_engine(app.flags(['--engine', 'scripted']))\n"
        "app.build_page(engine, app.read_library(app.ROOT / 'presets'))\n"
        "print(sorted({'torch', 'transformers'} & set(sys.modules)))"
    )
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.thorough
def test_a_torchvision_of_another_build_is_one_sentence(tmp_path):
    """A CPU-only torch beside the usual torchvision breaks the import of all of Transformers."""
    broken = tmp_path / "torch.py"
    broken.write_text("raise RuntimeError('operator torchvision::nms does not exist')")
    done = python(
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import app\n"
        "engine = app.make_engine(app.flags([]))\n"
        "engine.start()\n"
        "[*engine.load('x')]"
    )
    assert done.returncode == 0
    assert "torch and torchvision come from different builds" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_model_that_does_not_exist_is_a_sentence_and_the_page_still_starts(capsys, tmp_path):
    engine = app.make_engine(app.flags(["--model", str(tmp_path)]))
    assert isinstance(engine, StartingEngine)
    engine.start()
    [failed] = [event for _, event in engine.stream([ASKED]) if isinstance(event, Failed)]
    assert "No model is loaded" in failed.message
    assert engine.description is None
    said = capsys.readouterr().err
    assert str(tmp_path) in said
    assert "The page goes on without a model." in said


def test_the_environment_gives_the_defaults_and_flags_win(monkeypatch):
    monkeypatch.setenv("LFM_MODEL", "LiquidAI/LFM2-350M")
    assert app.flags([]).model == "LiquidAI/LFM2-350M"
    assert app.flags(["--model", "other"]).model == "other"


def test_an_unknown_engine_is_refused(capsys):
    with pytest.raises(SystemExit):
        app.flags(["--engine", "magic"])
    assert "magic" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flag", "value"),
    [("--rows", "0"), ("--rows", "-1"), ("--rows", "many"), ("--prompt-cache", "-1")],
)
def test_limits_that_bound_nothing_are_refused_with_a_sentence(flag, value, capsys):
    with pytest.raises(SystemExit):
        app.flags([f"{flag}={value}"])
    assert repr(value) in capsys.readouterr().err


def test_limits_reach_the_engine():
    engine = app.local_engine(app.flags(["--rows=3", "--prompt-cache=0.5", "--batch-memory=2"]))
    assert (engine.limits.rows, engine.limits.of(10**9)) == (3, (2_000_000, 500_000))


@pytest.mark.thorough
@pytest.mark.thorough
def test_a_program_that_ends_in_the_middle_of_an_answer_ends_cleanly():
    """torch aborts a process whose thread it runs in is cut off."""
    done = python(
        "import app\n"
        "from core.conversation import Conversation, message\n"
        "from core.sampling import SamplingParams\n"
        "from core.vision import VisionBudget\n"
        "from core.workspace import Request\n"
        "engine = app.make_engine(app.flags([]))\n"
        "engine.start()\n"
        "talk = Conversation((message('user', 'Tell a story about a fox.'),))\n"
        "params = SamplingParams(max_new_tokens=3000, temperature=1.5)\n"
        "events = engine.stream([Request('A', talk, params, VisionBudget())])\n"
        "print(next(events), next(events))"
    )
    assert done.returncode == 0, done.stderr
    assert "Token" in done.stdout
