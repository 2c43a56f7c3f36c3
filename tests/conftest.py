"""Settings of the whole suite, and the apps that several folders talk to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

from core.runs.engine import DECODE
from engine.scripted.scripted_engine import ScriptedEngine
from tests.amounts import VARIABLE, amount
from tests.serving import served_here, served_with

TESTS = Path(__file__).parent
# One thread each: torch's threads wait for each other where workers share the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_addoption(parser: pytest.Parser) -> None:
    sentence = "try everything that is repeated, and not only a part of it"
    parser.addoption("--thorough", action="store_true", help=sentence)
    sentence = "the decoding step of the tiny models, as the app's flag has it"
    parser.addoption("--decode", choices=DECODE, default="auto", help=sentence)


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--thorough"):
        os.environ[VARIABLE] = "1"
    # No deadline: how long an example takes says something about the machine, not about the code.
    settings.register_profile("playground", deadline=None, max_examples=amount(12, 100))
    settings.load_profile("playground")


SLOWEST = ("browser", "engine", "hostile")  # folders, in the order in which they are begun


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Short files last, so that no process waits long for the other. Named files run whole."""
    items.sort(key=lambda item: _rank(item.path))
    if config.getoption("--thorough") or config.args_source is pytest.Config.ArgsSource.ARGS:
        return
    left_out = [item for item in items if item.get_closest_marker("thorough")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


class TwoBrowsers(LoadFileScheduling):
    """Each file runs in one process. Two processes begin with the files that need a browser, the
    others with the rest: two cores show what two browsers do in time, and not what three do.
    """

    def _assign_work_unit(self, node: WorkerController) -> None:
        first = node in self.nodes[:2]
        for file in self.workqueue:
            if file.startswith("tests/browser/") == first:
                self.workqueue.move_to_end(file, last=False)
                break
        super()._assign_work_unit(node)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    return TwoBrowsers(config, log) if config.getvalue("dist") == "loadfile" else None


def _rank(path: Path) -> int:
    """Of a file in the order; a file of another place, as of a test of pytest itself, is last."""
    room = path.relative_to(TESTS).parts[0] if path.is_relative_to(TESTS) else ""
    return SLOWEST.index(room) if room in SLOWEST else len(SLOWEST)


@pytest.fixture(scope="session", autouse=True)
def uploads(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where servers of this process keep what is sent to them, whichever of them is the first."""
    os.environ["GRADIO_TEMP_DIR"] = str(tmp_path_factory.mktemp("uploads"))


@pytest.fixture(scope="session")
def scripted_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `scripted_app` keeps presets and sessions."""
    return tmp_path_factory.mktemp("scripted") / "data"


@pytest.fixture(scope="session")
def scripted_app(scripted_data: Path) -> Iterator[str]:
    """The address of the page with the scripted engine."""
    with served_here(ScriptedEngine(tokens_per_second=100), data=scripted_data) as url:
        yield url


@pytest.fixture(scope="session")
def pocket_app() -> Iterator[str]:
    """The address of the page with the model that the repository ships."""
    with served_with() as url:
        yield url
