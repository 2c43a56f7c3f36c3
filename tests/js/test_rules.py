"""Rules for the page's scripts, read from their syntax trees (rules.cjs)."""

from pathlib import Path

import pytest

from tests.js.node import ROOT, node

RULES = ROOT / "tests" / "js" / "rules.cjs"


def broken(folder: Path) -> list[str]:
    finished = node("--expose-internals", str(RULES), str(folder))
    assert finished.returncode == 0, finished.stdout
    return finished.stdout.splitlines()


def test_the_scripts_break_no_rule():
    assert broken(ROOT / "components") == []


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("let a = ;", "Unexpected token"),
        ("export const a = b;", "a.js:1: b is declared nowhere."),
        ("function a() { const b = 1; }\nb();", "a.js:2: b is declared nowhere."),
        ("document.body.innerHTML = 'a';", "innerHTML makes markup of a text"),
        ("window.a = 1;", "Only page.js sets names"),
        ("document.addEventListener('click', fetch);", "needs { signal }"),
        ("import { a } from './b.js';\na();", "There is no b.js."),
        ("import { a } from './a.js';\na();", "a.js exports no a."),
        ("import { a } from './a.js';\nexport const b = 1;", "a is not used."),
        ("export const a = 1;", "nobody imports a."),
        ("\n" * 251, "251 lines; 250 at most."),
    ],
)
def test_a_script_that_breaks_a_rule_is_named(tmp_path: Path, script: str, sentence: str):
    (tmp_path / "a.js").write_text(script, encoding="utf-8")
    assert any(sentence in line for line in broken(tmp_path))


def test_names_are_known_where_they_are_declared(tmp_path: Path):
    (tmp_path / "page.js").write_text(
        "const { a, b: [c = 1, ...d], ...e } = window;\n"
        "class F { g() { return this.h?.i({ a, j: c, [d]: e }); } }\n"
        "window.all = function k(l, { m = l } = {}) {\n"
        "  for (const n of [new F()]) { try { k(n, m); } catch (o) { k(o); } }\n"
        "};\n",
        encoding="utf-8",
    )
    assert broken(tmp_path) == []
