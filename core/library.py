"""The library: presets, image budgets, scenarios and model families, from YAML, read strictly.

Writing files and applying presets to a page are not known here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import ConfigDict, Field, StrictFloat, TypeAdapter, ValidationError

from core.conversation import Conversation, Role, conversation_from_dicts
from core.errors import InvalidInput
from core.sampling import SamplingParams, sampling_params, settings
from core.vision import VisionBudget, changed

STRICT = ConfigDict(extra="forbid")
HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")
# What PyYAML raises: its own, and whatever a wrong value does to Python's constructors.
PARSING = (yaml.YAMLError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


@dataclass(frozen=True)
class PresetMessage:
    """A turn of a preset: text only, images are not part of one."""

    __pydantic_config__ = STRICT
    role: Role
    content: str


@dataclass(frozen=True)
class Preset:
    """Recommended values of a family, or a style. What `sampling` does not name is set to off.

    source and date say where and when the values were seen. stop, system, messages: None leaves
    those of the page alone; empty takes them away. system: the message that begins the others.
    """

    __pydantic_config__ = STRICT
    kind: Literal["preset"]
    name: str
    order: int
    description: str
    source: str
    date: date
    sampling: dict[str, StrictFloat]
    images: dict[str, int | float | bool] = field(default_factory=dict[str, "int | float | bool"])
    stop: list[str] | None = None
    system: str | None = None
    messages: list[PresetMessage] | None = None

    def __post_init__(self) -> None:
        sampling_params(self.sampling)
        self.budget(VisionBudget())
        if not self.name.strip():
            raise InvalidInput("name is empty. Give the preset a name.")
        turns = [turn.content for turn in self.messages or ()]
        texts = (self.name, self.description, self.source, self.system or "", *turns)
        if HALF_A_CHARACTER.search("".join((*texts, *(self.stop or ())))):
            raise InvalidInput("A text holds half of a character (a lone surrogate). Remove it.")

    @property
    def whole(self) -> dict[str, Any]:
        """`sampling` with whole numbers as such."""
        params = sampling_params(self.sampling)
        return {name: getattr(params, name) for name in self.sampling}

    @property
    def named(self) -> dict[str, Any]:
        """The values that the file names: sampling, stop strings and images."""
        stop = {} if self.stop is None else {"stop": self.stop}
        return {**self.whole, **stop, **self.images}

    def params(self, current: SamplingParams) -> SamplingParams:
        """`current` under this preset: named values set, other samplers off, the rest untouched."""
        kept = {n: getattr(current, n) for n, setting in settings().items() if setting.off is None}
        stop = current.stop if self.stop is None else self.stop
        return sampling_params({**kept, "stop": stop, **self.sampling})

    def budget(self, current: VisionBudget) -> VisionBudget:
        """`current` with the image values that this preset names."""
        return changed(current, self.images)


@dataclass(frozen=True)
class Budget:
    """An image budget of its own, for a button; what `images` does not name stays."""

    __pydantic_config__ = STRICT
    kind: Literal["budget"]
    name: str
    order: int
    description: str
    source: str
    date: date
    images: dict[str, int | bool]

    def __post_init__(self) -> None:
        self.budget(VisionBudget())

    def budget(self, current: VisionBudget) -> VisionBudget:
        return changed(current, self.images)


@dataclass(frozen=True)
class Scenario:
    """A whole example that one click loads. `preset` names the preset it is shown with.

    images: files in `presets/pictures` that go to the last user message. budgets: keys of image
    budgets, one for each lane that the card fills; empty: one lane.
    """

    __pydantic_config__ = STRICT
    kind: Literal["scenario"]
    name: str
    order: int
    description: str
    preset: str
    messages: list[dict[str, Any]]
    max_new_tokens: int = 512
    images: list[str] = field(default_factory=list[str])
    budgets: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        sampling_params({"max_new_tokens": self.max_new_tokens})

    @property
    def conversation(self) -> Conversation:
        return conversation_from_dicts(self.messages)


@dataclass(frozen=True)
class CatalogueModel:
    """A checkpoint that the picker offers.

    size: weights, as its maker writes it. context: tokens; None where its maker names none.
    """

    __pydantic_config__ = STRICT
    id: str
    size: str
    context: int | None
    note: str = ""


@dataclass(frozen=True)
class Family:
    __pydantic_config__ = STRICT
    kind: Literal["family"]
    name: str
    order: int
    source: str
    date: date
    models: list[CatalogueModel]


@dataclass(frozen=True)
class Library:
    """pictures: samples that ship with the project, by file name.

    broken: presets that can't be read, why by file name; of those that people keep only, since a
    mistake in a shipped file stops the start.
    """

    presets: Mapping[str, Preset]
    budgets: dict[str, Budget]
    scenarios: dict[str, Scenario]
    families: dict[str, Family]
    pictures: dict[str, Path]
    broken: Mapping[str, str] = field(default_factory=dict[str, str])

    def preset(self, key: str) -> Preset:
        """Raises InvalidInput where there is none, or not any more."""
        if found := self.presets.get(key):
            return found
        raise InvalidInput(f"There is no preset {key!r} any more. Choose another one.")


Entry = Annotated[Preset | Budget | Scenario | Family, Field(discriminator="kind")]
Kind = TypeVar("Kind", Preset, Budget, Scenario, Family)
_ENTRY: TypeAdapter[Preset | Budget | Scenario | Family] = TypeAdapter(Entry)


def read_library(folder: Path) -> Library:
    """Read every `*.yaml` below `folder`; the name of a file without its ending is its key.

    Raises InvalidInput and names the file and the field.
    """
    entries = [(path.stem, _read(path)) for path in sorted(folder.glob("**/*.yaml"))]
    library = Library(
        _of_kind(entries, Preset),
        _of_kind(entries, Budget),
        _of_kind(entries, Scenario),
        _of_kind(entries, Family),
        {path.name: path for path in sorted(folder.glob("pictures/*.png"))},
    )
    for key, scenario in library.scenarios.items():
        if scenario.preset not in library.presets:
            raise InvalidInput(
                f"Scenario {key} names the preset {scenario.preset!r}; "
                f"there are {', '.join(library.presets)}."
            )
        for names, known in (
            (scenario.images, library.pictures),
            (scenario.budgets, library.budgets),
        ):
            if unknown := [name for name in names if name not in known]:
                raise InvalidInput(
                    f"Scenario {key} names {unknown[0]!r}; there are {', '.join(known) or 'none'}."
                )
    return library


def _read(path: Path) -> Preset | Budget | Scenario | Family:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path.name}: {error}") from error
    return read_entry(text, path.name)


def read_entry(text: str, file: str) -> Preset | Budget | Scenario | Family:
    """The entry of a YAML text. Raises InvalidInput and names the file and the field."""
    try:
        entry = _ENTRY.validate_python(_parsed(text))
        if isinstance(entry, Scenario):
            _ = entry.conversation  # an unknown role should stop the start, not the click
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:]) or ("" if first["loc"] else "kind")
        reason = first["msg"].removeprefix("Value error, ").removesuffix(".")
        raise InvalidInput(f"{file}{place and f', field {place}'}: {reason}.") from error
    except InvalidInput as error:
        raise InvalidInput(f"{file}: {error}") from error
    return entry


def _parsed(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except PARSING as error:
        raise InvalidInput(f"no YAML that can be read: {error}") from error


def _of_kind(entries: list[tuple[str, Any]], kind: type[Kind]) -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    for key, entry in entries:
        if isinstance(entry, kind):
            if key in found:
                raise InvalidInput(f"Two {entry.kind} files are called {key}.yaml; rename one.")
            found[key] = entry
    return dict(sorted(found.items(), key=lambda item: item[1].order))
