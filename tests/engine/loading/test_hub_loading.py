"""Loading from a Hub: a real download over HTTP, and every way in which it is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine.loading.hub_server import COMMIT, hub

ROOT = Path(__file__).parents[3]
SESSION = Path(__file__).with_name("hub_session.py")
POCKET = ROOT / "models" / "pocket"


WITHOUT_TORCHVISION = (
    "import runpy, sys; sys.modules['torchvision'] = None; "
    "runpy.run_path(sys.argv.pop(1), run_name='__main__')"
)


def start(
    home: Path, online: list[str], offline: list[str], *before: str, **env: str
) -> subprocess.Popen[str]:
    command = [sys.executable, *before, str(SESSION), json.dumps(online), json.dumps(offline)]
    variables = {**os.environ, "HF_HOME": str(home), "PYTHONPATH": str(ROOT), **env}
    variables |= {"OMP_NUM_THREADS": "1", "HF_TOKEN": ""}
    return subprocess.Popen(
        command, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


def read(process: Any, count: int) -> dict[str, dict[str, Any]]:
    """The next `count` results by model."""
    lines = [json.loads(process.stdout.readline()) for _ in range(count)]
    return {line["model"]: line for line in lines}


@pytest.fixture(scope="module")
def results(
    tmp_path_factory: pytest.TempPathFactory, folder: Callable[[str], Path]
) -> dict[str, dict[str, dict[str, Any]]]:
    """What a session said while the Hub was there, and after it had gone."""
    home = tmp_path_factory.mktemp("hub")
    online = ["tiny/none", "tiny/gated", "tiny/model", "foo bar", "tiny/none"]
    with hub(folder("vl")) as address:
        process = start(home, online, ["tiny/model", "tiny/other"], HF_ENDPOINT=address)
        there = read(process, len(online) + 1)
    gone, _ = process.communicate("go on\n", timeout=60)
    assert process.returncode == 0
    after = [json.loads(line) for line in gone.splitlines()]
    return {"there": there, "gone": {line["model"]: line for line in after}}


def test_a_model_is_downloaded_with_growing_shares(results) -> None:
    result = results["there"]["tiny/model"]
    assert result["loaded"], result["message"]
    assert result["shares"] == sorted(result["shares"])
    assert all(0 <= share <= 1 for share in result["shares"])


def test_an_unknown_id_is_told_and_the_model_in_use_stays(results) -> None:
    result = results["there"]["tiny/none"]  # the second of two attempts, behind tiny/model
    assert "The Hub has no model tiny/none" in result["message"]
    assert "hf auth login" in result["message"]
    assert result["in_use"] == "tiny/model"


def test_a_gated_model_names_its_page_and_the_login(results) -> None:
    message = results["there"]["tiny/gated"]["message"]
    assert "Accept its terms on https://huggingface.co/tiny/gated" in message
    assert "HF_TOKEN" in message


def test_a_name_that_is_no_id_is_told_how_ids_look(results) -> None:
    assert "owner/name" in results["there"]["foo bar"]["message"]


def test_closing_during_a_download_ends_it_and_the_model_in_use_stays(results) -> None:
    assert results["there"]["tiny/slow"] == {
        "model": "tiny/slow",
        "alive": False,
        "in_use": "tiny/model",
    }


def test_a_model_in_the_cache_loads_when_the_hub_is_gone(results) -> None:
    assert results["gone"]["tiny/model"]["loaded"]


def test_the_commit_is_known_online_and_offline_for_scripts_to_pin(results) -> None:
    for session in ("there", "gone"):
        assert results[session]["tiny/model"]["revision"] == COMMIT


def test_a_model_that_is_nowhere_is_told_when_the_hub_is_gone(results) -> None:
    assert "the Hub can't be reached" in results["gone"]["tiny/other"]["message"]


@pytest.mark.thorough
@pytest.mark.thorough
def test_offline_mode_and_a_missing_torchvision_are_told(tmp_path) -> None:
    """The vision processor needs torchvision, which a text-only installation may lack."""
    offline = ["tiny/other", str(POCKET)]
    process = start(tmp_path, [], offline, "-c", WITHOUT_TORCHVISION, HF_HUB_OFFLINE="1")
    said = read(process, 2)
    process.communicate(timeout=60)
    assert "HF_HUB_OFFLINE is set" in said["tiny/other"]["message"]
    assert "needs torchvision, which is not installed" in said[str(POCKET)]["message"]
