"""Which decoding step a network gets: the lean one where it gives the bits of `forward`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from transformers.cache_utils import LinearAttentionLayer

from engine.batch.cache_pieces import can_be_split, conv_states, new_cache
from engine.batch.native_cache import OwnCache
from engine.batch.row_cache import RowCache
from engine.decode.lean_step import ARCHITECTURES, LeanStep

Step = Callable[[Any, torch.Tensor], torch.Tensor]  # of a cache and ids, as `Checkpoint.step`
# Lengths of the rows that are compared: alone and together, of one length and of several, longer
# than the 512 keys that torch's attention takes at a time.
ROWS = ((600,), (9, 9, 9, 9), (5, 700, 64))
STEPS = 2


@torch.no_grad()
def lean_step(network: Any) -> LeanStep | None:
    """None for another architecture or device, and where a bit of the logits differs.

    Compared on the network's own weights and on random caches.
    """
    if type(network).__name__ not in ARCHITECTURES or network.device.type != "cpu":
        return None
    if not can_be_split(network):
        return None
    whole = forward_step(network, {})
    steps = (LeanStep(network, groups) for groups in (True, False))
    return next((lean for lean in steps if _are_equal(network, lean, whole)), None)


def _are_equal(network: Any, one: Step, other: Step) -> bool:
    generator = torch.Generator().manual_seed(0)
    for lengths in ROWS:
        caches = _random_caches(network, lengths, generator)
        for _ in range(STEPS):
            words = network.config.get_text_config().vocab_size
            ids = torch.randint(words, (len(lengths),), generator=generator)
            logits: list[torch.Tensor] = []
            for step, cache in zip((one, other), caches, strict=True):
                cache.make_room()
                logits.append(step(cache, ids))
                cache.advance()
            if not torch.equal(*logits):
                return False
    return True


def forward_step(network: Any, options: dict[str, int]) -> Step:
    """The model's own `forward`. options: those that make it compute the last logits only."""

    def step(cache: RowCache | OwnCache, chosen: torch.Tensor) -> torch.Tensor:
        inputs = {"input_ids": chosen[:, None], "use_cache": True, "return_dict": True}
        return network(**inputs, **cache.inputs(), **options).logits[:, -1]

    return step


def _random_caches(
    network: Any, lengths: Sequence[int], generator: torch.Generator
) -> tuple[RowCache, RowCache]:
    """Two equal caches of rows with these many tokens."""
    like = new_cache(network)
    network(input_ids=torch.zeros((1, 2), dtype=torch.long), past_key_values=like, use_cache=True)
    mine, theirs = RowCache(network.device), RowCache(network.device)
    for length in lengths:
        layers: list[Any] = like.layers
        for layer in layers:
            if isinstance(layer, LinearAttentionLayer):
                for state in conv_states(layer):
                    state.copy_(torch.randn(state.shape, generator=generator))
            else:
                shape = (*layer.keys.shape[:2], length, layer.keys.shape[3])
                layer.keys, layer.values = (
                    torch.randn(shape, generator=generator).to(network.dtype) for _ in range(2)
                )
        mine.add(like, 1, length)
        theirs.add(like, 1, length)
    return mine, theirs
