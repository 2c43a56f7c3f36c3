"""The page's inputs as one value, and what follows from them. Knows no Gradio component."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from components.message_editor import Row, conversation_of
from components.preset_bar import changed_since
from components.prompt_view import EMPTY_PROMPT, prompt_value
from components.token_meter import failed_meter, meter_value
from core.engine import Engine
from core.errors import InvalidInput
from core.library import Library
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Lane, Request, Workspace


@dataclass(frozen=True)
class PageState:
    """preset: the key of the active preset, or empty. tab: the tab that is looked at."""

    rows: tuple[Row, ...]
    preset: str
    params: SamplingParams
    budget: VisionBudget
    tab: str = "output"

    @property
    def workspace(self) -> Workspace:
        return Workspace(conversation_of(self.rows), (Lane("A", self.params, self.budget),))


@dataclass(frozen=True)
class Following:
    """tokens: count by row id. prompt: None where the Prompt tab is not looked at."""

    tokens: dict[str, int]
    images_allowed: bool
    modified: list[str]
    meter: dict[str, Any]
    prompt: dict[str, Any] | None


def follow(engine: Engine, library: Library, state: PageState) -> Following:
    """Render the prompt once and derive every number on the page from it."""
    preset = library.presets.get(state.preset)
    modified = changed_since(preset, state.params, state.budget) if preset else []
    tokens: dict[str, int] = {}
    meter: dict[str, Any] = {}
    prompt = EMPTY_PROMPT
    if state.rows:
        conversation = state.workspace.conversation
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
    description = engine.description
    return Following(
        tokens=tokens,
        images_allowed=bool(description and description.reads_images),
        modified=modified,
        meter=meter,
        prompt=prompt if state.tab == "prompt" else None,
    )
