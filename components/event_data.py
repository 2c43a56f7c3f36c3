"""The untrusted data of an event: normally an object that a script of the page made."""

from __future__ import annotations

from dataclasses import fields
from types import NoneType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

import gradio as gr

from core.errors import InvalidInput
from core.lanes import LABELS

Value = TypeVar("Value")
Shape = TypeVar("Shape")
Other = TypeVar("Other")


def sent(event: gr.EventData, name: str, kind: type[Value], other: Other) -> Value | Other:
    """The value of that name, or `other` if it is missing or of another type. Here, True is not an
    integer.
    """
    data: Any = event._data
    value = data.get(name) if isinstance(data, dict) else None
    return value if type(value) is kind else other


def sent_as(event: gr.EventData, shape: type[Shape]) -> Shape:
    """The data as a dataclass. Missing values and those of another type become the default."""
    kinds = get_type_hints(shape)
    read: dict[str, Any] = {}
    for one in fields(cast(Any, shape)):
        kind = kinds[one.name]
        kind = next((part for part in get_args(kind) if part is not NoneType), kind)
        read[one.name] = sent(event, one.name, get_origin(kind) or kind, one.default)
    return shape(**read)


def question(event: gr.EventData) -> int:
    """The number of a script's question; the answer returns it (questions.js)."""
    return sent(event, "question", int, 0)


def sent_lane(event: gr.EventData) -> str:
    """The label of a lane. Raises InvalidInput for anything else."""
    label = sent(event, "lane", str, "")
    if label not in LABELS:
        raise InvalidInput(
            f"Unknown lane {label!r}; it must be one of {', '.join(LABELS)}. Reload the page."
        )
    return label
