"""The workspace: all that a person edits; and the requests that it turns into.

A request is one lane fully filled in: with the model, it is enough to reproduce the answer.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from core.bounds import check_conversation, check_stop
from core.constraint import Constraint, check_constraint
from core.conversation import Conversation, Message, message
from core.errors import InvalidInput
from core.lanes import AS_IN_THE_SIDEBAR, LABELS, Lane, LaneSettings
from core.library.library import Preset
from core.sampling import LARGEST_SEED, SamplingParams
from core.template_options import OptionValues
from core.tools.schemas import check_tool_choice, parse_tools
from core.variable_values import VariableValues
from core.variables import check_values, fill_conversation, fill_lane, texts_of, variables
from core.vision import VisionBudget


@dataclass(frozen=True, slots=True)
class Workspace:
    """preset: the key of the active preset, or empty. params, budget: of the sidebar. constraint,
    tool_choice: of all lanes that have none of their own.

    lanes: the settings of all four. count: how many of them show. template_options: of the chat
    template, for all lanes; what isn't there is as the template does it. variables: for `{{name}}`
    in messages, tools and constraints.
    """

    conversation: Conversation = Conversation()
    preset: str = ""
    params: SamplingParams = SamplingParams()
    budget: VisionBudget = VisionBudget()
    lanes: tuple[LaneSettings, ...] = (AS_IN_THE_SIDEBAR,) * len(LABELS)
    count: int = 1
    template_options: OptionValues = ()
    constraint: Constraint = Constraint()
    tool_choice: str = "auto"
    variables: VariableValues = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The keys of the lanes that show."""
        return LABELS[: self.count]

    def settings_of(self, label: str) -> LaneSettings:
        """One lane alone always has the sidebar's settings."""
        return self.lanes[LABELS.index(label)] if self.count > 1 else AS_IN_THE_SIDEBAR

    def preset_of(self, label: str) -> str:
        """The key of the preset that a lane starts from."""
        return self.settings_of(label).preset or self.preset

    def lane(self, label: str, presets: Mapping[str, Preset]) -> Lane:
        settings = self.settings_of(label)
        lane = settings.lane(label, self.params, self.budget, presets)
        constraint = self.constraint if settings.constraint is None else settings.constraint
        return replace(
            lane,
            constraint=constraint,
            tool_choice=settings.tool_choice or self.tool_choice,
            template_options=self.template_options,
            checked_against=self.constraint,
            variables=self.variables,
        )

    @property
    def filled(self) -> Conversation:
        """The messages with the variables that have a value replaced."""
        return _filled(self.conversation, Lane(variables=self.variables), strict=False)[0]

    def with_messages(self, messages: Iterable[Message]) -> Workspace:
        conversation = replace(self.conversation, messages=tuple(messages))
        return replace(self, conversation=conversation)

    def with_lanes(self, lanes: Iterable[LaneSettings]) -> Workspace:
        """These lanes, from A on, and no others."""
        shown = tuple(lanes)
        others = (AS_IN_THE_SIDEBAR,) * (len(LABELS) - len(shown))
        return replace(self, lanes=(*shown, *others), count=len(shown))


@dataclass(frozen=True, slots=True)
class Request:
    """What the engine is asked for in one lane. `params.seed` is a number here, never None.

    model: the name of one in memory; empty is the one in use. constraint: what the answer is held
    to; None is off. tool_choice: "auto" leaves it to the model, "required" asks for calls, the name
    of a tool for one call of it. checked_against: what a finished answer is checked against where
    it isn't held to anything; None is off. begins_with: ids of tokens that the answer begins with,
    as if the model had written them; max_new_tokens counts those that follow. Empty is off.
    """

    lane: str
    conversation: Conversation
    params: SamplingParams
    budget: VisionBudget
    model: str = ""
    template_options: OptionValues = ()
    constraint: Constraint | None = None
    tool_choice: str = "auto"
    checked_against: Constraint | None = None
    begins_with: tuple[int, ...] = ()


def requests(conversation: Conversation, lanes: Iterable[Lane]) -> tuple[Request, ...]:
    """One request per lane; lanes without a seed share a fresh one, so that only settings differ.

    Raises InvalidInput where there is nothing to answer, where the tools can't be read, where a
    variable has no value, or where there is too much of something.
    """
    if not any(turn.parts for turn in conversation.messages):
        raise InvalidInput("No message to answer. Write a user message, then run.")
    asked = [unseeded(conversation, lane, strict=True) for lane in lanes]
    for one in asked:
        check_conversation(one.conversation)
        check_stop(one.params.stop)
        check_tool_choice(one.tool_choice, parse_tools(one.conversation.tools))
        if one.constraint is not None:
            check_constraint(one.constraint)
            if told := both_held(one.constraint, one.tool_choice):
                raise InvalidInput(told)
    fresh = fresh_seed()
    return tuple(replace(one, params=_seeded(one.params, fresh)) for one in asked)


def both_held(constraint: Constraint | None, tool_choice: str) -> str:
    """What is wrong with the two together; empty where nothing is."""
    if constraint is None or constraint.kind == "none" or tool_choice == "auto":
        return ""
    return (
        f"tool_choice is {tool_choice!r}, and the answer is also held to {constraint.in_words}. "
        "Choose one of the two."
    )


def unseeded(conversation: Conversation, lane: Lane, strict: bool = False) -> Request:
    """A lane's request as it stands; its seed may still be None. Variables without a value stay as
    they are written; with `strict`, InvalidInput names them.
    """
    conversation, lane = _filled(with_own_turns(conversation, lane), lane, strict)
    own = None if lane.constraint.kind == "none" else lane.constraint
    others = None if own or lane.checked_against.kind == "none" else lane.checked_against
    return Request(
        lane.label, conversation, lane.params, lane.budget, lane.model,
        template_options=lane.template_options, constraint=own, tool_choice=lane.tool_choice,
        checked_against=others,
    )  # fmt: skip


def with_own_turns(conversation: Conversation, lane: Lane) -> Conversation:
    """The conversation with the lane's own system message and prefill."""
    if lane.system is not None:
        conversation = with_system(conversation, lane.system)
    if lane.prefill is not None:
        conversation = with_prefill(conversation, lane.prefill)
    return conversation


def variables_of(conversation: Conversation, lanes: Iterable[Lane]) -> tuple[str, ...]:
    """The names of the variables in what the lanes would read, each once."""
    return variables(text for lane in lanes for text in asked_texts(conversation, lane))


def asked_texts(conversation: Conversation, lane: Lane) -> tuple[str, ...]:
    """Those of a lane's prompt and constraints that may have variables."""
    return texts_of(with_own_turns(conversation, lane), [_constraints_of(lane)])


def _filled(conversation: Conversation, lane: Lane, strict: bool) -> tuple[Conversation, Lane]:
    """conversation: as the lane has it."""
    if lane.variables is None:
        return conversation, lane
    values = dict(lane.variables)
    lane = _constraints_of(lane)
    names = variables(texts_of(conversation, [lane]))
    if strict:
        check_values(names, values)
    else:
        values = {**{name: f"{{{{{name}}}}}" for name in names}, **values}
    try:
        return fill_conversation(conversation, values), fill_lane(lane, values)
    except InvalidInput:
        if strict:
            raise
        return conversation, lane


def _constraints_of(lane: Lane) -> Lane:
    """The lane without what is in its conversation already, and without what is off."""
    held, checked = (
        Constraint() if one.kind == "none" else one
        for one in (lane.constraint, lane.checked_against)
    )
    return replace(lane, system=None, prefill=None, constraint=held, checked_against=checked)


def with_system(conversation: Conversation, text: str) -> Conversation:
    """The conversation with this system message in the place of its own; empty: without any."""
    others = tuple(turn for turn in conversation.messages if turn.role != "system")
    return replace(conversation, messages=(message("system", text), *others) if text else others)


def with_prefill(conversation: Conversation, text: str) -> Conversation:
    """The conversation with this prefill in the place of its own; empty: without any."""
    last = conversation.prefill
    others = conversation.messages[:-1] if last else conversation.messages
    added = (message("assistant", text),) if text else ()
    return replace(conversation, messages=(*others, *added))


def _seeded(params: SamplingParams, seed: int) -> SamplingParams:
    return params if params.seed is not None else replace(params, seed=seed)


def fresh_seed() -> int:
    """A seed from 0 to 2**32 - 1 that no earlier seed predicts."""
    return random.SystemRandom().randint(0, LARGEST_SEED)
