"""Conversations as tensors: tokenised segment by segment, grouped by length, padded on the right.

Conversations are never joined into one row: convolution and attention would leak across.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch

from training.data.conversations import draw_segments
from training.data.turns import Segment

# Conversations sorted by length at a time; more means less padding and more memory.
POOL = 768
LONGEST = 768


@dataclass(frozen=True)
class Batch:
    """`ids` and `weights`: both of shape (rows, length). `weights[i, t]` says how much predicting
    `ids[i, t]` counts; it is 0 on padding."""

    ids: torch.Tensor
    weights: torch.Tensor


def encode(tokenizer: Any, talks: list[list[Segment]]) -> list[tuple[list[int], list[float]]]:
    """Token ids and weights of each conversation. Every segment is tokenised on its own."""
    texts = [part.text for talk in talks for part in talk]
    ids = iter(tokenizer(texts, add_special_tokens=False)["input_ids"])
    rows = []
    for talk in talks:
        row: list[int] = []
        weights: list[float] = []
        for part in talk:
            piece = next(ids)
            row += piece
            weights += [part.weight] * len(piece)
        rows.append((row[:LONGEST], weights[:LONGEST]))
    return rows


def pad(rows: list[tuple[list[int], list[float]]], pad_id: int) -> Batch:
    """One batch; everything is causal, so padding on the right changes nothing before it."""
    length = max(len(ids) for ids, _ in rows)
    ids = torch.full((len(rows), length), pad_id)
    weights = torch.zeros(len(rows), length)
    for place, (row, weight) in enumerate(rows):
        ids[place, : len(row)] = torch.tensor(row)
        weights[place, : len(row)] = torch.tensor(weight)
    return Batch(ids, weights)


def stream(tokenizer: Any, seed: int, tokens: int) -> Iterator[Batch]:
    """Endless batches of about `tokens` tokens, padding included, in random order."""
    rng = random.Random(seed)
    source = draw_segments(seed)
    while True:
        rows = encode(tokenizer, list(islice(source, POOL)))
        rows.sort(key=lambda row: len(row[0]))
        groups: list[list[tuple[list[int], list[float]]]] = [[]]
        for row in rows:
            if (len(groups[-1]) + 1) * len(row[0]) > tokens:
                groups.append([])
            groups[-1].append(row)
        rng.shuffle(groups)
        for group in groups:
            yield pad(group, tokenizer.pad_token_id)
