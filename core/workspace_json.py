"""A workspace as a JSON value: what sessions, links, files and undo keep. Strict where it is read.

Where it is kept, and ids of rows on the page, are not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

from core.constraint import constraint_from_dict, constraint_to_dict
from core.conversation import Conversation, conversation_from_dicts, conversation_to_dicts
from core.errors import InvalidInput
from core.lanes import AS_IN_THE_SIDEBAR, LABELS, as_values, lane_settings, tool_choice
from core.sampling import sampling_params
from core.template_options import option_values
from core.variable_values import variable_values
from core.vision import VisionBudget, changed
from core.workspace import Workspace

FORMAT = "lfm-playground-workspace"
VERSION = 1


def workspace_to_dict(workspace: Workspace) -> dict[str, Any]:
    """For JSON, with Transformers' names; images are paths."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "messages": conversation_to_dicts(workspace.conversation),
        "tools": workspace.conversation.tools,
        "preset": workspace.preset,
        "sampling": {**asdict(workspace.params), "stop": list(workspace.params.stop)},
        "images": asdict(workspace.budget),
        "lanes": [as_values(lane) for lane in workspace.lanes],
        "lane_count": workspace.count,
        "template_options": dict(workspace.template_options),
        "constraint": constraint_to_dict(workspace.constraint),
        "tool_choice": workspace.tool_choice,
        "variables": dict(workspace.variables),
    }


def workspace_from_dict(value: Any) -> Workspace:
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
    return Workspace(
        Conversation(conversation.messages, _text(fields, "tools")),
        _text(fields, "preset"),
        sampling_params(_mapping(fields, "sampling")),
        changed(VisionBudget(), _mapping(fields, "images")),
        (*read, *(AS_IN_THE_SIDEBAR,) * (len(LABELS) - len(read))),
        count,
        option_values(fields.get("template_options")),
        constraint_from_dict(fields.get("constraint")),
        tool_choice(fields.get("tool_choice", "auto")),
        variable_values(fields.get("variables")),
    )


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name, "")
    if not isinstance(value, str):
        raise InvalidInput(f"{name} is {value!r}; it must be a string.")
    return value


def _mapping(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = fields.get(name, {})
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{name} is {value!r}; it must be an object of names and values.")
    return cast(Mapping[str, Any], value)
