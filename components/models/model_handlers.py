"""What the model picker's events do: load one, or one beside it, cancel, show what is there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import gradio as gr

from components.access.visitors import Visitors, page_of
from components.answers.answering import StopSwitches
from components.client_component import text_of
from components.controls import Changes, Controls, Values
from components.images.budget_panel import has_budget, own_budget
from components.models.model_picker import loading
from components.models.model_status import status_value
from components.page_state import user_errors
from core.errors import InvalidInput
from core.runs.engine import WEIGHTS, Engine


class ModelHandlers:
    """demo_model: the id of the model that gets the demo banner."""

    def __init__(
        self, engine: Engine, controls: Controls, demo_model: str, visitors: Visitors
    ) -> None:
        self._engine = engine
        self._controls = controls
        self._demo_model = demo_model
        self._visitors = visitors
        self._loads = StopSwitches()
        self._one_at_a_time = threading.Lock()

    def load(self, values: Values, request: gr.Request) -> Iterator[Changes]:
        """Load the chosen model and show how it goes."""
        yield from self._load(values, request, beside=False)

    def load_beside(self, values: Values, request: gr.Request) -> Iterator[Changes]:
        """Load it for lanes that name it; the one in use stays."""
        yield from self._load(values, request, beside=True)

    def _load(self, values: Values, request: gr.Request, beside: bool) -> Iterator[Changes]:
        picker = self._controls.picker
        model = self._model_of(values[picker.choice])
        weights = "auto" if values[picker.weights] is None else values[picker.weights]
        with user_errors():
            self._visitors.of(request).must_own("the model that all visitors use stays")
            if not model:
                raise InvalidInput("No model is chosen. Choose one, or type a Hub id or a folder.")
            if weights not in WEIGHTS:
                raise InvalidInput(f"Weights are {weights!r}; use one of {', '.join(WEIGHTS)}.")
            if not self._one_at_a_time.acquire(blocking=False):
                raise InvalidInput(
                    "Another model is being loaded. Wait until that has ended, or cancel it; then "
                    "load this one."
                )
        page = page_of(request)
        switch = self._loads.add(page)
        buttons = {
            picker.load: gr.Button(interactive=False),
            picker.beside: gr.Button(interactive=False),
            picker.cancel: gr.Button(visible=True),
        }
        status: dict[str, Any] = {}
        try:
            for status in loading(
                self._engine, model, self._demo_model, switch.is_set, weights, beside
            ):
                yield {picker.status: status, **buttons}
        finally:
            self._loads.remove(page, switch)
            self._one_at_a_time.release()
        yield {
            **self.in_use(),
            picker.status: status,  # again: of two quick updates the page may draw the last only
            picker.load: gr.Button(interactive=True),
            picker.beside: gr.Button(interactive=True),
            picker.cancel: gr.Button(visible=False),
            **({} if beside else self._controls.advanced(own_budget(self._engine))),
        }

    def _model_of(self, chosen: Any) -> str:
        """A Hub id or a folder; pages know what is in memory by its name."""
        name = text_of(chosen).strip()
        named = (model.model for model in self._engine.models if model.name == name)
        return next(named, name)

    def cancel(self, request: gr.Request) -> None:
        self._loads.stop(page_of(request))

    def leave(self, request: gr.Request) -> None:
        """The tab was closed: end what it was loading."""
        self._loads.stop(page_of(request))

    def in_use(self) -> Changes:
        """What answers now, which another page may have loaded, and whether it has a budget."""
        description, budget = self._engine.description, self._controls.budget
        splits = description is None or description.splits_images
        return {
            self._controls.picker.status: status_value(self._engine.models, self._demo_model),
            budget.panel: gr.Accordion(visible=has_budget(self._engine)),
            budget.advanced: gr.Accordion(visible=splits),
        }
