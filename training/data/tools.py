"""Conversations under a list of tools: calls, results, and questions that need no tool."""

import json
import random
from collections.abc import Callable

from training.data import chatting, choices, extraction
from training.data.made_up_tools import Need, Tool, made_up
from training.data.sample_tools import SAMPLES, sample
from training.data.tool_results import result
from training.data.turns import Conversation, Turn, assistant, user

SYSTEMS = (
    "You are a helpful assistant. Use a tool where you need one.",
    "You are a helpful assistant.",
    "You are a helpful assistant trained by Liquid AI.",
    "You can call tools.",
    "Use the tools.",
    "",
)


def listing(text: str, tools: list[Tool]) -> Turn:
    """The system turn as the chat template makes it of a system text and tools. It isn't learnt:
    nobody can predict a list of tools."""
    listed = ", ".join(json.dumps(tool, ensure_ascii=False) for tool in tools)
    gap = "\n" if text else ""
    content = f"{text}{gap}List of tools: <|tool_list_start|>[{listed}]<|tool_list_end|>"
    return Turn("system", content, taught=False)


def without_call(rng: random.Random) -> list[Turn]:
    """A question that no tool is needed for, with its answer."""
    kind = rng.random()
    if kind < 0.4:
        return chatting.question(rng)
    if kind < 0.7:
        return chatting.small_talk(rng)
    if kind < 0.85:
        maker = rng.choice((chatting.verse, chatting.description, chatting.tip_list))
        return maker(rng)
    inner = choices.conversation(rng) if kind < 0.92 else extraction.conversation(rng)
    return [turn for turn in inner if turn.role != "system"]


def pick_tools(rng: random.Random) -> tuple[list[Tool], list[Callable[[], Need]]]:
    """One to three tools in any order, each with its source of questions."""
    if rng.random() < 0.3:
        tools = list(rng.choices((SAMPLES, rng.sample(SAMPLES, rng.randint(1, 2))), (3, 7))[0])
        if rng.random() < 0.4:
            rng.shuffle(tools)
        asks = [lambda tool=tool: sample(rng, tool) for tool in tools]
    else:
        asks = [made_up(rng) for _ in range(rng.choices((1, 2, 3), (55, 32, 13))[0])]
        tools = [ask().tool for ask in asks]
        if rng.random() < 0.2:
            tool = rng.choice(SAMPLES)
            place = rng.randint(0, len(tools))
            tools.insert(place, tool)
            asks.insert(place, lambda: sample(rng, tool))
    if len({tool["name"] for tool in tools}) < len(tools):
        return pick_tools(rng)
    return tools, asks


def wrapped(tools: list[Tool]) -> list[Tool]:
    """As OpenAI's clients write them."""
    return [{"type": "function", "function": tool} for tool in tools]


def conversation(rng: random.Random) -> Conversation:
    """Up to four questions under the same tools; some need a call, some a result, some none.

    A list of tools is long, so it is often made use of more than once. But a later call is easily
    copied from the first one, so most lists have few questions.
    """
    tools, asks = pick_tools(rng)
    shown = wrapped(tools) if rng.random() < 0.15 else tools
    turns: list[Turn] = [listing(rng.choice(SYSTEMS), shown)]
    for _ in range(rng.choices(range(1, 5), (7, 4, 1, 1))[0]):
        if rng.random() < 0.27:
            turns += without_call(rng)
            continue
        need = rng.choice(asks)()
        turns += [user(need.question), assistant(need.call)]
        if rng.random() < 0.5:
            given, answer = result(rng, need.tool)
            turns += [Turn("tool", given, taught=False), assistant(answer)]
    return tuple(turns)
