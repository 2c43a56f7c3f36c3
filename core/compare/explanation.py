"""Why two lanes chose different tokens at the same place: a sentence for each."""

from __future__ import annotations

from dataclasses import dataclass

from core.runs.events import Candidate
from core.sampling import samplers


@dataclass(frozen=True, slots=True)
class Side:
    """token_id: what the lane chose. candidates: of that place, likeliest first."""

    lane: str
    token_id: int
    candidates: tuple[Candidate, ...]

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
    if name := wanted.removed_by:
        return samplers()[name].lost.format(lane=side.lane, token=token, name=name)
    share = f"{100 * wanted.probability:.3g} %"
    return f"{side.lane} could have chosen {token} ({share} after its samplers): the draw decided."
