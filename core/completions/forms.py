"""Answers in OpenAI's form, whole and in chunks, for chats and for texts."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core.completions.answer import Choice, Delta
from core.completions.asked import Asked
from core.completions.model_facts import model_entry
from core.runs.engine import ModelDescription
from core.runs.events import Token
from core.runs.logprobs import token_logprobs


@dataclass(frozen=True)
class Form:
    """Writes what one call gets; all its chunks have the same id and time."""

    asked: Asked
    id: str = field(default_factory=lambda: secrets.token_hex(12))
    created: int = field(default_factory=lambda: int(time.time()))

    def head(self, chunk: bool) -> dict[str, Any]:
        chat = self.asked.chat
        kind = f"chat.completion{'.chunk' if chunk else ''}" if chat else "text_completion"
        return {
            "id": f"{'chatcmpl' if chat else 'cmpl'}-{self.id}", "object": kind,
            "created": self.created, "model": self.asked.model,
        }  # fmt: skip

    def chunk(self, choice: Choice, delta: Delta, first: bool = False) -> dict[str, Any]:
        """first: of this choice; it also says whose the answer is, and to which prompt."""
        told = self._choice(choice, delta, first)
        if self.asked.chat:
            told["delta"] = _message(delta, choice.called - len(delta.calls), first)
        else:
            told["text"] = delta.text
        usage = {"usage": None} if self.asked.include_usage else {}
        ids = self._prompt_ids(choice) if first and self.asked.chat else {}
        return {**self.head(chunk=True), "choices": [told], **usage, **ids}

    def last_chunk(self, choices: Sequence[Choice]) -> dict[str, Any]:
        """What all took; it has no choices."""
        usage = usage_of(choices, self.asked)
        return {**self.head(chunk=True), "choices": [], "usage": usage}

    def whole(self, choices: Sequence[Choice], deltas: Sequence[Delta]) -> dict[str, Any]:
        """deltas: all of each choice in one."""
        told: list[dict[str, Any]] = []
        for choice, delta in zip(choices, deltas, strict=True):
            one = self._choice(choice, delta)
            if self.asked.chat:
                calls = {"tool_calls": list(delta.calls)} if delta.calls else {}
                thought = {"reasoning_content": delta.thought} if delta.thought else {}
                content = delta.text if delta.text or not delta.calls else None
                message = {"role": "assistant", "content": content, "refusal": None}
                one["message"] = {**message, **thought, **calls}
            else:
                one["text"] = delta.text
            told.append(one)
        usage = usage_of(choices, self.asked)
        ids = self._prompt_ids(choices[0]) if self.asked.chat else {}
        return {**self.head(chunk=False), "choices": told, "usage": usage, **ids}

    def _choice(self, choice: Choice, delta: Delta, first: bool = True) -> dict[str, Any]:
        asked = self.asked
        told: dict[str, Any] = {
            "index": choice.place, "finish_reason": delta.finish_reason or None, "logprobs": None,
        }  # fmt: skip
        if asked.logprobs and delta.tokens:
            entries = token_logprobs(delta.tokens, asked.top_logprobs)
            told["logprobs"] = (
                {"content": entries, "refusal": None} if asked.chat else _in_lists(entries)
            )
        if asked.token_ids:
            told["token_ids"] = _ids(delta.tokens)
            told["ended_by"] = delta.ended_by or None
            if first and not asked.chat:
                told |= self._prompt_ids(choice)
        return told

    def _prompt_ids(self, choice: Choice) -> dict[str, Any]:
        """A chat has one prompt, so its ids stand next to the choices, as in vLLM. Null where they
        aren't known.
        """
        return {"prompt_token_ids": list(choice.prompt_ids) or None} if self.asked.token_ids else {}


def _message(delta: Delta, called: int, first: bool) -> dict[str, Any]:
    """called: how many calls were told before."""
    told: dict[str, Any] = {"role": "assistant", "content": ""} if first else {}
    if delta.text:
        told["content"] = delta.text
    if delta.thought:
        told["reasoning_content"] = delta.thought
    if delta.calls:
        told["tool_calls"] = [
            {"index": place, **call} for place, call in enumerate(delta.calls, start=called)
        ]
    return told


def _in_lists(entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """As completions of texts have them."""
    return {
        "tokens": [one["token"] for one in entries],
        "token_logprobs": [one["logprob"] for one in entries],
        "top_logprobs": [
            {top["token"]: top["logprob"] for top in one["top_logprobs"]} for one in entries
        ],
    }


def _ids(tokens: Sequence[Token]) -> list[int] | None:
    ids = [token.token_id for token in tokens if token.token_id is not None]
    return ids if len(ids) == len(tokens) else None


def usage_of(choices: Sequence[Choice], asked: Asked) -> dict[str, Any] | None:
    """The tokens of a prompt count once, whatever the number of its choices. None where a server
    has answered, whose prompt isn't known.
    """
    firsts = choices[:: asked.choices_of_prompt]
    if any(choice.started and not choice.prompt_ids for choice in firsts):
        return None
    prompt = sum(len(choice.prompt_ids) for choice in firsts)
    completion = sum(choice.token_count for choice in choices)
    cached = sum(choice.cached_tokens for choice in firsts)
    return {
        "prompt_tokens": prompt, "completion_tokens": completion,
        "total_tokens": prompt + completion, "prompt_tokens_details": {"cached_tokens": cached},
    }  # fmt: skip


def models_list(models: Sequence[ModelDescription], created: int) -> dict[str, Any]:
    """created: when the server started; a model has no date of its own."""
    return {"object": "list", "data": [model_entry(model, created) for model in models]}
