"""What a model can do through its engine, and what of a request it therefore doesn't get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.conversation import Conversation, Image
from core.sampling import in_use, is_on, samplers, settings
from core.workspace import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """An engine says each of them of each model; what is False or empty is not there.

    prefill: a last assistant message is continued. images: messages may hold them. exact_prompt:
    the rendered prompt and its token ids are known, before a run and in it. logprobs: each token
    comes with its own. candidates: how many of a place's likeliest can be asked for; 0: none.
    tools: the prompt names them to the model. seeds: the same seed and settings draw the same
    tokens. verification: an answer can be made again by another way, and compared. samplers: names
    of the table in `core/samplers.py`; the others are not applied. constraints: an answer can be
    held to a schema or a grammar.
    """

    prefill: bool
    images: bool
    exact_prompt: bool
    logprobs: bool
    candidates: int
    tools: bool
    seeds: bool
    verification: bool
    samplers: frozenset[str] = field(default_factory=lambda: frozenset(samplers()))
    constraints: bool = False


def not_sent(request: Request, can: Capabilities) -> tuple[str, ...]:
    """What is asked for and can't be: names of samplers, "seed", "prefill", "images", "tools".

    A sampler that is off or idle and a seed that nothing is drawn with are not asked for.
    """
    params, conversation = request.params, request.conversation
    names = [n for n in in_use(params) if n not in can.samplers and is_on(params, n)]
    missing = {
        "seed": not can.seeds and params.seed is not None and not params.greedy,
        "prefill": not can.prefill and conversation.prefill is not None,
        "images": not can.images and bool(conversation.images),
        "tools": not can.tools and conversation.tools.strip() not in ("", "[]"),
    }
    return (*names, *(name for name, is_missing in missing.items() if is_missing))


def within(request: Request, can: Capabilities) -> Request:
    """The request that such a model can be given whole: what it can't do is off or taken out."""
    off = {n: settings()[n].off for n in samplers() if n not in can.samplers}
    off |= {} if can.seeds else {"seed": None}
    return replace(
        request,
        params=replace(request.params, **off),
        conversation=_within(request.conversation, can),
    )


def _within(conversation: Conversation, can: Capabilities) -> Conversation:
    messages = conversation.messages
    if not can.prefill and conversation.prefill is not None:
        messages = messages[:-1]
    if not can.images:
        messages = tuple(
            replace(turn, parts=tuple(p for p in turn.parts if not isinstance(p, Image)))
            for turn in messages
        )
    return Conversation(messages, conversation.tools if can.tools else "")


def in_words(request: Request, names: Sequence[str]) -> str:
    """What was not sent, to be read: "top_k 40, seed 7 and the prefill"."""
    count = len(request.conversation.images)
    things = {
        "prefill": "the prefill",
        "images": "the image" if count == 1 else f"{count} images",
        "tools": "the tools",
    }
    words = [things.get(n) or f"{n} {getattr(request.params, n)}" for n in names]
    *others, last = words or [""]
    return f"{', '.join(others)} and {last}" if others else last
