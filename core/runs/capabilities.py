"""What a model can do through its engine, and what of a request it therefore doesn't get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.conversation import Conversation, Image
from core.sampling import in_use, is_on, samplers, settings
from core.template_options import OptionValues, TemplateOption
from core.workspace import Request

OPTION = "template."  # begins the names of template options among what was not sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """An engine says each of them of each model; what is False or empty is not there.

    prefill: a last assistant message is continued. images: messages may hold them. exact_prompt:
    the rendered prompt and its token ids are known, before a run without waiting, and in it.
    logprobs: each token comes with its own. candidates: how many of a place's likeliest can be
    asked for; 0: none, and else each token comes with its trace. scores, distributions: given text
    can be scored, and all logits of a place asked for. beginnings: an answer can begin with given
    tokens. ends: ids of the tokens that end one, and that it can't begin with. tools: the prompt
    names them to the model. seeds: the same seed and settings draw the same tokens. roles: the
    prompt says who wrote what; False: the messages' texts are one text, which is continued whoever
    wrote it. verification: an answer can be made again by another way, and compared. samplers:
    names of the table in `core/samplers.py`; the others are not applied.
    constraints: an answer can be held to a schema or a grammar, and to a call of a tool.
    template_options: what its chat template reads in addition.
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
    scores: bool = False
    distributions: bool = False
    beginnings: bool = False
    ends: frozenset[int] = frozenset()
    roles: bool = True
    template_options: tuple[TemplateOption, ...] = ()

    def options_read(self, values: OptionValues) -> OptionValues:
        """Those of the values that the chat template reads."""
        names = {option.name for option in self.template_options}
        return tuple((name, value) for name, value in values if name in names)


def not_sent(request: Request, can: Capabilities) -> tuple[str, ...]:
    """What is asked for and can't be: names of samplers, "seed", "prefill", "images", "tools",
    "constraint", "tool_choice", "begins_with", template options as "template.enable_thinking".

    A sampler that is off or idle and a seed that nothing is drawn with are not asked for.
    """
    params, conversation = request.params, request.conversation
    names = [n for n in in_use(params) if n not in can.samplers and is_on(params, n)]
    missing = {
        "seed": not can.seeds and params.seed is not None and not params.greedy,
        "prefill": not can.prefill and conversation.prefill is not None,
        "images": not can.images and bool(conversation.images),
        "tools": not can.tools and conversation.tools.strip() not in ("", "[]"),
        "constraint": not can.constraints and request.constraint is not None,
        "tool_choice": not _chooses(can) and request.tool_choice != "auto",
        "begins_with": not can.beginnings and bool(request.begins_with),
    }
    given, read = request.template_options, can.options_read(request.template_options)
    unread = [f"{OPTION}{name}" for name, value in given if (name, value) not in read]
    return (*names, *(name for name, is_missing in missing.items() if is_missing), *unread)


def within(request: Request, can: Capabilities) -> Request:
    """The request that such a model can be given whole: what it can't do is off or taken out."""
    off = {n: settings()[n].off for n in samplers() if n not in can.samplers}
    off |= {} if can.seeds else {"seed": None}
    return replace(
        request,
        params=replace(request.params, **off),
        conversation=_within(request.conversation, can),
        template_options=can.options_read(request.template_options),
        constraint=request.constraint if can.constraints else None,
        tool_choice=request.tool_choice if _chooses(can) else "auto",
        begins_with=request.begins_with if can.beginnings else (),
    )


def _chooses(can: Capabilities) -> bool:
    return can.tools and can.constraints


def _within(conversation: Conversation, can: Capabilities) -> Conversation:
    messages = conversation.messages
    if not can.prefill and conversation.prefill is not None:
        messages = messages[:-1]
    if not can.images:
        messages = tuple(
            replace(turn, parts=tuple(p for p in turn.parts if not isinstance(p, Image)))
            for turn in messages
        )
    tools = conversation.tools if can.tools else ""
    return replace(conversation, messages=messages, tools=tools)


def in_words(request: Request, names: Sequence[str]) -> str:
    """What was not sent, to be read: "top_k 40, seed 7 and the prefill"."""
    count = len(request.conversation.images)
    things = {
        "prefill": "the prefill",
        "images": "the image" if count == 1 else f"{count} images",
        "tools": "the tools",
        "constraint": request.constraint.in_words if request.constraint else "",
        "tool_choice": f"tool_choice {request.tool_choice}",
        "begins_with": f"the answer's first {len(request.begins_with)} tokens",
    }
    options = [f"the template option {n.removeprefix(OPTION)}" for n in names if n[:9] == OPTION]
    others = [n for n in names if n[:9] != OPTION]
    words = [things.get(n) or f"{n} {getattr(request.params, n)}" for n in others] + options
    *others, last = words or [""]
    return f"{', '.join(others)} and {last}" if others else last


def cannot(model: str, do: str) -> str:
    """Why a verb fails for a model without that capability. do: "score text"."""
    return f"{model} can't {do}. Use another model."
