"""A token's candidates as rows of a table: what a person reads of them."""

from __future__ import annotations

import math
from typing import Any

from core.compare.explanation import Side


def candidate_rows(side: Side, chosen: tuple[int, int]) -> list[dict[str, Any]]:
    """before, after: probabilities as text. share: the one before, 0 to 1. kind: "chosen" by this
    lane, "other" if the other lane chose it, or empty. removed_by: a parameter, or empty.
    """
    return [
        {
            "text": repr(candidate.text)[1:-1] or "∅",
            "share": round(math.exp(candidate.logprob), 4),
            "before": _percent(math.exp(candidate.logprob)),
            "after": _percent(candidate.probability),
            "removed_by": candidate.removed_by,
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


def _percent(probability: float) -> str:
    return "0" if not probability else f"{100 * probability:.3g} %"
