"""The image budget, under the names of Transformers' `Lfm2VlProcessor`."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import InvalidInput

MOST_IMAGE_TOKENS = 1024


@dataclass(frozen=True, slots=True)
class VisionBudget:
    """How many tokens one image may become. There is no off value: an image always costs tokens.

    The defaults are the ones Liquid recommends for LFM2-VL. Splitting cuts a large image into
    512 x 512 tiles of 256 tokens each, beside a thumbnail that obeys the two bounds.
    """

    min_image_tokens: int = 64
    max_image_tokens: int = 256
    do_image_splitting: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.min_image_tokens <= self.max_image_tokens <= MOST_IMAGE_TOKENS:
            raise InvalidInput(
                f"Image tokens are {self.min_image_tokens} to {self.max_image_tokens}; "
                f"the minimum must be at least 1 and not above the maximum, "
                f"and the maximum at most {MOST_IMAGE_TOKENS}."
            )
