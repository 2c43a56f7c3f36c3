"""dev.py at work: each test runs it in a small project of its own, in a real .venv.

The projects require nothing, so that no test needs the network.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import dev
from tests.amounts import every

PATIENCE = 60.0  # seconds
APP = """\
import os, sys
print("flags", sys.argv[1:])
print("prefix", sys.prefix)
print("folder", os.getcwd())
sys.exit(7)
"""
PATIENT_APP = """\
import threading
try:
    print("ready", flush=True)
    while True:
        threading.Event().wait(0.1)
except KeyboardInterrupt:
    print("put away", flush=True)
"""
# Stands where pytest would: `python -m pytest` finds the file in the folder that it starts in.
TOLD = """\
import os, sys
print("told", os.environ["PLAYGROUND_CHROMIUM"], sys.argv[1:])
print("compiles once" if not sys.dont_write_bytecode else "compiles each time")
"""
NAMED = ("tests/test_one.py", "tests", "tests/test_one.py::test_it")
BENCHMARK = 'import sys; print("measured", sys.argv[1:])\n'


class Project:
    """A folder with dev.py, two requirements files that name nothing, and its own .venv."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.venv = self.folder / ".venv"
        shutil.copy(dev.__file__, folder / "dev.py")
        self.write("requirements.txt", "# nothing\n")
        self.write("requirements-dev.txt", "-r requirements.txt\n")
        self.write("app.py", APP)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def call(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "dev.py", *arguments],
            cwd=self.folder,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A project whose .venv was made by `run`, and what that first run said."""
    project = Project(tmp_path_factory.mktemp("installed"))
    return project, project.call("run", "--port", "1")


@pytest.fixture
def project(installed, tmp_path):
    """The installed project again, to be broken: its .venv is made of links to the same files.

    Nothing may be written into one of them; whatever replaces or removes one leaves the other.
    """
    project = Project(tmp_path)
    shutil.copytree(installed[0].venv, project.venv, symlinks=True, copy_function=os.link)
    return project


def test_the_first_run_makes_the_venv_and_starts_the_app_in_it_with_its_flags(installed):
    project, first = installed
    assert "Making .venv" in first.stdout
    assert "Installing requirements.txt" in first.stdout
    assert "flags ['--port', '1']" in first.stdout
    assert f"prefix {project.venv}" in first.stdout
    assert first.returncode == 7, "the app's exit code is passed through"


def test_a_second_run_installs_nothing(installed):
    project, _ = installed
    assert project.call("run").stdout.startswith("flags []")


def test_the_app_starts_in_the_folder_that_it_is_called_from(installed, tmp_path):
    project, _ = installed
    command = [sys.executable, project.folder / "dev.py", "run"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert f"folder {tmp_path}" in done.stdout


def test_another_active_venv_is_of_no_interest(installed, tmp_path):
    project, _ = installed
    done = project.call("run", VIRTUAL_ENV=str(tmp_path))
    assert f"prefix {project.venv}" in done.stdout


def test_a_changed_requirements_file_is_installed_once(project):
    project.write("requirements.txt", "# changed\n")
    assert "Installing requirements.txt" in project.call("run").stdout
    assert "Installing" not in project.call("run").stdout


def test_uv_installs_where_it_is_on_the_machine(project, tmp_path):
    uv = tmp_path / "uv"
    uv.write_text('#!/bin/sh\necho "uv was told $*"\n')
    uv.chmod(0o755)
    project.write("requirements.txt", "# changed\n")
    done = project.call("run", PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    told = f"uv was told pip install --python {project.venv}/bin/python -r requirements.txt"
    assert told in done.stdout
    assert "flags []" in done.stdout


def test_the_install_for_development_covers_the_one_for_running(project):
    project.write("requirements.txt", "# changed\n")
    project.write("pytest.py", TOLD)
    assert "Installing requirements-dev.txt" in project.call("test", CHROMIUM=sys.executable).stdout
    assert "Installing" not in project.call("run").stdout


def test_a_change_for_development_is_none_for_running(project):
    project.write("requirements-dev.txt", "-r requirements.txt\n# changed\n")
    assert "Installing" not in project.call("run").stdout


def test_a_requirement_that_cannot_be_installed_stops_with_a_sentence_and_is_tried_again(project):
    project.write("requirements.txt", "./no-such-folder\n")
    for _ in range(2):
        done = project.call("run")
        assert done.returncode == 1
        assert "requirements.txt was not installed; the lines above say why." in done.stderr
        assert "flags" not in done.stdout
    project.write("requirements.txt", "# nothing\n")
    assert project.call("run").returncode == 7


@pytest.mark.skipif(os.name == "nt", reason="takes a Unix venv apart")
@pytest.mark.parametrize("damage", ["dangling python", "no program", "no pip", "cut short"])
def test_a_broken_or_half_made_venv_is_noticed(project, damage):
    damaged(project, damage)
    asked = [sys.executable, "-c", "import dev; print(dev.venv_works())"]
    done = subprocess.run(asked, cwd=project.folder, capture_output=True, text=True)
    assert done.stdout == "False\n"


@pytest.mark.thorough
@pytest.mark.skipif(os.name == "nt", reason="takes a Unix venv apart")
def test_a_broken_venv_is_made_anew(project):
    damaged(project, "dangling python")
    done = project.call("run")
    assert "Making .venv" in done.stdout
    assert "Installing requirements.txt" in done.stdout
    assert done.returncode == 7


def damaged(project, damage):
    python = project.venv / "bin" / "python"
    if damage == "no pip":
        shutil.rmtree(next(project.venv.glob("lib/python*/site-packages/pip")))
    elif damage == "cut short":
        (project.venv / dev.UNFINISHED.name).touch()
    else:
        python.unlink()
        if damage == "no program":
            python.write_text("not a program")
        else:
            python.symlink_to(project.folder / "gone")


@pytest.mark.skipif(os.name == "nt", reason="sends a Unix signal")
def test_ctrl_c_reaches_the_app_which_decides_how_it_ends(project):
    """A shell starts background jobs with Ctrl+C ignored, and this run may be such a job."""

    def listen() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    project.write("app.py", PATIENT_APP)
    command = [sys.executable, "dev.py", "run"]
    with subprocess.Popen(
        command, cwd=project.folder, stdout=subprocess.PIPE, text=True, preexec_fn=listen
    ) as child:
        last_resort = threading.Timer(PATIENCE, child.kill)
        last_resort.start()
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.send_signal(signal.SIGINT)
        assert child.stdout.readline() == "put away\n"
        assert child.wait() == 0
        last_resort.cancel()


def test_the_tests_are_told_the_browser_and_get_their_flags(project):
    project.write("pytest.py", TOLD)
    chosen = {"CHROMIUM": sys.executable, "PYTHONDONTWRITEBYTECODE": "1"}
    done = project.call("test", "-k", "a b", **chosen)
    assert "compiles once" in done.stdout
    assert f"told {sys.executable} ['-n', '3', '--dist', 'loadfile'" in done.stdout
    assert "'-k', 'a b']" in done.stdout
    assert done.returncode == 0


@pytest.mark.parametrize("named", every(3, NAMED))
def test_named_tests_run_in_one_process(project, named):
    """Starting others would take longer than most files do."""
    project.write("pytest.py", TOLD)
    project.write("tests/test_one.py", "")
    done = project.call("test", "-x", named, CHROMIUM=sys.executable)
    assert f"told {sys.executable} ['-x', '{named}']" in done.stdout


def test_a_named_browser_that_does_not_start_is_refused_by_its_name(project):
    project.write("pytest.py", TOLD)
    done = project.call("test", CHROMIUM="/no/such/browser")
    assert done.returncode == 1
    assert "CHROMIUM is '/no/such/browser', which does not start." in done.stderr
    assert "told" not in done.stdout


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="browsers have fixed places there")
def test_without_any_browser_the_tests_fail_with_a_sentence_and_are_not_skipped(project):
    project.write("pytest.py", TOLD)
    done = project.call("test", CHROMIUM="", PATH="")
    assert done.returncode == 1
    assert "need Chromium or Chrome, and none could be found or installed" in done.stderr
    assert "told" not in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="writes a Unix program")
def test_a_browser_is_found_by_its_name_unless_it_does_not_start(tmp_path, monkeypatch):
    """Ubuntu's chromium-browser may be a stub that only tells how to install a snap."""
    stub, works = tmp_path / "chromium-browser", tmp_path / "google-chrome"
    stub.write_text("#!/bin/sh\nexit 1\n")
    works.write_text("#!/bin/sh\necho Chrome 1\n")
    stub.chmod(0o755)
    works.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert dev.find_browser({}) == str(works)


def test_the_benchmark_runs_in_the_venv_with_its_flags(project):
    project.write("benchmarks/__main__.py", BENCHMARK)
    done = project.call("bench", "--rounds", "4")
    assert "measured ['--rounds', '4']" in done.stdout
    assert done.returncode == 0


@pytest.mark.thorough
def test_the_benchmark_installs_what_it_needs_first(project):
    project.write("benchmarks/__main__.py", BENCHMARK)
    project.write("requirements.txt", "# changed\n")
    assert "Installing requirements-dev.txt" in project.call("bench").stdout
    assert "Installing" not in project.call("bench").stdout


@pytest.mark.thorough
def test_the_soak_runs_in_the_venv_with_its_flags(project):
    project.write("soak/__main__.py", 'import sys; print("soaked", sys.argv[1:])\n')
    done = project.call("soak", "--minutes", "0.2")
    assert "soaked ['--minutes', '0.2']" in done.stdout
    assert done.returncode == 0


def test_the_table_of_recipes_is_written_in_the_venv(project):
    project.write("core/library/recipe_table.py", 'import sys; print("written", sys.prefix)\n')
    done = project.call("presets")
    assert f"written {project.venv}" in done.stdout
    assert done.returncode == 0


def test_check_runs_every_check_reports_each_and_fails_if_one_failed(project):
    project.write("ruff.py", 'import sys\nsys.exit("--check" in sys.argv)\n')
    project.write("pyright.py", "print('typed')\n")
    project.write("pytest.py", "print('layered')\n")
    done = project.call("check")
    assert done.returncode == 1
    assert "typed" in done.stdout
    assert "layered" in done.stdout
    assert done.stdout.splitlines()[-5:] == [
        "passed ruff check .",
        "FAILED ruff format --check .",
        "passed pyright",
        "passed pytest --quiet tests/test_layers.py",
        "passed pytest --quiet tests/js/test_rules.py",
    ]
    project.write("ruff.py", "")
    assert project.call("check").returncode == 0


@pytest.mark.parametrize("flags", [[], ["--help"], ["-h"]])
def test_help_names_every_command_and_installs_nothing(tmp_path, flags):
    project = Project(tmp_path)
    done = project.call(*flags)
    assert done.returncode == 0
    for command in ("run", "test", "check", "bench", "soak", "presets", "user"):
        assert f"python dev.py {command}" in done.stdout
    assert not project.venv.exists()


def test_an_unknown_command_is_refused_and_the_known_ones_are_listed(tmp_path):
    project = Project(tmp_path)
    done = project.call("start")
    assert done.returncode == 1
    known = "use one of run, test, check, bench, soak, presets, user."
    assert f"Unknown command 'start'; {known}" in done.stderr
    assert not project.venv.exists()


def test_check_takes_no_flags(tmp_path):
    done = Project(tmp_path).call("check", "--fix")
    assert done.returncode == 1
    assert "`check` takes no flags. Remove '--fix'." in done.stderr
