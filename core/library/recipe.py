"""Recipes: how one model wants to be asked. Values, system prompt, layout and turns, by its maker.

Checking a conversation against a recipe is not known here; see `core/advice/linter.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePath
from typing import Any, Literal

from pydantic import ConfigDict, StrictFloat

from core.errors import InvalidInput
from core.sampling import SamplingParams, sampling_params, under
from core.template_options import OptionValues, option_values
from core.vision import VisionBudget, changed

STRICT = ConfigDict(extra="forbid")
HUB_ID = re.compile(r"[\w-][\w.-]*/[\w.-]+")

SystemRule = Literal["free", "unwanted", "exact", "categories", "form", "tools"]
Part = Literal["sampling", "images", "turns", "tools"]


@dataclass(frozen=True)
class SystemPrompt:
    """What the system prompt must be. texts: by the maker, byte for byte.

    rule: `free`, anything, the texts are examples; `unwanted`, none; `exact`, one of the texts;
    `categories`, the first text with all or some of its categories, in alphabetical order; `form`,
    with this beginning, middle and end; `tools`, the list of tools, which the chat template writes.
    required: whether the model fails without, or is only at its best with it.
    """

    __pydantic_config__ = STRICT
    rule: SystemRule = "free"
    required: bool = False
    texts: list[str] = field(default_factory=list[str])
    begins: str = ""
    contains: str = ""
    ends: str = ""

    def __post_init__(self) -> None:
        if self.rule not in ("free", "unwanted", "tools") and not self.texts:
            raise InvalidInput(f"The rule {self.rule} needs a text; add it to `texts`.")
        if self.rule == "unwanted" and (self.texts or self.required):
            raise InvalidInput("An unwanted system prompt can't have texts or be required.")
        if self.rule == "form" and not all(self.has_form(text) for text in self.texts):
            raise InvalidInput("A text of the system prompt does not have its own form.")

    def has_form(self, text: str) -> bool:
        return text.startswith(self.begins) and self.contains in text and text.endswith(self.ends)


@dataclass(frozen=True)
class Recipe:
    """What a model's own page recommends. What `sampling` does not name is set to off.

    source, date: where and when the values were seen. third_party: that page is not the maker's.
    inferred: what no page says. preset: the key of the family's button that fits; empty: none does.
    template: options of the chat template, by their names there. layout: in words, what goes into
    which message. one_image: a user message is one image, no text.
    """

    __pydantic_config__ = STRICT
    kind: Literal["recipe"]
    model: str
    order: int
    source: str
    date: date
    sampling: dict[str, StrictFloat]
    layout: str
    images: dict[str, int | bool] = field(default_factory=dict[str, "int | bool"])
    template: dict[str, Any] = field(default_factory=dict[str, Any])
    third_party: bool = False
    inferred: list[Part] = field(default_factory=list[Part])
    preset: str = ""
    system: SystemPrompt = SystemPrompt()
    turns: Literal["multi", "single", "completion"] = "multi"
    thinking: Literal["never", "always", "usually", "optional", "unknown"] = "never"
    one_image: bool = False
    note: str = ""

    def __post_init__(self) -> None:
        sampling_params(self.sampling)
        self.budget(VisionBudget())
        option_values(self.template)

    @property
    def name(self) -> str:
        """The model's name without its maker's."""
        return self.model.rpartition("/")[2]

    @property
    def named(self) -> dict[str, Any]:
        """The values that the file names: sampling, images, template; whole numbers are whole."""
        params = sampling_params(self.sampling)
        return {
            **{name: getattr(params, name) for name in self.sampling},
            **self.images,
            **self.template,
        }

    def params(self, current: SamplingParams) -> SamplingParams:
        """`current` under this recipe, as a preset does it."""
        return under(current, self.sampling)

    def budget(self, current: VisionBudget) -> VisionBudget:
        return changed(current, self.images)

    def options(self, current: OptionValues) -> OptionValues:
        """`current` with the template options that this recipe names."""
        return option_values({**dict(current), **self.template})

    def is_of(self, model: str) -> bool:
        """Whether `model`, a Hub id or a folder, is this recipe's; a folder is known by its name.

        A folder may be a snapshot in the Hub's cache, below `models--maker--name`.
        """
        if model == self.model:
            return True
        if not model or HUB_ID.fullmatch(model):
            return False
        cached = f"models--{self.model.replace('/', '--')}"
        path = PurePath(model)
        return path.name == self.name or cached in path.parts
