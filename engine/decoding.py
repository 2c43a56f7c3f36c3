"""Rows that share one prompt: prefilled once, then decoded together, one token each per step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from transformers import DynamicCache

from engine.checkpoint import Checkpoint
from engine.prompting import Prompt
from engine.row import Row
from engine.sampler import choose


class Group:
    """The rows of one prompt with their cache. `close` frees the cache at once.

    Not safe to use from two threads; the checkpoint's turns let several groups alternate.
    """

    def __init__(self, prompt: Prompt, rows: Sequence[Row], checkpoint: Checkpoint) -> None:
        self.rows = list(rows)
        self._prompt = prompt
        self._checkpoint = checkpoint
        self._cache: DynamicCache | None = None
        self._next: torch.Tensor | None = None
        self._positions: torch.Tensor | None = None

    @torch.inference_mode()
    def step(self) -> list[tuple[Row, int, float]]:
        """The next token of each row, with the logarithm of its probability before any sampler.

        Waits for its turn on the model. The first step is the prefill.
        """
        with self._checkpoint.turns:
            if torch.get_num_threads() != self._checkpoint.threads:
                torch.set_num_threads(self._checkpoint.threads)
            logits = self._prefill() if self._cache is None else self._forward()
            chosen, logprobs = self._choose(logits)
            self._next = chosen[:, None]
            # One transfer for all rows; a float32 travels as its bits.
            packed = torch.stack((chosen.to(torch.int32), logprobs.view(torch.int32))).cpu()
        ids, logs = packed[0].tolist(), packed[1].view(torch.float32).tolist()
        return list(zip(self.rows, ids, logs, strict=True))

    @torch.inference_mode()
    def keep(self, rows: Sequence[Row]) -> None:
        """Drop all other rows, at once; none left frees the cache."""
        if len(rows) == len(self.rows):
            return
        places = self._places([self.rows.index(row) for row in rows])
        self.rows = list(rows)
        if not rows:
            self.close()
        elif self._cache is not None and self._next is not None:
            # The only cache operation that works for LFM2's convolution layers too.
            self._cache.reorder_cache(places)
            self._next = self._next[places]

    def close(self) -> None:
        self.rows = []
        self._cache = self._next = self._positions = None

    def _prefill(self) -> torch.Tensor:
        """Runs the prompt as a batch of 1 and repeats its cache for the rows."""
        model = self._checkpoint.model
        ids = torch.tensor([self._prompt.rendered.token_ids], device=model.device)
        features = {name: t.to(model.device) for name, t in self._prompt.features.items()}
        cache = DynamicCache(config=model.config.get_text_config(decoder=True))
        # generate()'s own steps: models with unusual positions (two-dimensional ones) override them
        positions = model._prepare_position_ids_for_generation(ids, {"input_ids": ids, **features})
        inputs = model.prepare_inputs_for_generation(
            ids, is_first_iteration=True, past_key_values=cache, position_ids=positions,
            use_cache=True, **features, **self._checkpoint.only_last,
        )  # fmt: skip
        logits = model(**inputs, return_dict=True).logits[:, -1].to(torch.float32, copy=True)
        self._cache = cache
        self._positions = positions[..., -1:] + 1
        if len(self.rows) > 1:
            repeat = self._places([0] * len(self.rows))
            cache.reorder_cache(repeat)
            logits = logits[repeat]
        return logits

    def _forward(self) -> torch.Tensor:
        assert self._next is not None
        assert self._positions is not None
        positions = self._positions
        self._positions = positions + 1
        output = self._checkpoint.model(
            input_ids=self._next,
            past_key_values=self._cache,
            position_ids=positions,
            use_cache=True,
            return_dict=True,
            **self._checkpoint.only_last,
        )
        return output.logits[:, -1].to(torch.float32, copy=True)

    def _places(self, places: list[int]) -> torch.LongTensor:
        tensor = torch.tensor(places, dtype=torch.long, device=self._checkpoint.model.device)
        return cast(torch.LongTensor, tensor)

    def _choose(self, logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Ids and log probabilities, both of shape (rows,), on the model's device."""
        chosen: list[torch.Tensor] = []
        for place, row in enumerate(self.rows):
            seen = row.see(logits.shape[-1], logits.device)
            token = choose(logits[place : place + 1], row.params, seen, row.generator)
            seen[token] = True
            chosen.append(token)
        ids = torch.cat(chosen)
        logprobs = logits.log_softmax(dim=-1).gather(1, ids[:, None]).squeeze(1)
        return ids, logprobs
