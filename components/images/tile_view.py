"""What the model gets of each image: its tiles, sizes and tokens, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from components.client_component import client_component
from components.images.samples import sample_image
from core.vision import ImageFacts, ImagePlan, VisionBudget, plan_image

OTHER_PROCESSOR = "This model's processor sizes images in its own way; only a run shows the tokens."


@dataclass(frozen=True)
class SeenImage:
    """An image of the conversation. where: in words. facts: None where `error` says why."""

    url: str
    name: str
    where: str
    facts: ImageFacts | None
    error: str = ""


def tile_view(pictures: Mapping[str, Path], **props: Any) -> gr.HTML:
    """Event: `sample`, with the `name` of a picture that ships with the project."""
    samples = [sample_image(path) for path in pictures.values()]
    return client_component("tile_view", [], samples=samples, **props)


def tiles_value(
    images: list[SeenImage], budgets: Mapping[str, VisionBudget]
) -> list[dict[str, Any]]:
    """budgets: by lane; lanes with the same one share a picture. Empty: the model takes none."""
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
    return "An animation: the model gets the first frame." if facts and facts.moves else ""


def _plan(plan: ImagePlan, lanes: str) -> dict[str, Any]:
    return {
        "lanes": lanes,
        "rows": plan.rows,
        "columns": plan.columns,
        "grid": plan.grid,
        "whole": plan.whole,
        "thumbnail": plan.has_thumbnail,
        "tile_tokens": plan.tile_tokens,
        "whole_tokens": plan.whole_tokens,
        "tokens": f"{plan.image_tokens:,} image tokens + {plan.special_tokens} marks",
        "words": plan_words(plan),
    }


def plan_words(plan: ImagePlan) -> str:
    """The way of an image in a sentence."""
    size, whole = (f"{width:,} × {height:,}" for width, height in (plan.size, plan.whole))
    if plan.grid is None:
        return f"{size} becomes {whole} in one piece: {plan.whole_tokens:,} tokens."
    thumbnail = f", and a thumbnail of {whole}: {plan.whole_tokens:,}" if plan.has_thumbnail else ""
    grid = f"{plan.grid[0]:,} × {plan.grid[1]:,}"
    return (
        f"{size} becomes {grid}, cut into {plan.columns} × {plan.rows} tiles of "
        f"{plan.tile_tokens} tokens{thumbnail}."
    )
