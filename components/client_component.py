"""A component drawn by its own script: a static template, a value as JSON, events by name.

Text of a person or a model never reaches the template, which Gradio would evaluate; scripts write
it as text nodes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

FOLDER = Path(__file__).parent


def client_component(
    stem: str, value: Any = None, *, scripts: tuple[str, ...] = (), **props: Any
) -> gr.HTML:
    """A `gr.HTML` of `<stem>.html` and `<stem>.js` beside this file; extra keywords are props.

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
    """The text of a file beside this one."""
    return (FOLDER / name).read_text(encoding="utf-8")


def all_styles() -> str:
    """Every style sheet of this folder, the page's own first, because the others build on it."""
    names = sorted((path.name for path in FOLDER.glob("*.css")), key=lambda n: (n != "page.css", n))
    return "\n".join(read_asset(name) for name in names)
