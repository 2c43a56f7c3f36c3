"""The components that handlers read and write; reads the page's state from them and writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from components.advice.advice import Advice
from components.client_component import text_of
from components.images.budget_panel import (
    ADVANCED,
    USUAL_MOST,
    BudgetPanel,
    bar_props,
    budget_of,
    budget_values,
)  # fmt: skip
from components.lanes.lane_bar import lane_count, set_ups
from components.lanes.lanes import Lanes
from components.messages.few_shot_panel import FewShotPanel
from components.messages.message_editor import clean_rows
from components.models.model_picker import ModelPicker
from components.page_state import Following, PageState
from components.presets.preset_bar import own_props
from components.sampling.sampling_panel import control_values, params_of
from core.errors import InvalidInput
from core.lanes import LABELS, LaneSettings, as_values, lane_settings
from core.library.library import Library
from core.vision import VisionBudget

Values = Mapping[Any, Any]
Changes = dict[Any, Any]


@dataclass(frozen=True)
class Controls:
    """library_now: reads what people keep, so an event calls it once."""

    editor: gr.HTML
    tools: gr.HTML
    presets: gr.HTML
    sampling: dict[str, gr.components.FormComponent]
    dice: gr.Button
    budget: BudgetPanel
    tiles: gr.HTML
    meter: gr.HTML
    prompt: gr.HTML
    lanes: Lanes
    picker: ModelPicker
    few_shot: FewShotPanel
    scenario_fold: gr.Accordion
    tabs: gr.Tabs
    tab: gr.State
    library_now: Callable[[], Library]
    comparison: gr.HTML
    history: gr.HTML
    advice: Advice

    def inputs(self) -> set[Any]:
        return {self.tab, self.picker.choice, *self._kept().values()}

    def written(self) -> list[Any]:
        """The inputs as outputs of an explicit act, such as a preset."""
        return list(self._kept().values())

    def shown(self) -> list[Any]:
        """What follows from the inputs and is redrawn after each change of them."""
        lanes = [self.lanes.bar, *self.lanes.editors.values()]
        images = [self.tiles, self.budget.bar]
        advice = self.advice.shown()
        texts = [self.editor, self.tools, self.presets, self.meter, self.prompt]
        return [*texts, *images, *lanes, *advice]

    def show_output(self) -> Changes:
        """Turn to the lanes."""
        return {self.tabs: gr.Tabs(selected="output"), self.tab: "output"}

    def value_events(self) -> list[Any]:
        """A person changes a number: `release` comes from a reset button, `input` from the rest."""
        controls = [*self.sampling.values(), *self.budget.controls.values()]
        events: list[Any] = [getattr(control, "input") for control in controls]  # noqa: B009
        return events + [control.release for control in controls if isinstance(control, gr.Slider)]

    def read(self, values: Values, mend: bool = False) -> PageState:
        """Raises InvalidInput where a number is out of range or, to mend, takes its default."""
        return PageState(
            rows=tuple(clean_rows(values[self.editor])),
            preset=text_of(values[self.presets]),
            params=params_of({name: values[c] for name, c in self.sampling.items()}, mend),
            budget=budget_of({name: values[c] for name, c in self.budget.controls.items()}, mend),
            tab=values[self.tab],
            lanes=_lanes([values[editor] for editor in self.lanes.editors.values()], mend),
            count=lane_count(values[self.lanes.bar]),
            tools=text_of(values[self.tools]),
            chosen=text_of(values.get(self.picker.choice)),
        )

    def write(
        self, state: PageState, old: PageState | None = None, settings: bool = False
    ) -> Changes:
        """Write the inputs; where there is an `old` state, only what differs from it.

        settings: write all numbers, also those that seem unchanged but are not valid on the page.
        """
        changes: Changes = {}
        if old is None or state.rows != old.rows:
            changes[self.editor] = list(state.rows)
        if old is None or state.tools != old.tools:
            changes[self.tools] = state.tools
        if old is None or state.preset != old.preset:
            changes[self.presets] = state.preset
        if old is None or settings or state.params != old.params:
            values = control_values(state.params)
            changes |= {control: values[name] for name, control in self.sampling.items()}
        if old is None or settings or state.budget != old.budget:
            values = budget_values(state.budget)
            changes |= {control: values[name] for name, control in self.budget.controls.items()}
        if old is None or state.lanes != old.lanes or state.count != old.count:
            lanes = zip(self.lanes.editors.values(), state.lanes, strict=True)
            changes[self.lanes.bar] = state.count
            changes |= {editor: as_values(lane) for editor, lane in lanes}
        return changes or {self.tools: gr.skip()}  # Gradio takes an empty mapping for one value

    def advanced(self, budget: VisionBudget) -> Changes:
        """Write what a checkpoint's processor brings along, and how far its sliders reach."""
        reach = max(USUAL_MOST, budget.max_image_tokens)
        bounds = ("min_image_tokens", "max_image_tokens")
        return {
            **{self.budget.controls[name]: getattr(budget, name) for name in ADVANCED},
            **{self.budget.controls[name]: gr.update(maximum=reach) for name in bounds},
        }

    def show(self, following: Following) -> Changes:
        """Redraw what follows. Writes no input: what a person does meanwhile must stand."""
        changes: Changes = {
            self.editor: gr.update(
                tokens=following.tokens, images_allowed=following.images_allowed
            ),
            self.tools: gr.update(status=following.tools),
            self.presets: gr.update(modified=following.modified, **own_props(following.library)),
            self.meter: following.meter,
            self.tiles: following.images,
            self.budget.bar: gr.update(
                **bar_props(
                    following.library.budgets, following.budget, following.warning, following.note
                )
            ),
            self.lanes.bar: gr.update(set_ups=set_ups(following.situation)),
            **self.advice.show(following.advice),
            **{
                self.lanes.editors[label]: gr.update(**shown)
                for label, shown in following.lanes.items()
            },
        }
        if following.prompt is not None:
            changes[self.prompt] = following.prompt
        return changes

    # -- the draft: a JSON object in the browser, by the names of the controls -----------------
    def _kept(self) -> dict[str, Any]:
        lanes = {f"lane_{label}": editor for label, editor in self.lanes.editors.items()}
        return {
            "messages": self.editor, "tools": self.tools, "preset": self.presets, **self.sampling,
            **self.budget.controls, "lanes": self.lanes.bar, **lanes,
        }  # fmt: skip

    def draft_of(self, values: Values) -> dict[str, Any]:
        """What the browser keeps as a draft, of the raw values of the inputs."""
        return {name: values[control] for name, control in self._kept().items()}

    def kept_names(self) -> list[str]:
        """Of `written`, in its order."""
        return list(self._kept())

    def live_names(self) -> dict[Any, str]:
        """By control: the name under which a script of the page offers its value."""
        kept = {control: name for name, control in self._kept().items()}
        return {**kept, self.picker.choice: "model"}

    def read_draft(self, draft: Any) -> PageState | None:
        """The draft as a state, or None where there is none.

        Numbers that are wrong, or that another version did not know, take their defaults, so that
        the messages are never lost.
        """
        if not isinstance(draft, dict) or "messages" not in draft:
            return None
        values = {control: draft.get(name) for name, control in self._kept().items()}
        return self.read({**values, self.tab: "output"}, mend=True)


def _lanes(values: list[Any], mend: bool) -> tuple[LaneSettings, ...]:
    """Raises InvalidInput, naming the lane, or, to mend, leaves a wrong lane as the sidebar."""
    read: list[LaneSettings] = []
    for label, value in zip(LABELS, values, strict=True):
        try:
            read.append(lane_settings(value))
        except InvalidInput as error:
            if not mend:
                raise InvalidInput(f"Lane {label}: {error}") from error
            read.append(LaneSettings())
    return tuple(read)
