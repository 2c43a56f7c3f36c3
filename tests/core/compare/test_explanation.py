"""The sentences that say why a lane did not choose another's token."""

from dataclasses import replace

import pytest

from core.compare.explanation import Side, candidate_rows, explain
from core.runs.traces import Candidate
from core.sampling import samplers


def side(removed_by="", probability=0.0, lane="A", text=" cat"):
    other = Candidate(2, text, -2.0, probability, removed_by)
    return Side(lane, 1, (Candidate(1, " dog", -0.1, 0.9), other))


@pytest.mark.parametrize("setting", [name for name, row in samplers().items() if row.keeps])
def test_a_setting_that_removed_a_token_is_named(setting):
    first, _ = explain(side(setting), Side("B", 2, ()))
    assert first == f"A could not choose “ cat”: its {setting} removed it."


def test_a_constraint_that_removed_a_token_is_named():
    held = replace(side("constraint"), held_to="the choices")
    first, _ = explain(held, Side("B", 2, ()))
    assert first == "A could not choose “ cat”: the choices removed it."
    assert [row["removed_by"] for row in candidate_rows(held, (1, 2))][-1] == "the choices"


def test_greedy_choice_and_penalty_have_words_of_their_own():
    assert "temperature 0" in explain(side("temperature"), Side("B", 2, ()))[0]
    assert "repetition penalty" in explain(side("repetition_penalty"), Side("B", 2, ()))[0]


def test_what_could_have_been_chosen_was_decided_by_the_draw():
    first, _ = explain(side(probability=0.123), Side("B", 2, ()))
    assert first == "A could have chosen “ cat” (12.3% after its samplers): the draw decided."


def test_white_space_is_named_so_that_it_can_be_seen():
    assert r"'\n'" in explain(side("top_p", text="\n"), Side("B", 2, ()))[0]


def test_a_missing_figure_is_told():
    assert explain(Side("A", 1, ()), side(lane="B"))[0] == "A has no figures for the other's token."


def test_rows_show_both_choices_and_what_was_removed():
    chosen, other = candidate_rows(side("top_p"), (1, 2))
    assert (chosen["kind"], other["kind"]) == ("chosen", "other")
    assert (chosen["before"], chosen["after"]) == ("90.5%", "90%")
    assert (other["after"], other["removed_by"]) == ("0", "top_p")
    assert chosen["share"] == pytest.approx(0.9048)
