"""What a check sees of ids, tokens and logprobs, and how it says so."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from core.conformance.answer_check import answer_outcome, split
from core.conformance.logprob_check import Pair, compared
from core.conformance.outcome import Conformance, Outcome, ParameterResult, PromptResult
from core.conformance.parameter_check import seeded, stopped
from core.conformance.prompt_check import difference, split_otherwise
from core.conformance.prompts import of_file
from core.conformance.report import report_html
from core.conformance.words import named, quoted
from core.conversation import Conversation, message
from core.runs.events import Failed, Finished, Token
from core.runs.run import Run, fold_all
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Request
from engine.scripted.scripted_engine import ScriptedEngine

ASKED = Request("A", Conversation((message("user", "Hi"),)), SamplingParams(), VisionBudget())
END = 7


@pytest.mark.parametrize(
    ("here", "there", "found"),
    [
        ((1, 2, 3), (1, 2, 3), (3, (), ())),
        ((1, 2, 3), (1, 1, 2, 3), (1, (), (1,))),
        ((1, 2, 3, 4), (1, 9, 8, 4), (1, (2, 3), (9, 8))),
        ((1, 2), (1, 2, 3), (2, (), (3,))),
        ((1, 2), (), (0, (1, 2), ())),
    ],
)
def test_what_differs_lies_between_what_is_alike(here, there, found):
    assert difference(here, there) == found


@pytest.mark.parametrize(
    ("here", "there", "found"),
    [
        (["ou", " are"], ["o", "u", " ", "are"], (["ou"], ["o", "u"])),
        (["ab", "c"], ["a", "bc"], (["ab", "c"], ["a", "bc"])),
        (["", "é"], ["é"], (["", "é"], ["é"])),
        (["ab"], ["a", "x"], None),
        (["name"], ["type", "name"], None),
        (["ab"], ["a"], None),
        ([], ["a"], None),
    ],
)
def test_the_same_text_in_other_tokens_is_told_from_another_text(here, there, found):
    assert split_otherwise(here, there) == found


def run(*tokens: tuple[int | None, str], rest: str = "") -> Run:
    """rest: of the text, which came with no token."""
    events = [Token(token_id, text, -0.5, 0.0) for token_id, text in tokens]
    return fold_all(Run(ASKED), [*events, Finished("end_of_sequence", rest, 0.0)])


ONE = run((1, "a"), (2, "b"), (END, ""))


@pytest.mark.parametrize(
    ("theirs", "place", "here", "there"),
    [
        (run((1, "a"), (3, "c")), 1, "b", "c"),
        (run((1, "a")), 1, "b", None),
        (run((1, "a"), (2, "b"), (4, "d")), 2, None, "d"),
        (run(), 0, "a", None),
        (run((None, "a"), (None, "x")), 1, "b", "x"),
        (run((None, "ax")), 1, "b", "ax"),
        (run((None, "abc")), 2, "", "abc"),
        (run(rest="ac"), 1, "b", "c"),
    ],
)
def test_the_first_token_that_differs_is_found_by_id_or_by_text(theirs, place, here, there):
    found = split(ONE, theirs, {END})
    assert found is not None
    assert found.place == place or found.here is None
    assert [one.text if one else None for one in (found.here, found.there)] == [
        here or None, there,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "theirs", [ONE, run((1, "a"), (2, "b")), run((None, "ab")), run(rest="ab")]
)
def test_the_same_answer_has_no_such_token_whoever_tells_the_end(theirs):
    assert split(ONE, theirs, {END}) is None


def test_control_tokens_that_a_server_leaves_out_are_no_difference():
    called = run((1, "<|tool_call_start|>"), (2, "[f()]"), (3, "<|tool_call_end|>"))
    found = answer_outcome(ScriptedEngine(), called, run((None, "[f()]")), 0.05)
    assert (found.status, "leaves out" in found.sentence) == ("same", True)
    other = answer_outcome(ScriptedEngine(), called, run((None, "[g()]")), 0.05)
    assert other.status == "differs"


class Answering:
    """A server's side: what it answers by seed, if it is asked for so many at a time."""

    def __init__(self, answer: Callable[[int, int], str], error: str = "") -> None:
        self.answer = answer
        self.error = error
        self.draws_alike = False

    def stream(self, requests: Sequence[Request], visitor: str = "") -> Any:
        for one in requests:
            yield one.lane, Token(None, self.answer(one.params.seed or 0, len(requests)), -0.5, 0.0)
            yield one.lane, (
                Failed(self.error, 0.0) if self.error else Finished("end_of_sequence", "", 0.0)
            )  # fmt: skip


CALLS = count()


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (lambda seed, at_once: f"{seed}", "same", "Each seed gives the same answer again."),
        (lambda seed, at_once: "one", "differs",
         "seed has no effect. All 6 seeds give the same answer"),
        (lambda seed, at_once: f"{next(CALLS)}", "differs", "seed has no effect. 0 of 6"),
        (
            lambda seed, at_once: f"{next(CALLS) if at_once > 1 else seed}",
            "differs", "seed works only for one answer at a time. With 8 at a time 0 of 6 seeds",
        ),
    ],
)  # fmt: skip
def test_whether_seeds_hold_among_other_answers_and_alone(answer, status, said):
    served: Any = Answering(answer)
    found = seeded(ScriptedEngine(), served, ASKED, 5, told=False).outcome
    assert (found.status, found.sentence[: len(said)]) == (status, said)


def test_a_stop_string_that_makes_a_server_fail_is_a_difference():
    whole = run((None, "once upon a time"))
    found = stopped(Answering(lambda seed, at_once: "", f"far says:\n{'x' * 999}"), [whole])
    assert (found.setting, found.outcome.status) == ("stop “time”", "differs")
    assert found.outcome.sentence.startswith("stop fails. far says: xxx")
    assert len(found.outcome.sentence) < 300


def test_prompts_are_asked_with_tools_as_servers_take_them():
    flat = {"name": "look", "parameters": {"type": "object", "properties": {}}}
    chat = {"messages": [{"role": "user", "content": "Hi"}], "tools": [flat]}
    (prompt,), left_out = of_file(json.dumps(chat).encode(), "chat.json", VisionBudget())
    assert json.loads(prompt.request.conversation.tools) == [{"type": "function", "function": flat}]
    assert not left_out
    assert not prompt.is_plain


HERE = [-0.1, -2.0, -0.7, -1.1, -0.3]


@pytest.mark.parametrize(
    ("there", "status", "words"),
    [
        (HERE, "same", "at most 0."),
        ([one + 0.01 for one in HERE], "close", "-2 here"),
        ([*HERE[:2], -3.7, *HERE[3:]], "differs", "at most 3, at token 3 “c”: -0.7 here, -3.7"),
        ([one - 0.5 for one in HERE], "differs", "All are off by -0.5."),
        ([0.0] * 5, "differs", "they are reported after the samplers"),
        ([*HERE[1:], -9.0], "differs", "Each is reported one token too early."),
        ([-9.0, *HERE[:-1]], "differs", "Each is reported one token too late."),
        ([-5.0, *HERE[1:]], "differs", "-5 there."),
    ],
)
def test_how_logprobs_differ_is_named(there, status, words):
    pairs = [Pair(n, "abcde"[n], *both) for n, both in enumerate(zip(HERE, there, strict=True))]
    found = compared(pairs, 0.05)
    assert (found.status, found.figure) == (status, pytest.approx(max(p.apart for p in pairs)))
    assert words in found.sentence or status != "differs"
    assert compared([], 0.05).status == "not compared"


@pytest.mark.parametrize(
    ("ids", "logprobs", "alike"),
    [
        ("same", "differs", True),
        ("not compared", "not compared", True),
        ("differs", "close", True),
        ("differs", "not compared", False),
    ],
)
def test_a_prompt_that_leaves_no_trace_in_the_logprobs_can_be_drawn_with(ids, logprobs, alike):
    told = PromptResult("Story", Outcome(ids, ""), UNKNOWN, Outcome(logprobs, ""), UNKNOWN)
    assert told.reads_alike == alike


def test_faults_are_counted_among_what_was_compared():
    bad, unknown = PromptResult("A", SAME, BAD, SAME, SAME), PromptResult("B", *(UNKNOWN,) * 4)
    said = replace(found(bad), prompts=(bad, unknown)).verdict
    assert said == "pocket at far does not answer like pocket: tokens differ in 1 of 1 prompts."


SAME = Outcome("same", "31 tokens.")
BAD = Outcome("differs", "Token 1.")
UNKNOWN = Outcome("not compared", "The server doesn't tell them.")


def found(prompt: PromptResult, *parameters: ParameterResult, **more) -> Conformance:
    usual = {"reference": "pocket", "server": "pocket at far", "kind": "vLLM", "made": "today",
             "draws": 200, "tolerance": 0.05}  # fmt: skip
    return Conformance(**{**usual, **more}, prompts=(prompt,), parameters=parameters)


@pytest.mark.parametrize(
    ("prompt", "parameters", "verdict"),
    [
        ((SAME, SAME, SAME, SAME), (SAME,), "pocket at far answers like pocket."),
        ((UNKNOWN, SAME, UNKNOWN, UNKNOWN), (SAME,),
         "pocket at far answers like pocket in everything that could be compared. Not compared: "
         "prompt ids, logprobs of the answer, logprobs of given text."),
        ((SAME, SAME, Outcome("close", "", 0.02), SAME), (SAME,),
         "pocket at far answers like pocket. Rounding shows in logprobs of the answer."),
        ((SAME, SAME, Outcome("differs", "", 6.6), SAME),
         (Outcome("differs", "top_k has no effect. With top_k 3 …"),),
         "pocket at far does not answer like pocket: logprobs of the answer differ by up to 6.6 "
         "nats in 1 of 1 prompts; top_k has no effect."),
        ((UNKNOWN,) * 4, (UNKNOWN,), "Nothing from pocket at far could be compared with pocket."),
    ],
)  # fmt: skip
def test_the_verdict_is_a_line_that_never_calls_the_unknown_equal(prompt, parameters, verdict):
    results = [ParameterResult("top_k", one) for one in parameters]
    said = found(PromptResult("Story", *prompt), *results)
    assert said.verdict == verdict
    assert said.compared == any(one.status != "not compared" for one in (*prompt, *parameters))


EVIL = '<script>alert(1)</script>" onload="x'


def test_the_report_escapes_all_and_needs_nothing_else():
    bad = Outcome("differs", EVIL)
    result = PromptResult(EVIL, bad, bad, bad, UNKNOWN, EVIL, EVIL)
    page = report_html(
        found(result, ParameterResult(EVIL, bad, EVIL, 0.5, 1.0), server=EVIL, kind=EVIL,
              left_out=((EVIL, EVIL),))
    )  # fmt: skip
    assert "<script" not in page
    assert '" onload' not in page
    assert page.count("&lt;script&gt;") >= 12
    assert "http" not in page
    assert "src=" not in page
    assert "not compared" in page


def test_what_a_server_sent_is_cut_and_seen():
    assert quoted("x" * 9_999) == f"“{'x' * 59}…”"
    assert quoted(' a"b\n') == '“ a"b\\n”'
    assert quoted("  ") == "“␣␣”"
    assert named(10**4_000) == "1" + "0" * 11 + "…"
    assert named(12) == "12"
