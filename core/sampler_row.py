"""What is said of one sampler: how the page shows it, when it is applied, what others call it.

Which samplers there are is not known here; see `core/samplers.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Program = Literal[
    "openai",
    "vllm",
    "sglang",
    "llama_cpp",
    "llama_server",
    "ollama",
    "mlx",
    "mlx_vlm",
    "opentelemetry",
]
PROGRAMS: Mapping[Program, str] = {
    "openai": "OpenAI's protocol",
    "vllm": "vLLM",
    "sglang": "SGLang",
    "llama_cpp": "llama.cpp",
    "llama_server": "llama.cpp's server",
    "ollama": "Ollama",
    "mlx": "mlx-lm",
    "mlx_vlm": "mlx-vlm",
    "opentelemetry": "OpenTelemetry",
}
Keeps = Callable[[Mapping[int, float], float], set[int]]
LOST = "{lane} could not choose {token}: its {name} removed it."


@dataclass(frozen=True, slots=True)
class Setting:
    """What a person needs to know about a number: its range, its step and the value that is off.

    `off` is None where a number has no off value (a length, a seed); presets leave those alone.
    """

    label: str
    minimum: float
    maximum: float
    step: float
    help: str
    off: float | None = None


@dataclass(frozen=True, slots=True)
class Name:
    """What a program calls a sampler: an option, a field or a flag.

    off: its off value, where that is another than ours. smallest: of the values that it takes; a
    smaller one becomes this. with_it: what has to be set with it. trap: how it differs there, said
    where the sampler is on.
    """

    name: str
    off: float | None = None
    smallest: float | None = None
    with_it: tuple[tuple[str, Any], ...] = ()
    trap: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """The name in every program; None where a program doesn't have the sampler.

    llama_cpp: the flag. llama_server: the field of a request. llama_order: in llama.cpp's list of
    samplers. opentelemetry: after `gen_ai.request`.
    """

    openai: Name | None
    vllm: Name | None
    sglang: Name | None
    llama_cpp: Name | None
    llama_server: Name | None
    llama_order: str | None
    ollama: Name | None
    mlx: Name | None
    mlx_vlm: Name | None
    opentelemetry: Name | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplerRow:
    """One sampler; its name is Transformers' name, that of its field.

    order: samplers are applied from the smallest number to the largest. ignored_when_greedy:
    whether it does nothing where the likeliest token is always taken. keeps: which tokens a value
    leaves, of probabilities by token id; None where it removes none. lost: the sentence for a token
    that a lane could not choose because of it.
    """

    setting: Setting
    order: int
    ignored_when_greedy: bool
    keeps: Keeps | None
    elsewhere: Elsewhere
    lost: str = LOST

    def name_in(self, program: Program) -> Name | None:
        return getattr(self.elsewhere, program)
