"""What a playground tells of a model by `/v1/models`, and what another one reads of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from core.bounds import LONGEST_CONTEXT
from core.errors import InvalidInput
from core.runs.capabilities import Capabilities
from core.runs.engine import ModelDescription
from core.sampling import samplers
from core.template_options import MOST_OPTIONS, TemplateOption, option_values
from core.vision import VisionBudget, changed

OWNER = "lfm-playground"
CAN = ("prefill", "images", "tools", "seeds", "constraints", "roles")
FACTS = {  # and what each may be of another server: scripts to be copied have them
    "architecture": r"\w*", "dtype": r"\w*", "weights": r"[\w ,.()-]*",
    "device": r"[a-z]*(:\d+)?", "revision": r"[\da-f]*",
}  # fmt: skip
LONGEST = 200  # characters of a fact
KINDS = ("boolean", "number", "text")


def model_entry(model: ModelDescription, created: int) -> dict[str, Any]:
    """created: seconds since 1970. max_model_len: tokens of prompt and answer together, by vLLM's
    name. playground: what only another playground reads.
    """
    can = model.capabilities
    options = [asdict(option) for option in can.template_options]
    return {
        "id": model.name, "object": "model", "created": created, "owned_by": OWNER,
        "max_model_len": model.context_length,
        "playground": {
            **{name: getattr(can, name) for name in CAN},
            **{name: getattr(model, name) for name in FACTS},
            "samplers": sorted(can.samplers), "template_options": options,
            "budget": asdict(model.budget) if model.budget else None, "server": model.server,
        },
    }  # fmt: skip


def read_models(value: Any, where: str) -> tuple[ModelDescription, ...]:
    """The models of another playground, of an answer that nobody needs to believe; without those
    that it has from servers: two playgrounds would pass each other's models to and fro for ever.
    where: the server, for names and sentences. Raises InvalidInput.
    """
    entries = value.get("data") if isinstance(value, Mapping) else None
    own = [one for one in entries if not _from_a_server(one)] if isinstance(entries, list) else []
    if not own:
        raise InvalidInput(
            f"{where} lists no models of its own. Load one there, or check the address."
        )
    return tuple(_read(entry, where) for entry in own[:16])


def _from_a_server(entry: Any) -> bool:
    facts = entry.get("playground") if isinstance(entry, Mapping) else None
    return isinstance(facts, Mapping) and bool(facts.get("server"))


def _read(entry: Any, where: str) -> ModelDescription:
    facts = entry.get("playground") if isinstance(entry, Mapping) else None
    name, length = (entry.get(key) if isinstance(entry, Mapping) else None
                    for key in ("id", "max_model_len"))  # fmt: skip
    if not isinstance(facts, Mapping):
        raise InvalidInput(
            f"{where} is not a playground: /v1/models doesn't say what its models can do. Name "
            "the address of another LFM Playground."
        )
    name = name_of(name, where)
    if not name:
        raise InvalidInput(f"{where} lists a model without a name. Load it there again.")
    if type(length) is not int or not 0 < length <= LONGEST_CONTEXT:
        raise InvalidInput(f"{where} gives {name} a context that is not a number of tokens.")
    said: dict[str, Any] = {
        key: one[:LONGEST] for key, pattern in FACTS.items()
        if isinstance(one := facts.get(key), str) and re.fullmatch(pattern, one, re.ASCII)
    }  # fmt: skip
    budget = facts.get("budget")
    read = changed(VisionBudget(), budget) if isinstance(budget, Mapping) else None
    return ModelDescription(
        model=name, alias=f"{name} at {where}", server=where, context_length=length,
        capabilities=_can(facts), budget=read, **said,
    )  # fmt: skip


def name_of(value: Any, where: str) -> str:
    """A model's name as a server tells it; may be empty. Raises InvalidInput.

    A program would read one that begins with a hyphen as an option.
    """
    if (
        not isinstance(value, str) or len(value) > LONGEST or not value.isprintable()
        or value.startswith("-")
    ):  # fmt: skip
        raise InvalidInput(f"{where} lists a model whose name is not a short text.")
    return value


def _can(facts: Mapping[str, Any]) -> Capabilities:
    """What goes over the wire; what only the engine itself can do is off."""
    listed = facts.get("samplers")
    known = {one for one in listed if isinstance(one, str)} if isinstance(listed, list) else set()
    options = facts.get("template_options")
    can = Capabilities(
        prefill=False, images=False, exact_prompt=False, logprobs=True, candidates=0, tools=False,
        seeds=False, verification=False, samplers=frozenset(known & set(samplers())),
        template_options=tuple(
            _option(one) for one in (options if isinstance(options, list) else [])[:MOST_OPTIONS]
        ),
    )  # fmt: skip
    return replace(can, **{name: facts.get(name) is True for name in CAN})


def _option(value: Any) -> TemplateOption:
    name, kind, default = (
        value.get(key) if isinstance(value, Mapping) else None
        for key in ("name", "kind", "default")
    )
    if kind not in KINDS or not isinstance(name, str):
        raise InvalidInput("A template option of the server has no name or no known kind.")
    ((known, _),) = option_values({name: True})
    default = None if default is None else option_values({known: default})[0][1]
    return TemplateOption(known, kind, default)
