"""What both sides are asked: the shipped scenarios, or the conversations of a file, greedily."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from core.conversation import Conversation, Image
from core.errors import InvalidInput
from core.formats.chat_files import read_chats
from core.formats.openai_format import openai_tool
from core.lanes import Lane
from core.library.library import Library
from core.runs.capabilities import in_words, not_sent
from core.runs.engine import ModelDescription
from core.sampling import SamplingParams
from core.tools.schemas import parse_tools
from core.vision import VisionBudget
from core.workspace import Request, requests

LONGEST_ANSWER = 64  # tokens
MOST_PROMPTS = 50  # of a file
LeftOut = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Prompt:
    name: str
    request: Request

    @property
    def is_free(self) -> bool:
        """Whether its answer is held to nothing."""
        return self.request.constraint is None and self.request.tool_choice == "auto"

    @property
    def is_plain(self) -> bool:
        """Whether its answer is free, and there are no tools, no image and no prefill."""
        talk = self.request.conversation
        return self.is_free and not (talk.tools or talk.images or talk.prefill)


def shipped(library: Library, budget: VisionBudget) -> Iterator[Prompt]:
    """The scenarios that belong to no single model. budget: of their images."""
    for scenario in library.scenarios.values():
        if scenario.models:
            continue
        talk = scenario.conversation
        if pictures := [library.pictures[name] for name in scenario.images]:
            images = [Image(str(path), path.name) for path in pictures]
            *turns, last = talk.messages
            talk = replace(talk, messages=(*turns, last.with_images(images)))
        lane = Lane(
            params=_greedy(scenario.max_new_tokens), budget=budget,
            constraint=scenario.held_to, tool_choice=scenario.tool_choice,
        )  # fmt: skip
        yield Prompt(scenario.name, requests(_with_openai_tools(talk), [lane])[0])


def of_file(content: bytes, name: str, budget: VisionBudget) -> tuple[list[Prompt], list[LeftOut]]:
    """The conversations in it, and those that can't be asked. An answer at the end, which is to be
    learned or compared, is not sent: what comes before it is. Raises InvalidInput.
    """
    found: list[Prompt] = []
    left_out: list[LeftOut] = []
    chats = read_chats(content, name)
    if len(chats) > MOST_PROMPTS:
        rest = f"{len(chats) - MOST_PROMPTS:,} more conversations"
        left_out.append((rest, f"Only the first {MOST_PROMPTS} of a file are asked."))
    for number, chat in enumerate(chats[:MOST_PROMPTS], start=1):
        title, talk = f"Conversation {number}", _question(chat.conversation)
        if talk.images:
            left_out.append((title, "Images from files are not sent."))
            continue
        try:
            lane = Lane(params=_greedy(LONGEST_ANSWER), budget=budget)
            found.append(Prompt(title, requests(_with_openai_tools(talk), [lane])[0]))
        except InvalidInput as error:
            left_out.append((title, str(error)))
    return found, left_out


def _question(talk: Conversation) -> Conversation:
    messages = talk.messages
    while messages and messages[-1].role == "assistant":
        messages = messages[:-1]
    return replace(talk, messages=messages)


def _with_openai_tools(talk: Conversation) -> Conversation:
    """Servers take no other form, and chat templates write what they are given. Raises
    InvalidInput.
    """
    tools = [openai_tool(tool.given) for tool in parse_tools(talk.tools)]
    return replace(talk, tools=json.dumps(tools, ensure_ascii=False)) if tools else talk


def _greedy(length: int) -> SamplingParams:
    tokens = min(length, LONGEST_ANSWER)
    return SamplingParams(temperature=0.0, seed=0, max_new_tokens=tokens)


def for_both(
    prompts: Sequence[Prompt], models: Sequence[ModelDescription]
) -> tuple[list[Prompt], list[LeftOut]]:
    """The prompts that all of the models can be given whole, and why the others are left out."""
    kept: list[Prompt] = []
    left_out: list[LeftOut] = []
    for prompt in prompts:
        for model in models:
            if missing := not_sent(prompt.request, model.capabilities):
                what = in_words(prompt.request, missing)
                left_out.append((prompt.name, f"{model.name} can't be given {what}."))
                break
        else:
            kept.append(prompt)
    return kept, left_out
