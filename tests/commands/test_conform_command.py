"""A server is compared with the model here: our own is the same, and what is wrong is named."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

import app
from core.conformance.asking import scored
from core.conformance.command import CONFORMS, ConformCommand, conform_flags
from core.conformance.conforming import Conforming
from core.conformance.outcome import Conformance
from core.conformance.prompts import Prompt, of_file, shipped
from core.conversation import message
from core.errors import InvalidInput
from core.runs.events import Event, Failed, Finished, Token
from core.vision import VisionBudget
from core.workspace import Request
from engine.local import LocalEngine
from engine.remote.remote_engine import RemoteEngine
from engine.remote.remote_server import RemoteServer
from engine.scripted.scripted_engine import ScriptedEngine
from tests.engine.conftest import POCKET
from tests.engine.remote import hostile_servers as bad
from tests.engine.remote.test_remote_engine import ANSWERS
from tests.serving import served_here
from tests.shipped import LIBRARY

PROMPTS = {one.name: one for one in shipped(LIBRARY, VisionBudget())}
STORY, JSON = PROMPTS["Tell a story"], PROMPTS["Extract JSON"]
DRAWS, SEED = 60, 11


@pytest.fixture(scope="module")
def engine() -> LocalEngine:
    return LocalEngine(str(POCKET), device="cpu", weights="float32")


class Honest:
    """A server's side, answered by an engine of this process."""

    kind = "played"
    draws_alike = True

    params: Mapping[str, Any] = {}
    samplers: Sequence[str] = ("temperature",)

    def __init__(self, engine: LocalEngine) -> None:
        self.engine = engine
        described = engine.description
        assert described
        can = replace(described.capabilities, samplers=frozenset(self.samplers))
        self.description = replace(described, alias="far", server="far", capabilities=can)
        self.count: Counter[str] = Counter()

    def stream(self, requests: Sequence[Request], visitor: str = "") -> Any:
        self.count.clear()
        events = self.engine.stream([self.sent(one) for one in requests])
        return ((lane, self.told(lane, event)) for lane, event in events)

    def sent(self, request: Request) -> Request:
        return replace(request, params=replace(request.params, **self.params))

    def told(self, lane: str, event: Event) -> Event:
        return event

    def prompt_ids(self, request: Request) -> tuple[int, ...] | None:
        return self.engine.render(self.sent(request)).token_ids

    def prompt_count(self, request: Request) -> int | None:
        return len(self.engine.render(self.sent(request)).tokens)

    def text_logprobs(self, request: Request, ids: Sequence[int]) -> list[float | None] | None:
        begin = len(self.engine.render(request).tokens)
        found = scored(self.engine, request, ids[begin:])
        return [token.logprob for token in found.tokens]


def check(engine: LocalEngine, served: Honest, *prompts: Prompt) -> Conformance:
    made = Conforming(engine, served, DRAWS, 0.05, SEED, lambda line: None)
    return made.run(prompts)


def test_our_own_server_gives_the_same_and_what_it_does_not_tell_is_said(engine, tmp_path):
    said: list[str] = []
    few = {key: LIBRARY.scenarios[key] for key in ("json-prefill", "story")}
    with served_here(engine) as url:
        served = RemoteEngine(RemoteServer(url, name="far"))
        served.use("")
        made = ConformCommand(None, tmp_path / "report.html", 30, 0.05, SEED, said.append)
        assert made.run(engine, served, replace(LIBRARY, scenarios=few)) == 0, said
    assert said[-1].startswith(
        "pocket at far answers like pocket in everything that could be compared. Not compared: "
        "logprobs "
        "of given text"
    )
    page = (tmp_path / "report.html").read_text()
    assert page.count("✓ same") >= 2 * 3 + 6
    assert page.count("– not compared") >= 2
    assert "✗ differs" not in page


# -- what a server may do wrong --------------------------------------------------------------------
class OtherTopK(Honest):
    samplers = ("temperature", "top_k")
    params = {"top_k": 0}


class OtherTemperature(Honest):
    params = {"temperature": 1.0}


class OtherDefaults(Honest):
    samplers = ("temperature", "top_k")
    params = {"top_k": 2}


class OtherSeeds(Honest):
    params = {"seed": 99}

    def sent(self, request: Request) -> Request:
        own = request.params.seed or 0
        return replace(request, params=replace(request.params, seed=own + 1_000))


class NoSeeds(Honest):
    calls = 0

    def sent(self, request: Request) -> Request:
        self.calls += 1
        return replace(request, params=replace(request.params, seed=self.calls))


class OneSeed(Honest):
    params = {"seed": 1}


class NoStop(Honest):
    params = {"stop": ()}


class OtherTemplate(Honest):
    def sent(self, request: Request) -> Request:
        talk = request.conversation
        system = message("system", "Be a pirate.")
        return replace(request, conversation=replace(talk, messages=(system, *talk.messages)))


class OtherTokens(Honest):
    """The third token of each answer."""

    def told(self, lane: str, event: Event) -> Event:
        self.count[lane] += isinstance(event, Token)
        if isinstance(event, Token) and self.count[lane] == 3:
            return replace(event, token_id=90, text="x")
        return event


class OtherLogprobs(Honest):
    def told(self, lane: str, event: Event) -> Event:
        if isinstance(event, Token) and event.logprob is not None:
            return replace(event, logprob=event.logprob - 0.5)
        return event


class OtherReading(Honest):
    """Of the text that it is given: one token of it."""

    def text_logprobs(self, request: Request, ids: Sequence[int]) -> list[float | None] | None:
        told = super().text_logprobs(request, ids)
        return [None if one is None else one - 6.6 * (n == 9) for n, one in enumerate(told or [])]


class Endless(Honest):
    def told(self, lane: str, event: Event) -> Event:
        if isinstance(event, Finished):
            return Failed("far doesn't end its answer.", 0.0)
        return event


SHORT = replace(JSON, request=replace(
    JSON.request, params=replace(JSON.request.params, max_new_tokens=4)))  # fmt: skip
HERE = "far does not answer like pocket: "
WRONG = {
    (OtherTopK, STORY): "top_k has no effect",
    (OtherTemperature, STORY): "tokens differ in 1 of 1 prompts; temperature has no effect",
    (OtherDefaults, STORY): "without samplers the draws do not fit the model's own probabilities",
    (OtherSeeds, STORY): "seed draws different tokens",
    (NoSeeds, STORY): "seed has no effect",
    (OneSeed, STORY): "without samplers the draws do not fit the model's own probabilities; "
    "seed has no effect",
    (NoStop, STORY): "stop has no effect",
    (OtherTemplate, JSON): "prompt ids differ in 1 of 1 prompts",
    (OtherTokens, JSON): "tokens differ in 1 of 1 prompts; logprobs of the answer differ by up to",
    (OtherLogprobs, JSON): "logprobs of the answer differ by up to 0.5 nats in 1 of 1 prompts",
    (OtherReading, JSON): "logprobs of given text differ by up to 6.6 nats in 1 of 1 prompts",
    (Endless, SHORT): "tokens differ in 1 of 1 prompts",
}


SLOW = (OtherTopK, OtherDefaults, NoSeeds, OneSeed, Endless)


@pytest.mark.parametrize(
    ("wrong", "prompt"),
    [
        pytest.param(*row, id=row[0].__name__, marks=pytest.mark.thorough if row[0] in SLOW else ())
        for row in WRONG
    ],
)
def test_what_a_server_does_wrong_is_found_and_named_and_nothing_else(engine, wrong, prompt):
    found = check(engine, wrong(engine), prompt)
    verdict = found.verdict.partition(". Not compared: ")[0].rstrip(".")
    said = HERE + WRONG[wrong, prompt]
    assert verdict.startswith(said) if said.endswith("up to") else verdict == said


def test_where_the_template_differs_is_shown(engine):
    (prompt,) = check(engine, OtherTemplate(engine), JSON).prompts
    assert prompt.ids.sentence == (
        "Token 5, in message 1: nothing here, “Be a pirate.<|im_end|>\\n<|im_start|>system\\n” "
        "there; 77 tokens here, 89 there."
    )


def test_the_first_token_that_differs_has_both_probabilities(engine):
    (prompt,) = check(engine, OtherTokens(engine), JSON).prompts
    assert prompt.tokens.sentence == (
        "Token 3: “o” here, “x” there. There its probability is 99.9%. Here it is 9.52e-11%, and "
        "99.9% for the reference's own."
    )
    assert "at token 3" in prompt.logprobs.sentence


class Silent(Honest):
    """A server of OpenAI's protocol: no ids, no logprobs."""

    draws_alike = False

    def told(self, lane: str, event: Event) -> Event:
        if isinstance(event, Token):
            return replace(event, token_id=None, logprob=None)
        return event

    def prompt_ids(self, request: Request) -> None:
        return None

    def text_logprobs(self, request: Request, ids: Sequence[int]) -> None:
        return None


class SilentOtherTemperature(Silent):
    params = {"temperature": 1.0}


def test_texts_alone_are_compared_and_the_rest_is_called_unknown(engine):
    found = check(engine, Silent(engine), STORY)
    assert found.verdict.startswith(
        "far answers like pocket in everything that could be compared. Not compared: prompt ids, "
        "logprobs of the answer, logprobs of given text, "
    )
    assert "only their number" in found.prompts[0].ids.sentence


@pytest.mark.thorough
def test_by_texts_alone_a_parameter_without_effect_is_named_too(engine):
    found = check(engine, SilentOtherTemperature(engine), STORY)
    assert found.verdict.startswith(f"{HERE}tokens differ in 1 of 1 prompts; temperature has no")


# -- the command -----------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["endless tokens", "wrong ids", "a 500"])
def test_a_server_that_behaves_badly_ends_the_check_with_a_sentence(name, tmp_path):
    answer, _ = ANSWERS[name]
    few = replace(LIBRARY, scenarios={"story": LIBRARY.scenarios["story"]})
    said: list[str] = []
    with bad.serving(answer) as url:
        served = RemoteEngine(RemoteServer(url, silence=1.0, line=0.5))
        served.use("")
        made = ConformCommand(None, tmp_path / "report.html", 50, 0.05, SEED, said.append)
        assert made.run(ScriptedEngine(tokens_per_second=2_000), served, few) != CONFORMS
    assert said[-1].endswith(".")
    assert "✓" not in (tmp_path / "report.html").read_text()


def test_conversations_of_a_file_are_asked_without_their_answers(tmp_path):
    lines = ['{"messages": [{"role": "user", "content": "Hi"}, '
             '{"role": "assistant", "content": "Hello"}]}'] * 52  # fmt: skip
    prompts, left_out = of_file("\n".join(lines).encode(), "chats.jsonl", VisionBudget())
    assert len(prompts) == 50
    assert [turn.role for turn in prompts[0].request.conversation.messages] == ["user"]
    assert prompts[0].request.params.greedy
    assert left_out == [("2 more conversations", "Only the first 50 of a file are asked.")]
    said: list[str] = []
    made = ConformCommand(tmp_path / "none.json", None, 50, 0.05, SEED, said.append)
    engine = ScriptedEngine()
    with pytest.raises(InvalidInput, match="none.json can't be read: No such file"):
        made.run(engine, RemoteEngine(RemoteServer("http://127.0.0.1:9")), LIBRARY)


@pytest.mark.parametrize(
    ("address", "said"),
    [("http://127.0.0.1:9", "can't be reached"), ("ftp://a", "address of the server")],
)
def test_what_can_not_be_checked_is_a_sentence_and_the_status_2(monkeypatch, capsys, address, said):
    monkeypatch.setattr(sys, "argv", ["app.py", "conform", address, "--engine", "scripted"])
    with pytest.raises(SystemExit) as ended:
        app.main()
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_a_server_without_a_temperature_can_not_be_asked_greedily(engine):
    cold = Honest(engine)
    cold.description = replace(
        cold.description, capabilities=replace(cold.description.capabilities, samplers=frozenset())
    )
    with pytest.raises(InvalidInput, match="far takes no temperature"):
        check(engine, cold, JSON)


def test_flags_are_checked():
    options = conform_flags(["far=http://a", "--draws", "99", "--tolerance", "0.3"], "models/x")
    assert (options.url, options.draws, options.tolerance) == ("far=http://a", 99, 0.3)
    assert (options.model, options.server, options.out) == ("models/x", [], None)
    for wrong in ([], ["a", "--draws", "3"], ["a", "--draws", "²"], ["a", "--tolerance", "nan"],
                  ["a", "--server", "b"]):  # fmt: skip
        with pytest.raises(SystemExit):
            conform_flags(wrong, "models/x")
