"""A component drawn by its own script: a static template, a value as JSON, events by name.

Text of a person or a model never reaches the template, which Gradio would evaluate; scripts write
it as text nodes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

FOLDER = Path(__file__).parent

from gradio.events import Dependency

class ClientComponent(gr.HTML):
    """Reads `<stem>.html` and the scripts of its class beside this file; extra keywords are props.

    A prop reaches the script as `props.<name>`; `gr.update(<name>=...)` changes it and leaves the
    value alone.
    """

    stem: str
    scripts: tuple[str, ...] = ()

    def __init__(self, value: Any = None, **props: Any) -> None:  # Gradio rebuilds by keyword
        super().__init__(
            value=value,
            html_template=read_asset(f"{self.stem}.html"),
            js_on_load="\n".join(read_asset(n) for n in (*self.scripts, f"{self.stem}.js")),
            apply_default_css=False,
            **props,
        )

    def api_info(self) -> dict[str, Any]:
        return {"type": "object"}
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component


def read_asset(name: str) -> str:
    """The text of a file beside this one."""
    return (FOLDER / name).read_text(encoding="utf-8")


def all_styles() -> str:
    """Every style sheet of this folder, the page's own first, because the others build on it."""
    names = sorted((path.name for path in FOLDER.glob("*.css")), key=lambda n: (n != "page.css", n))
    return "\n".join(read_asset(name) for name in names)