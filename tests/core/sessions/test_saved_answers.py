"""A version keeps the answers of its lanes; what a file claims of them is checked."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.compare.differences import first_divergence, mean_logprob
from core.constraint import Constraint
from core.conversation import Conversation, Image, message
from core.errors import InvalidInput
from core.formats.imported_chat import Notes
from core.formats.own_files import read_own, write_session
from core.prompt import PromptToken, RenderedPrompt
from core.runs.capabilities import Capabilities
from core.runs.events import Token
from core.runs.run import Run
from core.sampling import SamplingParams
from core.sessions.saved_answers import (
    LONGEST_ANSWER,
    SavedAnswer,
    answers_from_dicts,
    answers_to_dicts,
    saved_answers,
    saved_runs,
)
from core.sessions.session_store import SessionStore
from core.template_options import TemplateOption
from core.validity.verdict import Verdict
from core.vision import VisionBudget
from core.workspace import Request, Workspace

LOOK = message("user", "Look", [Image("/uploads/a.png", "a.png")])
PAGE = Conversation((message("system", "Be brief."), LOOK, message("assistant", "It")))
CAN = Capabilities(
    prefill=True, images=True, exact_prompt=True, logprobs=True, candidates=8, tools=True,
    seeds=False, verification=True,
)  # fmt: skip
TOKENS = tuple(Token(n, text, -0.5, 0.2 + n / 10) for n, text in enumerate((" is", " red", ".")))
RUN = Run(
    Request("B", PAGE, SamplingParams(temperature=0.7, seed=7, stop=("x",)), VisionBudget(), "m"),
    status="done", model="m", asked_at="2026-01-31T12:00:00+01:00", cached_tokens=2,
    prompt=RenderedPrompt("…<think>\nIt", (PromptToken(1, "x"),) * 5, 100), capabilities=CAN,
    text=" is red.", tokens=TOKENS, stop_reason="end_of_sequence", started_seconds=0.1, seconds=0.4,
)  # fmt: skip


OPTIONS = (("enable_thinking", False), ("old_option", "x"))
READS = replace(CAN, template_options=(TemplateOption("enable_thinking", "text"),))


def again(run: Run, page: Conversation = PAGE, now: Conversation = PAGE) -> Run:
    answers = saved_answers({run.request.lane: run}, "ABCD", page)
    written = json.loads(json.dumps(answers_to_dicts(answers)))
    assert "/uploads" not in str(written)
    assert answers_from_dicts(written) == answers
    return saved_runs(answers, now)[run.request.lane]


def test_an_answer_comes_back_with_its_template_options_and_which_were_not_sent():
    run = replace(
        RUN, request=replace(RUN.request, template_options=OPTIONS), capabilities=READS
    )  # fmt: skip
    back = again(run)
    assert back.request.template_options == OPTIONS
    assert back.not_sent == run.not_sent == ("seed", "template.old_option")
    assert back.sent.template_options == OPTIONS[:1]


def test_an_answer_comes_back_with_the_tokens_that_it_began_with():
    """They belong to its request; its speed counts those that followed."""
    given = (replace(TOKENS[0], given=True, logprob=None), *TOKENS[1:])
    run = replace(RUN, request=replace(RUN.request, begins_with=(0,)), tokens=given)
    able = replace(run, capabilities=replace(CAN, beginnings=True))
    for one in (run, able):
        back = again(one)
        assert back.request.begins_with == (0,)
        assert back.sent.begins_with == one.sent.begins_with
        assert back.decode_tokens_per_second == one.decode_tokens_per_second
    assert able.given_count == 1
    assert run.not_sent == ("seed", "begins_with")


@pytest.mark.parametrize("ids", [7, "1", [1.5], [True], [-1], [2**31], [None], [1] * (2**17 + 1)])
def test_token_ids_that_no_answer_can_begin_with_are_refused(ids):
    with pytest.raises(InvalidInput, match="Answer 1, `begins_with`: it must be a list of up to"):
        answers_from_dicts([{"lane": "A", "text": "", "sampling": {}, "begins_with": ids}])


def test_an_answer_comes_back_with_its_facts_and_without_its_tokens():
    back = again(RUN)
    for name in (
        "request", "status", "model", "text", "prefill_text", "stop_reason", "asked_at", "opening",
        "prompt_tokens", "token_count", "cached_tokens", "not_sent", "sent", "seconds",
        "time_to_first_token", "prefill_tokens_per_second", "decode_tokens_per_second",
    ):  # fmt: skip
        assert getattr(back, name) == getattr(RUN, name), name
    assert RUN.not_sent == ("seed",)
    assert (back.tokens, mean_logprob(back), first_divergence(RUN, back)) == ((), None, None)


def test_what_an_answer_was_held_to_is_kept():
    held = replace(RUN.request, constraint=Constraint("choices", choices=("red", "blue")))
    back = again(replace(RUN, request=held, incomplete=True))
    assert (back.request, back.incomplete) == (held, True)
    called = replace(RUN.request, tool_choice="required")
    assert again(replace(RUN, request=called)).not_sent == ("seed", "tool_choice")


def test_what_an_answer_was_checked_against_and_what_was_found_is_kept():
    schema = Constraint("json_schema", '{"type": "object"}')
    found = Verdict("invalid", "One field fails.", "a is missing.", (("/a", "is missing."),))
    request = replace(RUN.request, checked_against=schema)
    back = again(replace(RUN, request=request, verdict=found))
    assert (back.request, back.verdict) == (request, found)


def test_an_answer_that_is_saved_again_stays_the_same():
    back = again(RUN)
    assert saved_answers({"B": back}, "B", PAGE) == saved_answers({"B": RUN}, "B", PAGE)


def test_images_are_those_of_the_version_and_other_messages_are_kept_without():
    placed = replace(PAGE, messages=(PAGE.messages[0], message("user", "Look", [Image("/new")])))
    assert again(RUN, now=placed).request.conversation == placed
    edited = Conversation((message("user", "Other"),))
    kept = again(RUN, page=edited, now=edited).request.conversation
    assert [turn.text for turn in kept.messages] == ["Be brief.", "Look", "It"]
    assert kept.images == (Image("", "a.png"),)


def test_a_system_prompt_of_the_lanes_own_is_kept_alone():
    own = replace(PAGE, messages=(message("system", "Be kind."), *PAGE.messages[1:]))
    run = replace(RUN, request=replace(RUN.request, conversation=own))
    assert again(run).request.conversation == own
    [answer] = saved_answers({"B": run}, "B", PAGE)
    assert (answer.system, answer.conversation) == ("Be kind.", None)


def test_failures_are_kept_and_what_is_going_hidden_or_too_long_is_not():
    failed = replace(RUN, status="failed", error="Out of memory.", stop_reason=None)
    assert (again(failed).status, again(failed).error) == ("failed", "Out of memory.")
    assert saved_answers({"B": RUN}, "A", PAGE) == ()
    for run in (replace(RUN, status="streaming"), replace(RUN, text="x" * (LONGEST_ANSWER + 1))):
        assert saved_answers({"B": run}, "AB", PAGE) == ()


def test_tools_that_can_not_be_read_do_not_keep_an_answer_from_being_shown():
    [run] = saved_runs([SavedAnswer("A", "x")], Conversation((), "{")).values()
    assert run.request.conversation.tools == ""


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (7, "must be a list"),
        ([7], "Answer 1"),
        ([{"lane": "A", "text": "x"}] * 2, "one answer for each lane"),
        ([{"lane": "A", "text": "x"}] * 5, "Answers"),
        ([{"text": "x"}], "`lane`"),
        ([{"lane": "E", "text": "x"}], "`lane`"),
        ([{"lane": "A", "text": 7}], "`text`"),
        ([{"lane": "A", "text": "\ud83d"}], "`text`"),
        ([{"lane": "A", "text": "x" * (LONGEST_ANSWER + 1)}], "`text`"),
        ([{"lane": "A", "text": "x", "tokens": 10**30}], "`tokens`"),
        ([{"lane": "A", "text": "x", "seconds": float("nan")}], "`seconds`"),
        ([{"lane": "A", "text": "x", "asked_at": "noon"}], "`asked_at`"),
        ([{"lane": "A", "text": "x", "stop_reason": "evil"}], "`stop_reason`"),
        ([{"lane": "A", "text": "x", "sampling": {"top_p": 7}}], "top_p is 7"),
        ([{"lane": "A", "text": "x", "images": {"downsample_factor": 0}}], "downsample_factor"),
        ([{"lane": "A", "text": "x", "conversation": {"messages": [7]}}], "message 1 is 7"),
        ([{"lane": "A", "text": "x", "verdict": {"state": "good", "title": "x"}}], "`verdict`"),
        (
            [{"lane": "A", "text": "x", "verdict": {"state": "valid", "title": "x" * 1_001}}],
            "`verdict`",
        ),
        (
            [
                {
                    "lane": "A",
                    "text": "x",
                    "verdict": {"state": "valid", "title": "x", "problems": [["/a", "x"]] * 51},
                }
            ],
            "`verdict`",
        ),
        ([{"lane": "A", "text": "x", "checked_against": {"kind": "yaml"}}], "use one of none"),
    ],
)
def test_wrong_answers_of_a_file_are_named(wrong, named: str):
    with pytest.raises(InvalidInput, match=named):
        answers_from_dicts(wrong)


def test_a_session_keeps_them_on_the_disk_and_in_a_file(tmp_path: Path):
    store = SessionStore(tmp_path)
    answers = saved_answers({"B": RUN}, "AB", PAGE)
    key = store.create("Talk", Workspace(PAGE), answers=answers).key
    store.save(key, Workspace(PAGE))
    session = SessionStore(tmp_path).session(key)
    assert [version.answers for version in session.versions] == [answers, ()]
    file = json.loads(json.dumps(write_session(session, False, (tmp_path,), Notes())))
    assert [version.answers for version in read_own(file, "x").versions] == [answers, ()]
    assert store.duplicate(key).versions[0].answers == answers
