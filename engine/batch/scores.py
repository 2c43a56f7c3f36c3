"""How likely each given token was, from the logits of the place before it."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from engine.sampling.tracing import measures

BYTES = 64_000_000  # of the logits that are in memory at a time
TOGETHER = 16  # places whose probabilities are computed at a time


def most_scored(width: int) -> int:
    """How many tokens may be read at once with all their logits, each of this width. Half of the
    bytes is left to what is computed from them.
    """
    return max(1, BYTES // (2 * 4 * width))


class Scores:
    """Scores of the tokens from place `start` on; their logits come piece by piece, in order."""

    def __init__(self, ids: Sequence[int], start: int, device: torch.device) -> None:
        self.start = start
        self._ids = torch.tensor(ids, device=device)
        self._parts: list[torch.Tensor] = []

    def add(self, place: int, logits: torch.Tensor) -> None:
        """The logits of the places from `place` on, (places, vocabulary); each speaks of the next
        token. What comes before `start` is passed over.
        """
        skipped = max(0, self.start - 1 - place)
        places = range(place + skipped, min(place + len(logits), len(self._ids) - 1))
        if not places:
            return
        of_piece: list[torch.Tensor] = []
        for first in range(0, len(places), TOGETHER):
            some = places[first : first + TOGETHER]
            chosen = self._ids[some.start + 1 : some.stop + 1]
            mine = logits[some.start - place : some.stop - place].to(torch.float32)
            logprobs = mine.log_softmax(dim=-1)
            entropy, rank = measures(mine, logprobs, chosen)
            told = logprobs.gather(1, chosen[:, None]).squeeze(1)
            of_piece.append(torch.stack((told, rank.to(torch.float32), entropy)))
        self._parts.append(torch.cat(of_piece, dim=1).cpu())

    def numbers(self) -> list[tuple[float, int, float]]:
        """(logprob, rank, entropy) of the tokens from `start` on, but never of the first of all."""
        if not self._parts:
            return []
        logprobs, ranks, entropies = torch.cat(self._parts, dim=1).tolist()
        return list(zip(logprobs, map(int, ranks), entropies, strict=True))
