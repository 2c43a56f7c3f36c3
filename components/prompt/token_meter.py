"""The token meter: how much of the context the prompt takes, coloured by role."""

from __future__ import annotations

import asyncio
from collections import Counter
from time import monotonic, monotonic_ns
from typing import Any, TypedDict

import gradio as gr

from components.client_component import client_component
from components.feature import LONG, SHOW, Changes, Feature, Services, Values
from components.prompt.prompt_view import prompt_note
from components.snapshot import Snapshot
from components.wiring import Wiring
from components.wording import counted
from core.conversation import Conversation
from core.errors import InvalidInput, StillAsking
from core.prompt import RenderedPrompt
from core.workspace import Request


class MeterValue(TypedDict):
    """segments: what the prompt is made of, in tokens. context: of the model, in tokens. asking:
    another number each time while a server is asked for a prompt that shows; else 0.
    """

    segments: list[tuple[str, int]]
    context: int
    text: str
    note: str
    warning: bool
    asking: int


PAUSE_SECONDS = 0.05
MOST_SECONDS = 20.0  # before the page asks again


class TokenMeter(Feature):
    def __init__(self, services: Services) -> None:
        """Its event `ask` comes while a server is asked, and ends with the answer."""
        self._services = services
        self.meter = client_component("token_meter", {}, events=("ask",), elem_id="meter")

    def shown(self) -> list[Any]:
        return [self.meter]

    def show(self, page: Snapshot) -> Changes:
        return {self.meter: meter_of(page) or {}}

    def show_error(self, message: str) -> Changes:
        return {self.meter: failed_meter(message)}

    def wire(self, page: Wiring) -> None:
        """A question at a time. What was typed meanwhile is asked next, as all is shown again."""

        async def told(values: Values, request: gr.Request) -> None:
            is_here = self._services.visitors.still(request)
            try:
                asked = [one.prompt_request for one in shown_prompts(page.snapshot(values))]
            except InvalidInput:  # shown by what comes next
                return
            end = monotonic() + MOST_SECONDS
            while any(map(self._is_asking, asked)) and is_here() and monotonic() < end:
                await asyncio.sleep(PAUSE_SECONDS)

        asked = self.meter.ask(told, page.inputs(), [], trigger_mode="once", **LONG)
        asked.then(**SHOW)

    def _is_asking(self, request: Request) -> bool:
        try:
            self._services.engine.render(request, wait=False)
        except StillAsking:
            return True
        except InvalidInput:
            pass
        return False


def shown_prompts(page: Snapshot) -> tuple[Snapshot, ...]:
    return page.prompts if page.tab == "prompt" else (page,)


def meter_of(page: Snapshot) -> MeterValue | None:
    """None without messages."""
    if page.prompt_error:
        value = failed_meter(page.prompt_error)
    elif page.prompt_asked:
        value: MeterValue = {**failed_meter(page.prompt_asked), "warning": False}
    elif page.prompt is None:
        return None
    else:
        workspace = page.workspace
        value = meter_value(workspace.conversation, page.prompt, workspace.params.max_new_tokens)
    asking = any(one.prompt_asked for one in shown_prompts(page))
    return {**value, "asking": monotonic_ns() if asking else 0}


def meter_value(
    conversation: Conversation, prompt: RenderedPrompt, max_new_tokens: int
) -> MeterValue:
    """Segments in tokens: one for each role, images, tools and the template's own tokens."""
    total, context = len(prompt.tokens), prompt.context_length
    segments = _segments(conversation, prompt)
    kinds = _kinds(prompt, segments)
    warning = _warning(total, context, max_new_tokens)
    return {
        "segments": sorted(segments.items()),
        "context": context,
        "text": f"{total:,} of {context:,} tokens · {kinds}{_left(context - total)}",
        "note": " ".join(filter(None, [warning, prompt_note(prompt)])),
        "warning": bool(warning),
        "asking": 0,
    }


def _segments(conversation: Conversation, prompt: RenderedPrompt) -> Counter[str]:
    if not prompt.parts_known:
        return Counter({"prompt": len(prompt.tokens)})
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
    return segments


def _kinds(prompt: RenderedPrompt, segments: Counter[str]) -> str:
    """Empty where they aren't known."""
    if not prompt.parts_known:
        return ""
    special = sum(t.special and not (t.image or t.tools) for t in prompt.tokens)
    text = len(prompt.tokens) - special - segments["image"] - segments["tools"]
    images = f"images {segments['image']:,} · " if segments["image"] else ""
    tools = f"tools {segments['tools']:,} · " if segments["tools"] else ""
    return f"text {text:,} · {images}{tools}special {special:,} · "


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
    return {
        "segments": [], "context": 1, "text": "", "note": message, "warning": True, "asking": 0,
    }  # fmt: skip
