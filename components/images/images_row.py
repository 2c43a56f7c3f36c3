"""The sidebar's row for images: the budget in use and what it costs. It opens the Images tab."""

from __future__ import annotations

from typing import Any

import gradio as gr

from components.client_component import client_component
from components.feature import Changes, Feature, Services
from components.images.budget_panel import active_budget, as_taken, has_budget, may_attach
from components.snapshot import Snapshot
from components.wording import counted
from core.vision import image_cost


class ImagesRow(Feature):
    def __init__(self, services: Services) -> None:
        self.row = client_component("images_row", state="", elem_id="images-row")

    def shown(self) -> list[Any]:
        return [self.row]

    def show(self, page: Snapshot) -> Changes:
        return {self.row: gr.update(state=row_state(page))}


def row_state(page: Snapshot) -> str:
    """In a few words; empty for a model that reads no images."""
    if not may_attach(page.engine):
        return ""
    sizes = [(one.facts.width, one.facts.height) for one in page.images if one.facts]
    if not has_budget(page.engine):
        return counted(len(sizes), "image") if sizes else "None"
    budget, budgets = page.workspace.budget, page.library.budgets
    key = active_budget(budgets, budget)
    name = budgets[key].name if key else "Custom budget"
    cost = image_cost(sizes, as_taken(page.engine, budget))
    return f"{name} · {counted(cost, 'token')}" if sizes else name
