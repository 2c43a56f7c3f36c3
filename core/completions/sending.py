"""The other direction: a request as a body for another playground, and its chunks as events."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import zip_longest
from typing import Any, get_args

from core.bounds import is_cut
from core.completions.parameters import NAMES
from core.conversation import Image, Message, Text
from core.errors import InvalidInput
from core.formats.openai_format import written_call
from core.runs.events import Event, Finished, StopReason, Token
from core.scripts.structured import openai_tool_choice, vllm_outputs
from core.workspace import Request

ENDS: tuple[StopReason, ...] = get_args(StopReason)
LONGEST_TEXT, MOST_TOKENS = 10_000, 1_000  # of a chunk
NO_FLAGS = (
    "A constraint with flexible white space, or from the first token, can't be sent to a server. "
    "Switch that off."
)
WRONG = "{server} sent what is not a part of an answer. Check that it is an LFM Playground."


def chat_body(request: Request, model: str, url_of: Callable[[Image], str]) -> dict[str, Any]:
    """url_of: an image as a data URL. Raises InvalidInput for what has no words there."""
    talk, params = request.conversation, request.params
    body: dict[str, Any] = {
        "model": model, "stream": True, "stream_options": {"include_usage": True},
        "messages": [message_body(turn, url_of) for turn in talk.messages],
        "max_tokens": params.max_new_tokens, "logprobs": True, "return_token_ids": True,
        "skip_special_tokens": False,
        **{theirs: getattr(params, own) for theirs, own in NAMES.items()},
    }  # fmt: skip
    body["stop"] = list(params.stop)
    if talk.prefill is not None:
        body |= {"continue_final_message": True, "add_generation_prompt": False}
    if talk.tools:
        body["tools"] = json.loads(talk.tools)
        body |= openai_tool_choice(request.tool_choice)
    if request.template_options:
        body["chat_template_kwargs"] = dict(request.template_options)
    if talk.images:
        body["mm_processor_kwargs"] = asdict(request.budget)
    if (held := request.constraint) is not None:
        if held.flexible_whitespace or not held.after_thought:
            raise InvalidInput(NO_FLAGS)
        body["structured_outputs"] = vllm_outputs(held)
    return body


def message_body(turn: Message, url_of: Callable[[Image], str]) -> dict[str, Any]:
    """In OpenAI's form, with a list of parts."""
    parts = [
        {"type": "text", "text": part.text}
        if isinstance(part, Text)
        else {"type": "image_url", "image_url": {"url": url_of(part)}}
        for part in turn.without_calls.parts
        if isinstance(part, Text | Image)
    ]
    written: dict[str, Any] = {"role": turn.role, "content": parts}
    if turn.tool_call_id:
        written["tool_call_id"] = turn.tool_call_id
    if turn.calls:
        written["tool_calls"] = [written_call(call) for call in turn.calls]
    return written


def events_of(chunk: Any, server: str, seconds: float) -> Iterator[Event]:
    """The events that a chunk of the only choice tells. Raises InvalidInput for any other shape.

    A chunk of several tokens shows its text with the last of them. The last may have no logprob.
    """
    try:
        choices = chunk["choices"]
        if choices == []:  # what it took
            return
        (choice,) = choices
        text = choice["delta"].get("content") or ""
        ids = choice.get("token_ids") or []
        told = (choice.get("logprobs") or {}).get("content") or []
        logprobs = [one["logprob"] for one in told]
        reason, ended_by = choice.get("finish_reason"), choice.get("ended_by")
        if not (
            isinstance(text, str) and len(logprobs) <= len(ids) and not is_cut(text)
            and all(type(one) is int for one in ids)
            and all(isinstance(one, int | float) and math.isfinite(one) for one in logprobs)
            and (reason is None or ended_by in ENDS) and (ids or not text or reason)
            and len(text) <= LONGEST_TEXT and len(ids) <= MOST_TOKENS
        ):  # fmt: skip
            raise InvalidInput(WRONG.format(server=server))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise InvalidInput(WRONG.format(server=server)) from error
    last = len(ids) - 1
    for place, (token_id, logprob) in enumerate(zip_longest(ids, logprobs)):
        shown = text if place == last else ""
        yield Token(token_id, shown, None if logprob is None else float(logprob), seconds)
    if reason is not None:
        yield Finished(ended_by, "" if ids else text, seconds, incomplete=False)
