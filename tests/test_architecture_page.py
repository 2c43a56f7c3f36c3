"""The architecture page names files, folders and code that exist."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
WAYS = ("The path of a message", "The path of an image", "The path of a session")
LAYERS = ("core", "engine", "components", "serving")
PLACE = re.compile(r"`([\w/]+\.(?:py|js))(?::([\w.]+))?`")


def section(title: str) -> str:
    return PAGE.split(f"## {title}\n")[1].split("\n## ")[0]


def names_in(file: str) -> set[str]:
    """Functions and classes, and methods below their class."""
    found: set[str] = set()
    for node in ast.parse((ROOT / file).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{one.name}" for one in node.body if hasattr(one, "name")}  # type: ignore[attr-defined]
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
    return found


@pytest.mark.parametrize("title", WAYS)
def test_each_stop_of_a_way_exists(title: str):
    places = PLACE.findall(section(title))
    assert len(places) >= 5
    for file, name in places:
        assert (ROOT / file).is_file(), file
        assert not name or name in names_in(file), f"{file}:{name}"


def test_the_tree_names_every_room_and_no_other():
    tree = section("Rooms")
    named = set(re.findall(r"\b([a-z]+)/", tree)) - {"tests", *LAYERS}
    rooms = {
        folder.name
        for layer in LAYERS
        for folder in (ROOT / layer).iterdir()
        if folder.is_dir() and (folder / "__init__.py").exists()
    }
    assert named == rooms
