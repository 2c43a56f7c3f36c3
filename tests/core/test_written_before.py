"""What an earlier version wrote opens as it was: a session, a link's workspace and a preset.

`tests/components/test_wiring.py` opens its draft.
"""

import json
import shutil
from pathlib import Path

from core.lanes import LaneSettings
from core.library.own_presets import OwnPresets
from core.sampling import SamplingParams
from core.sessions.session_store import SessionStore
from core.vision import VisionBudget
from core.workspace_json import workspace_from_dict

BEFORE = Path(__file__).parent / "written_before"
PARAMS = SamplingParams(temperature=0.3, top_k=7, seed=4, stop=("\n\n", "x"))
SECOND = LaneSettings(
    preset="lfm2-text", sampling=(("temperature", 0.9),), images=(("max_image_tokens", 99),),
    system="", pinned=True,
)  # fmt: skip


def test_a_link():
    workspace = workspace_from_dict(json.loads((BEFORE / "link.json").read_text()))
    assert [turn.text for turn in workspace.conversation.messages] == ["Hi"]
    assert (workspace.preset, workspace.params, workspace.count) == ("greedy", PARAMS, 2)
    assert workspace.budget == VisionBudget(32, 64, False)
    assert workspace.lanes == (LaneSettings(), SECOND, LaneSettings(), LaneSettings())


def test_a_session_with_versions_and_an_image(tmp_path):
    shutil.copytree(BEFORE / "sessions", tmp_path / "sessions")
    store = SessionStore(tmp_path / "sessions", [])
    session = store.session("written-before")
    assert [(one.number, one.name) for one in session.versions] == [(1, "first"), (2, "")]
    workspace = session.version(1).workspace
    texts = [(turn.role, turn.text) for turn in workspace.conversation.messages]
    assert texts == [("system", "Be brief.\n"), ("user", "Look"), ("assistant", '{"colour": "')]
    assert [image.name for image in workspace.conversation.images] == ["dot.png"]
    assert workspace.conversation.tools == '[{"name": "f", "parameters": {}}]'
    assert (workspace.params, workspace.lanes[1]) == (PARAMS, SECOND)
    assert [session.version(number).workspace.count for number in (1, 2)] == [2, 1]
    assert [version.answers for version in session.versions] == [(), ()]
    assert store.sessions()[1] == ()


def test_a_preset_of_ones_own(tmp_path):
    shutil.copytree(BEFORE / "presets", tmp_path / "presets")
    presets = OwnPresets(tmp_path / "presets")
    preset = presets.get("own/kind")
    assert (preset.name, preset.sampling, preset.stop) == (
        "Kind",
        {"temperature": 0.5, "min_p": 0.1},
        ["###"],
    )
    assert (preset.images, preset.system) == ({"max_image_tokens": 99}, "Be kind.")
