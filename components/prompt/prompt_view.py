"""The Prompt tab: exactly what the model reads for the messages as they are now."""

from __future__ import annotations

from typing import Any

import gradio as gr

from components.client_component import client_component
from core.prompt import PromptToken, RenderedPrompt

EMPTY_PROMPT: dict[str, Any] = {"tokens": [], "summary": "", "note": ""}


def prompt_view(**props: Any) -> gr.HTML:
    return client_component("prompt_view", EMPTY_PROMPT, **props)


def prompt_value(prompt: RenderedPrompt) -> dict[str, Any]:
    return {
        "tokens": [
            {
                "text": token.text,
                "id": token.token_id,
                "kind": _kind(token),
                "place": None if token.message is None else token.message + 1,
            }
            for token in prompt.tokens
        ],
        "summary": f"{len(prompt.tokens):,} tokens, as the chat template renders them",
        "note": neutralised_note(prompt),
    }


def neutralised_note(prompt: RenderedPrompt) -> str:
    """What to tell a person who typed control tokens; empty where nobody did."""
    if not prompt.neutralised:
        return ""
    return f"{', '.join(prompt.neutralised)} in the messages is sent as plain text."


def _kind(token: PromptToken) -> str:
    return "image" if token.image else "special" if token.special else "plain"
