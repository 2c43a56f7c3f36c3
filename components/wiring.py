"""Connects the page's features: one workspace from all inputs, and the last steps of each event.

Each event has one server listener: several on one event run one after another, or forever.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import gradio as gr
from gradio.events import EventListener

from components.client_component import text_of
from components.event_data import sent
from components.feature import (
    ACTED,
    PRESS_RUN,
    PRIVATE,
    QUICK,
    SHOW,
    TELL,
    Changes,
    Feature,
    Services,
    Values,
)
from components.live_inputs import collect_live
from components.snapshot import Snapshot
from components.user_errors import user_errors
from core.errors import InvalidInput
from core.workspace import Workspace

Kind = TypeVar("Kind", bound=Feature)
Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Act:
    """The data of an event that changes the workspace."""

    values: Values
    data: gr.EventData
    request: gr.Request

    @property
    def key(self) -> str:
        """The key of the person's choice; empty if the browser sent none."""
        return sent(self.data, "key", str, "")


Change = Callable[[Workspace, Act], Workspace]


class Wiring:
    """tabs: those on the right. tab: tells the server which one is open."""

    def __init__(
        self, *, blocks: gr.Blocks, services: Services, tabs: gr.Tabs, tab: gr.State,
        features: Iterable[Feature],
    ) -> None:  # fmt: skip
        self.blocks = blocks
        self.services = services
        self.tabs = tabs
        self.tab = tab
        self.features = tuple(features)
        self._names: dict[Any, str] = {}  # of tabs that are only remembered
        self._changes: list[Any] = []  # events after which all is shown anew

    def the(self, kind: type[Kind]) -> Kind:
        """The feature of that class, for another feature that uses its components."""
        return next(feature for feature in self.features if isinstance(feature, kind))

    # -- the workspace -------------------------------------------------------------------------
    def kept(self) -> dict[str, Any]:
        """The components that hold the workspace, by name."""
        return {name: one for feature in self.features for name, one in feature.inputs.items()}

    def inputs(self) -> set[Any]:
        """All components that events read."""
        return {self.tab, *self._extra_inputs().values(), *self.kept().values()}

    def written(self) -> list[Any]:
        """The outputs of an explicit action, such as a preset: the whole workspace."""
        return list(self.kept().values())

    def read(self, values: Values, repair: bool = False) -> Workspace:
        """Raises InvalidInput for a wrong value; with `repair`, takes the default instead."""
        return self.read_raw(self.raw(values), repair)

    def raw(self, values: Values) -> dict[str, Any]:
        return {name: values[component] for name, component in self.kept().items()}

    def read_raw(self, raw: Mapping[str, Any], repair: bool) -> Workspace:
        workspace = Workspace()
        for feature in self.features:
            workspace = feature.read(raw, workspace, repair)
        return workspace

    def read_draft(self, draft: Any) -> Workspace | None:
        """The draft of a browser; None without one.

        Wrong numbers, and numbers that another version did not have, take their defaults, so that
        the messages are never lost.
        """
        if not isinstance(draft, dict) or "messages" not in draft:
            return None
        return self.read_raw({name: draft.get(name) for name in self.kept()}, repair=True)

    def write(self, workspace: Workspace, values: Values | None = None) -> Changes:
        """Write the inputs; with `values` of the page, only those that differ."""
        wanted = {n: v for feature in self.features for n, v in feature.write(workspace).items()}
        kept = self.kept()
        if values is None:
            return {kept[name]: value for name, value in wanted.items()}
        raw = self.raw(values)
        read = self.read_raw(raw, repair=True)
        before = {n: v for feature in self.features for n, v in feature.write(read).items()}
        changes = {
            kept[name]: value
            for name, value in wanted.items()
            if value != before[name] or (_is_field(value) and value != raw[name])
        }
        return changes or {next(iter(kept.values())): gr.skip()}  # an empty mapping is one value

    def snapshot(self, values: Values, workspace: Workspace | None = None) -> Snapshot:
        """workspace: read from the values, if that was already done. Raises InvalidInput."""
        return Snapshot(
            self.services.engine,
            self.services.library_now(),
            workspace or self.read(values),
            self.chosen(values),
            values[self.tab],
        )

    def chosen(self, values: Values) -> str:
        """The Hub id, folder or name in the model picker."""
        return text_of(values.get(self._extra_inputs().get("model")))

    def _extra_inputs(self) -> dict[str, Any]:
        return {
            name: one for feature in self.features for name, one in feature.extra_inputs.items()
        }

    # -- what events end with ------------------------------------------------------------------
    def act(
        self,
        event: Any,
        change: Change,
        *,
        repair: bool = False,
        reads: Iterable[Any] = (),
        then: Mapping[Any, Any] | None = None,
        how: Mapping[str, Any] = PRIVATE,
    ) -> Any:
        """An event that changes the workspace.

        repair: also correct wrong values on the page. reads: further components that it reads.
        then: further values that it sets, by component.
        """
        others = dict(then or {})

        def handler(values: Values, data: gr.EventData, request: gr.Request) -> Changes:
            with user_errors():
                workspace = change(self.read(values, repair), Act(values, data, request))
                return {**self.write(workspace, values), **others}

        inputs, outputs = self.inputs() | set(reads), [*self.written(), *others]
        acted = event(handler, inputs, outputs, **how)
        self.after_act(acted)
        return acted

    def act_and_run(self, event: Any, change: Change, **how: Any) -> None:
        """The same, then the lanes run, unless the action was refused."""
        self.act(event, change, **how).success(None, None, None, js=PRESS_RUN, **PRIVATE)

    def after_act(self, event: Any) -> Any:
        """Every event that writes inputs ends like this: see `answer_acts`."""
        return event.then(**ACTED)

    def answer_acts(self, component: Any) -> None:
        """component: whose scripts trigger `acted` after each act, to keep the draft and show all
        anew, and `show` where nothing is to be kept.
        """
        any_of([component], "acted")(**self._keeping("act"))
        self._changes += [_trigger(component, event) for event in ("acted", "show")]

    def tab_opened(self, tab: gr.Tab, name: str) -> None:
        """Opening a tab asks the server only to remember it."""
        self._names[tab] = name

    def _tab_opened(self, event: gr.EventData) -> str:
        with user_errors():
            return named(self._names, event.target, "tab")

    def output_opened(self) -> Changes:
        """Open the lanes; for an event with `tabs` and `tab` among its outputs."""
        return {self.tabs: gr.Tabs(selected="output"), self.tab: "output"}

    # -- all features --------------------------------------------------------------------------
    def wire(self) -> None:
        edits = [event for feature in self.features for event in feature.value_events()]
        gr.on(edits, **self._keeping("edit"))  # first: a busy server loses no draft
        for feature in self.features:
            feature.wire(self)
        # One listener for all: answers to two could come in the wrong order, the older one last.
        shown = gr.on([*edits, *self._changes], **self._showing(), trigger_mode="always_last")
        shown.then(**TELL)
        each = {"trigger_mode": "multiple"}  # a tab does not wait for another
        selected = [tab.select for tab in self._names]
        gr.on(selected, self._tab_opened, None, [self.tab], **each, **QUICK).then(**TELL)
        names = {component: name for name, component in self.kept().items()}
        extra = {component: name for name, component in self._extra_inputs().items()}
        collect_live(self.blocks, {**names, **extra})

    def opened(self, event: Any) -> Any:
        """The page is ready, with its draft."""
        return event.then(**self._keeping("open")).then(**SHOW)

    def shown(self) -> list[Any]:
        return [component for feature in self.features for component in feature.shown()]

    def show(self, values: Values) -> Changes:
        """Redraw after any change of the inputs: counts, the preset's badge, the prompt, etc."""
        try:
            snapshot = self.snapshot(values)
            snapshot.check()
            views = [feature.show(snapshot) for feature in self.features]
        except InvalidInput as error:
            views = [feature.show_error(str(error)) for feature in self.features]
        return _together(views)

    def model_shown(self) -> list[Any]:
        return [component for feature in self.features for component in feature.model_shown()]

    def show_model(self) -> Changes:
        """Redraw what depends on the model; another page may have loaded it."""
        return _together(feature.show_model() for feature in self.features)

    def _showing(self) -> dict[str, Any]:
        return {"fn": self.show, "inputs": self.inputs(), "outputs": self.shown(), **PRIVATE}

    def _keeping(self, how: str) -> dict[str, Any]:
        """Keep the draft and the undo step, in the browser. how: as in kept_drafts.js."""
        given = f"{json.dumps([*self.kept()])}, values, '{how}'"
        script = f"(...values) => playground.keepWorkspace({given})"
        return {"fn": None, "inputs": self.written(), "outputs": [], "js": script, **PRIVATE}


def any_of(components: Iterable[Any], event: str) -> Callable[..., Any]:
    """An event that the scripts of several components trigger, as one: one listener of the page."""
    return partial(gr.on, [_trigger(component, event) for component in components])


def _trigger(component: Any, event: str) -> Any:
    """As `gr.on` takes it, which knows Gradio's own events only."""
    trigger: Any = EventListener(event_name=event).listener
    trigger.__self__ = component
    return trigger


def named(things: Mapping[Any, Thing], key: Any, what: str) -> Thing:
    """The thing with that key, sent by a browser. Raises InvalidInput for an unknown key."""
    if (found := things.get(key)) is None:
        raise InvalidInput(f"Unknown {what} {key!r}. Reload the page, then choose another one.")
    return found


def _together(views: Iterable[Changes]) -> Changes:
    return {component: value for view in views for component, value in view.items()}


def _is_field(value: Any) -> bool:
    """Whether this is the value of a field, which a person can leave wrong or empty."""
    return not isinstance(value, list | dict)
