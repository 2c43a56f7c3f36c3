"""The verdict and the tree of an answer, as the lane's script gets them."""

from dataclasses import replace

import pytest

from components.answers.structure_view import structure_view
from core.constraint import Constraint
from core.conversation import Conversation, message
from core.runs.run import Run
from core.sampling import SamplingParams
from core.sessions.saved_answers import saved_answers, saved_runs
from core.validity.verdict import Verdict
from core.vision import VisionBudget
from core.workspace import Request

SCHEMA = Constraint("json_schema", '{"properties": {"a": {"format": "date"}}}')
FENCED = 'Sure:\n```json\n{"a": "x"}\n```'
BAD = Verdict("invalid", "One field fails.", "a is no date.", (("/a", "is no date."),))


def run_of(text: str, constraint: Constraint | None = None, verdict: Verdict | None = None) -> Run:
    asked = Conversation((message("user", "Hi"),))
    request = Request("A", asked, SamplingParams(), VisionBudget(), constraint=constraint)
    return Run(request, status="done", text=text, verdict=verdict)


@pytest.mark.parametrize(
    ("text", "constraint", "tree", "first"),
    [
        ('{"a": "x"}', SCHEMA, True, True),
        ('{"a": "x"}', None, True, False),
        ('{"a": "x"}', Constraint("choices", choices=("x",)), True, False),
        ("7", None, False, False),
        ("7", Constraint("json"), True, True),
        (FENCED, SCHEMA, True, False),
        ("Sure!", SCHEMA, False, False),
        ('<think>{"b": 1}</think>{"a": 1}', SCHEMA, True, True),
    ],
)
def test_json_has_a_tree_and_one_that_was_wanted_comes_first(text, constraint, tree, first):
    view = structure_view(run_of(text, constraint))
    assert (view["tree"] is not None, view["tree_first"]) == (tree, first)


def test_what_fails_is_marked_in_the_tree_of_the_answer_itself():
    view = structure_view(run_of('{"a": "x"}', SCHEMA, BAD))
    assert view["verdict"] == {
        "state": "invalid", "title": "One field fails.", "detail": "a is no date.",
    }  # fmt: skip
    assert view["tree"]
    [row] = view["tree"]["rows"]
    assert (row["type"], row["problem"]) == ("text", "This is no date.")  # type: ignore[typeddict-item]
    fenced = structure_view(run_of(FENCED, SCHEMA, BAD))["tree"]
    assert fenced
    assert "problem" not in fenced["rows"][0]


def test_nothing_is_said_before_the_end():
    going = replace(run_of('{"a": 1}', SCHEMA), status="streaming")
    assert structure_view(going) == {"verdict": None, "tree": None, "tree_first": False}
    checking = replace(going, status="checking")
    assert structure_view(checking)["tree"] is None


def test_a_cut_answer_says_so_and_has_no_tree():
    cut = replace(run_of('{"a"', SCHEMA), incomplete=True, stop_reason="max_new_tokens")
    view = structure_view(cut)
    assert (view["verdict"] or {})["state"] == "cut"
    assert view["tree"] is None


def test_a_saved_answer_shows_the_same():
    run = run_of('{"a": "x"}', None, BAD)
    run = replace(run, request=replace(run.request, checked_against=SCHEMA))
    page = run.request.conversation
    [again] = saved_runs(saved_answers({"A": run}, "A", page), page).values()
    assert structure_view(again) == structure_view(run)
    assert structure_view(again)["tree_first"]
