"""What a script is call of, what it is, and which traps of it are said."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from core.formats.openai_format import openai_tool
from core.prompt import RenderedPrompt
from core.runs.engine import ModelDescription, display_name
from core.runs.run import Run
from core.sampler_row import Program
from core.sampling import SamplingParams
from core.scripts import structured
from core.scripts.quoting import FileText
from core.scripts.transformers_call import UNSAFE, Picture, TransformersCall, transformers_call
from core.tools.thinking import opening_of
from core.workspace import Request, Workspace

LIQUID = re.compile(r"LiquidAI/[A-Za-z0-9._-]+")
FAMILY = re.compile(r"(?:.*/)?(LFM[23])", re.IGNORECASE)
FLOATS = ("float32", "bfloat16", "float16")
OFF = SamplingParams()


@dataclass(frozen=True)
class Subject:
    """A lane that is exported. model_name: as scripts write it. prompt: None where none is built.

    run: None before it ran. versions: of packages, for the record. ids: of the prompt and of what
    the answer begins with, for a branch and a program that takes them; else empty.
    """

    request: Request
    model: ModelDescription
    model_name: str
    prompt: RenderedPrompt | None = None
    run: Run | None = None
    workspace: Workspace = Workspace()
    versions: tuple[tuple[str, str], ...] = ()
    ids: tuple[int, ...] = ()

    @cached_property
    def call(self) -> TransformersCall:
        call = transformers_call(self.request, self.model, self.prompt)
        if not self.ids:
            return call
        return replace(
            call, messages=[], tools=None, open_end=False, template_options={}, text=list(self.ids)
        )

    @property
    def params(self) -> SamplingParams:
        return self.request.params

    @property
    def greedy(self) -> bool:
        return self.params.greedy

    @property
    def dtype(self) -> str:
        return self.model.dtype if self.model.dtype in FLOATS else "float32"

    @property
    def family(self) -> str:
        """ "lfm2", which LFM2.5 is too, or "lfm3"; empty where neither is known."""
        named = FAMILY.match(self.model.architecture) or FAMILY.match(self.model_name)
        return named[1].lower() if named else ""

    @property
    def gguf(self) -> str:
        """The repository of GGUF files of Liquid's models; empty for others."""
        known = LIQUID.fullmatch(self.model_name)
        return f"{self.model_name}-GGUF" if known else ""

    @property
    def gguf_file(self) -> str:
        name = UNSAFE.sub("-", display_name(self.model_name).rsplit("/", 1)[-1])
        return f"{name or 'model'}.gguf"

    def used(self) -> set[str]:
        """Which of what a target may be unable to express is asked for here."""
        params, call = self.params, self.call
        drawn = not self.greedy
        asked = {
            "prefill": call.open_end,
            "images": bool(call.pictures),
            "budget": bool(call.processor),
            "tools": call.tools is not None,
            "flat": self.openai_tools != (call.tools or []),
            "lfm3": self.family == "lfm3",
            "template": bool(call.template_options),
            "typed": bool(self.prompt and self.prompt.neutralised and not self.ids),
            "seed": drawn and params.seed is not None,
            "stop": bool(params.stop),
            "drawn": drawn,
        }
        thinks = bool(self.model.thought_tags or (self.prompt and opening_of(self.prompt.text)))
        asked |= structured.used(self.request, thinks)
        return {name for name, is_asked in asked.items() if is_asked}

    @property
    def openai_path(self) -> str:
        return "chat/completions" if self.call.text is None else "completions"

    def openai_prompt(self, picture: Callable[[Picture], Any]) -> dict[str, Any]:
        """What is answered, in OpenAI's form: messages and tools, or for a base model a text."""
        if self.call.text is not None:
            return {"prompt": self.call.text}
        tools = {"tools": self.openai_tools} if self.openai_tools else {}
        return {"messages": self.openai_messages(picture), **tools}

    @property
    def openai_tools(self) -> list[dict[str, Any]]:
        """Tools below "function", as servers of OpenAI's protocol and Ollama want them.

        The lane's chat template gets them as they were typed, flat or not.
        """
        return [openai_tool(tool) for tool in self.call.tools or ()]

    def openai_messages(self, picture: Callable[[Picture], Any]) -> list[dict[str, Any]]:
        """Messages of OpenAI's form; an image is what `picture` makes of it."""
        return [
            {**turn, "content": _openai_content(turn["content"], picture), **_openai_calls(turn)}
            for turn in self.call.messages
        ]


def _openai_calls(turn: dict[str, Any]) -> dict[str, Any]:
    """Here the arguments are JSON as text."""
    calls = [
        {
            **call,
            "function": {
                "name": call["function"]["name"],
                "arguments": json.dumps(call["function"]["arguments"], ensure_ascii=False),
            },
        }
        for call in turn.get("tool_calls", ())
    ]
    return {"tool_calls": calls} if calls else {}


def _openai_content(content: Any, picture: Callable[[Picture], Any]) -> Any:
    if isinstance(content, str):
        return content
    if not any(part["type"] == "image" for part in content):
        return "".join(part["text"] for part in content)
    return [
        {"type": "image_url", "image_url": {"url": picture(part["image"])}}
        if part["type"] == "image"
        else part
        for part in content
    ]


FLAT_TOOLS = (
    'The tools are below "function" here, the only form that the server takes. The lane\'s chat '
    "template gets them as you typed them, so the prompts differ there."
)


def no_lfm3(versions: str) -> str:
    return f"LFM3 is unknown to {versions}: look for a newer version."


def data_url(picture: Picture) -> FileText:
    """For a JSON body in a shell."""
    return FileText(picture.file, f"data:{mime_of(picture)};base64,")


def mime_of(picture: Picture) -> str:
    ending = picture.file.rsplit(".", 1)[-1].lower()
    return f"image/{'jpeg' if ending == 'jpg' else ending if ending.isalnum() else 'png'}"


@dataclass(frozen=True)
class Script:
    """notes: traps and what could not be said; they also stand at the top of `text` as comments."""

    text: str
    file: str
    language: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    """A program that a lane can be exported for.

    body: the script without its heading. notes: always said, or only where one of the features is
    asked for. lacks: what can't be expressed, with the sentence that says so. program: whose names
    the samplers have; None: Transformers' own, all of them. with_images: the program that takes
    over where there are images. takes_ids: whether it can be given a prompt as token ids.
    """

    name: str
    language: str
    file: str
    body: Callable[[Subject], str]
    notes: tuple[str, ...] = ()
    traps: dict[str, str] = field(default_factory=dict[str, str])
    lacks: dict[str, str] = field(default_factory=dict[str, str])
    more: Callable[[Subject], list[str]] = lambda subject: []
    comments: str = "# "  # empty: the language has none
    program: Program | None = None
    with_images: Program | None = None
    takes_ids: bool = False

    def program_for(self, subject: Subject) -> Program | None:
        return (self.with_images if subject.call.pictures else None) or self.program
