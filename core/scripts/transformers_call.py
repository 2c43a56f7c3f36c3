"""A request as Transformers is called with it: what the exported script writes and Verify runs.

Both come from this one value, so that what is verified is what is exported.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal

from core.conversation import Conversation, Image, Message, Text, ToolCall
from core.prompt import RenderedPrompt
from core.runs.engine import ModelDescription
from core.sampling import in_use
from core.template_options import OptionValue
from core.tools.schemas import parse_tools
from core.vision import VisionBudget
from core.workspace import Request

NETWORK = ("encoder_patch_size", "downsample_factor")
DROPPED = re.compile("[\ufdd0-\ufdef]")  # noncharacters, which the playground never sends
PRIVATE = re.compile("[\ue000-\uf8ff]")  # sanitising uses two of them as marks of its own
UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
Route = Literal["template", "sanitised", "text", "ids"]


@dataclass(frozen=True, slots=True)
class Picture:
    """An image file: its path, and its name next to the script."""

    path: str
    file: str


@dataclass(frozen=True)
class TransformersCall:
    """messages: for a chat template, with `Picture` where an image is. tools: None without.

    open_end: the last message is continued. route: how the prompt is made. template: of the plain
    messages; sanitised: typed control tokens become text on the way; text: `text` is encoded; ids:
    `prompt_ids` are given, because no option of Transformers gives them. text: what is continued
    without a chat template, as text or as ids; None where there is a template. begins_with: ids of
    the answer's first tokens, which come after the prompt. template_options: those that the
    template reads. processor: the image processor's values. generate: arguments of `generate()`.
    seed: None draws one.
    """

    messages: list[dict[str, Any]]
    pictures: tuple[Picture, ...]
    tools: Any
    open_end: bool
    route: Route
    text: str | list[int] | None
    prompt_ids: tuple[int, ...]
    begins_with: tuple[int, ...]
    template_options: dict[str, OptionValue]
    processor: dict[str, Any]
    generate: dict[str, Any]
    seed: int | None

    @property
    def stop(self) -> list[str]:
        return self.generate.get("stop_strings") or []


def transformers_call(
    request: Request, model: ModelDescription, prompt: RenderedPrompt | None
) -> TransformersCall:
    """prompt: as the engine renders it; None where it can't be: then none is known to be odd.

    Raises InvalidInput where the tools can't be read.
    """
    conversation = request.conversation
    files = _files(conversation)
    last = len(conversation.messages) - 1
    chat = model.capabilities.roles
    open_end = chat and conversation.prefill is not None
    messages = [
        _message(turn, files, model, open_end and place == last)
        for place, turn in enumerate(conversation.messages)
    ]
    route = _route(conversation, prompt, model)
    return TransformersCall(
        messages=messages,
        pictures=tuple(Picture(path, name) for path, name in files.items()),
        tools=[tool.given for tool in parse_tools(conversation.tools)] or None,
        open_end=open_end,
        route=route,
        text=None if chat else DROPPED.sub("", "".join(t.text for t in conversation.messages)),
        prompt_ids=prompt.token_ids if prompt and route == "ids" else (),
        begins_with=request.begins_with,
        template_options=_options(request, model),
        processor=processor_values(request.budget, model) if files else {},
        generate=_generate(request, prompt),
        seed=request.params.seed,
    )


def _options(request: Request, model: ModelDescription) -> dict[str, OptionValue]:
    read = model.capabilities.options_read(request.template_options)
    return {name: DROPPED.sub("", v) if isinstance(v, str) else v for name, v in read}


def processor_values(budget: VisionBudget, model: ModelDescription) -> dict[str, Any]:
    """The budget by the names of the model's own image processor; empty where it has others."""
    if model.budget is None:
        return {}
    if not model.splits_images:
        pixels = model.budget.token_side**2
        return {
            "size": {
                "shortest_edge": budget.min_image_tokens * pixels,
                "longest_edge": budget.max_image_tokens * pixels,
            }
        }
    names = VisionBudget.__dataclass_fields__
    return {name: getattr(budget, name) for name in names if name not in NETWORK}


def _files(conversation: Conversation) -> dict[str, str]:
    """A plain file name for each image; two images of one name get two."""
    names: dict[str, str] = {}
    for image in conversation.images:
        if image.path not in names:
            names[image.path] = _free(_plain(image), set(names.values()))
    return names


def _plain(image: Image) -> str:
    name = PurePath((image.name or image.path).replace("\\", "/")).name
    return UNSAFE.sub("-", name).lstrip("-.") or "image.png"


def _free(name: str, taken: set[str]) -> str:
    path, number = PurePath(name), 2
    while name in taken:
        name, number = f"{path.stem}-{number}{path.suffix}", number + 1
    return name


def _message(
    turn: Message, files: dict[str, str], model: ModelDescription, open_end: bool
) -> dict[str, Any]:
    """Calls are handed over where the template writes them; a continued message is all text."""
    calls = turn.calls if model.writes_calls and not open_end else ()
    rest = turn.without_calls if calls else turn.in_text
    written = {"role": turn.role, "content": _content(rest, files, model, open_end)}
    if turn.tool_call_id:
        written["tool_call_id"] = DROPPED.sub("", turn.tool_call_id)
    return {**written, "tool_calls": list(map(_sent_call, calls))} if calls else written


def _sent_call(call: ToolCall) -> dict[str, Any]:
    whole = json.dumps(json.loads(call.arguments), ensure_ascii=False)
    return template_call(ToolCall(*(DROPPED.sub("", text) for text in (call.id, call.name, whole))))


def template_call(call: ToolCall) -> dict[str, Any]:
    """As chat templates take it: OpenAI's form, but with the arguments as an object."""
    function = {"name": call.name, "arguments": json.loads(call.arguments)}
    return {**({"id": call.id} if call.id else {}), "type": "function", "function": function}


def _content(turn: Message, files: dict[str, str], model: ModelDescription, open_end: bool) -> Any:
    """A text, or a list of parts where there are images or the template takes lists only."""
    sees = model.capabilities.images
    empty = open_end and sees and not turn.parts  # processors find no end in ""
    if not (turn.images or model.lists_only or empty):
        return DROPPED.sub("", turn.text)
    parts: list[dict[str, Any]] = []
    for part in turn.parts:
        if isinstance(part, Image):
            parts.append({"type": "image", "image": Picture(part.path, files[part.path])})
        elif isinstance(part, Text):
            parts.append({"type": "text", "text": DROPPED.sub("", part.text)})
    if not parts or (open_end and not isinstance(turn.parts[-1], Text)):
        parts.append({"type": "text", "text": ""})  # templates look at the first part
    return parts


def _route(
    conversation: Conversation, prompt: RenderedPrompt | None, model: ModelDescription
) -> Route:
    """Sanitising also takes the marks of a call out of the assistant's turns, where the playground
    leaves them in, and doesn't look into calls; and with images a typed placeholder still counts as
    one.
    """
    if not model.capabilities.roles:
        return "ids" if prompt and prompt.neutralised else "text"
    if prompt is None or not prompt.neutralised:
        return "template"
    kept = any(
        token.special
        and token.message is not None
        and conversation.messages[token.message].role == "assistant"
        for token in prompt.tokens
    )
    placeholders = {token.text for token in prompt.tokens if token.image}
    typed_image = placeholders & set(prompt.neutralised)
    private = any(PRIVATE.search(turn.text) for turn in conversation.messages)
    calls = model.writes_calls and any(turn.calls for turn in conversation.messages)
    return "ids" if kept or typed_image or private or calls else "sanitised"


def _generate(request: Request, prompt: RenderedPrompt | None) -> dict[str, Any]:
    params, given = request.params, len(request.begins_with)
    values: dict[str, Any] = {"do_sample": not params.greedy}
    values |= {name: getattr(params, name) for name in in_use(params)}
    room = params.max_new_tokens
    if prompt:
        room = prompt.context_length - len(prompt.tokens) - given
    values["max_new_tokens"] = max(1, min(params.max_new_tokens, room))
    if params.stop:
        values["stop_strings"] = list(params.stop)
    return values
