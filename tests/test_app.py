"""The program: its flags, the lazy gate to torch, and what a start without a model says."""

import subprocess
import sys
from pathlib import Path

import pytest

import app

ROOT = Path(__file__).parents[1]


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


def test_a_torchvision_of_another_build_ends_the_start_with_one_sentence(tmp_path):
    """A CPU-only torch beside the usual torchvision breaks the import of all of Transformers."""
    broken = tmp_path / "torch.py"
    broken.write_text("raise RuntimeError('operator torchvision::nms does not exist')")
    done = python(
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import app\n"
        "app.make_engine(app.flags([]))"
    )
    assert done.returncode == 1
    assert "torch and torchvision come from different builds" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_model_that_does_not_exist_is_a_sentence_and_the_page_still_starts(capsys, tmp_path):
    engine = app.make_engine(app.flags([]))
    app.load_at_start(engine, str(tmp_path))
    assert engine.description is None
    said = capsys.readouterr().err
    assert str(tmp_path) in said
    assert "The page starts without a model." in said


def test_the_environment_gives_the_defaults_and_flags_win(monkeypatch):
    monkeypatch.setenv("LFM_MODEL", "LiquidAI/LFM2-350M")
    assert app.flags([]).model == "LiquidAI/LFM2-350M"
    assert app.flags(["--model", "other"]).model == "other"


def test_an_unknown_engine_is_refused(capsys):
    with pytest.raises(SystemExit):
        app.flags(["--engine", "magic"])
    assert "magic" in capsys.readouterr().err
