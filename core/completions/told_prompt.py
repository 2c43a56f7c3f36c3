"""The prompt of a call as `/v1/tokenize` tells it, and what another playground reads of that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.bounds import LONGEST_CONTEXT
from core.errors import InvalidInput
from core.prompt import PromptToken, RenderedPrompt

LARGEST_ID = 2**31 - 1
KINDS = ("special", "image", "tools")
FLAGS = ("tools_ignored", "in_template", "parts_known")
MOST_TYPED, LONGEST_TYPED = 100, 200  # control tokens in the messages, and their characters


def prompt_body(prompt: RenderedPrompt, model: str) -> dict[str, Any]:
    """By vLLM's names; playground: what only another playground reads. Kinds are lists of places
    among the tokens.
    """
    tokens = prompt.tokens
    kinds = {kind: [n for n, one in enumerate(tokens) if getattr(one, kind)] for kind in KINDS}
    return {
        "model": model, "count": len(tokens), "max_model_len": prompt.context_length,
        "tokens": list(prompt.token_ids), "prompt": prompt.text,
        "playground": {
            "texts": [one.text for one in tokens], "messages": [one.message for one in tokens],
            **kinds, **{name: getattr(prompt, name) for name in FLAGS},
            "neutralised": list(prompt.neutralised), "unplaced": list(prompt.unplaced),
        },
    }  # fmt: skip


def read_prompt(value: Any, messages: int, where: str) -> RenderedPrompt:
    """From an answer that nobody needs to believe. messages: how many were sent. where: the server,
    for sentences. Raises InvalidInput.
    """
    try:
        return _read(value, value["playground"], messages)
    except (TypeError, KeyError, ValueError) as error:
        raise InvalidInput(
            f"{where} sent a prompt in an unknown form. Update the playground there."
        ) from error


def _read(value: Mapping[str, Any], facts: Mapping[str, Any], messages: int) -> RenderedPrompt:
    ids = _numbers(value["tokens"], LARGEST_ID)
    count = len(ids)
    texts = _texts(facts["texts"], LONGEST_CONTEXT)
    places = [_place(one, messages) for one in _list(facts["messages"], LONGEST_CONTEXT)]
    special, image, tools = (frozenset(_numbers(facts[kind], count - 1)) for kind in KINDS)
    tokens = tuple(
        PromptToken(one, text, place, n in special, n in image, n in tools)
        for n, (one, text, place) in enumerate(zip(ids, texts, places, strict=True))
    )
    (text,) = _texts([value["prompt"]], 1)
    flags = {name: _flag(facts[name]) for name in FLAGS}
    typed = tuple(one[:LONGEST_TYPED] for one in _texts(facts["neutralised"], MOST_TYPED))
    unplaced = _numbers(facts["unplaced"], messages - 1)
    return RenderedPrompt(text, tokens, 0, typed, unplaced=unplaced, **flags)


def _list(value: Any, most: int) -> list[Any]:
    """This and the others raise ValueError for anything else."""
    if not isinstance(value, list) or len(value) > most:
        raise ValueError
    return value


def _numbers(value: Any, most: int) -> tuple[int, ...]:
    """Whole numbers from 0 to `most`."""
    found = _list(value, LONGEST_CONTEXT)
    if not all(type(one) is int and 0 <= one <= most for one in found):
        raise ValueError
    return tuple(found)


def _texts(value: Any, most: int) -> list[str]:
    found = _list(value, most)
    if not all(isinstance(one, str) for one in found):
        raise ValueError
    return found


def _place(value: Any, messages: int) -> int | None:
    if value is not None and not (type(value) is int and 0 <= value < messages):
        raise ValueError
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value
