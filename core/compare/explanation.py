"""Why two lanes chose different tokens at the same place: a sentence for each, and the figures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from core.runs.traces import Candidate
from core.sampling import samplers


@dataclass(frozen=True, slots=True)
class Side:
    """token_id: what the lane chose. candidates: of that place, likeliest first. held_to: what its
    constraint is, to be read inside of a sentence.
    """

    lane: str
    token_id: int
    candidates: tuple[Candidate, ...]
    held_to: str = "the constraint"

    def find(self, token_id: int) -> Candidate | None:
        return next((c for c in self.candidates if c.token_id == token_id), None)


def explain(reference: Side, other: Side) -> tuple[str, str]:
    """Why each did not choose the other's token: a setting removed it, or the draw decided."""
    return _sentence(reference, other.token_id), _sentence(other, reference.token_id)


def _sentence(side: Side, token_id: int) -> str:
    wanted = side.find(token_id)
    if wanted is None:
        return f"{side.lane} has no figures for the other's token."
    token = f"“{wanted.text}”" if wanted.text.strip() else repr(wanted.text)
    if wanted.removed_by == "constraint":
        return f"{side.lane} could not choose {token}: {side.held_to} removed it."
    if name := wanted.removed_by:
        return samplers()[name].lost.format(lane=side.lane, token=token, name=name)
    share = f"{100 * wanted.probability:.3g}%"
    return f"{side.lane} could have chosen {token} ({share} after its samplers): the draw decided."


def candidate_rows(side: Side, chosen: tuple[int, int]) -> list[dict[str, Any]]:
    """The candidates as rows of a table.

    before, after: probabilities as text. share: the one before, 0 to 1. kind: "chosen" by this
    lane, "other" if the other lane chose it, or empty. removed_by: as in `Candidate`, with the
    constraint in words.
    """
    return [
        {
            "text": repr(candidate.text)[1:-1] or "∅",
            "share": round(math.exp(candidate.logprob), 4),
            "before": _percent(math.exp(candidate.logprob)),
            "after": _percent(candidate.probability),
            "removed_by": _remover(candidate, side),
            "kind": (
                "chosen"
                if candidate.token_id == side.token_id
                else "other"
                if candidate.token_id in chosen
                else ""
            ),
        }
        for candidate in side.candidates
    ]


def _remover(candidate: Candidate, side: Side) -> str:
    return side.held_to if candidate.removed_by == "constraint" else candidate.removed_by


def _percent(probability: float) -> str:
    return "0" if not probability else f"{100 * probability:.3g}%"
