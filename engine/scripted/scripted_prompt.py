"""The prompts of the engine without a model: words are tokens, and ChatML like LFM2's around them.

Also remembers prompts, to tell which part of the next one a real engine would have cached.
"""

from __future__ import annotations

import json
import re
import threading
import zlib
from collections import deque
from dataclasses import replace

from core.bounds import check_conversation, check_pictures
from core.conversation import Image, Text
from core.errors import InvalidInput
from core.prompt import PromptToken, RenderedPrompt
from core.tools.schemas import parse_tools
from core.vision import VisionBudget, plan_image
from core.workspace import Request
from engine.images.image_files import image_facts

SPECIAL = {
    "<|startoftext|>": 1, "<|im_start|>": 6, "<|im_end|>": 7,
    "<|tool_list_start|>": 8, "<|tool_list_end|>": 9,
    "<|tool_call_start|>": 10, "<|tool_call_end|>": 11,
    "<image>": 396, "<|image_start|>": 498, "<|image_end|>": 499,
}  # fmt: skip
CONTROL = re.compile("|".join(map(re.escape, SPECIAL)))
# What a model may write itself: in an assistant's turn it is meant, not typed.
WRITTEN = ("<|tool_call_start|>", "<|tool_call_end|>")
PIECE = re.compile(f"{'|'.join(map(re.escape, WRITTEN))}|</?think>" + r"| ?\w+|\s+|[^\w\s]")
CONTEXT_LENGTH = 32_768
REMEMBERED = 64  # prompts


def render(request: Request) -> RenderedPrompt:
    """Raises InvalidInput without messages, and for a bad image file."""
    if not request.conversation.messages:
        raise InvalidInput("No message to send. Write a user message.")
    check_conversation(request.conversation, CONTEXT_LENGTH)
    facts = [image_facts(image) for image in request.conversation.images]
    check_pictures(facts, request.budget, CONTEXT_LENGTH)
    tokens = [*_template("<|startoftext|>")]
    neutralised: dict[str, None] = {}
    tokens += _tools(request.conversation.tools)
    last = len(request.conversation.messages) - 1
    for place, turn in enumerate(request.conversation.messages):
        tokens += _template(f"<|im_start|>{turn.role}\n")
        for part in turn.in_text.parts:
            if isinstance(part, Image):
                tokens += _image(part, request.budget, place)
            elif isinstance(part, Text):
                meant = WRITTEN if turn.role == "assistant" else ()
                found = CONTROL.findall(part.text)
                neutralised.update(dict.fromkeys(one for one in found if one not in meant))
                tokens += [_ordinary(piece, place, meant) for piece in PIECE.findall(part.text)]
        if place != last or turn.role != "assistant":
            tokens += _template("<|im_end|>\n")
    if request.conversation.prefill is None:
        tokens += _template("<|im_start|>assistant\n")
        if not dict(request.template_options).get("enable_thinking", True):
            tokens += _template("<think>\n\n</think>\n\n")
        elif "!opened" in request.conversation.messages[-1].text:
            tokens += _template("<think>")
    text = "".join(token.text for token in tokens)
    return RenderedPrompt(text, tuple(tokens), CONTEXT_LENGTH, tuple(neutralised))


def token_id(piece: str) -> int:
    """Stable; a control token's own, or from 1,000 to 65,535."""
    return SPECIAL[piece] if piece in WRITTEN else 1000 + zlib.crc32(piece.encode()) % 64_536


class SeenPrompts:
    """The last 64 prompts, instead of a cache. For use by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: deque[tuple[int, ...]] = deque(maxlen=REMEMBERED)

    def add(self, prompt: RenderedPrompt) -> None:
        with self._lock:
            self._seen.append(prompt.token_ids)

    def cached(self, prompt: RenderedPrompt) -> int:
        """How many first tokens an earlier prompt shares: whole messages of them, or all."""
        ids = prompt.token_ids
        begins = [place for place, token in enumerate(ids) if token == SPECIAL["<|im_start|>"]]
        with self._lock:
            seen = tuple(self._seen)
        if ids in seen:
            return len(ids)
        shared = max((_shared(ids, earlier) for earlier in seen), default=0)
        return max((place for place in begins[1:] if place <= shared), default=0)


def _shared(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """How many first tokens are the same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def _template(text: str) -> list[PromptToken]:
    pieces = re.findall(f"{CONTROL.pattern}|{PIECE.pattern}", text)
    return [
        PromptToken(SPECIAL[piece], piece, special=True)
        if piece in SPECIAL
        else PromptToken(token_id(piece), piece)
        for piece in pieces
    ]


def _tools(text: str) -> list[PromptToken]:
    """A system turn of its own. Raises InvalidInput for tools that can't be read."""
    tools = parse_tools(text)
    if not tools:
        return []
    listed = ", ".join(json.dumps(tool.given, ensure_ascii=False) for tool in tools)
    around = f"<|tool_list_start|>[{listed}]<|tool_list_end|>"
    turn = f"<|im_start|>system\nList of tools: {around}<|im_end|>\n"
    return [replace(token, tools=True) for token in _template(turn)]


def _ordinary(piece: str, place: int, meant: tuple[str, ...]) -> PromptToken:
    if piece in meant:
        return PromptToken(SPECIAL[piece], piece, place, special=True)
    return PromptToken(token_id(piece), piece, message=place)


def _image(image: Image, budget: VisionBudget, place: int) -> list[PromptToken]:
    """As many tokens as the plan says; the marks between tiles are left out of the text."""
    facts = image_facts(image)
    plan = plan_image(facts.width, facts.height, budget)
    marks = ("",) * (plan.special_tokens - 2)
    names = ("<|image_start|>", *marks, *("<image>",) * plan.image_tokens, "<|image_end|>")
    return [
        PromptToken(SPECIAL.get(name, 0), name, place, special=True, image=name == "<image>")
        for name in names
    ]
