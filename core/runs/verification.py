"""What an engine says while it answers a request again, by another way, to compare the tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.runs.events import Failed


@dataclass(frozen=True, slots=True)
class Verifying:
    """So many tokens are there of those that are expected. waiting: another one is verified now."""

    done: int
    expected: int
    seconds: float
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """The first token that is not the same. place: counted from 0. Ids and texts are None where
    one of the answers has ended before.
    """

    place: int
    lane_id: int | None
    lane_text: str | None
    again_id: int | None
    again_text: str | None


@dataclass(frozen=True, slots=True)
class Verified:
    """lane, again: tokens of the two answers. difference: None where they are the same.

    prompt_differs: Transformers makes other tokens of the prompt, so that nothing was compared.
    """

    lane: int
    again: int
    seconds: float
    difference: Difference | None = None
    prompt_differs: bool = False

    @property
    def sentence(self) -> str:
        if self.prompt_differs:
            return "Not reproduced: Transformers tokenises these messages differently."
        if self.difference is None:
            return f"Reproduced: {self.lane} of {self.lane} tokens are the same."
        found, place = self.difference, self.difference.place + 1
        lane, again = (
            "has ended" if number is None else f"has {text!r} ({number})"
            for number, text in (
                (found.lane_id, found.lane_text),
                (found.again_id, found.again_text),
            )
        )
        return f"Differs at token {place} of {self.lane}: the lane {lane}, the script {again}."


VerifyEvent = Verifying | Verified | Failed


def cannot_verify(model: str) -> str:
    """Why there is no verification of a model without that capability."""
    return (
        f"{model} can't be verified here: there is no second way to make its answers. "
        "Run the script yourself to compare."
    )


def compared(
    lane: Sequence[int], again: Sequence[int], text_of: Callable[[int], str], seconds: float
) -> Verified:
    """The verdict on two answers' ids."""
    for place in range(max(len(lane), len(again))):
        one = lane[place] if place < len(lane) else None
        other = again[place] if place < len(again) else None
        if one != other:
            texts = [None if token is None else text_of(token) for token in (one, other)]
            difference = Difference(place, one, texts[0], other, texts[1])
            return Verified(len(lane), len(again), seconds, difference)
    return Verified(len(lane), len(again), seconds)
