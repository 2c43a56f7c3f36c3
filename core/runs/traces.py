"""Where a chosen token stood among all that could have been chosen.

Every token of every run has one, so it is packed: a token's candidates take about 700 bytes as they
are kept here, and 4,000 as objects.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from sys import getsizeof

from core.sampling import in_order

TOP = 20  # candidates of each token
PART = "\ufffd"  # stands in a token's text for a part of a character
CONSTRAINT = "constraint"
REMOVERS = ("", *in_order(), CONSTRAINT)  # a packed candidate has the place of its remover in it


@dataclass(frozen=True, slots=True)
class Candidate:
    """A token that could have been chosen.

    logprob: natural logarithm of its probability before any sampler. probability: after all of
    them, 0 to 1. removed_by: the sampling parameter that took it out, such as "top_p", or
    "constraint" where what the answer is held to doesn't allow it; empty where
    none did, so that only the draw decides.
    """

    token_id: int
    text: str
    logprob: float
    probability: float
    removed_by: str = ""

    @property
    def utf8(self) -> list[int] | None:
        """The bytes of its text; None where it is a part of a character."""
        return None if PART in self.text else list(self.text.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class Trace:
    """rank: of the chosen token before any sampler; 1 is the likeliest. entropy: of all tokens'
    probabilities before any sampler, in nats.

    texts: of the candidates, shared by all traces. packed: their logprobs, probabilities, ids and
    removers, one list after the other, 4 bytes each in the machine's order.
    """

    rank: int
    entropy: float
    texts: tuple[str, ...] = field(repr=False)
    packed: bytes = field(repr=False)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Likeliest first: the 20 likeliest before any sampler, and the chosen token."""
        count = len(self.texts)
        numbers = struct.unpack(f"{2 * count}f{2 * count}i", self.packed)
        logprobs, probabilities, ids, removers = (
            numbers[start : start + count] for start in range(0, 4 * count, count)
        )
        found = {
            token_id: Candidate(token_id, text, logprob, probability, REMOVERS[remover])
            for token_id, text, logprob, probability, remover in zip(
                ids, self.texts, logprobs, probabilities, removers, strict=True
            )
        }
        return tuple(found.values())

    @property
    def nbytes(self) -> int:
        """The memory that it takes; the texts themselves are shared."""
        return getsizeof(self) + getsizeof(self.texts) + getsizeof(self.packed)


def packed_trace(rank: int, entropy: float, candidates: Sequence[Candidate]) -> Trace:
    """A trace of these candidates. Their probabilities are rounded to 32 bits."""
    count = len(candidates)
    packed = struct.pack(
        f"{2 * count}f{2 * count}i",
        *(one.logprob for one in candidates),
        *(one.probability for one in candidates),
        *(one.token_id for one in candidates),
        *(REMOVERS.index(one.removed_by) for one in candidates),
    )
    return Trace(rank, entropy, tuple(one.text for one in candidates), packed)
