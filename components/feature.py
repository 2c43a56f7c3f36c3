"""The interface of the page's features, and the services that they all get.

A feature is a class in its own folder. Its constructor draws its components where `page.py` makes
it. Everything else is optional.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import gradio as gr

from components.access.user_stores import UserStores
from components.access.visitors import Visitors
from components.history.run_history import RunHistory
from components.snapshot import Snapshot
from core.library.library import Library
from core.runs.engine import Engine
from core.runs.servers import Servers
from core.sheets.sheet import Sheet
from core.workspace import Workspace

if TYPE_CHECKING:
    from components.wiring import Wiring

# Raw values (preprocess): Gradio's own checks do not know empty fields or what a field is for.
# Progress on nothing: at each message of any event the browser copies the properties of all
# components that have ever shown progress, and without the list each output does.
PRIVATE: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "show_progress_on": [],
    "preprocess": False,
}
QUICK: dict[str, Any] = {**PRIVATE, "queue": False}
LONG: dict[str, Any] = {**PRIVATE, "concurrency_limit": None}

# Scripts that draw views derived from the page listen for this event.
IN_BROWSER: dict[str, Any] = {"fn": None, "inputs": None, "outputs": None, **PRIVATE}
CHANGED = "document.dispatchEvent(new Event('playground-changed'));"
TELL: dict[str, Any] = {**IN_BROWSER, "js": f"() => {{ {CHANGED} }}"}

# All acts end in one event of the workspace bar, all runs in another, and a third shows all anew: a
# page that opens pays for each listener.
ACTED: dict[str, Any] = {**IN_BROWSER, "js": "() => { playground.trigger('acted'); }"}
RAN: dict[str, Any] = {**IN_BROWSER, "js": f"() => {{ playground.trigger('ran'); {CHANGED} }}"}
SHOW: dict[str, Any] = {**IN_BROWSER, "js": "() => { playground.trigger('show'); }"}

PRESS_RUN = "() => playground.pressRun()"

Values = Mapping[Any, Any]  # of the inputs of an event, by component, as the browser sent them
Changes = dict[Any, Any]  # by component


@dataclass(frozen=True, kw_only=True)
class Services:
    """library_now: reads the saved presets, so an event calls it once. library_of: the same of
    another user, by login name. demo_model: the model that gets the demo banner. sheets: shipped
    examples, by key. servers: those of the engine; None where the page can't change them.
    """

    engine: Engine
    library_now: Callable[[], Library]
    library_of: Callable[[str], Library]
    stores: UserStores
    visitors: Visitors
    history: RunHistory
    demo_model: str = ""
    sheets: Mapping[str, Sheet] = field(default_factory=dict[str, Sheet])
    servers: Servers | None = None


class Feature:
    """inputs: the components that hold a part of the workspace, by the names that drafts use.
    extra_inputs: components whose values events also read, but drafts do not keep.
    """

    inputs: Mapping[str, Any] = MappingProxyType({})
    extra_inputs: Mapping[str, Any] = MappingProxyType({})

    def read(self, values: Mapping[str, Any], workspace: Workspace, repair: bool) -> Workspace:
        """The workspace with the values of the inputs. values: untrusted, by name.

        Raises InvalidInput for a wrong value; with `repair`, takes the default instead.
        """
        return workspace

    def write(self, workspace: Workspace) -> dict[str, Any]:
        """The inverse of `read`: the values of the inputs, by name."""
        return {}

    def value_events(self) -> Sequence[Any]:
        """The events by which a person changes the inputs."""
        return ()

    def shown(self) -> Sequence[Any]:
        """The components derived from the workspace. `show` writes only these. They include no
        inputs, because it must not undo what a person does meanwhile.
        """
        return ()

    def show(self, page: Snapshot) -> Changes:
        """Redraws them after each edit and each action."""
        return {}

    def show_error(self, message: str) -> Changes:
        """The same if the workspace can't be read."""
        return {}

    def model_shown(self) -> Sequence[Any]:
        """The components derived from the model in use."""
        return ()

    def show_model(self) -> Changes:
        """Redraws them when a page is opened, a model is loaded, or a run begins."""
        return {}

    def wire(self, page: Wiring) -> None:
        """Connect the events of its components. By then, all features exist."""


def static(html: str, **props: Any) -> None:
    gr.HTML(html, apply_default_css=False, **props)
