"""What a lane is promised of a server, tried on one that runs, next to the local engine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace

from core.constraint import Constraint
from core.conversation import Conversation, message
from core.runs.engine import Engine, Loaded
from core.runs.events import Token
from core.runs.run import Run, fold_all
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Request
from engine.local import LocalEngine
from engine.remote.remote_engine import RemoteEngine
from engine.remote.remote_server import RemoteServer
from tests.engine.conftest import POCKET

STORY = Conversation((message("user", "tell me a short story about a fox."),))
EXTRACT = "Extract the name and age from: John is 30 years old."
PREFILLED = Conversation((message("user", EXTRACT), message("assistant", '{\n  "name": ')))
TALKS = {
    "a story": STORY,
    "a date": Conversation((message("user", "Write the date 3/8/2024 in words."),)),
    "a system prompt": Conversation((
        message("system", "You are a helpful assistant."), message("user", EXTRACT))),
    "a prefill": PREFILLED,
}  # fmt: skip
PERSON = Constraint("json_schema", json.dumps({
    "type": "object", "required": ["age"], "additionalProperties": False,
    "properties": {"age": {"type": "integer", "minimum": 1, "maximum": 99}}}))  # fmt: skip
WORDS = ("yes", "no")
TOOLS = '[{"name": "look", "parameters": {"type": "object", "properties": {}}}]'  # as LFM2 has them
Line = tuple[str, str]  # what was tried, and what came of it


def asked(talk: Conversation, lane: str = "A", **params: object) -> Request:
    given = {"temperature": 0.0, "max_new_tokens": 40, "seed": 5, **params}
    return Request(lane, talk, SamplingParams(**given), VisionBudget())  # pyright: ignore


def local() -> LocalEngine:
    return LocalEngine(str(POCKET), device="cpu", weights="float32")


def remote(url: str) -> RemoteEngine:
    """Raises AssertionError where it is not found."""
    engine = RemoteEngine(RemoteServer(url, name="far"))
    *_, loaded = engine.load("")
    assert isinstance(loaded, Loaded), loaded
    return engine


def answered(engine: Engine, *requests: Request) -> list[Run]:
    runs = {one.lane: Run(one) for one in requests}
    for lane, event in engine.stream(requests):
        runs[lane] = fold_all(runs[lane], [event])
    return list(runs.values())


def compared(here: Engine, there: RemoteEngine) -> Iterator[Line]:
    """How near the server's prompts and greedy answers are to the local ones."""
    for name, talk in TALKS.items():
        request = asked(talk)
        yield f"the prompt of {name}", same_prompt(here, there, request)
        (near,), (far,) = answered(here, request), answered(there, request)
        yield f"greedy, {name}", difference(near, far)


def same_prompt(here: Engine, there: RemoteEngine, request: Request) -> str:
    """Ids of the server's own templates and tokenizer against those of the local prompt."""
    told = there.prompt_ids(request)
    own = tuple(token.token_id for token in here.render(request).tokens)
    if told is None:
        return "not told"
    return "the same ids" if told == own else f"{len(told)} ids, {len(own)} here"


def difference(near: Run, far: Run) -> str:
    if far.status != "done":
        return f"FAILED: {far.error}"
    if far.text == near.text:
        return f"the same text, {len(near.tokens)} tokens"
    same = next((n for n, (a, b) in enumerate(zip(near.text, far.text, strict=False)) if a != b),
                min(len(near.text), len(far.text)))  # fmt: skip
    shown = f"{far.text[same : same + 30]!r}, here {near.text[same : same + 30]!r}"
    return f"another text from character {same + 1} on: {shown}"


def promised(there: RemoteEngine) -> Iterator[Line]:
    """Each promise that holds whatever the numbers are; a line with FAILED breaks one."""
    able = there.models[0].capabilities
    if able.seeds:  # one after another: with others in the batch, rounding may differ
        sampled = [asked(STORY, temperature=1.0, seed=seed) for seed in (5, 5, 6)]
        first, again, other = (answered(there, one)[0] for one in sampled)
        yield "a seed twice", kept(first.text == again.text != "", first, again)
        yield "another seed", kept(first.text != other.text, first, other)
    three = answered(there, *(asked(STORY, label) for label in "ABC"))
    (alone,) = answered(there, asked(STORY))
    like = sum(run.text == alone.text for run in three)
    yield "greedy, three lanes at once", f"{like} of 3 as alone"
    every = {"temperature": 0.7, "top_k": 20, "top_p": 0.9, "min_p": 0.05, "typical_p": 0.95,
             "repetition_penalty": 1.1}  # fmt: skip
    (run,) = answered(there, asked(STORY, **every))
    yield "all samplers", f"{kept(run.status == 'done', run)}; not sent: {run.not_sent}"
    (run,) = answered(there, asked(STORY, stop=(" fox",), max_new_tokens=60))
    ended = run.stop_reason in ("stop_string", "end_of_sequence")
    yield "a stop string", kept(" fox" not in run.text and ended, run)
    (run,) = answered(there, asked(replace(STORY, tools=TOOLS)))
    yield "tools", kept(run.status == "done", run)
    (run,) = answered(there, asked(STORY, max_new_tokens=5))
    yield "5 tokens", kept(run.stop_reason == "max_new_tokens", run)
    if able.prefill:
        (run,) = answered(there, asked(PREFILLED))
        yield "a prefill", kept(run.text.startswith('"John"'), run)
    if able.logprobs:
        told = [token.logprob for token in run.tokens]
        yield "logprobs", kept(bool(told) and all(n is not None and n <= 0 for n in told), run)
    if able.constraints:
        yield from held(there)
    (run,) = answered(there, asked(Conversation((message("user", "word " * 9_000),))))
    good = run.status == "done" or run.error[-1] in ".…"  # not every server has a bound
    yield "a prompt that is too long", kept(good, run)
    yield "a lane that is stopped", stopped(there)


def held(there: RemoteEngine) -> Iterator[Line]:
    ways = {
        "a schema": (PERSON, lambda text: set(json.loads(text)) == {"age"}),
        "choices": (Constraint("choices", choices=WORDS), lambda text: text in WORDS),
        "a regular expression": (
            Constraint("regex", "[a-f]{4}"), lambda text: re.fullmatch("[a-f]{4}", text)),
    }  # fmt: skip
    for name, (constraint, fits) in ways.items():
        (run,) = answered(there, replace(asked(STORY, max_new_tokens=80), constraint=constraint))
        unknown = run.status == "failed" and "can't hold an answer" in run.error
        yield name, kept(unknown or (run.status == "done" and bool(fits(run.text))), run)


def stopped(there: RemoteEngine) -> str:
    """One lane of two is stopped; the other goes on to its end."""
    lanes = [asked(STORY, label, max_new_tokens=300, temperature=1.0) for label in "AB"]
    runs = {one.lane: Run(one) for one in lanes}
    stream = there.stream(lanes)
    for lane, event in stream:
        runs[lane] = fold_all(runs[lane], [event])
        if isinstance(event, Token) and lane == "A":
            stream.stop("A")
    good = runs["A"].stop_reason == "stopped" and runs["B"].stop_reason != "stopped"
    return kept(good and runs["B"].status == "done", *runs.values())


def kept(good: bool, *runs: Run) -> str:
    said = [run.error or f"{run.text[-40:]!r} ({run.stop_reason})" for run in runs]
    return f"{'kept' if good else 'FAILED'}: {' | '.join(said)}"
