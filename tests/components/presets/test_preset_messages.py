"""What a preset does to the messages of a page, and when they are no longer its own."""

from dataclasses import replace
from itertools import dropwhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.lanes.lane_bar import situation_of
from components.lanes.lanes import editor_props
from components.presets.own_preset_acts import _images
from components.presets.preset_bar import changed_since, own_props
from components.presets.preset_messages import (
    changed_messages,
    messages_under,
    system_of,
    turns_of,
)
from components.presets.presets import modified_of
from components.snapshot import Snapshot
from core.conversation import ROLES, Conversation, Image, message
from core.library.library import PresetMessage, read_library
from core.library.own_presets import OwnPresets, with_own
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Workspace
from engine.scripted.scripted_engine import ScriptedEngine
from tests.core.library.test_preset_file import PLAIN, ROOT

SHORT = st.sampled_from(["", "a", "b"])
ROWS = st.lists(st.builds(message, st.sampled_from([*ROLES, "system"]), SHORT), max_size=4)
TALK = [message("system", "Be brief."), message("user", "Look", [Image("p", "n")])]


def contents(rows):
    return [(turn.role, turn.text) for turn in rows]


def without_empty_prompts(rows):
    """An empty system message at the beginning is none."""
    return list(dropwhile(lambda turn: turn == ("system", ""), contents(rows)))


@given(ROWS, ROWS)
def test_what_was_saved_with_all_messages_comes_back_over_any_others(saved, now):
    preset = replace(PLAIN, system=system_of(saved), messages=turns_of(saved))
    assert changed_messages(preset, saved) == []
    applied = messages_under(preset, now)
    assert changed_messages(preset, applied) == []
    assert without_empty_prompts(applied) == without_empty_prompts(saved)
    assert messages_under(preset, applied) == applied


@given(ROWS, ROWS)
def test_a_file_may_have_the_system_prompt_as_its_first_message(written, now):
    preset = replace(
        PLAIN, messages=[PresetMessage(role, text) for role, text in contents(written)]
    )
    applied = messages_under(preset, now)
    assert changed_messages(preset, applied) == []
    begins = without_empty_prompts(written)[:1]
    if begins and begins[0][0] == "system":
        assert without_empty_prompts(applied) == without_empty_prompts(written)


def test_a_preset_names_only_what_it_has():
    assert messages_under(PLAIN, TALK) == tuple(TALK)
    kind = messages_under(replace(PLAIN, system="Be kind."), TALK)
    assert (kind[0].text, kind[1:]) == ("Be kind.", tuple(TALK[1:]))
    assert messages_under(replace(PLAIN, system=""), TALK) == tuple(TALK[1:])
    turns = messages_under(replace(PLAIN, messages=[PresetMessage("user", "Hi")]), TALK)
    assert contents(turns) == [("system", "Be brief."), ("user", "Hi")]
    assert contents(messages_under(replace(PLAIN, messages=[]), TALK)) == [("system", "Be brief.")]


def test_messages_that_are_as_in_the_preset_keep_their_images():
    same = replace(PLAIN, system="Be kind.", messages=[PresetMessage("user", "Look")])
    assert messages_under(same, TALK)[1] == TALK[1]
    assert changed_messages(same, TALK) == ["system prompt"]


def test_stop_strings_and_messages_count_as_modified_where_the_preset_names_them():
    assert changed_since(PLAIN, PLAIN.params(SamplingParams(stop=("x",))), VisionBudget()) == []
    named = replace(PLAIN, stop=["###"])
    assert changed_since(named, PLAIN.params(SamplingParams()), VisionBudget()) == ["stop"]
    assert named.params(SamplingParams(stop=("x",))).stop == ("###",)
    assert replace(PLAIN, stop=[]).params(SamplingParams(stop=("x",))).stop == ()


def test_a_budget_is_saved_without_what_belongs_to_the_checkpoint():
    own = VisionBudget(tile_size=256)
    usual = {"min_image_tokens": 64, "max_image_tokens": 99, "do_image_splitting": True}
    assert _images(replace(own, max_image_tokens=99), own) == usual
    assert _images(VisionBudget(max_image_tokens=99), own) == {**usual, "tile_size": 512}


@pytest.fixture
def own(tmp_path) -> OwnPresets:
    return OwnPresets(tmp_path)


def test_the_page_knows_own_presets_as_they_are_now(own: OwnPresets):
    shipped, engine = read_library(ROOT / "presets"), ScriptedEngine()
    key = own.save(replace(PLAIN, name="Kind", system="Be kind.", description="A note"))
    page = Workspace(Conversation(tuple(TALK)), key, PLAIN.params(SamplingParams()))
    after = Snapshot(engine, with_own(shipped, own), page)
    assert modified_of(after) == ["system prompt"]
    assert editor_props(after)["A"]["presets"][-1] == {"key": key, "name": "Kind"}
    (tmp := own.folder / "bad.yaml").write_text("a: b")
    shown = own_props(with_own(shipped, own))
    assert [(one["key"], one["note"], one["holds"]["system"]) for one in shown["own"]] == [
        (key, "A note", True)
    ]
    assert "a system prompt" in shown["own"][0]["title"]
    assert len(shown["broken"]) == 1
    tmp.unlink()
    own.delete(key)
    library = with_own(shipped, own)
    assert modified_of(Snapshot(engine, library, page)) == []
    assert situation_of(engine, library, page).preset == ""
