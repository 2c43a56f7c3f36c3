"""What comes with an event: an object that a script of the page made, or anything at all."""

from __future__ import annotations

from typing import Any, TypeVar

import gradio as gr

from core.errors import InvalidInput
from core.lanes import LABELS

Value = TypeVar("Value")
Other = TypeVar("Other")


def sent(event: gr.EventData, name: str, kind: type[Value], other: Other) -> Value | Other:
    """The value of that name, or `other` where it is missing or of another kind. True is not an
    integer here.
    """
    data: Any = event._data
    value = data.get(name) if isinstance(data, dict) else None
    return value if type(value) is kind else other


def sent_lane(event: gr.EventData) -> str:
    """The label of a lane. Raises InvalidInput for anything else."""
    label = sent(event, "lane", str, "")
    if label not in LABELS:
        raise InvalidInput(f"There is no lane {label!r}; there are {', '.join(LABELS)}.")
    return label
