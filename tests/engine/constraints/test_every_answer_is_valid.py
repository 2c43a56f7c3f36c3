"""Whatever the schema and the model, an answer that was not cut is valid: said by other code."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from core.constraint import Constraint
from core.runs.events import Failed, Finished
from tests.amounts import amount, every

NAMES = st.sampled_from(["name", "age", "x", "größe", "a b", 'quote"', "not"])
LEAVES = st.one_of(
    st.builds(lambda a, b: {"type": "integer", "minimum": a, "maximum": a + b},
              st.integers(-999, 999), st.integers(0, 99)),
    st.builds(lambda n: {"type": "string", "maxLength": n}, st.integers(0, 6)),
    st.sampled_from([
        {"type": "boolean"}, {"type": "null"}, {"type": ["integer", "null"], "maximum": 99},
        {"type": "string", "pattern": "^[a-z]{1,3}[0-9]$"}, {"type": "string", "format": "date"},
        {"enum": ["red", 1, None, True, "naïve"]}, {"const": "fixed"},
        {"type": "number", "exclusiveMinimum": 0, "maximum": 1, "multipleOf": 0.25},
    ]),
)  # fmt: skip


def objects(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        lambda properties, chance, closed: {
            "type": "object",
            "properties": properties,
            "required": [name for name in properties if chance.random() < 0.7],
            "additionalProperties": not closed and {"type": "integer", "maximum": 9, "minimum": 0},
        },
        st.dictionaries(NAMES, values, min_size=1, max_size=3),
        st.randoms(use_true_random=False),
        st.booleans(),
    )


def lists(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        lambda items, least, more: {
            "type": "array", "items": items, "minItems": least, "maxItems": least + more,
        },
        values, st.integers(0, 2), st.integers(0, 2),
    )  # fmt: skip


SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        objects(inner),
        lists(inner),
        st.lists(inner, min_size=1, max_size=2).map(lambda either: {"anyOf": either}),
    ),
    max_leaves=5,
)


def test_an_answer_that_was_not_cut_is_valid(engine_of, ask, run) -> None:
    ends: Counter[str] = Counter()

    @settings(max_examples=amount(12, 300))
    @given(
        schema=SCHEMAS,
        model=st.sampled_from(every(3, ("lfm2", "moe", "lfm3", "llama"))),
        seed=st.integers(0, 99),
        temperature=st.sampled_from((0.0, 1.0, 2.0)),
        flexible=st.booleans(),
    )
    def answers(schema, model, seed, temperature, flexible) -> None:
        constraint = Constraint("json_schema", json.dumps(schema), flexible_whitespace=flexible)
        request = replace(ask(temperature=temperature, max_new_tokens=60), constraint=constraint)
        requests = [
            replace(request, lane=lane, params=replace(request.params, seed=seed + n))
            for n, lane in enumerate("ABC")
        ]
        lanes = run(engine_of(model), *requests)
        for lane in "ABC":
            end = lanes.end(lane)
            if isinstance(end, Failed):  # many ordinary tokens end an answer of these models
                assert "nothing that this model can write" in end.message
                ends["failed"] += 1
                continue
            assert isinstance(end, Finished)
            assert end.incomplete or end.stop_reason in ("end_of_sequence", "max_new_tokens")
            ends["cut" if end.incomplete else "finished"] += 1
            if not end.incomplete:
                answer = json.loads(lanes.text(lane))
                jsonschema.validate(answer, schema, format_checker=jsonschema.FormatChecker())

    answers()
    print(dict(ends))
    assert ends["finished"] > ends.total() / 10, ends  # or little was said
