"""Choosing the next token of every row of a batch, bit for bit as `generate()` chooses each alone.

`torch.multinomial` for one sample is the argmax of the probabilities over exponential noise. The
noise of each row comes from the row's own generator; the rest is done for all rows at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from core.sampling import SamplingParams, samplers
from engine.sampling.exponential_noise import exponential
from engine.sampling.processors import steps


class Sampler:
    """The sampling state of a batch's rows, in the order of the rows.

    Nothing is changed in place: a shallow copy is a sampler of its own.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._params: list[SamplingParams] = []
        self._dice: list[torch.Generator] = []
        self._prompts: list[Sequence[int]] = []  # of rows that `_seen` doesn't have yet
        self._seen: torch.Tensor | None = None  # (rows, vocabulary), tokens of prompt and answer

    def join(self, params: Sequence[SamplingParams], prompt_ids: Sequence[Sequence[int]]) -> None:
        """Append rows; each draws from a generator of its own seed."""
        dice = [torch.Generator(self._device).manual_seed(row.seed or 0) for row in params]
        self._dice = [*self._dice, *dice]
        self._params = [*self._params, *params]
        self._prompts = [*self._prompts, *prompt_ids]
        self._settle()

    def keep(self, places: Sequence[int]) -> None:
        """Only these rows stay, in this order."""
        known = 0 if self._seen is None else len(self._seen)
        self._prompts = [self._prompts[place - known] for place in places if place >= known]
        if self._seen is not None:
            left = [place for place in places if place < known]
            self._seen = self._seen[torch.tensor(left, dtype=torch.long, device=self._device)]
        self._params = [self._params[place] for place in places]
        self._dice = [self._dice[place] for place in places]
        self._settle()

    def choose(self, logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Ids and log probabilities before any processor, both of shape (rows,).

        logits: (rows, vocabulary) float32, not changed. A row whose logits are no numbers gets any
        id and a log probability that is no number.
        """
        seen, scores = self._with_prompts(logits.shape[-1]), logits
        for _, step in self._of_all:
            scores = step(scores, seen)
        if not self._drawn:
            ids = scores.argmax(dim=-1)
        elif len(self._drawn) == len(self._params):
            ids = self._draw(scores, seen)
        else:
            ids = scores.argmax(dim=-1)
            ids[self._drawn_rows] = self._draw(scores[self._drawn_rows], seen[self._drawn_rows])
        self._seen = seen.scatter(1, ids[:, None], True)
        return ids, logits.log_softmax(dim=-1).gather(1, ids[:, None]).squeeze(1)

    def _draw(self, scores: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """Both of the rows that aren't greedy."""
        for _, step in self._of_drawn:
            scores = step(scores, seen)
        self._dice = [generator.clone_state() for generator in self._dice]
        noise = exponential(scores, [self._dice[place] for place in self._drawn])
        return (scores.softmax(dim=-1) / noise).argmax(dim=-1)

    def _settle(self) -> None:
        """Make the parameters' tensors, once for all steps until rows come or go.

        What works with temperature 0 too is applied to all rows at once, and before the rest.
        """
        self._drawn = [n for n, row in enumerate(self._params) if not row.greedy]
        self._drawn_rows = torch.tensor(self._drawn, dtype=torch.long, device=self._device)
        drawn = [self._params[place] for place in self._drawn]
        ignored = {name for name, row in samplers().items() if row.ignored_when_greedy}
        self._of_all = steps(self._params, samplers().keys() - ignored, self._device)
        self._of_drawn = steps(drawn, ignored, self._device)

    def _with_prompts(self, vocabulary: int) -> torch.Tensor:
        """`_seen` with all rows; ids beyond the output vocabulary are left out."""
        parts = [] if self._seen is None else [self._seen]
        for ids in self._prompts:
            inside = sorted({i for i in ids if i < vocabulary})
            row = torch.zeros((1, vocabulary), dtype=torch.bool, device=self._device)
            row[0, torch.tensor(inside, dtype=torch.long, device=self._device)] = True
            parts.append(row)
        self._prompts = []
        self._seen = torch.cat(parts) if len(parts) > 1 else parts[0]
        return self._seen
