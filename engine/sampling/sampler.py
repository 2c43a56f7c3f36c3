"""Choosing the next token of every row of a batch, bit for bit as `generate()` chooses each alone.

`torch.multinomial` for one sample is the argmax of the probabilities over exponential noise. The
noise of each row comes from the row's own generator; the rest is done for all rows at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch

from core.runs.traces import CONSTRAINT, TOP
from core.sampling import SamplingParams, samplers
from engine.sampling.exponential_noise import draw
from engine.sampling.largest import largest
from engine.sampling.processors import only, steps
from engine.sampling.tracing import Fate, greedy_fate, packed, removers

Choice = tuple[torch.Tensor, torch.Tensor, torch.Tensor]  # ids, and what `Fate` holds


class Step(NamedTuple):
    """logits: before any sampler. scores: after those that greedy rows use too. held: after the
    constraints; the same tensor where there are none. top: the candidates' ids.
    """

    logits: torch.Tensor
    scores: torch.Tensor
    held: torch.Tensor
    seen: torch.Tensor
    top: torch.Tensor

    def of(self, rows: torch.Tensor | None) -> Step:
        """These rows of it; None: all."""
        if rows is None:
            return self
        logits, scores, held, seen, top = (tensor[rows] for tensor in self)
        return Step(logits, scores, scores if self.held is self.scores else held, seen, top)

    @property
    def watched(self) -> dict[str, torch.Tensor]:
        """The candidates' scores after the constraints, where there are some."""
        return {} if self.held is self.scores else {CONSTRAINT: self.held.gather(1, self.top)}


class Sampler:
    """The sampling state of a batch's rows, in the order of the rows.

    Nothing is changed in place: a shallow copy is a sampler of its own.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._params: list[SamplingParams] = []
        self._generators: list[torch.Generator] = []
        self._prompts: list[Sequence[int]] = []  # of rows that `_seen` doesn't have yet
        self._seen: torch.Tensor | None = None  # ids of prompt and answer: `repetition_penalty`

    def join(self, params: Sequence[SamplingParams], prompt_ids: Sequence[Sequence[int]]) -> None:
        """Append rows; each draws from a generator of its own seed."""
        generators = [torch.Generator(self._device).manual_seed(row.seed or 0) for row in params]
        self._generators = [*self._generators, *generators]
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
        self._generators = [self._generators[place] for place in places]
        self._settle()

    def choose(
        self, logits: torch.Tensor, allowed: Sequence[torch.Tensor | None] = ()
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The chosen ids, (rows,), and what is told of them, as `tracing.packed` makes it.

        logits: (rows, vocabulary) float32, not changed. A row whose logits are no numbers gets any
        id and a log probability that is not a number. allowed: as `only` takes it.
        """
        seen, scores = self._with_prompts(logits.shape[-1]), logits
        for _, sampler in self._of_all:
            scores = sampler(scores, seen)
        step = Step(logits, scores, only(scores, allowed), seen, largest(logits, TOP))
        groups = [act(self, step.of(rows)) for act, rows in self._groups]
        ids, *fate = groups[0]
        if len(groups) > 1:
            ids, *fate = (torch.cat(parts)[self._order] for parts in zip(*groups, strict=True))
        self._seen = torch.cat((seen, ids[:, None]), dim=1)
        return ids, packed(logits, ids, step.top, Fate(*fate))

    def _draw(self, step: Step) -> Choice:
        """The ids of rows that aren't greedy, and what became of the candidates."""
        scores, watched = step.held, step.watched
        for name, sampler in self._of_drawn:
            scores = sampler(scores, step.seen)
            if samplers()[name].keeps:
                watched = {**watched, name: scores.gather(1, step.top)}
        self._generators = [generator.clone_state() for generator in self._generators]
        shares = scores.softmax(dim=-1)
        ids = draw(shares, [self._generators[place] for place in self._drawn])
        told = shares.gather(1, torch.cat((step.top, ids[:, None]), dim=1))
        return ids, told, removers(watched, step.top)

    def _take(self, step: Step) -> Choice:
        """The same of rows that are greedy."""
        ids = step.held.argmax(dim=-1)
        best = ids if step.held is step.scores else step.scores.argmax(dim=-1)
        removed = removers(step.watched, step.top)
        fate = greedy_fate(step.logits, best, ids, step.top, removed)
        return ids, fate.probabilities, fate.removers

    def _settle(self) -> None:
        """Make the parameters' tensors, once for all steps until rows come or go.

        What works with temperature 0 too is applied to all rows at once, and before the rest.
        """
        self._drawn = [n for n, row in enumerate(self._params) if not row.greedy]
        taken = [n for n, row in enumerate(self._params) if row.greedy]
        drawn = [self._params[place] for place in self._drawn]
        ignored = {name for name, row in samplers().items() if row.ignored_when_greedy}
        self._of_all = steps(self._params, samplers().keys() - ignored, self._device)
        self._of_drawn = steps(drawn, ignored, self._device)
        alone = not (self._drawn and taken)
        self._groups = [  # functions, as a copy of the sampler calls them too
            (act, None if alone else self._tensor(rows))
            for act, rows in ((Sampler._draw, self._drawn), (Sampler._take, taken))
            if rows
        ]
        self._order = self._tensor([*self._drawn, *taken]).argsort()

    def _tensor(self, rows: Sequence[int]) -> torch.Tensor:
        return torch.tensor(rows, dtype=torch.long, device=self._device)

    def _with_prompts(self, vocabulary: int) -> torch.Tensor:
        """`_seen` with all rows; ids beyond the output vocabulary are left out."""
        rows = [] if self._seen is None else [*self._seen]
        for ids in self._prompts:
            inside = sorted({i for i in ids if i < vocabulary}) or [0]
            rows.append(self._tensor(inside))
        if self._prompts or self._seen is None:
            width = max(map(len, rows))
            # A row is filled up with an id of its own: what is seen twice counts once.
            self._seen = torch.stack(
                [torch.cat((row, row[-1:].expand(width - len(row)))) for row in rows]
            )
            self._prompts = []
        return self._seen
