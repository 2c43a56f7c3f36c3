"""A workspace as a JSON value: what sessions, links, files and undo keep. Strict where it is read.

Where it is kept, and ids of rows on the page, are not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from core.conversation import Conversation, conversation_from_dicts, conversation_to_dicts
from core.errors import InvalidInput
from core.lanes import AS_IN_THE_SIDEBAR, LABELS, LaneSettings, as_values, lane_settings
from core.sampling import SamplingParams, sampling_params
from core.vision import VisionBudget, changed

FORMAT = "lfm-playground-workspace"
VERSION = 1


@dataclass(frozen=True)
class SavedWorkspace:
    """preset: the key of the active preset, or empty. lanes: of all four. count: how many show."""

    conversation: Conversation = Conversation()
    preset: str = ""
    params: SamplingParams = SamplingParams()
    budget: VisionBudget = VisionBudget()
    lanes: tuple[LaneSettings, ...] = (AS_IN_THE_SIDEBAR,) * len(LABELS)
    count: int = 1


def workspace_to_dict(saved: SavedWorkspace) -> dict[str, Any]:
    """For JSON, with Transformers' names; images are paths."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "messages": conversation_to_dicts(saved.conversation),
        "tools": saved.conversation.tools,
        "preset": saved.preset,
        "sampling": {**asdict(saved.params), "stop": list(saved.params.stop)},
        "images": asdict(saved.budget),
        "lanes": [as_values(lane) for lane in saved.lanes],
        "lane_count": saved.count,
    }


def workspace_from_dict(value: Any) -> SavedWorkspace:
    """The inverse. Raises InvalidInput, naming the field, for anything else."""
    if not isinstance(value, Mapping) or value.get("format") != FORMAT:
        raise InvalidInput("This is not a workspace of LFM Playground: it has no such `format`.")
    fields = cast(Mapping[str, Any], value)
    if fields.get("version") != VERSION:
        raise InvalidInput(
            f"This workspace has version {fields.get('version')!r}; this playground reads version "
            f"{VERSION}. Open it with the version that saved it."
        )
    messages = fields.get("messages")
    if not isinstance(messages, list):
        raise InvalidInput("This workspace has no list of messages.")
    lanes = fields.get("lanes", [])
    if not isinstance(lanes, list) or len(lanes) > len(LABELS):
        raise InvalidInput(f"This workspace has lanes that aren't a list of up to {len(LABELS)}.")
    count = fields.get("lane_count", 1)
    if type(count) is not int or not 1 <= count <= len(LABELS):
        raise InvalidInput(f"lane_count is {count!r}; it must be from 1 to {len(LABELS)}.")
    read = tuple(lane_settings(lane) for lane in lanes)
    conversation = conversation_from_dicts(messages)
    return SavedWorkspace(
        Conversation(conversation.messages, _text(fields, "tools")),
        _text(fields, "preset"),
        sampling_params(_mapping(fields, "sampling")),
        changed(VisionBudget(), _mapping(fields, "images")),
        (*read, *(AS_IN_THE_SIDEBAR,) * (len(LABELS) - len(read))),
        count,
    )


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name, "")
    if not isinstance(value, str):
        raise InvalidInput(f"{name} is {value!r}; it must be a text.")
    return value


def _mapping(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = fields.get(name, {})
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{name} is {value!r}; it must be an object of names and values.")
    return cast(Mapping[str, Any], value)
