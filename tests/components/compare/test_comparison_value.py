"""The tables of the Compare tab, from runs alone."""

from dataclasses import replace

from components.compare.comparison import EMPTY, comparison_value
from core.conversation import Conversation, message
from core.prompt import RenderedPrompt
from core.runs.events import Finished, Started, Token
from core.runs.run import Run, fold_all
from core.sampling import SamplingParams
from core.validity.verdict import Verdict
from core.vision import VisionBudget
from core.workspace import Request

TALK = Conversation((message("user", "Hi"),))


def answered(lane, text, seed=1, tokens=4, **params):
    request = Request(lane, TALK, SamplingParams(seed=seed, **params), VisionBudget())
    events = [Started(RenderedPrompt("Hi", (), 100), "m", 0.0)]
    events += [Token(n, text if n == 0 else "", -1.0, 0.1 * (n + 1)) for n in range(tokens)]
    return fold_all(Run(request), [*events, Finished("end_of_sequence", "", 1.0)])


def figures(value):
    return {row["name"]: row["values"] for row in value["metrics"]}


def test_without_a_run_there_is_nothing_to_compare():
    assert comparison_value({}) == EMPTY
    assert "at least two lanes" in comparison_value({"A": answered("A", "x")})["verdict"]


def test_bars_are_shares_of_the_longest_and_logprobs_have_none():
    value = comparison_value({"A": answered("A", "x", tokens=2), "B": answered("B", "x", tokens=8)})
    shares = [cell["share"] for cell in figures(value)["tokens out"]]
    assert shares == [0.25, 1]
    assert {cell["share"] for cell in figures(value)["mean logprob"]} == {0}
    assert figures(value)["waited"][0]["text"] == "–"


def test_the_pair_is_the_one_asked_for_or_else_the_first_two():
    runs = {"A": answered("A", "one"), "B": answered("B", "two"), "C": answered("C", "one")}
    assert comparison_value(runs)["pair"] == ["A", "B"]
    same = comparison_value(runs, ["A", "C"])
    assert {piece["kind"] for piece in same["pieces"]} == {"same"}
    for wrong in (["A", "Z"], ["A"], "AB", None, 3):
        assert comparison_value(runs, wrong)["pair"] == ["A", "B"]


def test_verdicts_count_answers_and_wait_for_lanes_that_go_on():
    a, b = answered("A", "one"), answered("B", "two")
    assert comparison_value({"A": a, "B": b})["verdict"] == "2 answers, 2 different."
    going = replace(b, status="streaming")
    assert "still running" in comparison_value({"A": a, "B": going})["verdict"]
    failed = replace(b, status="failed", error="x")
    verdict = comparison_value({"A": a, "B": failed})["verdict"]
    assert verdict == "1 answer. 1 of 2 lanes failed."


def test_the_same_seed_is_told_and_a_different_one_is_a_setting():
    same = comparison_value({"A": answered("A", "x", seed=7), "B": answered("B", "y", seed=7)})
    assert "seed 7" in same["seeds"]
    assert same["settings"] == []
    other = comparison_value({"A": answered("A", "x", seed=7), "B": answered("B", "y", seed=8)})
    assert other["seeds"] == ""
    assert other["settings"] == [{"name": "seed", "values": ["7", "8"]}]


def test_whether_answers_fit_is_a_row_where_something_was_checked():
    a, b, c = (answered(lane, "x") for lane in "ABC")
    assert "valid" not in figures(comparison_value({"A": a, "B": b}))
    runs = {
        "A": replace(a, verdict=Verdict("valid", "Valid.", "Every field fits the schema.")),
        "B": replace(b, verdict=Verdict("invalid", "2 fields fail.", "The first: x is missing.")),
        "C": c,
    }
    row = figures(comparison_value(runs))["valid"]
    assert [cell["text"] for cell in row] == ["yes", "2 fields fail", "–"]
