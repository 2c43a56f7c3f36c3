"""A model in memory with all that is needed to ask it. Loading is not known here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.runs.engine import ModelDescription
from engine.prompt.prompting import Prompting
from engine.sampling.stopping import TokenBytes


@dataclass(frozen=True)
class Checkpoint:
    """model: a Transformers model in eval mode. ends: ids of tokens that end an answer.

    only_last: options that make `forward` compute the logits of the last position only.
    threads: of the CPU, for each forward step.
    splits: prompts can be read in pieces and rows of several prompts share a batch.
    bytes_per_token: of the keys and values of one token in one row.
    tokenizer, processor: Transformers' own; processor is None for a model that reads text only.
    """

    model: Any
    description: ModelDescription
    prompting: Prompting
    token_bytes: TokenBytes
    ends: frozenset[int]
    only_last: dict[str, int]
    threads: int
    splits: bool
    bytes_per_token: int
    tokenizer: Any
    processor: Any
