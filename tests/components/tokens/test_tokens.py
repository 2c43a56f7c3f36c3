"""What the Tokens tab shows, from runs of the engine without a model."""

from __future__ import annotations

import asyncio
import base64
import math
from array import array
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from components.history.run_history import KeptRun
from components.tokens.branches import (
    branch_request,
    branches,
    redrawn_request,
    traced,
    workspace_of,
)
from components.tokens.logits import leading_ids, logits_at
from components.tokens.scoring import ScoreRow, score_rows
from components.tokens.token_values import NOTHING, SAVED, distance, run_key, tokens_value
from components.tokens.tokens_tab import asked_place, presets_to_try, sampler_fields
from core.access.access import Visitor
from core.conversation import Conversation, message
from core.errors import InvalidInput
from core.runs.run import Run, fold_all
from core.runs.traces import Candidate, packed_trace
from core.sampling import SamplingParams, samplers
from core.sessions.saved_answers import saved_answers, saved_runs
from core.vision import VisionBudget
from core.workspace import Request, Workspace
from engine.scripted.scripted_engine import ScriptedEngine
from tests.components.snapshots import LIBRARY

ENGINE = ScriptedEngine(tokens_per_second=10_000)
TALK = Conversation((message("user", "Hello there", id="m1"),))


def answered(lane: str = "A", begins_with: tuple[int, ...] = (), **params: Any) -> Run:
    request = Request(
        lane, TALK, SamplingParams(**{"seed": 1, "max_new_tokens": 12, **params}), VisionBudget(),
        begins_with=begins_with,
    )  # fmt: skip
    with closing(ENGINE.stream([request])) as events:
        return fold_all(Run(request, asked_at="2026-01-01"), [event for _, event in events])


def told(**data: Any) -> Any:
    return SimpleNamespace(_data=data)


def kept(*runs: Run) -> list[KeptRun]:
    """The newest first, as the history has them."""
    numbered = [KeptRun(n, "", Workspace(), {"A": run}) for n, run in enumerate(runs, start=1)]
    return numbered[::-1]


def test_lists_have_an_entry_for_each_token_and_candidates_are_in_one_row():
    run = answered(temperature=0.7, top_k=3)
    value = tokens_value({"A": run})
    names = ("texts", "ids", "logprobs", "ranks", "entropies", "cumulative")
    assert {len(value[name]) for name in names} == {len(run.tokens)}
    lists = value["candidates"]
    total = sum(lists["counts"])
    assert {len(lists[n]) for n in ("ids", "logprobs", "probabilities", "removed")} == {total}
    assert "top_k" in {value["removers"][place] for place in lists["removed"]}
    assert value["params"].keys() == samplers().keys()
    assert {str(i) for i in lists["ids"]} == value["words"].keys()


def test_without_tokens_there_is_a_sentence():
    assert tokens_value({})["note"] == NOTHING
    run = answered()
    [saved] = saved_answers({"A": run}, "A", TALK)
    assert tokens_value(saved_runs([saved], TALK))["note"] == SAVED


def test_the_lane_that_is_asked_for_is_shown_or_else_the_first():
    runs = {"A": answered("A"), "B": answered("B", temperature=0)}
    assert [tokens_value(runs, lane)["lane"] for lane in ("B", "Z", "")] == ["B", "A", "A"]
    assert tokens_value(runs)["distances"]["lane"] == "B"
    assert run_key(runs["A"]) != run_key(replace(runs["A"], tokens=runs["A"].tokens[:1]))


def test_the_distance_is_nothing_for_the_same_choice_and_all_for_another():
    def of(**shares: float) -> list[Candidate]:
        return [Candidate(ord(i), i, -1.0, share) for i, share in shares.items()]

    assert distance(of(a=1), of(a=1)) == 0
    assert distance(of(a=1), of(b=1)) == 1
    assert distance(of(a=0.5, b=0.5), of(a=1)) == 0.5


def test_a_place_must_be_one_of_the_answer_that_is_shown():
    run = answered()
    good = {"lane": "A", "run": run_key(run), "place": 0}
    assert asked_place({"A": run}, told(**good)) == (run, 0)
    for wrong in ({"place": -1}, {"place": len(run.tokens)}, {"place": True}, {"place": "0"}):
        with pytest.raises(InvalidInput, match="must be from 0 to"):
            asked_place({"A": run}, told(**{**good, **wrong}))
    for wrong in ({"run": "x"}, {"run": None}, {"lane": "B"}):
        with pytest.raises(InvalidInput, match="no longer kept"):
            asked_place({"A": run}, told(**{**good, **wrong}))


def test_logits_come_with_the_words_of_all_that_can_lead():
    run = answered()
    found = asyncio.run(logits_at(ENGINE, run, 2, Visitor(), lambda: True, 7))
    logits = array("f", base64.b64decode(found["logits"]))
    assert found["question"] == 7
    assert set(found["seen"]) >= set(run.token_ids[:2])
    best = max(range(len(logits)), key=logits.__getitem__)
    assert {str(best), str(run.token_ids[2])} <= found["words"].keys()


def test_both_halves_of_the_vocabulary_lead_and_nothing_forbidden_does():
    logits = array("f", [float(n) for n in range(100)])
    ids = leading_ids(logits, {3, 4, 5, 1000}, b"")
    assert ids[:3] == [5, 4, 3]
    assert ids[3] == 99
    allowed = bytes(n != 99 and n != 5 for n in range(100))
    assert not {5, 99} & set(leading_ids(logits, {3, 4, 5}, allowed))


def test_a_branch_begins_with_the_tokens_up_to_there_and_the_chosen_one():
    run = answered()
    other = next(c for c in run.tokens[2].candidates if c.token_id != run.token_ids[2])
    request = branch_request(run, 2, other.token_id)
    assert request.begins_with == (*run.token_ids[:2], other.token_id)
    with pytest.raises(InvalidInput, match="no candidate with the id -1"):
        branch_request(run, 2, -1)


def test_no_branch_begins_with_an_end_or_with_what_the_constraint_forbids():
    run = answered()
    token = run.tokens[2]
    end, forbidden = (c for c in token.candidates[:3] if c.token_id != token.token_id)
    assert run.capabilities
    assert tokens_value({"A": run})["ends"] == sorted(run.capabilities.ends)
    ending = replace(run, capabilities=replace(run.capabilities, ends=frozenset({end.token_id})))
    with pytest.raises(InvalidInput, match="ends the answer"):
        branch_request(ending, 2, end.token_id)
    trace = packed_trace(1, 1.0, [replace(forbidden, removed_by="constraint")])
    tokens = (*run.tokens[:2], replace(token, trace=trace), *run.tokens[3:])
    with pytest.raises(InvalidInput, match="constraint doesn't allow"):
        branch_request(replace(run, tokens=tokens), 2, forbidden.token_id)


def test_branches_are_the_kept_runs_of_the_request_and_given_tokens_get_their_traces():
    run = answered()
    other = next(c for c in run.tokens[2].candidates if c.token_id != run.token_ids[2])
    branch = answered(begins_with=branch_request(run, 2, other.token_id).begins_with)
    stranger = answered(temperature=0.5)
    all_kept = kept(run, branch, stranger)
    assert branch.tokens[1].given
    assert branch.tokens[1].trace is None
    whole = traced(branch, all_kept)
    assert whole.tokens[1].trace == run.tokens[1].trace
    assert whole.tokens[2].logprob == pytest.approx(other.logprob)
    first, second = branches(all_kept, branch)
    assert (first["run"], first["parent"], first["place"], first["shown"]) == (1, None, 0, False)
    assert (second["run"], second["parent"], second["place"], second["shown"]) == (2, 1, 2, True)
    assert second["text"].startswith(other.text)
    assert first["logprob"] == pytest.approx(sum(t.logprob or 0.0 for t in run.tokens))
    assert second["logprob"] == pytest.approx(sum(t.logprob or 0.0 for t in whole.tokens))
    assert branches(all_kept, stranger) == []
    assert workspace_of(all_kept, run, Workspace(count=2)).count == 1


def test_of_identical_answers_one_stands_for_all():
    """Fifteen runs at temperature 0 were fifteen rows that said that they end here."""
    first, middle, last = (answered() for _ in range(3))
    other = next(c for c in first.tokens[2].candidates if c.token_id != first.token_ids[2])
    branch = answered(begins_with=branch_request(first, 2, other.token_id).begins_with)
    assert branches(kept(first, middle, last), last) == []
    views = branches(kept(first, middle, branch, last), middle)
    assert [(one["run"], one["shown"]) for one in views] == [(2, True), (3, False)]
    views = branches(kept(first, middle, branch, last), branch)
    assert [(one["run"], one["shown"]) for one in views] == [(3, True), (4, False)]


def test_an_answer_drawn_anew_keeps_the_tokens_before_and_its_seed_if_asked():
    run = answered(seed=3, temperature=1.0, max_new_tokens=40)
    same, new = redrawn_request(run, 2, keeps_seed=True), redrawn_request(run, 2, keeps_seed=False)
    assert same.begins_with == new.begins_with == run.token_ids[:2]
    assert (same.params.seed, new.params.seed) == (3, None)
    again, other = (
        answered(begins_with=run.token_ids[:2], seed=seed, temperature=1.0, max_new_tokens=40)
        for seed in (3, 4)
    )
    views = branches(kept(run, again, other), again)
    assert again.token_ids == run.token_ids
    assert [(one["run"], one["parent"], one["seed"]) for one in views] == [(2, None, 3), (3, 2, 4)]
    assert views[1]["place"] >= 2


def test_an_expected_answer_is_scored_for_each_lane_the_likeliest_first():
    requests = [answered(lane).request for lane in "AB"]

    def scored(text: str) -> list[ScoreRow]:
        return asyncio.run(score_rows(ENGINE, requests, text, Visitor(), lambda: True))

    rows = scored("Hello, you.")
    assert [row["lane"] for row in rows] == ["A", "B"]
    for row in rows:
        assert row["total"] == pytest.approx(sum(row["logprobs"]))
        assert row["perplexity"] == pytest.approx(math.exp(-row["total"] / len(row["texts"])))
    assert all("is empty" in row.get("error", "") for row in scored(""))


def test_the_sliders_are_in_the_order_in_which_samplers_are_applied():
    names = [one["name"] for one in sampler_fields()]
    assert names[0] == "repetition_penalty"
    assert set(names) == samplers().keys()
    for one in presets_to_try(LIBRARY):
        assert one["values"].keys() == samplers().keys()
