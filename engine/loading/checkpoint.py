"""A model in memory with all that is needed to ask it. Loading is not known here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from core.runs.engine import ModelDescription
from engine.constraints.compiler import Compiler
from engine.prompt.prompting import Prompting
from engine.sampling.stopping import TokenBytes


@dataclass(frozen=True)
class Checkpoint:
    """model: a Transformers model in eval mode. ends: ids of tokens that end an answer.

    only_last: options that make `forward` compute the logits of the last position only.
    step: takes a batch's cache and the last id of each row, (rows,); gives the logits of the next
    tokens, (rows, vocabulary). threads: of the CPU, for each step.
    splits: prompts can be read in pieces and rows of several prompts share a batch.
    bytes_per_token: of the keys and values of one token in one row.
    tokenizer, processor: Transformers' own; processor is None for a model that reads text only.
    """

    model: Any
    description: ModelDescription
    prompting: Prompting
    token_bytes: TokenBytes
    ends: frozenset[int]
    constraints: Compiler
    only_last: dict[str, int]
    step: Callable[[Any, torch.Tensor], torch.Tensor]
    threads: int
    splits: bool
    bytes_per_token: int
    tokenizer: Any
    processor: Any
