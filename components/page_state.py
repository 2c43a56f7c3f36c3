"""The page's inputs as one value, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr

from components.advice.advice import AdviceValues, advise
from components.answers.lane_pane import all_parameters
from components.images.budget_panel import (
    active_budget,
    as_taken,
    has_budget,
    may_attach,
    pixels_note,
    trap_warning,
)  # fmt: skip
from components.images.tile_view import SeenImage, tiles_value
from components.messages.message_editor import Row, conversation_of
from components.presets.preset_bar import changed_since
from components.presets.preset_messages import changed_messages
from components.prompt.prompt_view import EMPTY_PROMPT, prompt_value
from components.prompt.token_meter import failed_meter, meter_value
from components.tools.tools_editor import tools_status
from core.bounds import check_conversation, check_stop
from core.compare.differences import settings_diff
from core.conversation import Image
from core.errors import InvalidInput
from core.lanes import AS_IN_THE_SIDEBAR, LABELS, LaneSettings
from core.library.library import Library, Preset
from core.runs.engine import Engine
from core.sampling import SamplingParams
from core.set_ups import Situation
from core.vision import VisionBudget
from core.workspace import Lane, Request, Workspace, unseeded


@contextmanager
def user_errors(html: bool = True) -> Iterator[None]:
    """Show bad input as a message on the page, without a traceback in the log.

    html: the page draws messages as HTML, in which what a person typed must stay text.
    """
    try:
        yield
    except InvalidInput as error:
        message = escape(str(error), quote=False) if html else str(error)
        raise gr.Error(message, title="Please check", print_exception=False) from error


@dataclass(frozen=True)
class PageState:
    """preset: the key of the active preset, or empty. tab: the tab that is looked at.

    lanes: the settings of all four. count: how many of them are on the page. tools: JSON as typed.
    chosen: the model in the picker, which may not be loaded.
    """

    rows: tuple[Row, ...]
    preset: str
    params: SamplingParams
    budget: VisionBudget
    tab: str = "output"
    lanes: tuple[LaneSettings, ...] = (AS_IN_THE_SIDEBAR,) * len(LABELS)
    count: int = 1
    tools: str = ""
    chosen: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        """Of the lanes on the page."""
        return LABELS[: self.count]

    def lane_of(self, label: str) -> LaneSettings:
        """One lane alone is always as in the sidebar."""
        return self.lanes[LABELS.index(label)] if self.count > 1 else AS_IN_THE_SIDEBAR

    @property
    def lane_presets(self) -> dict[str, str]:
        """By label: the key of the preset that each lane on the page starts from."""
        return {label: self.lane_of(label).preset or self.preset for label in self.labels}

    def workspace(
        self, presets: Mapping[str, Preset], labels: Sequence[str] | None = None
    ) -> Workspace:
        """labels: of the lanes that are wanted; None: all on the page."""
        lanes = (
            self.lane_of(label).lane(label, self.params, self.budget, presets)
            for label in (self.labels if labels is None else labels)
        )
        return Workspace(conversation_of(self.rows, self.tools), tuple(lanes))


@dataclass(frozen=True)
class Following:
    """tokens: count by row id. prompt: None where the Prompt tab is not looked at.

    lanes: by label, props of its editor. situation: what set-ups depend on. images: as the Images
    tab shows them. budget, warning, note: the active image budget's key, and what to know of it.
    tools: how many there are and what they cost. advice: what to know about the model.
    library: what all this was read from.
    """

    tokens: dict[str, int]
    images_allowed: bool
    modified: list[str]
    meter: dict[str, Any]
    prompt: dict[str, Any] | None
    lanes: dict[str, dict[str, Any]]
    situation: Situation
    images: list[dict[str, Any]]
    budget: str
    warning: str
    note: str
    tools: dict[str, Any]
    advice: AdviceValues
    library: Library


def follow(engine: Engine, library: Library, state: PageState) -> Following:
    """Render the prompt once and derive every number on the page from it.

    Raises InvalidInput where there is more on the page than may be looked at.
    """
    workspace, description = state.workspace(library.presets), engine.description
    for lane in workspace.lanes:
        asked = unseeded(workspace.conversation, lane).conversation
        check_conversation(asked, description and description.context_length)
        check_stop(lane.params.stop)
    preset = library.presets.get(state.preset)
    modified: list[str] = []
    if preset:
        modified = changed_since(preset, state.params, state.budget)
        modified += changed_messages(preset, state.rows)
    tokens: dict[str, int] = {}
    meter: dict[str, Any] = {}
    prompt = EMPTY_PROMPT
    rendered = None
    if state.rows:
        conversation = conversation_of(state.rows, state.tools)
        try:
            rendered = engine.render(Request("A", conversation, state.params, state.budget))
            meter = meter_value(conversation, rendered, state.params.max_new_tokens)
            tokens = {
                row["id"]: rendered.message_tokens[place] for place, row in enumerate(state.rows)
            }
            prompt = prompt_value(rendered) if state.tab == "prompt" else EMPTY_PROMPT
        except InvalidInput as error:
            meter = failed_meter(str(error))
            prompt = {**EMPTY_PROMPT, "note": str(error)}
    images = _images(engine, state)
    sizes = [(one.facts.width, one.facts.height) for one in images if one.facts]
    return Following(
        tokens=tokens,
        images_allowed=may_attach(engine),
        modified=modified,
        meter=meter,
        prompt=prompt if state.tab == "prompt" else None,
        lanes=_lanes(engine, library, workspace),
        situation=_situation(engine, library, state),
        images=tiles_value(images, _budgets(engine, workspace)),
        budget=active_budget(library.budgets, state.budget),
        warning=trap_warning(sizes, as_taken(engine, state.budget)),
        note=pixels_note(engine, state.budget),
        tools=tools_status(state.tools, rendered),
        advice=advise(
            engine, library, state.chosen, Lane("", state.params, state.budget),
            workspace, state.lane_presets,
        ),
        library=library,
    )  # fmt: skip


def _images(engine: Engine, state: PageState) -> list[SeenImage]:
    """Of all messages, in order; a bad file has its sentence instead of a size."""
    seen: list[SeenImage] = []
    for place, row in enumerate(state.rows, start=1):
        for image in row["images"]:
            facts, error = None, ""
            try:
                facts = engine.look(Image(image["path"], image["name"]))
            except InvalidInput as reason:
                error = str(reason)
            where = f"message {place}, {row['role']}"
            seen.append(SeenImage(image["url"], image["name"], where, facts, error))
    return seen


def _budgets(engine: Engine, workspace: Workspace) -> dict[str, VisionBudget]:
    """Each lane's, with what belongs to the network of the model in use; none where it has none."""
    if not has_budget(engine):
        return {}
    return {lane.label: as_taken(engine, lane.budget) for lane in workspace.lanes}


def _lanes(engine: Engine, library: Library, workspace: Workspace) -> dict[str, dict[str, Any]]:
    """What each lane would change of lane A, were it run now."""
    asked = [unseeded(workspace.conversation, lane) for lane in workspace.lanes]
    models = [[model.name, model.name] for model in engine.models]
    seeing = any(model.capabilities.images for model in engine.models)
    presets = [{"key": key, "name": one.name} for key, one in library.presets.items()]
    return {
        request.lane: {
            "chips": [f"{row.name} {row.values[1]}" for row in settings_diff((asked[0], request))],
            "effective": all_parameters(request.params),
            "models": models,
            "presets": presets,
            "images_allowed": seeing,
        }
        for request in asked
    }


def _situation(engine: Engine, library: Library, state: PageState) -> Situation:
    presets = tuple(library.presets)
    return Situation(
        preset=state.preset if state.preset in presets else "",
        presets=presets,
        has_images=any(row["images"] for row in state.rows),
        has_system=any(row["role"] == "system" and row["text"] for row in state.rows),
        models=tuple(model.name for model in engine.models),
        budgets=tuple(tuple(budget.images.items()) for budget in library.budgets.values()),
    )
