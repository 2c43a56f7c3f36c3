"""How much may be in memory at once in addition to the weights."""

from __future__ import annotations

from dataclasses import dataclass

ROWS = 16
BATCH_SHARE = 0.5
PROMPT_CACHE_SHARE = 0.15
TILE_SHARE = 0.125  # of the prompt cache, for tiles of images


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the batches and prompt caches of all models in memory, which have equal parts.

    rows: lanes that each model answers at the same time. batch_bytes: keys, values and states of
    all rows at their full length; None: half of the memory that is free once the models are loaded.
    prompt_cache_bytes: of prompts and images that are kept after their answers; 0 keeps none, None:
    15% of the free memory.
    """

    rows: int = ROWS
    batch_bytes: int | None = None
    prompt_cache_bytes: int | None = None

    def of(self, free_bytes: int, models: int = 1) -> tuple[int, int]:
        """(batch_bytes, prompt_cache_bytes) of each of so many models, of `free_bytes` in all."""
        batch, cache = self.batch_bytes, self.prompt_cache_bytes
        return (
            (int(free_bytes * BATCH_SHARE) if batch is None else batch) // models,
            (int(free_bytes * PROMPT_CACHE_SHARE) if cache is None else cache) // models,
        )
