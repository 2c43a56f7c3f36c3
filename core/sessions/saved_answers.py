"""Answers as a version of a session keeps them: text and figures, without tokens and images.

A model's tokens would take more room than everything else, and images are in the messages already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    InstanceOf,
    TypeAdapter,
    ValidationError,
)

from core.conversation import Conversation, conversation_to_dicts
from core.errors import InvalidInput
from core.lanes import LABELS
from core.runs.capabilities import OPTION, Capabilities
from core.runs.engine import display_name
from core.runs.events import StopReason
from core.runs.run import Run
from core.sampling import SamplingParams, samplers
from core.sessions.answer_fields import (
    Count,
    HeldTo,
    Line,
    Seconds,
    read_budget,
    read_conversation,
    read_ids,
    read_options,
    read_params,
    read_time,
    without_images,
)  # fmt: skip
from core.template_options import TemplateOption
from core.tools.schemas import parse_tools
from core.tools.thinking import opening_in
from core.validity.verdict import Verdict
from core.vision import VisionBudget
from core.workspace import Request, with_system

LONGEST_ANSWER = 200_000  # characters, with its prefill; longer answers are not kept
ENDED = ("done", "failed")


@dataclass(frozen=True)
class SavedAnswer:
    """The answer of one lane, with the facts of its run that the page shows.

    asked_at: ISO 8601, empty if unknown. model: what answered. wanted: the lane's own model, empty
    for the one in use. opening: the thought tag that the prompt ended with. not_sent: as in
    `core.runs.capabilities`. system, conversation: what the lane was asked if it isn't what the
    version holds: another system prompt, or other messages, with the names of their images.
    """

    lane: Literal["A", "B", "C", "D"]
    text: Annotated[str, Field(max_length=LONGEST_ANSWER)]
    asked_at: Annotated[Line, AfterValidator(read_time)] = ""
    model: Line = ""
    wanted: Line = ""
    stop_reason: StopReason | None = None
    error: Annotated[str, Field(max_length=10_000)] = ""
    opening: Line = ""
    not_sent: Annotated[tuple[Line, ...], Field(max_length=50)] = ()
    sampling: Annotated[InstanceOf[SamplingParams], BeforeValidator(read_params)] = SamplingParams()
    images: Annotated[InstanceOf[VisionBudget], BeforeValidator(read_budget)] = VisionBudget()
    template_options: Annotated[InstanceOf[tuple], BeforeValidator(read_options)] = ()
    system: str | None = None
    conversation: Annotated[InstanceOf[Conversation] | None, BeforeValidator(read_conversation)] = (
        None
    )
    prompt_tokens: Count = 0
    cached_tokens: Count = 0
    tokens: Count = 0
    queued: bool = False
    seconds: Seconds = 0.0
    started_seconds: Seconds | None = None
    first_token_seconds: Seconds | None = None
    decode_seconds: Seconds | None = None
    constraint: HeldTo = None
    tool_choice: Line = "auto"
    incomplete: bool = False
    checked_against: HeldTo = None
    verdict: Verdict | None = None
    begins_with: Annotated[InstanceOf[tuple], BeforeValidator(read_ids)] = ()


ANSWERS = TypeAdapter(Annotated[tuple[SavedAnswer, ...], Field(max_length=len(LABELS))])


@dataclass(frozen=True)
class SavedRun(Run):
    """A saved answer as a run: with its figures, and without the tokens that they count."""

    answer: SavedAnswer = field(kw_only=True)

    @property
    def opening(self) -> str:
        return opening_in(self.answer.opening)

    @property
    def token_count(self) -> int:
        return self.answer.tokens

    @property
    def prompt_tokens(self) -> int:
        return self.answer.prompt_tokens

    @property
    def time_to_first_token(self) -> float | None:
        return self.answer.first_token_seconds

    @property
    def decode_seconds(self) -> float | None:
        return self.answer.decode_seconds


# -- from the page and back -------------------------------------------------------------------
def saved_answers(
    runs: Mapping[str, Run], labels: Iterable[str], page: Conversation
) -> tuple[SavedAnswer, ...]:
    """The answers in these lanes that have ended. page: what the version holds."""
    shown = (runs[label] for label in labels if label in runs)
    return tuple(_saved(run, page) for run in shown if run.status in ENDED and _fits(run))


def _fits(run: Run) -> bool:
    return len(run.prefill_text) + len(run.text) <= LONGEST_ANSWER


def _saved(run: Run, page: Conversation) -> SavedAnswer:
    request, (system, conversation) = run.request, _difference(page, run.request.conversation)
    return SavedAnswer(
        lane=request.lane,  # type: ignore[arg-type]
        text=run.text,
        asked_at=run.asked_at,
        model=run.model,
        wanted=display_name(request.model),
        stop_reason=run.stop_reason,
        error=run.error[:10_000],
        opening=run.opening,
        not_sent=run.not_sent,
        sampling=request.params,
        images=request.budget,
        template_options=request.template_options,
        system=system,
        conversation=conversation,
        prompt_tokens=run.prompt_tokens,
        cached_tokens=run.cached_tokens,
        tokens=run.token_count,
        queued=run.queued,
        seconds=run.seconds,
        started_seconds=run.started_seconds,
        first_token_seconds=run.time_to_first_token,
        decode_seconds=run.decode_seconds,
        constraint=request.constraint,
        tool_choice=request.tool_choice,
        incomplete=run.incomplete,
        checked_against=request.checked_against,
        verdict=run.verdict,
        begins_with=request.begins_with,
    )


def _difference(page: Conversation, asked: Conversation) -> tuple[str | None, Conversation | None]:
    if asked == page:
        return None, None
    system = next((turn.text for turn in asked.messages if turn.role == "system"), "")
    if asked == with_system(page, system):
        return system, None
    return None, without_images(asked)


def saved_runs(answers: Iterable[SavedAnswer], page: Conversation) -> dict[str, Run]:
    """By label. page: the messages of the version, as they are on the page now."""
    runs = [_run(answer, page) for answer in answers]
    return {run.request.lane: run for run in runs if _fits(run)}


def _run(answer: SavedAnswer, page: Conversation) -> SavedRun:
    conversation = answer.conversation or page
    if answer.system is not None:
        conversation = with_system(conversation, answer.system)
    try:
        parse_tools(conversation.tools)
    except InvalidInput:  # a file may hold an answer and tools that it was never given
        conversation = replace(conversation, tools="")
    request = Request(
        answer.lane, conversation, answer.sampling, answer.images, answer.wanted,
        template_options=answer.template_options,
        constraint=answer.constraint, tool_choice=answer.tool_choice,
        checked_against=answer.checked_against,
        begins_with=answer.begins_with,
    )  # fmt: skip
    return SavedRun(
        request, status="failed" if answer.error else "done", model=answer.model,
        asked_at=answer.asked_at, queued=answer.queued, cached_tokens=answer.cached_tokens,
        capabilities=_capabilities(answer) if answer.not_sent else None, text=answer.text,
        stop_reason=answer.stop_reason, error=answer.error,
        started_seconds=answer.started_seconds, seconds=answer.seconds,
        incomplete=answer.incomplete, verdict=answer.verdict, answer=answer,
    )  # fmt: skip


def _capabilities(answer: SavedAnswer) -> Capabilities:
    """What a model could do that was not sent what this answer names."""
    names = frozenset(answer.not_sent)
    options = (n for n, _ in answer.template_options if f"{OPTION}{n}" not in names)
    return Capabilities(
        prefill="prefill" not in names, images="images" not in names, tools="tools" not in names,
        seeds="seed" not in names, samplers=frozenset(samplers()) - names,
        constraints=names.isdisjoint(("constraint", "tool_choice")),
        beginnings="begins_with" not in names,
        exact_prompt=False, logprobs=False, candidates=0, verification=False,
        template_options=tuple(TemplateOption(name, "text") for name in options),
    )  # fmt: skip


# -- JSON -------------------------------------------------------------------------------------
def answers_to_dicts(answers: Iterable[SavedAnswer]) -> list[dict[str, Any]]:
    """For JSON. What has its default value is left out."""
    return [_to_dict(answer) for answer in answers]


def _to_dict(answer: SavedAnswer) -> dict[str, Any]:
    known = asdict(replace(answer, conversation=None))
    if own := answer.conversation:
        known["conversation"] = {"messages": conversation_to_dicts(own), "tools": own.tools}
    unused = asdict(SavedAnswer("A", ""))
    known["template_options"] = dict(answer.template_options) or ()
    needed = ("lane", "text", "sampling")
    return {n: v for n, v in known.items() if n in needed or v != unused[n]}


def answers_from_dicts(value: Any) -> tuple[SavedAnswer, ...]:
    """The inverse. None, as in versions saved before there were any: no answers. Raises
    InvalidInput, naming the answer and the field.
    """
    if value is None:
        return ()
    with suppress(RecursionError):
        try:
            answers = ANSWERS.validate_python(value)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            raise InvalidInput(_problem(first["loc"], first["msg"])) from error
        if len({answer.lane for answer in answers}) == len(answers):
            return answers
    raise InvalidInput("`answers` must have one answer for each lane, from A to D.")


def _problem(place: tuple[int | str, ...], message: str) -> str:
    number, *fields = place or ("",)
    which = f" {number + 1}" if isinstance(number, int) else "s"
    name = f", `{fields[0]}`" if fields else ""
    words = message.removeprefix("Value error, ").replace("valid tuple", "list")
    words = words.replace("Input should be", "it must be").removesuffix(".")
    return f"Answer{which}{name}: {words[:1].lower()}{words[1:]}."
