"""A whole example that one click loads, from YAML."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pydantic import ConfigDict

from core.constraint import Constraint, check_constraint, constraint_from_dict
from core.conversation import Conversation, conversation_from_dicts
from core.errors import InvalidInput
from core.sampling import sampling_params
from core.tools.schemas import check_tool_choice, parse_tools


@dataclass(frozen=True)
class Scenario:
    """`preset` names the preset it is shown with.

    models: ids of those that it is an example for; it has their recipe's values and no preset, and
    is a card only while one of them is chosen.
    images: files in `presets/pictures` that go to the last user message. budgets: keys of image
    budgets, one for each lane that the card fills; empty: one lane. tools: what the model may call.
    tool_choice, constraint: of all lanes, as a workspace has them.
    how: what happens, for an audience; empty: not told. expected: what a right answer holds; empty:
    nobody knows.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")
    kind: Literal["scenario"]
    name: str
    order: int
    description: str
    messages: list[dict[str, Any]]
    preset: str = ""
    models: list[str] = field(default_factory=list[str])
    max_new_tokens: int = 512
    images: list[str] = field(default_factory=list[str])
    budgets: list[str] = field(default_factory=list[str])
    tools: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    tool_choice: str = "auto"
    constraint: dict[str, Any] = field(default_factory=dict[str, Any])
    how: str = ""
    expected: str = ""

    def __post_init__(self) -> None:
        sampling_params({"max_new_tokens": self.max_new_tokens})
        if bool(self.preset) == bool(self.models):
            raise InvalidInput("A scenario has either a preset, or models whose recipe it takes.")
        check_tool_choice(self.tool_choice, parse_tools(self.conversation.tools))
        if self.tool_choice != "auto" and self.constraint:
            raise InvalidInput("A scenario has either a constraint or a tool_choice. Remove one.")
        check_constraint(self.held_to)

    @property
    def question(self) -> str:
        """The last user message; empty without one."""
        turns = reversed(self.conversation.messages)
        return next((turn.text for turn in turns if turn.role == "user"), "")

    @property
    def held_to(self) -> Constraint:
        return constraint_from_dict(self.constraint or None)

    @property
    def conversation(self) -> Conversation:
        tools = json.dumps(self.tools, indent=2, ensure_ascii=False) if self.tools else ""
        return replace(conversation_from_dicts(self.messages), tools=tools)
