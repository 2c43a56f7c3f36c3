"""A call's body as requests, one for each choice, and what is to be told of the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.completions.body import NotAnswered, flag, mapping, shown, whole_number
from core.completions.held import read_constraint, read_tool_choice, read_tools
from core.completions.messages import read_messages
from core.completions.parameters import CHAT, TEXT, check_names, read_params
from core.conversation import Conversation, message
from core.lanes import Lane
from core.runs.capabilities import in_words, not_sent
from core.runs.engine import ModelDescription
from core.runs.traces import TOP
from core.sampling import LARGEST_SEED
from core.template_options import option_values
from core.tools.schemas import Tool, parse_tools
from core.vision import VisionBudget, changed
from core.workspace import Request, fresh_seed, requests

MOST_CHOICES = 16  # of one call: as many lanes as are usually answered at a time
TEXT_LENGTH = 16  # tokens of a text completion where no length is given, as in OpenAI's
TILES = ("min_tiles", "max_tiles")


@dataclass(frozen=True)
class Asked:
    """requests: those of a prompt follow each other; their lanes are the places of the choices.

    chat: whether it is answered in messages. model: as the call named it. logprobs: whether they
    are told, with top_logprobs candidates each. token_ids: whether ids are told. tools: by which
    calls in the answer are read; None: they stay text. raw: the text as the model wrote it, with
    thoughts and calls in it.
    """

    requests: tuple[Request, ...]
    model: str
    chat: bool = True
    prompts: int = 1
    stream: bool = False
    include_usage: bool = False
    logprobs: bool = False
    top_logprobs: int = 0
    token_ids: bool = False
    tools: tuple[Tool, ...] | None = None
    raw: bool = False

    @property
    def choices_of_prompt(self) -> int:
        return len(self.requests) // self.prompts


def model_of(body: Mapping[str, Any], models: Sequence[ModelDescription]) -> ModelDescription:
    """The model that the body names, the one in use where it names none. Raises NotAnswered."""
    name = body.get("model")
    found = models[0] if name in (None, "") else next((m for m in models if m.name == name), None)
    if found is None:
        raise NotAnswered(
            f"The model {shown(name)} is not in memory. Use {' or '.join(m.name for m in models)}.",
            404, "model_not_found", "model",
        )  # fmt: skip
    return found


def read_chat(body: Mapping[str, Any], model: ModelDescription) -> Asked:
    """The path of an image is its data URL. Raises InvalidInput with what can't be done."""
    check_names(body, CHAT)
    conversation = Conversation(
        read_messages(body.get("messages"), model.thought_tags), read_tools(body)
    )
    _check_prefill(body, conversation)
    choice, reads_calls = read_tool_choice(body)
    top = whole_number(body, "top_logprobs", 0, 0, TOP)
    logprobs = flag(body, "logprobs")
    if top and not logprobs:
        raise NotAnswered(
            "top_logprobs needs logprobs: true. Set it, or leave top_logprobs out.",
            param="top_logprobs",
        )
    _check_logprobs(model, logprobs, top, "top_logprobs" if top else "logprobs")
    lane = Lane(
        params=read_params(body, model.context_length), budget=_budget(body, model),
        constraint=read_constraint(body), tool_choice=choice,
        template_options=option_values(body.get("chat_template_kwargs")),
    )  # fmt: skip
    asked = _asked(body, model, [conversation], lane)
    tools = parse_tools(conversation.tools)
    return replace(
        asked, logprobs=logprobs, top_logprobs=top, tools=tools if tools and reads_calls else None
    )


def read_text(body: Mapping[str, Any], model: ModelDescription) -> Asked:
    """Texts that are continued as they are, control tokens included. Raises InvalidInput."""
    check_names(body, TEXT)
    prompt = body.get("prompt")
    texts = [prompt] if isinstance(prompt, str) else prompt
    if (
        not isinstance(texts, list)
        or not 1 <= len(texts) <= MOST_CHOICES
        or not all(isinstance(text, str) and text for text in texts)
    ):
        raise NotAnswered(
            f"prompt is {shown(prompt)}; it must be a string, or a list of up to {MOST_CHOICES} "
            "strings, none of them empty.",
            param="prompt",
        )
    if model.server:
        raise NotAnswered(
            f"{model.name} is on a server that is sent only messages. Call /v1/chat/completions, "
            "or use another model.",
            param="model",
        )
    top = whole_number(body, "logprobs", -1, 0, TOP)
    _check_logprobs(model, top >= 0, top, "logprobs")
    lane = Lane(
        params=read_params(body, TEXT_LENGTH), budget=model.budget or VisionBudget(),
        constraint=read_constraint(body),
    )  # fmt: skip
    talks = [Conversation((message("user", text),), plain=True) for text in texts]
    asked = _asked(body, model, talks, lane)
    return replace(asked, chat=False, logprobs=top >= 0, top_logprobs=max(top, 0))


def _asked(
    body: Mapping[str, Any], model: ModelDescription, talks: Sequence[Conversation], lane: Lane
) -> Asked:
    """As many choices of each conversation as the body says, with seeds that follow each other."""
    count = whole_number(body, "n", 1, 1, MOST_CHOICES)
    if count * len(talks) > MOST_CHOICES:
        raise NotAnswered(
            f"{len(talks)} prompts with n {count} are {count * len(talks)} answers; at most "
            f"{MOST_CHOICES} are given at a time. Send fewer.",
            param="n",
        )
    options = mapping(body.get("stream_options"), "stream_options")
    stream = flag(body, "stream")
    for name, value in options.items():
        if name != "include_usage" and value:
            raise NotAnswered(
                f"stream_options has {shown(name)}; only include_usage is possible here.",
                param="stream_options",
            )
    if options and not stream:
        raise NotAnswered("stream_options needs stream: true.", param="stream_options")
    first = fresh_seed() if lane.params.seed is None else lane.params.seed
    seeds = [(first + place) % (LARGEST_SEED + 1) for place in range(count)]
    found: list[Request] = []
    for talk in talks:
        lanes = [
            replace(lane, label=str(len(found) + place), params=replace(lane.params, seed=seed))
            for place, seed in enumerate(seeds)
        ]
        found += requests(talk, lanes)
    _check_sent(found[0], model, seeded=lane.params.seed is not None)
    if flag(body, "skip_special_tokens"):
        raise NotAnswered(
            "skip_special_tokens is true; special tokens are always in the text here. Remove it.",
            param="skip_special_tokens",
        )
    return Asked(
        tuple(replace(one, model=model.name) for one in found), model.name, prompts=len(talks),
        stream=stream, include_usage=flag(options, "include_usage"),
        token_ids=flag(body, "return_token_ids"),
        raw=body.get("skip_special_tokens") is False,
    )  # fmt: skip


def _check_prefill(body: Mapping[str, Any], conversation: Conversation) -> None:
    continues = flag(body, "continue_final_message")
    opens = flag(body, "add_generation_prompt", not continues)
    if continues and opens:
        raise NotAnswered(
            "continue_final_message and add_generation_prompt are both true. Set one of them.",
            param="continue_final_message",
        )
    if continues and conversation.prefill is None:
        raise NotAnswered(
            "continue_final_message is true, and the last message is not the assistant's. Add the "
            "beginning of the answer as an assistant message.",
            param="continue_final_message",
        )
    if not continues and conversation.prefill is not None:
        raise NotAnswered(
            "The last message is the assistant's. To have it continued, set continue_final_message "
            "to true and add_generation_prompt to false; else end with a user message.",
            param="messages",
        )
    if not continues and not opens:
        raise NotAnswered(
            "add_generation_prompt is false; it must be true unless continue_final_message is.",
            param="add_generation_prompt",
        )


def _budget(body: Mapping[str, Any], model: ModelDescription) -> VisionBudget:
    """The model's own, changed by the values of its processor: under the names of Transformers'
    LFM2-VL, or as vLLM takes them, where one tile at most is no splitting.
    """
    values = dict(mapping(body.get("mm_processor_kwargs"), "mm_processor_kwargs"))
    tiles = values.get("max_tiles")
    if type(tiles) is int and "do_image_splitting" not in values:
        values["do_image_splitting"] = tiles > 1
        if tiles == 1:
            values = {name: value for name, value in values.items() if name not in TILES}
    return changed(model.budget or VisionBudget(), values)


def _check_logprobs(model: ModelDescription, asked: bool, top: int, param: str) -> None:
    """Raises NotAnswered where the model doesn't tell what is asked for."""
    can = model.capabilities
    if asked and not can.logprobs:
        raise NotAnswered(
            f"{model.name} doesn't report logprobs. Leave {param} out, or use another model.",
            param=param,
        )
    if top > 0 and not can.candidates:
        raise NotAnswered(
            f"{model.name} reports the logprobs of chosen tokens only; {param} is {top}. Set it to "
            "0, or use another model.",
            param=param,
        )


def _check_sent(request: Request, model: ModelDescription, seeded: bool) -> None:
    """Raises NotAnswered for what the model can't be given. seeded: whether a seed was named."""
    missing = not_sent(request, model.capabilities)
    if lost := [name for name in missing if seeded or name != "seed"]:
        raise NotAnswered(
            f"{model.name} can't be given {in_words(request, lost)}. Leave it out, or use another "
            "model."
        )
