"""The Images tab: the tiles, sizes and tokens that each image becomes, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

import gradio as gr

from components.client_component import client_component
from components.event_data import sent
from components.feature import Changes, Feature, Services
from components.images.budget_panel import as_taken, has_budget
from components.images.samples import sample_image, with_pictures
from components.snapshot import SeenImage, Snapshot
from components.wiring import Act, Wiring, named
from components.wording import counted
from core.errors import InvalidInput
from core.vision import ImageFacts, ImagePlan, VisionBudget, plan_image
from core.workspace import Workspace

OTHER_PROCESSOR = "This model resizes images in its own way. Run it to see the number of tokens."


class PlanView(TypedDict):
    """grid, whole: sizes in pixels; grid: None where the image is not cut."""

    lanes: str
    rows: int
    columns: int
    grid: tuple[int, int] | None
    whole: tuple[int, int]
    thumbnail: bool
    tile_tokens: int
    whole_tokens: int
    tokens: str
    words: str


class ImageView(TypedDict):
    url: str
    name: str
    where: str
    error: str
    note: str
    plans: list[PlanView]


class ImagesTab(Feature):
    def __init__(self, services: Services) -> None:
        self._library_now = services.library_now
        with gr.Tab("Images", id="images", elem_id="view-images") as self.tab:
            self.view = tile_view(self._library_now().pictures, elem_id="tiles")

    def shown(self) -> list[Any]:
        return [self.view]

    def show(self, page: Snapshot) -> Changes:
        return {self.view: tiles_value(page.images, budgets_of(page))}

    def wire(self, page: Wiring) -> None:
        def add_sample(workspace: Workspace, act: Act) -> Workspace:
            name = sent(act.data, "name", str, "")
            picture = named(self._library_now().pictures, name, "sample")
            messages = workspace.conversation.messages
            if not any(turn.role == "user" for turn in messages):
                raise InvalidInput("Images need a user message. Add one first.")
            return workspace.with_messages(with_pictures(messages, [picture]))

        page.act(self.view.sample, add_sample)
        page.tab_opened(self.tab, "images")


def budgets_of(page: Snapshot) -> dict[str, VisionBudget]:
    """Each lane's budget, with the network values of the model in use; empty if it has none."""
    if not has_budget(page.engine):
        return {}
    return {lane.label: as_taken(page.engine, lane.budget) for lane in page.lanes}


def tile_view(pictures: Mapping[str, Path], **props: Any) -> gr.HTML:
    """Event: `sample`, with the `name` of a picture that ships with the project."""
    samples = [sample_image(path) for path in pictures.values()]
    return client_component("tile_view", [], samples=samples, events=("sample",), **props)


def tiles_value(images: list[SeenImage], budgets: Mapping[str, VisionBudget]) -> list[ImageView]:
    """budgets: by lane; lanes with the same budget share a plan. Empty: the model takes none."""
    lanes: dict[VisionBudget, list[str]] = {}
    for label, budget in budgets.items():
        lanes.setdefault(budget, []).append(label)
    return [
        {
            "url": image.url,
            "name": image.name,
            "where": image.where,
            "error": image.error,
            "note": _note(image.facts) if budgets else OTHER_PROCESSOR,
            "plans": [
                _plan(plan_image(image.facts.width, image.facts.height, budget), ", ".join(labels))
                for budget, labels in lanes.items()
            ]
            if image.facts
            else [],
        }
        for image in images
    ]


def _note(facts: ImageFacts | None) -> str:
    return (
        "This is an animation. The model sees only the first frame."
        if facts and facts.moves
        else ""
    )


def _plan(plan: ImagePlan, lanes: str) -> PlanView:
    return {
        "lanes": lanes,
        "rows": plan.rows,
        "columns": plan.columns,
        "grid": plan.grid,
        "whole": plan.whole,
        "thumbnail": plan.has_thumbnail,
        "tile_tokens": plan.tile_tokens,
        "whole_tokens": plan.whole_tokens,
        "tokens": f"{counted(plan.image_tokens, 'image token')} + {plan.special_tokens} special",
        "words": plan_words(plan),
    }


def plan_words(plan: ImagePlan) -> str:
    """What happens to an image, in a sentence."""
    size, whole = (f"{width:,} × {height:,}" for width, height in (plan.size, plan.whole))
    if plan.grid is None:
        return f"{size} is resized to {whole}, not split: {counted(plan.whole_tokens, 'token')}."
    thumbnail = f", and a thumbnail of {whole}: {plan.whole_tokens:,}" if plan.has_thumbnail else ""
    grid = f"{plan.grid[0]:,} × {plan.grid[1]:,}"
    return (
        f"{size} is resized to {grid} and split into {plan.columns} × {plan.rows} tiles of "
        f"{counted(plan.tile_tokens, 'token')}{thumbnail}."
    )
