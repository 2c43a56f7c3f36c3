"""The token meter: prompt against context, coloured by role."""

from __future__ import annotations

from collections import Counter
from typing import Any

import gradio as gr

from components.client_component import client_component
from components.prompt.prompt_view import neutralised_note
from core.conversation import Conversation
from core.prompt import RenderedPrompt


def token_meter(**props: Any) -> gr.HTML:
    return client_component("token_meter", {}, **props)


def meter_value(
    conversation: Conversation, prompt: RenderedPrompt, max_new_tokens: int
) -> dict[str, Any]:
    """Segments in tokens: one for each role, for images, tools and the template's own tokens."""
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
        "text": f"{total:,} of {context:,} tokens · {kinds} · room for {max(0, context - total):,}",
        "note": " ".join(filter(None, [warning, neutralised_note(prompt)])),
        "warning": bool(warning),
    }


def _warning(total: int, context: int, max_new_tokens: int) -> str:
    if total >= context:
        return "The prompt fills the context. Shorten it before you run."
    if total + max_new_tokens > context:
        return f"The answer can have {context - total:,} tokens, not {max_new_tokens:,}."
    return ""


def failed_meter(message: str) -> dict[str, Any]:
    return {"segments": [], "context": 1, "text": "", "note": message, "warning": True}
