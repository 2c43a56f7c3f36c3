"""What the page's events do: a handler reads the page's state and returns what changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import gradio as gr

from components.access.visitors import Visitors
from components.advice.quick_fixes import recipe_for, with_recipe
from components.answers.lane_pane import lane_value
from components.answers.replies import with_reply
from components.controls import Changes, Controls, Values
from components.event_data import sent, sent_lane
from components.history.run_history import KeptRun, RunHistory
from components.history.run_list import run_cards
from components.images.budget_panel import own_budget
from components.images.samples import with_images
from components.lanes.lane_handlers import promoted
from components.messages.few_shot_panel import EMPTY_TABLE, insert_examples
from components.messages.message_editor import new_row, rows_of
from components.models.model_handlers import ModelHandlers
from components.page_state import PageState, follow, user_errors
from components.presets.preset_messages import rows_under
from components.prompt.token_meter import failed_meter
from core.errors import InvalidInput
from core.lanes import AS_IN_THE_SIDEBAR, LABELS, LaneSettings
from core.library.library import Budget, Library
from core.runs.engine import Engine
from core.sampling import SamplingParams, sampling_params
from core.set_ups import SET_UPS
from core.workspace import fresh_seed

Thing = TypeVar("Thing")
RELOAD_SECONDS = 2.0  # that a page waits for the run that its reload has stopped


class Handlers:
    """The handlers of one page that read its state and write it."""

    def __init__(
        self,
        engine: Engine,
        library_now: Callable[[], Library],
        controls: Controls,
        history: RunHistory,
        models: ModelHandlers,
        visitors: Visitors,
    ) -> None:
        self._engine = engine
        self._library_now = library_now
        self._controls = controls
        self._history = history
        self._models = models
        self._visitors = visitors

    # -- the page's state --------------------------------------------------------------------
    def open_page(self, draft: Any, request: gr.Request) -> Changes:
        """A new visit: the draft of this browser, else an empty message and the first preset."""
        visitor = self._visitors.open(request)
        session = draft.get("session") if isinstance(draft, dict) else None
        self._history.open(visitor, session)
        key, preset = next(iter(self._library_now().presets.items()))
        budget = preset.budget(own_budget(self._engine))
        first = PageState((new_row("user"),), key, preset.params(SamplingParams()), budget)
        state = self._controls.read_draft(draft) or first
        if isinstance(draft, dict) and "preset" not in draft:  # only the tab's own messages
            state = replace(first, rows=state.rows, tools=state.tools)
        description = self._engine.description
        kept = self._history.settled(visitor.page, RELOAD_SECONDS)
        return {
            **self._controls.write(state),
            **self._last_run(visitor.page, kept),
            **self._models.in_use(),
            self._controls.picker.choice: description.name if description else None,
            self._controls.history: run_cards(kept),
        }

    def _last_run(self, page: str, kept: Sequence[KeptRun]) -> Changes:
        """A page that was reloaded shows its last run again."""
        runs = kept[0].runs if kept else {}
        self._history.show(page, runs)
        panes, first = self._controls.lanes.panes, runs.get(LABELS[0])
        return {panes[label]: lane_value(run, first) for label, run in runs.items()}

    def show(self, values: Values) -> Changes:
        """After any change of the inputs: counts, meter, the preset's badge and the prompt."""
        try:
            state = self._controls.read(values)
            return self._controls.show(follow(self._engine, self._library_now(), state))
        except InvalidInput as error:
            return {self._controls.meter: failed_meter(str(error))}

    def show_prompt(self, values: Values) -> Changes:
        """The Prompt tab was opened; from now on it follows the inputs."""
        tab = self._controls.tab
        return {tab: "prompt", **self.show({**values, tab: "prompt"})}

    def pick_preset(self, values: Values, event: gr.EventData) -> Changes:
        key = _key(event)
        library = self._library_now()
        return self._act(values, lambda state: _with_preset(library, state, key), settings=True)

    def pick_budget(self, values: Values, event: gr.EventData) -> Changes:
        def change(state: PageState) -> PageState:
            budget = named(self._library_now().budgets, _key(event), "image budget")
            return replace(state, budget=budget.budget(state.budget))

        return self._act(values, change, settings=True)

    def turn_splitting_off(self, values: Values) -> Changes:
        return self._act(
            values,
            lambda state: replace(state, budget=replace(state.budget, do_image_splitting=False)),
        )

    def pick_scenario(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        def load(state: PageState) -> PageState:
            library = self._library_now()
            scenario = named(library.scenarios, _key(event), "scenario")
            length = scenario.max_new_tokens
            params = replace(state.params, max_new_tokens=length, stop=())
            rows = rows_of(scenario.conversation.messages)
            pictures = [library.pictures[name] for name in scenario.images]
            rows, tools = tuple(with_images(rows, pictures)), scenario.conversation.tools
            state = replace(state, rows=rows, tools=tools, params=params)
            recipe = recipe_for(self._engine, library, state.chosen, scenario)
            if recipe:
                state = with_recipe(state, recipe)
            else:
                state = _with_preset(library, state, scenario.preset)
            return _with_budgets(state, [library.budgets[key] for key in scenario.budgets])

        changes = self._act(values, load, settings=True)
        fold = gr.Accordion(open=self._visitors.of(request).demo)
        return {**changes, self._controls.scenario_fold: fold}

    def add_sample(self, values: Values, event: gr.EventData) -> Changes:
        def add(state: PageState) -> PageState:
            picture = named(self._library_now().pictures, sent(event, "name", str, ""), "sample")
            if not any(row["role"] == "user" for row in state.rows):
                raise InvalidInput("Add a user message first: a picture belongs to one.")
            return replace(state, rows=tuple(with_images(state.rows, [picture])))

        return self._act(values, add)

    def insert_examples(self, values: Values) -> Changes:
        panel = self._controls.few_shot
        changes = self._act(
            values,
            lambda state: replace(
                state, rows=insert_examples(state.rows, values[panel.text], values[panel.table])
            ),
        )
        return {**changes, panel.text: "", panel.table: EMPTY_TABLE}

    def use_as_reply(self, values: Values, event: gr.EventData) -> Changes:
        thought = sent(event, "thought", bool, True)

        def reply(state: PageState) -> PageState:
            lane = values[self._controls.lanes.panes[sent_lane(event)]]
            return replace(state, rows=with_reply(state.rows, lane, thought))

        return self._act(values, reply)

    def keep_seed(self, values: Values, event: gr.EventData) -> Changes:
        def keep(state: PageState) -> PageState:
            lane = values[self._controls.lanes.panes[sent_lane(event)]]
            return _with_seed(state, lane.get("seed") if isinstance(lane, dict) else None)

        return self._act(values, keep)

    def draw_seed(self, values: Values) -> Changes:
        return self._act(values, lambda state: _with_seed(state, fresh_seed()))

    def _act(
        self, values: Values, change: Callable[[PageState], PageState], settings: bool = False
    ) -> Changes:
        """settings: the act sets the numbers, so that it also mends an empty or wrong field."""
        with user_errors():
            state = self._controls.read(values, mend=settings)
            return self._controls.write(change(state), state, settings)

    # -- lanes -------------------------------------------------------------------------------
    def pick_set_up(self, values: Values, event: gr.EventData) -> Changes:
        def fill(state: PageState) -> PageState:
            situation = follow(self._engine, self._library_now(), state).situation
            set_up = named(SET_UPS, _key(event), "set-up")
            if missing := set_up.missing(situation):
                raise InvalidInput(missing)
            lanes = tuple(set_up.lanes(situation))
            others = (AS_IN_THE_SIDEBAR,) * (len(LABELS) - len(lanes))
            return replace(state, lanes=lanes + others, count=len(lanes))

        return self._act(values, fill)

    def promote(self, values: Values, event: gr.EventData) -> Changes:
        def promote(state: PageState) -> PageState:
            return promoted(state, sent_lane(event), self._library_now().presets)

        return self._act(values, promote)

    def leave(self, request: gr.Request) -> None:
        self._visitors.leave(request)


def named(things: Mapping[str, Thing], key: str, what: str) -> Thing:
    """What a browser names by its key. Raises InvalidInput where there is none."""
    if (found := things.get(key)) is None:
        raise InvalidInput(f"There is no {what} {key!r}. Reload the page, then choose another one.")
    return found


def _key(event: gr.EventData) -> str:
    return sent(event, "key", str, "")


def _with_preset(library: Library, state: PageState, key: str) -> PageState:
    preset = library.preset(key)
    return replace(
        state,
        rows=rows_under(preset, state.rows),
        preset=key,
        params=preset.params(state.params),
        budget=preset.budget(state.budget),
    )


def _with_budgets(state: PageState, budgets: Sequence[Budget]) -> PageState:
    """A lane for each budget; the lanes as they are where there are none."""
    if not budgets:
        return state
    lanes = [LaneSettings(images=tuple(budget.images.items())) for budget in budgets]
    others = (AS_IN_THE_SIDEBAR,) * (len(LABELS) - len(lanes))
    return replace(state, lanes=(*lanes, *others), count=len(lanes))


def _with_seed(state: PageState, seed: Any) -> PageState:
    """The state with a seed that a browser sent. Raises InvalidInput."""
    return replace(state, params=replace(state.params, seed=sampling_params({"seed": seed}).seed))
