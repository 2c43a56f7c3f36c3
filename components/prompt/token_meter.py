"""The token meter: how much of the context the prompt takes, coloured by role."""

from __future__ import annotations

from collections import Counter
from typing import Any, TypedDict

from components.client_component import client_component
from components.feature import Changes, Feature
from components.prompt.prompt_view import prompt_note
from components.snapshot import Snapshot
from components.wording import counted
from core.conversation import Conversation
from core.prompt import RenderedPrompt


class MeterValue(TypedDict):
    """segments: what the prompt is made of, in tokens. context: of the model, in tokens."""

    segments: list[tuple[str, int]]
    context: int
    text: str
    note: str
    warning: bool


class TokenMeter(Feature):
    def __init__(self) -> None:
        self.meter = client_component("token_meter", {}, elem_id="meter")

    def shown(self) -> list[Any]:
        return [self.meter]

    def show(self, page: Snapshot) -> Changes:
        return {self.meter: meter_of(page) or {}}

    def show_error(self, message: str) -> Changes:
        return {self.meter: failed_meter(message)}


def meter_of(page: Snapshot) -> MeterValue | None:
    """None without messages."""
    if page.prompt_error:
        return failed_meter(page.prompt_error)
    if page.prompt is None:
        return None
    workspace = page.workspace
    return meter_value(workspace.conversation, page.prompt, workspace.params.max_new_tokens)


def meter_value(
    conversation: Conversation, prompt: RenderedPrompt, max_new_tokens: int
) -> MeterValue:
    """Segments in tokens: one for each role, images, tools and the template's own tokens."""
    segments = Counter[str]()
    for token in prompt.tokens:
        if token.image:
            segments["image"] += 1
        elif token.tools:
            segments["tools"] += 1
        elif token.message is None:
            segments["template"] += 1
        else:
            segments[conversation.messages[token.message].role] += 1
    total, context = len(prompt.tokens), prompt.context_length
    special = sum(t.special and not (t.image or t.tools) for t in prompt.tokens)
    text = total - special - segments["image"] - segments["tools"]
    images = f"images {segments['image']:,} · " if segments["image"] else ""
    tools = f"tools {segments['tools']:,} · " if segments["tools"] else ""
    kinds = f"text {text:,} · {images}{tools}special {special:,}"
    warning = _warning(total, context, max_new_tokens)
    return {
        "segments": sorted(segments.items()),
        "context": context,
        "text": f"{total:,} of {context:,} tokens · {kinds} · {_left(context - total)}",
        "note": " ".join(filter(None, [warning, prompt_note(prompt)])),
        "warning": bool(warning),
    }


def _left(tokens: int) -> str:
    return f"{tokens:,} left" if tokens >= 0 else f"{-tokens:,} too many"


def _warning(total: int, context: int, max_new_tokens: int) -> str:
    if total >= context:
        return "The prompt fills the context. Shorten it, then run."
    if total + max_new_tokens > context:
        left = counted(context - total, "token")
        return f"The context has {left} left for the answer, not {max_new_tokens:,}."
    return ""


def failed_meter(message: str) -> MeterValue:
    return {"segments": [], "context": 1, "text": "", "note": message, "warning": True}
