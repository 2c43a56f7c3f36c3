"""The model picker: models of the catalogue, or any Hub id or folder. It loads one or two."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import closing
from typing import Any

import gradio as gr

from components.access.visitors import page_of
from components.answers.answering import CancelTokens
from components.client_component import text_of
from components.feature import LONG, QUICK, Changes, Feature, Services, Values
from components.images.budget_panel import BudgetPanel
from components.models.model_status import StatusValue, model_status, status_value
from components.user_errors import user_errors
from components.wiring import Wiring
from core.errors import InvalidInput
from core.library.library import CatalogueModel
from core.runs.engine import WEIGHTS, Engine, Loaded, Loading, ModelDescription
from core.runs.events import Failed

FOLLOW_EVERY = 0.3  # seconds
WEIGHTS_INFO = (
    "Number format in memory. int8 and int4 are faster on a CPU, but change the answers: with the "
    "demo model, the likeliest token differs at 4 and 17 of 100 positions, respectively."
)


class Models(Feature):
    def __init__(self, services: Services) -> None:
        self._engine = services.engine
        self._visitors = services.visitors
        self._demo_model = services.demo_model
        self._loads = CancelTokens()
        self._one_at_a_time = threading.Lock()
        self._choices = [("Demo model (shipped)", self._demo_model)] if self._demo_model else []
        for family in services.library_now().families.values():
            self._choices += [(_label(model), model.id) for model in family.models]
        self.status = model_status(elem_id="model-status")
        with gr.Column(elem_id="model-more"):
            self.choice = gr.Dropdown(
                self._choices,
                value=None,
                allow_custom_value=True,
                filterable=True,
                label="Model",
                info="Choose a model, or enter a Hub id or a folder.",
                interactive=True,
                elem_id="model-choice",
            )
            self.weights = gr.Dropdown(
                [("Auto (lossless)", "auto"), *((name, name) for name in WEIGHTS[1:])],
                value="auto",
                label="Weights",
                info=WEIGHTS_INFO,
                interactive=True,
                elem_id="model-weights",
            )
            with gr.Row(elem_id="model-buttons"):
                self.load = gr.Button("Load", size="sm", elem_id="model-load", min_width=80)
                self.load_second = gr.Button(
                    "Load as second model", size="sm", elem_id="model-load-second", min_width=80
                )
                self.cancel = gr.Button(
                    "Cancel", size="sm", elem_id="model-cancel", min_width=80, visible=False
                )
        self.extra_inputs = {"model": self.choice}

    def value_events(self) -> list[Any]:
        return [self.choice.input]  # a model's recipe is offered before the model is loaded

    def model_shown(self) -> list[Any]:
        return [self.status]

    def show_model(self) -> Changes:
        trouble = " ".join(self._engine.trouble)
        return {self.status: status_value(self._engine.models, self._demo_model, error=trouble)}

    def in_use(self) -> Any:
        """The picker with the model in use, and the models of servers among its choices."""
        models = self._engine.models
        value = models[0].name if models else None
        return gr.update(choices=self._known(models), value=value)

    def choices_now(self) -> Any:
        """The same without another choice: servers have come or gone."""
        return gr.update(choices=self._known(self._engine.models))

    def _known(self, models: Sequence[ModelDescription]) -> list[tuple[str, str]]:
        there = [(model.name, model.name) for model in models if model.server]
        return [*there, *self._choices]

    def wire(self, page: Wiring) -> None:
        self._page = page
        inputs: set[Any] = {self.choice, self.weights}
        values = page.the(BudgetPanel).inputs.values()
        outputs = [*page.model_shown(), self.load, self.load_second, self.cancel, *values]
        page.after_act(self.load.click(self._load_first, inputs, outputs, **LONG))
        page.after_act(self.load_second.click(self._load_second, inputs, outputs, **LONG))
        self.cancel.click(self._cancel, None, None, **QUICK)
        page.blocks.unload(self._cancel)

    def follow_start(self, page: Wiring, opened: Any) -> None:
        """A page that was opened before the first model was there shows it when it is."""
        if self._engine.starting:
            outputs = [*page.model_shown(), self.choice, *page.the(BudgetPanel).inputs.values()]
            page.after_act(opened.then(self._follow_start, None, outputs, **LONG))

    async def _follow_start(self) -> AsyncGenerator[Changes, None]:
        waited = False
        while isinstance(event := self._engine.starting, Loading):
            waited = True
            yield {self.status: status_value((), self._demo_model, event)}
            await asyncio.sleep(FOLLOW_EVERY)
        if isinstance(event, Failed):
            yield {self.status: status_value((), self._demo_model, error=event.message)}
        elif waited and self._engine.description:
            processor = self._page.the(BudgetPanel).of_processor()
            yield {**self._page.show_model(), **processor, self.choice: self.in_use()}
        else:
            yield {self.status: gr.skip()}

    def _load_first(self, values: Values, request: gr.Request) -> Iterator[Changes]:
        """Load the chosen model and show how it goes."""
        yield from self._load(values, request, second=False)

    def _load_second(self, values: Values, request: gr.Request) -> Iterator[Changes]:
        """Load it for lanes that choose it; the model in use stays."""
        yield from self._load(values, request, second=True)

    def _load(self, values: Values, request: gr.Request, second: bool) -> Iterator[Changes]:
        model = self._model_of(values[self.choice])
        weights = "auto" if values[self.weights] is None else values[self.weights]
        with user_errors():
            self._visitors.of(request).must_own("the model can't be changed")
            if not model:
                raise InvalidInput("No model is chosen. Choose one, or enter a Hub id or a folder.")
            if weights not in WEIGHTS:
                raise InvalidInput(
                    f"Weights are {weights!r}; they must be one of {', '.join(WEIGHTS)}."
                )
            if not self._one_at_a_time.acquire(blocking=False):
                raise InvalidInput(
                    "Another model is loading. Wait for it or cancel it, then load this one."
                )
        page = page_of(request)
        cancel = self._loads.add(page)
        buttons = {
            self.load: gr.Button(interactive=False),
            self.load_second: gr.Button(interactive=False),
            self.cancel: gr.Button(visible=True),
        }
        status = status_value(())
        try:
            for status in loading(
                self._engine, model, self._demo_model, cancel.is_set, weights, second
            ):
                yield {self.status: status, **buttons}
        finally:
            self._loads.remove(page, cancel)
            self._one_at_a_time.release()
        yield {
            **self._page.show_model(),
            self.status: status,  # again: of two quick updates the page may draw only the last
            self.load: gr.Button(interactive=True),
            self.load_second: gr.Button(interactive=True),
            self.cancel: gr.Button(visible=False),
            **({} if second else self._page.the(BudgetPanel).of_processor()),
        }

    def _model_of(self, chosen: Any) -> str:
        """A Hub id or a folder, or a server's model. Pages know a model in memory by its name."""
        name = text_of(chosen).strip()
        known = (model for model in self._engine.models if model.name == name)
        return next((name if model.server else model.model for model in known), name)

    def _cancel(self, request: gr.Request) -> None:
        self._loads.stop(page_of(request))


def _label(model: CatalogueModel) -> str:
    note = f" · {model.note}" if model.note else ""
    return f"{model.id.removeprefix('LiquidAI/')} · {model.size}{note}"


def loading(
    engine: Engine,
    model: str,
    demo_model: str,
    cancelled: Callable[[], bool],
    weights: str,
    second: bool = False,
) -> Iterator[StatusValue]:
    """Load `model` and yield the status to show. After an error or Cancel, the models stay."""
    error = ""
    with closing(engine.load(model, weights, second)) as events:
        for event in events:
            match event:
                case Loading() if cancelled():
                    error = f"Loading {model} was cancelled."
                    break
                case Loading():
                    yield status_value(engine.models, demo_model, event)
                case Loaded():
                    break
                case Failed():
                    error = event.message
    yield status_value(engine.models, demo_model, error=error or " ".join(engine.trouble))
