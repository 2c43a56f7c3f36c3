"""What the events of the recipe's box and of the findings do; each is an act like a preset's."""

from __future__ import annotations

from collections.abc import Callable

import gradio as gr

from components.advice.advice import findings, model_of
from components.advice.quick_fixes import remedied, with_recipe
from components.controls import Changes, Controls, Values
from components.event_data import sent
from components.handlers import Handlers
from components.page_state import PageState, user_errors
from components.wiring import PRIVATE, QUICK, Wiring
from core.errors import InvalidInput
from core.library.library import Library
from core.library.recipe import Recipe
from core.runs.engine import Engine


def wire_advice(
    wiring: Wiring,
    engine: Engine,
    library_now: Callable[[], Library],
    controls: Controls,
    handlers: Handlers,
) -> None:
    acts = AdviceHandlers(engine, library_now, controls)
    advice, inputs, written = controls.advice, controls.inputs(), controls.written()
    loaded = [*written, controls.scenario_fold]
    for act in (
        advice.box.take(acts.take, inputs, written, **PRIVATE),
        advice.box.example(handlers.pick_scenario, inputs, loaded, **QUICK),
        advice.lint.remedy(acts.remedy, inputs, written, **PRIVATE),
    ):
        wiring.after_act(act)


class AdviceHandlers:
    def __init__(
        self, engine: Engine, library_now: Callable[[], Library], controls: Controls
    ) -> None:
        self._engine = engine
        self._library_now = library_now
        self._controls = controls

    def take(self, values: Values, event: gr.EventData) -> Changes:
        """Put a recipe's values into the sidebar."""
        with user_errors():
            state = self._controls.read(values, mend=True)
            key = sent(event, "key", str, "")
            if (recipe := self._library_now().recipes.get(key)) is None:
                raise InvalidInput(f"There is no recipe {key!r}. Choose the model again.")
            return self._controls.write(with_recipe(state, recipe), state, settings=True)

    def remedy(self, values: Values, event: gr.EventData) -> Changes:
        """Put one finding right, if it still holds: the page may have changed since it was drawn.

        The browser only names it; what is done is what the linter says now.
        """
        with user_errors():
            state = self._controls.read(values)
            return self._controls.write(self._remedied(state, event), state)

    def _remedied(self, state: PageState, event: gr.EventData) -> PageState:
        named = [sent(event, name, str, "") for name in ("rule", "text", "label")]
        library = self._library_now()
        workspace = state.workspace(library.presets)
        found = findings(self._engine, library, workspace, state.lane_presets)
        for finding, lanes in found:
            for remedy in finding.remedies:
                if [finding.rule, finding.text, remedy.label] == named:
                    recipe = self._recipe_of(library, state, lanes[0])
                    return remedied(state, remedy, lanes, recipe, library.presets)
        raise InvalidInput("The page has changed since this was advised. Look at it again.")

    def _recipe_of(self, library: Library, state: PageState, label: str) -> Recipe | None:
        lane = next(iter(state.workspace(library.presets, [label]).lanes))
        model = model_of(self._engine.models, lane)
        return library.recipe_of(model.model) if model else None
