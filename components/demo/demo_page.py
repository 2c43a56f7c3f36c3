"""Demo mode as a page of its own: an example's question, its picture and its answers, large."""

from __future__ import annotations

from typing import Any, TypedDict

from components.answers.lane_pane import render_markdown
from components.client_component import client_component
from components.demo.qr_code import qr_code
from components.feature import PRIVATE, Changes, Feature, Services
from components.images.tile_view import ImageView, budgets_of, tiles_value
from components.lanes.lane_names import SIDEBAR
from components.lanes.lanes import editor_props
from components.scenarios.scenario_cards import Card, Scenarios
from components.snapshot import Snapshot
from components.wiring import Wiring
from core.library.library import Library

LOADED = "() => { document.dispatchEvent(new CustomEvent('playground-example', { detail: %s })); }"
IN_WORDS = {"High": "High detail", SIDEBAR: "Usual settings"}


class DemoCard(TypedDict):
    """how: what happens, as a sentence. expected: what a right answer holds. Empty: not known."""

    key: str
    name: str
    description: str
    question: str
    how: str
    expected: str


class EarlierMessage(TypedDict):
    role: str
    text: str


class DemoValue(TypedDict):
    """model: empty while none is loaded. scripted: there is no model at all. earlier: what the
    model reads before the question. lanes: names by label, as an audience understands them.
    """

    model: str
    scripted: bool
    cards: list[DemoCard]
    earlier: list[EarlierMessage]
    images: list[ImageView]
    lanes: dict[str, str]


class Demo(Feature):
    """It lies over the page, which goes on below it: there the answers run, and drafts are kept."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.view = client_component(
            "demo_page", None, events=("pick",), server_functions=[qr_code, render_markdown],
            elem_id="demo",
        )  # fmt: skip

    def shown(self) -> list[Any]:
        return [self.view]

    def show(self, page: Snapshot) -> Changes:
        if not self._services.visitors.is_demo():
            return {}
        return {self.view: demo_value(page, self._scenarios.offered(page))}

    def wire(self, page: Wiring) -> None:
        self._scenarios = page.the(Scenarios)
        opened = self._scenarios.opens(self.view.pick, page)
        opened.success(None, None, None, js=LOADED % "true", **PRIVATE)
        opened.failure(None, None, None, js=LOADED % "false", **PRIVATE)


def demo_value(page: Snapshot, cards: list[Card]) -> DemoValue:
    """cards: those of any model and of the one in use; what it can't do is left out."""
    used = page.engine.description
    messages = page.workspace.conversation.messages
    asked = [place for place, turn in enumerate(messages) if turn.role == "user"]
    earlier = messages[: asked[-1]] if asked else ()
    return {
        "model": used.name if used else "",
        "scripted": bool(used and used.architecture == "Scripted"),
        "cards": [demo_card(card, page.library) for card in cards if not card["missing"]],
        "earlier": [{"role": turn.role, "text": turn.text} for turn in earlier if turn.text],
        "images": tiles_value(page.images, budgets_of(page)),
        "lanes": {label: in_words(one["name"]) for label, one in editor_props(page).items()},
    }


def demo_card(card: Card, library: Library) -> DemoCard:
    scenario = library.scenarios[card["key"]]
    return {
        "key": card["key"],
        "name": scenario.name,
        "description": scenario.description,
        "question": scenario.question,
        "how": scenario.how,
        "expected": scenario.expected,
    }


def in_words(name: str) -> str:
    """A lane's name without what only those know who have seen the controls."""
    name = name.removesuffix(" budget")
    return IN_WORDS.get(name, name)
