"""A plan that remembers the keys of its places: a sheet on the page asks for them often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.library.library import Preset
from core.sheets.cell import Place
from core.sheets.plan import ImageOf, Plan
from core.sheets.sheet import Row, Sheet

Known = dict[int, tuple[Row, dict[tuple[str, int], str]]]


class KnownPlan(Plan):
    """images_version: another one where images of rows have changed. before: a plan of the sheet
    as it was; keys of rows that are the same are taken over.
    """

    def __init__(
        self, sheet: Sheet, presets: Mapping[str, Preset], model: str, image_of: ImageOf,
        images_version: int = 0, before: KnownPlan | None = None,
    ) -> None:  # fmt: skip
        super().__init__(sheet, presets, model, image_of=image_of)
        self.model = model
        self.images_version = images_version
        self._asks = (self._prints, images_version, replace(sheet, name="", rows=(), checks=()))
        self._known: Known = before._known if before and self.asks_as(before) else {}

    def asks_as(self, other: KnownPlan) -> bool:
        """Whether equal rows are asked the same."""
        return self._asks == other._asks

    def key(self, place: Place) -> str:
        row = self.sheet.rows[place.row]
        known = self._known.get(row.number)
        if known is None or known[0] is not row:
            known = self._known[row.number] = (row, {})
        found = known[1].get((place.lane, place.sample))
        if found is None:
            found = known[1][place.lane, place.sample] = super().key(place)
        return found
