"""A component drawn by its own script, with a static template, a JSON value and named events.

Text from a person or a model never reaches the template, because Gradio would evaluate it.
Scripts write such text as text nodes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import gradio as gr

FOLDER = Path(__file__).parent
ASSETS = (".css", ".html", ".js")
SHELL = "shell.css"  # in the page's head: all others get other selectors (scoped_styles.py)
ENTRY = "page.js"  # the module that imports all others
MOUNT = "playground.mount('%s', { element, trigger, props, server, upload, watch });"


def client_component(
    stem: str, value: Any = None, *, events: Sequence[str] = (), **props: Any
) -> gr.HTML:
    """A `gr.HTML` made from `<stem>.html` and `<stem>.js` in any folder. Extra keywords are props.

    events: those that the script triggers. Gradio finds their quoted names in `js_on_load`.

    A prop reaches the script as `props.<name>`. `gr.update(<name>=...)` changes only the prop.
    Gradio runs `js_on_load` immediately, because the page has already loaded all modules.
    This is a function because Gradio writes a `.pyi` file next to the source of each subclass.
    """
    return gr.HTML(
        value,
        html_template=read_asset(f"{stem}.html"),
        js_on_load="\n".join([MOUNT % stem, *(f"// '{event}'" for event in events)]),
        apply_default_css=False,
        **props,
    )


def text_of(value: Any) -> str:
    """A text from a browser; empty for anything else."""
    return value if isinstance(value, str) else ""


def read_asset(name: str) -> str:
    """The text of a script, template or style sheet by its file name, in any folder."""
    return assets()[name].read_text(encoding="utf-8")


def all_styles() -> str:
    """Every style sheet but the shell's by name, the page's own first: the others build on it."""
    names = sorted((n for n in assets() if n.endswith(".css")), key=lambda n: (n != "page.css", n))
    return "\n".join(read_asset(name) for name in names if name != SHELL)


def modules() -> dict[str, str]:
    """The text of every script by its path below this folder, which their imports follow."""
    scripts = (path for path in assets().values() if path.suffix == ".js")
    return {path.relative_to(FOLDER).as_posix(): path.read_text("utf-8") for path in scripts}


@cache
def assets() -> Mapping[str, Path]:
    """Scripts, templates and style sheets of all folders by file name. Names must be unique."""
    found = (path for path in sorted(FOLDER.rglob("*")) if path.suffix in ASSETS)
    return MappingProxyType({path.name: path for path in found})
