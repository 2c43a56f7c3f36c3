"""What one kind of server takes, gives and can do, and how its answers are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from core.bounds import LONGEST_CONTEXT, USUAL_CONTEXT
from core.completions.chunks import ChunkReader
from core.completions.model_facts import name_of
from core.completions.openai_body import UrlOf, openai_body
from core.errors import InvalidInput
from core.prompt import RenderedPrompt
from core.runs.capabilities import Capabilities
from core.runs.engine import ModelDescription
from core.runs.events import Event
from core.sampler_row import Program
from core.sampling import samplers
from core.workspace import Request
from engine.remote.remote_server import RemoteServer

CHAT = "/v1/chat/completions"
MOST_MODELS = 16  # of a server
MOST_IDS = LONGEST_CONTEXT  # of a prompt
LARGEST_ID = 2**31 - 1
Ids = tuple[int, ...]
Logprobs = list[float | None]


class Reader(Protocol):
    def read(self, chunk: Any, seconds: float) -> Iterator[Event]: ...


def no_ids(server: RemoteServer, request: Request, model: str, url_of: UrlOf) -> Ids | None:
    """The server doesn't tell them."""
    return None


def no_prompt(
    server: RemoteServer, request: Request, model: str, url_of: UrlOf
) -> RenderedPrompt | None:
    """The server doesn't tell it."""
    return None


def no_logprobs(server: RemoteServer, ids: Sequence[int], model: str) -> Logprobs | None:
    """The server doesn't tell them of given text."""
    return None


@dataclass(frozen=True, kw_only=True)
class Kind:
    """body: of a request for a model. path: where it is sent. lines: each line of the answer is
    JSON; else they are server-sent events. prompt_ids: of a request, before a run; None where the
    server doesn't tell them. prompt: the same with the tokens' texts, as the page shows it, without
    a context_length. text_logprobs: of given ids, one each; None as well. draws_alike: whether a
    seed draws there what it draws here.
    """

    name: str
    body: Callable[[Request, str, UrlOf], dict[str, Any]] = openai_body
    reader: Callable[[str], Reader] = ChunkReader
    path: str = CHAT
    lines: bool = False
    prompt_ids: Callable[[RemoteServer, Request, str, UrlOf], Ids | None] = no_ids
    prompt: Callable[[RemoteServer, Request, str, UrlOf], RenderedPrompt | None] = no_prompt
    text_logprobs: Callable[[RemoteServer, Sequence[int], str], Logprobs | None] = no_logprobs
    draws_alike: bool = False


def can(program: Program, **more: Any) -> Capabilities:
    """The capabilities of a server by the samplers that a program has; what isn't named is off."""
    named = frozenset(name for name, row in samplers().items() if row.name_in(program))
    off: dict[str, Any] = {
        "prefill": False, "images": True, "exact_prompt": False, "logprobs": False,
        "candidates": 0, "tools": True, "seeds": True, "verification": False, "samplers": named,
    }  # fmt: skip
    return Capabilities(**{**off, **more})


def described(
    server: RemoteServer,
    name: Any,
    capabilities: Capabilities,
    context: Any = None,
    weights: str = "",
) -> ModelDescription:
    """A model as it is listed. context: in tokens; what is none counts as not told.

    Raises InvalidInput for a name that is none.
    """
    name = name_of(name, server.name)
    told = type(context) is int and 0 < context <= LONGEST_CONTEXT
    return ModelDescription(
        model=name, alias=f"{name or 'model'} at {server.name}", server=server.name,
        context_length=context if told else USUAL_CONTEXT, capabilities=capabilities,
        weights=weights,
    )  # fmt: skip


def entries(listed: Any) -> Sequence[Mapping[str, Any]]:
    """The models that /v1/models lists; empty for anything else."""
    data = listed.get("data") if isinstance(listed, Mapping) else None
    found = [one for one in data if isinstance(one, Mapping)] if isinstance(data, list) else []
    return found[:MOST_MODELS]


def at(value: Any, *path: str) -> Any:
    """What lies there in objects; None where anything is missing."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def asked(server: RemoteServer, path: str) -> Any:
    """The JSON there; None where there is none."""
    try:
        return server.get(path)
    except InvalidInput:
        return None


def ids_of(value: Any, server: RemoteServer) -> Ids:
    """Raises InvalidInput for anything but a list of token ids."""
    if not isinstance(value, list) or not all(
        type(one) is int and 0 <= one <= LARGEST_ID for one in value[: MOST_IDS + 1]
    ):
        raise InvalidInput(f"{server.name} sent a prompt that is not a list of token ids.")
    if len(value) > MOST_IDS:
        raise InvalidInput(
            f"{server.name} sent a prompt of {len(value):,} ids; at most {MOST_IDS:,} are read."
        )
    return tuple(value)


def prompt_count(body: Mapping[str, Any], path: str, server: RemoteServer) -> int | None:
    """How many tokens the prompt of a body has, by an answer to it; None where it doesn't tell."""
    if path != CHAT:
        return None
    asked = {name: value for name, value in body.items() if name != "stream_options"}
    with server.post(path, {**asked, "stream": False}) as answer:
        told = at(answer.json(), "usage", "prompt_tokens")
    return told if type(told) is int and 0 < told <= MOST_IDS else None
