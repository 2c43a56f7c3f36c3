"""Bad input as a message on the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

import gradio as gr

from core.errors import InvalidInput


@contextmanager
def user_errors(html: bool = True) -> Iterator[None]:
    """Show bad input as a message on the page, without a traceback in the log.

    html: the page draws messages as HTML, so text that a person typed must be escaped.
    """
    try:
        yield
    except InvalidInput as error:
        message = escape(str(error), quote=False) if html else str(error)
        raise gr.Error(message, title="Please check", print_exception=False) from error
