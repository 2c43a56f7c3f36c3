"""A component drawn by its own script: a static template, a value as JSON, events by name.

Text of a person or a model never reaches the template, which Gradio would evaluate; scripts write
it as text nodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import gradio as gr

FOLDER = Path(__file__).parent
ASSETS = (".css", ".html", ".js")


def client_component(
    stem: str, value: Any = None, *, scripts: tuple[str, ...] = (), **props: Any
) -> gr.HTML:
    """A `gr.HTML` of `<stem>.html` and `<stem>.js` of any room; extra keywords are props.

    A prop reaches the script as `props.<name>`; `gr.update(<name>=...)` changes it and leaves the
    value alone. scripts: files that come before `<stem>.js` and share its scope.
    A function and no subclass: Gradio writes a `.pyi` file beside the source of each subclass.
    """
    return gr.HTML(
        value,
        html_template=read_asset(f"{stem}.html"),
        js_on_load="\n".join(read_asset(name) for name in (*scripts, f"{stem}.js")),
        apply_default_css=False,
        **props,
    )


def text_of(value: Any) -> str:
    """A text that a browser sent; empty for anything else."""
    return value if isinstance(value, str) else ""


def read_asset(name: str) -> str:
    """The text of a script, template or style sheet by its file name, whichever room it is in."""
    return assets()[name].read_text(encoding="utf-8")


def all_styles() -> str:
    """Every style sheet by name, the page's own first, because the others build on it."""
    names = sorted((n for n in assets() if n.endswith(".css")), key=lambda n: (n != "page.css", n))
    return "\n".join(read_asset(name) for name in names)


@cache
def assets() -> Mapping[str, Path]:
    """Scripts, templates and style sheets of all rooms by file name; no two may share a name."""
    found = (path for path in sorted(FOLDER.rglob("*")) if path.suffix in ASSETS)
    return MappingProxyType({path.name: path for path in found})
