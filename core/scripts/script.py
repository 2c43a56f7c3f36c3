"""What a script is made of, what it is, and which traps of it are said."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from core.prompt import RenderedPrompt
from core.runs.engine import ModelDescription, name_of
from core.runs.run import Run
from core.sampler_row import Program
from core.sampling import SamplingParams
from core.saved_workspace import SavedWorkspace
from core.scripts.quoting import FileText
from core.scripts.transformers_call import UNSAFE, Picture, Recipe, recipe
from core.workspace import Request

LIQUID = re.compile(r"LiquidAI/[A-Za-z0-9._-]+")
FLOATS = ("float32", "bfloat16", "float16")
OFF = SamplingParams()


@dataclass(frozen=True)
class Subject:
    """A lane that is exported. model_name: as scripts write it. prompt: None where none is built.

    run: None before it ran. versions: of packages, for the record.
    """

    request: Request
    model: ModelDescription
    model_name: str
    prompt: RenderedPrompt | None = None
    run: Run | None = None
    workspace: SavedWorkspace = SavedWorkspace()
    versions: tuple[tuple[str, str], ...] = ()

    @cached_property
    def recipe(self) -> Recipe:
        return recipe(self.request, self.model, self.prompt)

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
    def gguf(self) -> str:
        """Of Liquid's models the repository of GGUF files; empty for others."""
        known = LIQUID.fullmatch(self.model_name)
        return f"{self.model_name}-GGUF" if known else ""

    @property
    def gguf_file(self) -> str:
        name = UNSAFE.sub("-", name_of(self.model_name).rsplit("/", 1)[-1])
        return f"{name or 'model'}.gguf"

    def used(self) -> set[str]:
        """Which of what a target may be unable to express is asked for here."""
        params, made = self.params, self.recipe
        drawn = not self.greedy
        asked = {
            "prefill": made.open_end,
            "images": bool(made.pictures),
            "budget": bool(made.processor),
            "tools": made.tools is not None,
            "typed": bool(self.prompt and self.prompt.neutralised),
            "seed": drawn and params.seed is not None,
            "stop": bool(params.stop),
            "drawn": drawn,
        }
        return {name for name, is_asked in asked.items() if is_asked}

    def openai_messages(self, picture: Callable[[Picture], Any]) -> list[dict[str, Any]]:
        """Messages of OpenAI's form; an image is what `picture` makes of it."""
        return [
            {**turn, "content": _openai_content(turn["content"], picture)}
            for turn in self.recipe.messages
        ]


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
    the samplers have; None: Transformers' own, all of them.
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
