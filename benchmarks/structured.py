"""What it costs to hold answers to schemas.

The tokenizer is the shipped one, of 2,560 tokens: with LFM2's 64,400 a mask takes longer.
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count, pairwise
from statistics import median
from typing import Any

from benchmarks.subject import Subject
from benchmarks.together import asked, moments_of, seconds, worker_of
from core.constraint import Constraint
from core.workspace import Request
from engine.constraints.compiler import Compiler
from engine.constraints.logits_processor import Constrained
from engine.loading.checkpoint import Checkpoint

LANES = 4
PAIRS = 12  # of short runs, a free and a held one: what else the machine does meets both
PROPERTIES = 100
NUMBERS = count()  # no schema is known from an earlier round
VALUES: tuple[dict[str, Any], ...] = (
    {"type": "string"}, {"type": "integer"}, {"enum": ["red", "green", "blue"]},
    {"type": "string", "pattern": "^[a-z]{2,9}-[0-9]+$"},
)  # fmt: skip


def rows(place: int) -> Constraint:
    """A list of objects that no answer comes to the end of."""
    value = {"type": "object", "properties": {"name": {"type": "string"}, "value": VALUES[place]}}
    value |= {"required": ["name", "value"], "additionalProperties": False}
    return Constraint("json_schema", json.dumps({"type": "array", "items": value, "minItems": 999}))


def held(subject: Subject) -> Checkpoint:
    """Ours, with a token that could end an answer: a constraint takes it away."""
    ours = subject.checkpoint
    ends = frozenset({ours.tokenizer.eos_token_id})
    width = ours.model.config.get_text_config().vocab_size
    can = replace(ours.description.capabilities, constraints=True)
    compiler = Compiler(ours.tokenizer, ends, width, ours.prompting.decode, can, None)
    compiler.vocabulary()  # is made once for each model
    return replace(ours, ends=ends, constraints=compiler)


def constrained_step(subject: Subject) -> float:
    """Median time between two tokens of one lane with a schema / without, run in turns."""
    (free,) = subject.requests(1, subject.sizes.short, new=max(4, subject.sizes.new // 4))
    constrained = replace(free, constraint=rows(0))
    checkpoints = {free: subject.checkpoint, constrained: held(subject)}
    steps: dict[Request, list[float]] = {free: [], constrained: []}
    for _ in range(PAIRS):
        for request, checkpoint in checkpoints.items():
            stream = asked(worker_of(checkpoint), [request])
            moments = moments_of(stream, [request])[request.lane]
            steps[request] += [after - before for before, after in pairwise(moments[1:])]
    return median(steps[constrained]) / median(steps[free])


def four_schemas(subject: Subject) -> float:
    """Seconds of four calls of `generate()`, each with a schema / of one run of four lanes."""
    checkpoint = held(subject)
    compiler, ends = checkpoint.constraints, sorted(checkpoint.ends)
    requests = [
        replace(request, constraint=rows(place))
        for place, request in enumerate(subject.requests(LANES, subject.sizes.short))
    ]
    matchers = [compiler.matcher(request) for request in requests]  # compiled for both sides
    one_by_one = sum(
        subject.held_alone(request, Constrained(matcher, ends))
        for request, matcher in zip(requests, matchers, strict=True)
        if matcher
    )
    return one_by_one / seconds(worker_of(checkpoint), requests)


def new_schema(subject: Subject) -> float:
    """Milliseconds to the first token with a schema that nobody has asked for - those without."""
    checkpoint = held(subject)
    names = [f"property {next(NUMBERS)}" for _ in range(PROPERTIES)]
    properties = {name: VALUES[place % len(VALUES)] for place, name in enumerate(names)}
    schema = json.dumps({"type": "object", "properties": properties, "required": names})
    (free,) = subject.requests(1, subject.sizes.short, new=1)
    constrained = replace(free, constraint=Constraint("json_schema", schema))
    without = seconds(worker_of(subject.checkpoint), [free])
    return 1000 * (seconds(worker_of(checkpoint), [constrained]) - without)
