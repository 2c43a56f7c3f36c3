"""What changed between two versions: nothing is left out, and nothing is made up."""

from dataclasses import replace

from hypothesis import given

from core.conversation import Conversation, Image, message
from core.lanes import AS_IN_THE_SIDEBAR, LaneSettings
from core.sampling import SamplingParams
from core.sessions.workspace_diff import WorkspaceDiff, workspace_diff
from core.vision import VisionBudget
from core.workspace import Workspace
from tests.core.test_workspace_json import WORKSPACES


def page(*turns: tuple) -> Workspace:
    return Workspace(Conversation(tuple(message(*turn) for turn in turns)))


def kinds(diff: WorkspaceDiff) -> list[tuple]:
    return [(change.kind, *change.places) for change in diff.messages]


@given(WORKSPACES, WORKSPACES)
def test_both_sides_can_be_put_together_again_from_the_diff(old, new):
    diff = workspace_diff(old, new)
    for side, wanted in ((0, old), (1, new)):
        changes = [c for c in diff.messages if c.places[side] is not None]
        assert [c.places[side] for c in changes] == [
            n + 1 for n in range(len(wanted.conversation.messages))
        ]
        other = "added" if side == 0 else "removed"
        for change, turn in zip(changes, wanted.conversation.messages, strict=True):
            assert "".join(p.text for p in change.pieces if p.kind != other) == turn.text
            assert (change.old_role or change.role if side == 0 else change.role) == turn.role


@given(WORKSPACES)
def test_nothing_changes_between_equal_workspaces(saved):
    diff = workspace_diff(saved, saved)
    assert diff.empty
    assert diff.settings == ()


@given(WORKSPACES, WORKSPACES)
def test_a_difference_is_never_hidden(old, new):
    assert workspace_diff(old, new).empty == (old == new)


def test_settings_are_named_with_both_values():
    lane = LaneSettings(preset="greedy", sampling=(("top_k", 5),), system="", pinned=True)
    old = Workspace(preset="greedy", params=SamplingParams(temperature=0.3, stop=("a",)))
    new = replace(
        old,
        preset="",
        params=SamplingParams(temperature=1, seed=7),
        budget=VisionBudget(do_image_splitting=False),
        lanes=(AS_IN_THE_SIDEBAR, lane, AS_IN_THE_SIDEBAR, AS_IN_THE_SIDEBAR),
        count=2,
    )
    assert {row.name: row.values for row in workspace_diff(old, new).settings} == {
        "preset": ("greedy", "none"),
        "temperature": ("0.3", "1"),
        "seed": ("not set", "7"),
        "stop": ("'a'", "none"),
        "do_image_splitting": ("on", "off"),
        "lanes": ("1", "2"),
        "lane B: preset": ("not set", "greedy"),
        "lane B: pinned": ("not set", "on"),
        "lane B: system prompt": ("not set", "none"),
        "lane B: top_k": ("not set", "5"),
    }


def test_messages_that_came_went_and_changed_are_told_apart():
    old = page(("system", "Be brief."), ("user", "Tell me of the sea"), ("assistant", "No."))
    new = page(("user", "Tell me of the deep sea"), ("assistant", "No."), ("user", "Why not?"))
    diff = workspace_diff(old, new)
    assert kinds(diff) == [
        ("removed", 1, None), ("changed", 2, 1), ("same", 3, 2), ("added", None, 3),
    ]  # fmt: skip
    assert [(p.kind, p.text) for p in diff.messages[1].pieces] == [
        ("same", "Tell me of the "),
        ("added", "deep "),
        ("same", "sea"),
    ]


def test_roles_and_images_that_change_are_said():
    cat, dog = Image("cat", "cat"), Image("dog", "dog")
    old = page(("user", "Look", [cat]), ("user", "Hi"), ("user", "Same", [cat]))
    new = page(("user", "Look", [dog]), ("tool", "Hi"), ("user", "Same", [cat, dog]))
    first, second, third = workspace_diff(old, new).messages
    assert (first.kind, first.images) == ("changed", "Other images.")
    assert (second.kind, second.old_role, second.role) == ("changed", "user", "tool")
    assert third.images == "1 image before, 2 now."


def test_tools_that_change_are_shown_word_by_word():
    old = Workspace(Conversation((), "[a]"))
    diff = workspace_diff(old, Workspace(Conversation((), "[b]")))
    assert not diff.empty
    assert [(p.kind, p.text) for p in diff.tools] == [("removed", "[a]"), ("added", "[b]")]


def test_long_conversations_without_anything_in_common_are_compared_in_a_moment():
    old = page(*[("user", f"a{n} " * 50) for n in range(500)])
    new = page(*[("user", f"b{n} " * 50) for n in range(500)])
    assert len(workspace_diff(old, new).messages) == 1000
