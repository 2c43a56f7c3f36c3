"""The table of samplers: one row each, and the class of their values that is made of the rows.

Names and meaning are those of Transformers' `GenerationConfig`. The rows stand in the order in
which the page shows them. `engine/sampling/processors.py` has the arithmetic of each on tensors.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from core.sampler_row import Elsewhere, Name, SamplerRow, Setting

LARGEST_SEED = 2**32 - 1
SMALLEST_TOP_P = 1e-6
ALL_TOKENS = -1  # of the context, for the repetition penalty
MOST_TOKENS = 2**20  # the same for llama.cpp, which takes no -1: more than a context has
MLX_WINDOW = "mlx-lm looks at the last 20 tokens by default; here at all of them."
MLX_VLM_WINDOW = (
    "mlx-vlm's repetition penalty looks at the answer and the last token of the prompt; the lane's "
    "at the whole prompt too."
)
OLLAMA_TYPICAL = (
    "Ollama takes typical_p for models that it runs by llama.cpp; its own engine ignores it."
)
VLLM_ORDER = (
    "vLLM removes by min_p before top_k and top_p; Transformers after them. Where both are set, "
    "different tokens may be left."
)


# -- which tokens stay, of probabilities by token id -----------------------------------------------
def _likeliest(probabilities: Mapping[int, float]) -> list[int]:
    return sorted(probabilities, key=lambda i: -probabilities[i])


def _top_k(probabilities: Mapping[int, float], k: float) -> set[int]:
    return set(_likeliest(probabilities)[: int(k)])


def _top_p(probabilities: Mapping[int, float], p: float) -> set[int]:
    return _until(_likeliest(probabilities), probabilities, p)


def _min_p(probabilities: Mapping[int, float], share: float) -> set[int]:
    least = share * max(probabilities.values())
    return {i for i, probability in probabilities.items() if probability >= least}


def _typical_p(probabilities: Mapping[int, float], mass: float) -> set[int]:
    surprise = {i: -math.log(p) if p else math.inf for i, p in probabilities.items()}
    entropy = sum(p * surprise[i] for i, p in probabilities.items() if p)
    order = sorted(probabilities, key=lambda i: abs(surprise[i] - entropy))
    return _until(order, probabilities, mass)


def _until(order: list[int], probabilities: Mapping[int, float], mass: float) -> set[int]:
    """The first ones whose probabilities add up to `mass`, at least one."""
    kept, total = set(order[:1]), 0.0
    for i in order:
        if total < mass:
            kept.add(i)
        total += probabilities[i]
    return kept


@dataclass(frozen=True, slots=True)
class SamplingParams:
    """How the next token is chosen. The defaults are the off values: the model's own distribution.

    seed: None draws a fresh one for each run. stop: the answer ends before any of these strings.
    """

    temperature: Annotated[
        float,
        SamplerRow(
            setting=Setting(
                "Temperature", 0.0, 2.0, 0.01,
                "Randomness. 0 always takes the likeliest token; 0.1 to 0.7 is steady, "
                "0.8 to 1.5 is varied. Off: 1, the model's own probabilities.",
                off=1.0,
            ),
            order=20,
            ignored_when_greedy=True,
            keeps=None,
            elsewhere=Elsewhere(
                openai=Name("temperature"), vllm=Name("temperature"), sglang=Name("temperature"),
                llama_cpp=Name("--temp"), llama_server=Name("temperature"),
                llama_order="temperature", ollama=Name("temperature"), mlx=Name("temp"),
                mlx_vlm=Name("temperature"), opentelemetry=Name("temperature"),
            ),
            lost="{lane} takes the likeliest token (temperature 0), and {token} is less likely.",
        ),
    ] = 1.0  # fmt: skip
    top_k: Annotated[
        int,
        SamplerRow(
            setting=Setting(
                "Top-k", 0, 200, 1,
                "Keeps only the k likeliest tokens. 10 to 50 is focused, 50 to 100 varied. Off: 0.",
                off=0,
            ),
            order=30,
            ignored_when_greedy=True,
            keeps=_top_k,
            elsewhere=Elsewhere(
                openai=None, vllm=Name("top_k", off=-1), sglang=Name("top_k", off=-1),
                llama_cpp=Name("--top-k"), llama_server=Name("top_k"), llama_order="top_k",
                ollama=Name("top_k"), mlx=Name("top_k"), mlx_vlm=Name("top_k"),
                opentelemetry=Name("top_k"),
            ),
        ),
    ] = 0  # fmt: skip
    top_p: Annotated[
        float,
        SamplerRow(
            setting=Setting(
                "Top-p", 0.0, 1.0, 0.01,
                "Keeps the likeliest tokens whose probabilities add up to p. "
                "0.1 to 0.5 is focused, 0.7 to 0.95 varied. Off: 1.",
                off=1.0,
            ),
            order=40,
            ignored_when_greedy=True,
            keeps=_top_p,
            elsewhere=Elsewhere(
                openai=Name("top_p"), vllm=Name("top_p", smallest=SMALLEST_TOP_P),
                sglang=Name("top_p", smallest=SMALLEST_TOP_P), llama_cpp=Name("--top-p"),
                llama_server=Name("top_p"), llama_order="top_p", ollama=Name("top_p"),
                mlx=Name("top_p", smallest=SMALLEST_TOP_P),
                mlx_vlm=Name("top_p", smallest=SMALLEST_TOP_P), opentelemetry=Name("top_p"),
            ),
        ),
    ] = 1.0  # fmt: skip
    min_p: Annotated[
        float,
        SamplerRow(
            setting=Setting(
                "Min-p", 0.0, 1.0, 0.01,
                "Drops tokens less likely than this share of the likeliest one. Off: 0.",
                off=0.0,
            ),
            order=50,
            ignored_when_greedy=True,
            keeps=_min_p,
            elsewhere=Elsewhere(
                openai=None, vllm=Name("min_p", trap=VLLM_ORDER), sglang=Name("min_p"),
                llama_cpp=Name("--min-p"), llama_server=Name("min_p"), llama_order="min_p",
                ollama=Name("min_p"), mlx=Name("min_p"), mlx_vlm=Name("min_p"),
                opentelemetry=None,
            ),
        ),
    ] = 0.0  # fmt: skip
    typical_p: Annotated[
        float,
        SamplerRow(
            setting=Setting(
                "Typical-p", 0.01, 1.0, 0.01,
                "Keeps the tokens about as surprising as the model expects, until their "
                "probabilities add up to p; the likeliest may be removed. 0.9 is common. Off: 1.",
                off=1.0,
            ),
            order=60,
            ignored_when_greedy=True,
            keeps=_typical_p,
            elsewhere=Elsewhere(
                openai=None, vllm=None, sglang=None, llama_cpp=Name("--typical"),
                llama_server=Name("typical_p"), llama_order="typ_p",
                ollama=Name("typical_p", trap=OLLAMA_TYPICAL), mlx=None,
                mlx_vlm=Name("typical_p"), opentelemetry=None,
            ),
        ),
    ] = 1.0  # fmt: skip
    repetition_penalty: Annotated[
        float,
        SamplerRow(
            setting=Setting(
                "Repetition penalty", 0.5, 2.0, 0.01,
                "Above 1, tokens already in the prompt or the answer become less likely. Off: 1.",
                off=1.0,
            ),
            order=10,
            ignored_when_greedy=False,
            keeps=None,
            elsewhere=Elsewhere(
                openai=None, vllm=Name("repetition_penalty"), sglang=Name("repetition_penalty"),
                llama_cpp=Name("--repeat-penalty", with_it=(("--repeat-last-n", MOST_TOKENS),)),
                llama_server=Name("repeat_penalty", with_it=(("repeat_last_n", MOST_TOKENS),)),
                llama_order="penalties",
                ollama=Name("repeat_penalty", with_it=(("repeat_last_n", ALL_TOKENS),)),
                mlx=Name("repetition_penalty", trap=MLX_WINDOW),
                mlx_vlm=Name("repetition_penalty", trap=MLX_VLM_WINDOW), opentelemetry=None,
            ),
            lost="{lane}'s repetition penalty ranked {token} below its own choice.",
        ),
    ] = 1.0  # fmt: skip
    max_new_tokens: Annotated[
        int,
        Setting("Max new tokens", 1, 8192, 1, "The answer ends after this many tokens."),
    ] = 512
    seed: Annotated[
        int | None,
        Setting(
            "Seed", 0, LARGEST_SEED, 1,
            "The same seed and settings give the same answer. Empty: a new seed for each run.",
        ),
    ] = None  # fmt: skip
    stop: tuple[str, ...] = ()

    @property
    def greedy(self) -> bool:
        """Whether the likeliest token is always taken, as `do_sample=False` does."""
        return self.temperature == 0
