"""The library: presets, budgets, scenarios, model families and recipes, from YAML, read strictly.

Writing files and applying presets to a page are not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import ConfigDict, Field, StrictFloat, TypeAdapter, ValidationError

from core.bounds import is_cut
from core.conversation import Role
from core.errors import InvalidInput
from core.library.recipe import Recipe
from core.library.scenario import Scenario
from core.library.yaml_text import read_yaml
from core.sampling import SamplingParams, sampling_params, under
from core.variable_values import variable_values
from core.vision import VisionBudget, changed

SHEETS = "sheets"  # the folder of files that are another kind of YAML
STRICT = ConfigDict(extra="forbid")


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
    variables: the values of those in system and messages.
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
    variables: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        sampling_params(self.sampling)
        self.budget(VisionBudget())
        variable_values(self.variables)
        if not self.name.strip():
            raise InvalidInput("name is empty. Give the preset a name.")
        turns = [turn.content for turn in self.messages or ()]
        texts = (self.name, self.description, self.source, self.system or "", *turns)
        if is_cut("".join((*texts, *(self.stop or ())))):
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
        stop = current.stop if self.stop is None else tuple(self.stop)
        return under(replace(current, stop=stop), self.sampling)

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
    """pictures: samples that ship with the project, by file name. sheets: examples, by key;
    `core.sheets.sheet_json` reads them.

    broken: presets that can't be read, why by file name; of those that people keep only, since a
    mistake in a shipped file stops the start.
    """

    presets: Mapping[str, Preset]
    budgets: dict[str, Budget]
    scenarios: dict[str, Scenario]
    families: dict[str, Family]
    pictures: dict[str, Path]
    recipes: dict[str, Recipe] = field(default_factory=dict[str, Recipe])
    sheets: Mapping[str, Path] = field(default_factory=dict[str, Path])

    def recipe_of(self, model: str) -> Recipe | None:
        """model: a Hub id or a folder."""
        return next((recipe for recipe in self.recipes.values() if recipe.is_of(model)), None)

    def examples_of(self, recipe: Recipe) -> dict[str, Scenario]:
        return {key: one for key, one in self.scenarios.items() if recipe.model in one.models}

    broken: Mapping[str, str] = field(default_factory=dict[str, str])

    def preset(self, key: str) -> Preset:
        """Raises InvalidInput where there is none, or not any more."""
        if found := self.presets.get(key):
            return found
        raise InvalidInput(f"The preset {key!r} no longer exists. Choose another one.")


AnyEntry = Preset | Budget | Scenario | Family | Recipe
Entry = Annotated[AnyEntry, Field(discriminator="kind")]
Kind = TypeVar("Kind", Preset, Budget, Scenario, Family, Recipe)
_ENTRY: TypeAdapter[AnyEntry] = TypeAdapter(Entry)


def read_library(folder: Path) -> Library:
    """Read every `*.yaml` below `folder`; the name of a file without its ending is its key.

    Raises InvalidInput and names the file and the field.
    """
    files = sorted(folder.glob("**/*.yaml"))
    entries = [(path.stem, _read(path)) for path in files if path.parent.name != SHEETS]
    library = Library(
        _of_kind(entries, Preset),
        _of_kind(entries, Budget),
        _of_kind(entries, Scenario),
        _of_kind(entries, Family),
        {path.name: path for path in sorted(folder.glob("pictures/*.png"))},
        recipes=_of_kind(entries, Recipe),
        sheets={path.stem: path for path in sorted(folder.glob(f"{SHEETS}/*.yaml"))},
    )
    _check_names(library)
    return library


def _check_names(library: Library) -> None:
    """Raises InvalidInput where an entry names another one that is not there."""
    models = {recipe.model for recipe in library.recipes.values()}
    for key, recipe in library.recipes.items():
        _check_name(f"Recipe {key} names the preset", recipe.preset, library.presets)
    for key, scenario in library.scenarios.items():
        _check_name(f"Scenario {key} names the preset", scenario.preset, library.presets)
        for names, known in (
            (scenario.models, sorted(models)),
            (scenario.images, library.pictures),
            (scenario.budgets, library.budgets),
        ):
            for name in names:
                _check_name(f"Scenario {key} names", name, known)


def _check_name(what: str, name: str, known: Iterable[str]) -> None:
    """An empty name names nothing."""
    if name and name not in known:
        raise InvalidInput(f"{what} {name!r}; there are {', '.join(known) or 'none'}.")


def _read(path: Path) -> AnyEntry:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path.name}: {error}") from error
    return read_entry(text, path.name)


def read_entry(text: str, file: str) -> AnyEntry:
    """The entry of a YAML text. Raises InvalidInput and names the file and the field."""
    try:
        value = read_yaml(text)
        # Pydantic would write it out, and a few lines of aliases make millions of a list.
        if isinstance(value, dict) and isinstance(value.get("kind"), dict | list | set | tuple):
            raise InvalidInput("field kind: it must be a word, such as preset.")
        entry = _ENTRY.validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:]) or ("" if first["loc"] else "kind")
        raise InvalidInput(f"{file}{place and f', field {place}'}: {_reason(first)}.") from error
    except InvalidInput as error:
        raise InvalidInput(f"{file}: {error}") from error
    return entry


def _reason(error: Mapping[str, Any]) -> str:
    """A pydantic error in our words."""
    match error["type"]:
        case "missing":
            return "it is missing"
        case "extra_forbidden":
            return "it is unknown. Check its spelling, or remove it"
        case "union_tag_not_found":
            return "it is missing. Write `kind: preset`, or another kind of file"
        case "union_tag_invalid":
            ctx = error["ctx"]
            return f"unknown kind {ctx['tag']!r}; use one of {ctx['expected_tags']}"
        case "model_attributes_type" | "dict_type" | "dataclass_type":
            return "the file must be a list of fields, such as `name: My preset`"
    words = error["msg"].removeprefix("Value error, ").removesuffix(".")
    return words.replace("Input should be", "it must be")


def _of_kind(entries: list[tuple[str, Any]], kind: type[Kind]) -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    for key, entry in entries:
        if isinstance(entry, kind):
            if key in found:
                raise InvalidInput(f"Two {entry.kind} files are called {key}.yaml; rename one.")
            found[key] = entry
    return dict(sorted(found.items(), key=lambda item: item[1].order))
