"""The fields of a saved answer, as they are read from a file. Readers raise InvalidInput."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, InstanceOf

from core.constraint import Constraint, constraint_from_dict
from core.conversation import Conversation, conversation_from_dicts
from core.errors import InvalidInput
from core.sampling import SamplingParams, sampling_params
from core.sessions.session_images import with_image_paths
from core.template_options import OptionValues, option_values
from core.vision import VisionBudget, changed

MOST_IDS = 2**17
LARGEST_ID = 2**31 - 1


def read_conversation(value: Any) -> Conversation | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or not isinstance(value.get("messages"), list):
        raise InvalidInput("it must be an object with a list of messages")
    tools = value.get("tools", "")
    if not isinstance(tools, str):
        raise InvalidInput("its tools must be a string")
    return without_images(Conversation(conversation_from_dicts(value["messages"]).messages, tools))


def _fields(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidInput("it must be an object of names and values")
    return value


def read_params(value: Any) -> SamplingParams:
    return sampling_params(_fields(value))


def read_budget(value: Any) -> VisionBudget:
    return changed(VisionBudget(), _fields(value))


def read_options(value: Any) -> OptionValues:
    return value if isinstance(value, tuple) else option_values(value)


def read_constraint(value: Any) -> Constraint | None:
    constraint = value if isinstance(value, Constraint) else constraint_from_dict(value)
    return None if constraint.kind == "none" else constraint


def read_ids(value: Any) -> tuple[int, ...]:
    ids: Any = tuple(value) if isinstance(value, list | tuple) else None
    if ids is None or len(ids) > MOST_IDS or not all(_is_id(one) for one in ids):
        raise InvalidInput(
            f"it must be a list of up to {MOST_IDS:,} token ids, whole numbers from 0 to "
            f"{LARGEST_ID:,}"
        )
    return ids


def _is_id(value: Any) -> bool:
    return type(value) is int and 0 <= value <= LARGEST_ID


def read_time(value: str) -> str:
    return value and datetime.fromisoformat(value).isoformat()


Line = Annotated[str, Field(max_length=1_000)]
Count = Annotated[int, Field(ge=0, le=10_000_000)]
HeldTo = Annotated[InstanceOf[Constraint] | None, BeforeValidator(read_constraint)]
Seconds = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]


def without_images(conversation: Conversation) -> Conversation:
    """The same images by name; a path of this machine is in no saved answer."""
    return with_image_paths(conversation, lambda image: "")
