"""The recipe table in docs/recipes.md, made from the files: `python dev.py presets` writes it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from core.errors import InvalidInput
from core.library.library import Library, read_library
from core.library.recipe import Recipe
from core.template_options import OptionValue, in_short

ROOT = Path(__file__).resolve().parents[2]
PAGE = "docs/recipes.md"
BEGIN = "<!-- recipes: made by `python dev.py presets`, from presets/recipes -->"
END = "<!-- end of recipes -->"
HEAD = "| model | values | system prompt | turns | seen at |\n| --- | --- | --- | --- | --- |"
RULES = {
    "free": "any",
    "unwanted": "none",
    "exact": "exact",
    "categories": "exact, or fewer of its categories",
    "form": "a fixed form",
    "tools": "the tools",
}
TURNS = {"multi": "several", "single": "one", "completion": "continues text"}


def recipe_table(library: Library) -> str:
    """Markdown: one row per recipe, in their order."""
    return "\n".join([HEAD, *map(_row, library.recipes.values())])


def with_table(page: str, table: str) -> str:
    """The page's text with the table between the two markers. Raises InvalidInput without them."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise InvalidInput(f"{PAGE} has no place for the table. Add the lines {BEGIN} and {END}.")
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{after}"


def _row(recipe: Recipe) -> str:
    values = ", ".join(f"{name} {_value(value)}" for name, value in recipe.named.items())
    marks = ["values of a third party"] if recipe.third_party else []
    marks += [f"{part} inferred" for part in recipe.inferred]
    system = RULES[recipe.system.rule]
    if recipe.system.rule == "free" and not recipe.system.texts:
        system = "any, no example"
    cells = [
        f"`{recipe.name}`",
        f"{values} ({', '.join(marks)})" if marks else values,
        f"{system}, required" if recipe.system.required else system,
        TURNS[recipe.turns],
        f"{recipe.source}, {recipe.date.isoformat()}",
    ]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _value(value: OptionValue) -> str:
    return f"{value:g}" if isinstance(value, float) else in_short(value)


def main(flags: Sequence[str]) -> None:
    if flags:
        raise SystemExit(f"`presets` takes no flags. Remove {flags[0]!r}.")
    path = ROOT / PAGE
    page = path.read_text(encoding="utf-8")
    table = recipe_table(read_library(ROOT / "presets"))
    path.write_text(with_table(page, table), encoding="utf-8", newline="\n")
    print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
