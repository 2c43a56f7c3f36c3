"""The presets, recipes, scenarios and sheets that the repository ships, read once."""

from __future__ import annotations

from pathlib import Path

from core.library.library import read_library

FOLDER = Path(__file__).parents[1] / "presets"
LIBRARY = read_library(FOLDER)
