"""A request as Transformers is called with it: what the exported script writes and Verify runs.

Both come from this one value, so that what is verified is what is exported.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal

from core.conversation import Conversation, Image, Message, Text
from core.prompt import RenderedPrompt
from core.runs.engine import ModelDescription
from core.sampling import SamplingParams, in_use
from core.tools.schemas import parse_tools
from core.vision import VisionBudget
from core.workspace import Request

NETWORK = ("encoder_patch_size", "downsample_factor")
DROPPED = re.compile("[\ufdd0-\ufdef]")  # noncharacters, which the playground never sends
PRIVATE = re.compile("[\ue000-\uf8ff]")  # sanitising uses two of them as marks of its own
UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
Route = Literal["template", "sanitised", "ids"]


@dataclass(frozen=True, slots=True)
class Picture:
    """An image file: where it lies, and its name beside the script."""

    path: str
    file: str


@dataclass(frozen=True)
class Recipe:
    """messages: for a chat template, with `Picture` where an image is. tools: None without.

    open_end: the last message is continued. route: how the prompt is made. template: of the plain
    messages; sanitised: typed control tokens become text on the way; ids: `prompt_ids` are given,
    because no option of Transformers gives them. processor: the image processor's values.
    generate: arguments of `generate()`. seed: None draws one.
    """

    messages: list[dict[str, Any]]
    pictures: tuple[Picture, ...]
    tools: Any
    open_end: bool
    route: Route
    prompt_ids: tuple[int, ...]
    processor: dict[str, Any]
    generate: dict[str, Any]
    seed: int | None

    @property
    def stop(self) -> list[str]:
        return self.generate.get("stop_strings") or []


def recipe(request: Request, model: ModelDescription, prompt: RenderedPrompt | None) -> Recipe:
    """prompt: as the engine renders it; None where it can't be: then none is known to be odd.

    Raises InvalidInput where the tools can't be read.
    """
    conversation = request.conversation
    files = _files(conversation)
    last = len(conversation.messages) - 1
    open_end = conversation.prefill is not None
    messages = [
        {"role": turn.role, "content": _content(turn, files, model, open_end and place == last)}
        for place, turn in enumerate(conversation.messages)
    ]
    route = _route(conversation, prompt, model)
    return Recipe(
        messages=messages,
        pictures=tuple(Picture(path, name) for path, name in files.items()),
        tools=[tool.given for tool in parse_tools(conversation.tools)] or None,
        open_end=open_end,
        route=route,
        prompt_ids=prompt.token_ids if prompt and route == "ids" else (),
        processor=processor_values(request.budget, model) if files else {},
        generate=_generate(request.params, prompt),
        seed=request.params.seed,
    )


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
        else:
            parts.append({"type": "text", "text": DROPPED.sub("", part.text)})
    if open_end and not (turn.parts and isinstance(turn.parts[-1], Text)):
        parts.append({"type": "text", "text": ""})  # the place where the answer goes on
    return parts


def _route(
    conversation: Conversation, prompt: RenderedPrompt | None, model: ModelDescription
) -> Route:
    """Sanitising also takes the marks of a call out of the assistant's turns, where the playground
    leaves them in; and with images a typed placeholder still counts as one.
    """
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
    return "ids" if kept or typed_image or private else "sanitised"


def _generate(params: SamplingParams, prompt: RenderedPrompt | None) -> dict[str, Any]:
    values: dict[str, Any] = {"do_sample": not params.greedy}
    values |= {name: getattr(params, name) for name in in_use(params)}
    room = prompt.context_length - len(prompt.tokens) if prompt else params.max_new_tokens
    values["max_new_tokens"] = max(1, min(params.max_new_tokens, room))
    if params.stop:
        values["stop_strings"] = list(params.stop)
    return values
