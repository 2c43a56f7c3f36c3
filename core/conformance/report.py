"""A conformance check as one HTML file that needs nothing else. Every text in it is escaped."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.conformance.outcome import LEVEL, Conformance

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
)
SIGNS = {"same": "✓", "close": "≈", "differs": "✗", "not compared": "–"}


def report_html(found: Conformance) -> str:
    return TEMPLATES.get_template("report.html").render(
        found=found, signs=SIGNS, level=f"{100 * LEVEL:g}%",
        count=sum(one.p is not None for one in found.parameters),
    )  # fmt: skip
