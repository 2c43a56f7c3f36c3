"""The promise for constrained lanes: the tokens are those of `generate()` with a processor that
asks llguidance itself, in float32.
"""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from core.constraint import Constraint
from core.conversation import Conversation, message
from core.runs.events import Finished
from core.runs.verification import Verified
from core.vision import VisionBudget
from engine.batch.limits import Limits
from tests.amounts import amount, every
from tests.engine.batch.test_schedules import Stepped, check, play, visits


def schema(value: Any, **options: Any) -> Constraint:
    return Constraint("json_schema", json.dumps(value), **options)


PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 6},
        "age": {"type": "integer", "minimum": 0, "maximum": 120},
        "of": {"type": "array", "items": {"enum": ["new", "old"]}, "maxItems": 2},
    },
    "required": ["name", "age"],
    "additionalProperties": False,
}
CONSTRAINTS = (
    schema(PERSON),
    schema(PERSON, flexible_whitespace=True),
    schema({"anyOf": [{"type": "boolean"}, {"type": "null"}, {"type": "number"}]}),
    schema({"type": "array", "items": {"type": "string", "pattern": "^[a-c]{2,3}$"}}),
    Constraint("json"),
    Constraint("choices", choices=("red", "dark blue", 'quoted "green"', "naïve 🙂")),
    Constraint("regex", r"[0-9]{4}-[01][0-9]-[0-3][0-9]|never"),
    Constraint("grammar", 'start: word (" " word)*\nword: /[a-z]{1,5}/ | "<" word ">"'),
)
SAMPLING: tuple[dict[str, Any], ...] = (
    {"temperature": 0.0},
    {"temperature": 0.0, "repetition_penalty": 1.3},
    {},
    {"temperature": 0.3, "min_p": 0.15, "repetition_penalty": 1.05},
    {"temperature": 0.1, "top_k": 50, "top_p": 0.1, "repetition_penalty": 1.05},
    {"temperature": 1.5, "top_k": 5, "typical_p": 0.8},
)
PAIRS = [(c, s) for c in CONSTRAINTS for s in SAMPLING]  # 48


@pytest.mark.parametrize("number", every(5, range(len(PAIRS))))
def test_a_constrained_lane_gives_the_tokens_of_generate(
    number, engine_of, constrained_ids, ask, run
) -> None:
    constraint, sampling = PAIRS[number]
    request = ask(**{"seed": number, "max_new_tokens": 24, **sampling})
    request = replace(request, constraint=constraint)
    lanes = run(engine_of("lfm2"), request)
    assert lanes.ids() == constrained_ids("lfm2", request)


@pytest.mark.parametrize("kind", every(2, ("moe", "llama", "lfm3")))
def test_eight_lanes_with_constraints_of_their_own_give_what_each_gives_alone(
    kind, engine_of, constrained_ids, ask, run
) -> None:
    requests = [
        replace(ask(lane=str(n), seed=n, max_new_tokens=16, **SAMPLING[n % 6]), constraint=held)
        for n, held in enumerate((None, *CONSTRAINTS[:7]))
    ]
    lanes = run(engine_of(kind), *requests)
    for request in requests:
        assert lanes.ids(request.lane) == constrained_ids(kind, request)


@pytest.mark.parametrize("kind", every(2, ("lfm2", "vl")))
def test_rows_that_join_and_leave_do_not_change_the_constraints_of_others(
    kind, engine_of, constrained_ids, picture
) -> None:
    pictures = [picture(96, 64, "red")] if kind == "vl" else []
    worker = Stepped(engine_of(kind).worker.checkpoint, Limits(rows=4))
    tokens = 0
    for seed in range(amount(3, 12)):
        chance = random.Random(f"{kind} {seed}")
        planned = visits(chance, pictures)
        for visit in planned:
            visit.requests = [
                replace(one, constraint=chance.choice((None, *CONSTRAINTS)))
                for one in visit.requests
                if one.conversation.prefill is None
            ]
        planned = [visit for visit in planned if visit.requests]
        for visit, handle in zip(planned, play(worker, planned), strict=True):
            tokens += check(visit, handle, lambda request: constrained_ids(kind, request))
    assert tokens > 30


def test_an_image_and_a_prefill_and_the_prompt_cache_go_together_with_a_constraint(
    engine_of, constrained_ids, ask, run, picture
) -> None:
    red = message("user", "What is it?", [picture(96, 64, "red")])
    talk = Conversation((red, message("assistant", '{"name": "a')))
    small = VisionBudget(16, 32, False)
    requests = [
        replace(ask(talk, "A", small, seed=3, max_new_tokens=20), constraint=CONSTRAINTS[0]),
        replace(ask(talk, "B", small, seed=3, max_new_tokens=20), constraint=CONSTRAINTS[1]),
        replace(ask(Conversation((red,)), "C", small, seed=3), constraint=CONSTRAINTS[5]),
    ]
    for _ in range(2):  # the second time from the prompt cache
        lanes = run(engine_of("vl"), *requests)
        for request in requests:
            assert lanes.ids(request.lane) == constrained_ids("vl", request)
    assert lanes.start("A").cached_tokens


def test_a_stop_string_ends_a_constrained_answer_as_it_ends_others(
    engine_of, constrained_ids, ask, run
) -> None:
    request = replace(ask(seed=1, stop=('"age"',)), constraint=CONSTRAINTS[0])
    request = replace(request, params=replace(request.params, max_new_tokens=60))
    lanes = run(engine_of("lfm2"), request)
    assert lanes.ids() == constrained_ids("lfm2", request)
    assert lanes.end() == Finished("stop_string", "", lanes.end().seconds, incomplete=True)


def test_verify_answers_again_with_the_constraint(engine_of, ask, run) -> None:
    request = replace(ask(seed=5, max_new_tokens=16, temperature=1.2), constraint=CONSTRAINTS[0])
    engine = engine_of("lfm2")
    *_, verdict = engine.verify(request, run(engine, request).ids())
    assert isinstance(verdict, Verified)
    assert verdict.difference is None


def test_the_candidates_of_a_place_name_the_constraint_as_what_removed_them(engine_of, ask) -> None:
    engine = engine_of("lfm2")
    for temperature in (0.0, 1.0):
        free = ask(seed=5, temperature=temperature)
        held = replace(free, constraint=Constraint("regex", "[0-9]{3}"))
        *_, found = engine.distribution(held, ())
        steps = engine.sampler_steps(found, held.params, top=40)
        by = {candidate.text: candidate.removed_by for candidate in steps.candidates}
        assert "constraint" in by.values()
        for text, remover in by.items():
            assert (remover == "constraint") == (not text.isdigit())
