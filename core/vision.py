"""The image budget, under the names of Transformers' `Lfm2VlProcessor`, and what it makes of an
image: tiles, sizes and tokens, before any model is loaded.

The arithmetic is that of transformers/models/lfm2_vl (5.23), rounding included; a test compares.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from core.errors import InvalidInput

MOST_IMAGE_TOKENS = 16_384  # Qwen2-VL's own; LFM2-VL was made for up to 1,024
MOST_TILES = 64
LARGEST_TILE = 2048  # pixels
NETWORK_BOUNDS = {"encoder_patch_size": 64, "downsample_factor": 8}
KINDS = {int: "a whole number", float: "a number", bool: "on or off"}


@dataclass(frozen=True, slots=True)
class VisionBudget:
    """How many tokens one image may become. There is no off value: an image always costs tokens.

    Splitting cuts an image with more than `max_image_tokens` x `max_pixels_tolerance` into tiles of
    `tile_size` pixels, plus a thumbnail that obeys the two bounds; off, it is shrunk. The
    defaults are the processor's own; a checkpoint may bring others. encoder_patch_size (pixels) and
    downsample_factor (patches a side for one token) belong to the network.
    """

    min_image_tokens: int = 64
    max_image_tokens: int = 256
    do_image_splitting: bool = True
    min_tiles: int = 2
    max_tiles: int = 10
    use_thumbnail: bool = True
    tile_size: int = 512
    max_pixels_tolerance: float = 2.0
    encoder_patch_size: int = 16
    downsample_factor: int = 2

    def __post_init__(self) -> None:
        for name, most in NETWORK_BOUNDS.items():
            if not 1 <= (value := getattr(self, name)) <= most:
                raise InvalidInput(f"{name} is {value}; it must be from 1 to {most}.")
        if not 1 <= self.min_image_tokens <= self.max_image_tokens <= MOST_IMAGE_TOKENS:
            raise InvalidInput(
                f"Image tokens are {self.min_image_tokens} to {self.max_image_tokens}; "
                f"the minimum must be at least 1 and not above the maximum, "
                f"and the maximum at most {MOST_IMAGE_TOKENS}."
            )
        if not 2 <= self.min_tiles <= self.max_tiles <= MOST_TILES:
            raise InvalidInput(
                f"Tiles are {self.min_tiles} to {self.max_tiles}; the minimum must be at least 2 "
                f"and not above the maximum, and the maximum at most {MOST_TILES}. "
                "To keep an image in one piece, switch splitting off."
            )
        if (
            not self.token_side <= self.tile_size <= LARGEST_TILE
            or self.tile_size % self.token_side
        ):
            raise InvalidInput(
                f"tile_size is {self.tile_size}; it must be a multiple of {self.token_side} pixels "
                f"from {self.token_side} to {LARGEST_TILE}."
            )
        if not 0.1 <= self.max_pixels_tolerance <= 100:
            raise InvalidInput(
                f"max_pixels_tolerance is {self.max_pixels_tolerance}; it must be from 0.1 to 100."
            )
        # A browser writes 2.0 as 2, and the processor refuses a whole number here.
        object.__setattr__(self, "max_pixels_tolerance", float(self.max_pixels_tolerance))

    @property
    def token_side(self) -> int:
        """Pixels a side of the square that one token sees."""
        return self.encoder_patch_size * self.downsample_factor


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """The upright size of an image file in pixels. moves: it has more than one frame."""

    width: int
    height: int
    moves: bool = False


@dataclass(frozen=True, slots=True)
class ImagePlan:
    """What an image becomes. Sizes are (width, height) in pixels; rows and columns are of tiles.

    size: as it comes. whole: what it is resized to in one piece; with tiles that is the thumbnail,
    if there is one. grid: what is cut into tiles, None without tiles. tile_tokens, whole_tokens: of
    one tile, and of the image in one piece. special_tokens: the marks around and between them.
    """

    size: tuple[int, int]
    rows: int
    columns: int
    whole: tuple[int, int]
    grid: tuple[int, int] | None
    has_thumbnail: bool
    tile_tokens: int
    whole_tokens: int
    special_tokens: int

    @property
    def tiles(self) -> int:
        """0 where the image stays in one piece."""
        return self.rows * self.columns if self.grid else 0

    @property
    def image_tokens(self) -> int:
        pieces = self.tiles * self.tile_tokens
        return pieces + (self.whole_tokens if self.has_thumbnail or not self.grid else 0)

    @property
    def tokens(self) -> int:
        """All that the prompt pays for the image."""
        return self.image_tokens + self.special_tokens


def check_plan(plan: ImagePlan, budget: VisionBudget, name: str) -> None:
    """Raises InvalidInput where the processor enlarges an image beyond what it keeps room for.

    It rounds up to whole tokens, which close bounds leave no room for; the network then fails.
    """
    tiles = (budget.tile_size // budget.token_side) ** 2 if budget.do_image_splitting else 0
    if plan.whole_tokens > max(budget.max_image_tokens, tiles):
        raise InvalidInput(
            f"The image {name} would be enlarged to {plan.whole_tokens} tokens, but "
            f"max_image_tokens is {budget.max_image_tokens}. Lower min_image_tokens "
            f"({budget.min_image_tokens}), or raise the maximum to {plan.whole_tokens}."
        )


@lru_cache(maxsize=1024)
def plan_image(width: int, height: int, budget: VisionBudget) -> ImagePlan:
    """Tiles, sizes and tokens of an upright image of that many pixels. Raises InvalidInput."""
    if width < 1 or height < 1:
        raise InvalidInput(f"An image of {width} x {height} pixels is empty.")
    whole = _resized(width, height, budget)
    whole_tokens = (whole[0] // budget.token_side) * (whole[1] // budget.token_side)
    if not (budget.do_image_splitting and _is_large(width, height, budget)):
        return ImagePlan((width, height), 1, 1, whole, None, False, 0, whole_tokens, 2)
    columns, rows = _grid(width, height, budget)
    side = budget.tile_size
    return ImagePlan(
        size=(width, height),
        rows=rows,
        columns=columns,
        whole=whole,
        grid=(columns * side, rows * side),
        has_thumbnail=budget.use_thumbnail,
        tile_tokens=(side // budget.token_side) ** 2,
        whole_tokens=whole_tokens,
        special_tokens=2 + columns * rows + budget.use_thumbnail,
    )


@dataclass(frozen=True, slots=True)
class SplittingTrap:
    """Splitting that costs more than it should: tokens with it, without, and by default."""

    split: int
    whole: int
    default: int


def splitting_trap(sizes: Sequence[tuple[int, int]], budget: VisionBudget) -> SplittingTrap | None:
    """A lower maximum also splits smaller images, while each tile costs what it did before.

    None where these images, (width, height), don't cost more than with the default maximum.
    """
    usual = VisionBudget()
    bounds = {
        "min_image_tokens": usual.min_image_tokens,
        "max_image_tokens": usual.max_image_tokens,
    }
    trap = SplittingTrap(
        image_cost(sizes, budget),
        image_cost(sizes, replace(budget, do_image_splitting=False)),
        image_cost(sizes, replace(budget, **bounds)),
    )
    lower = budget.max_image_tokens < usual.max_image_tokens
    return trap if lower and trap.split > max(trap.whole, trap.default) else None


def image_cost(sizes: Sequence[tuple[int, int]], budget: VisionBudget) -> int:
    """The prompt's tokens for images of these sizes, (width, height) in pixels."""
    return sum(plan_image(width, height, budget).tokens for width, height in sizes)


def changed(budget: VisionBudget, values: Mapping[str, Any]) -> VisionBudget:
    """`budget` with other values. Raises InvalidInput for an unknown name or a wrong kind."""
    for name, value in values.items():
        if name not in VisionBudget.__dataclass_fields__:
            names = ", ".join(VisionBudget.__dataclass_fields__)
            raise InvalidInput(f"Unknown image setting {name!r}; use {names}.")
        kind = type(getattr(budget, name))
        if type(value) is not kind and (kind, type(value)) != (float, int):
            raise InvalidInput(f"{name} is {value!r}; it must be {KINDS[kind]}.")
    return replace(budget, **values)


def _resized(width: int, height: int, budget: VisionBudget) -> tuple[int, int]:
    """The nearest size of whole tokens with as many as the budget allows, in about its shape."""
    side = budget.token_side
    least, most = (n * side**2 for n in (budget.min_image_tokens, budget.max_image_tokens))
    rounded = max(side, round(width / side) * side), max(side, round(height / side) * side)
    pixels = rounded[0] * rounded[1]
    if pixels > most:
        shrink = math.sqrt(height * width / most)
        return (
            max(side, math.floor(width / shrink / side) * side),
            max(side, math.floor(height / shrink / side) * side),
        )
    if pixels < least:
        grow = math.sqrt(least / (height * width))
        return (
            math.ceil(width * grow / side) * side,
            math.ceil(height * grow / side) * side,
        )
    return rounded


def _is_large(width: int, height: int, budget: VisionBudget) -> bool:
    side, least = budget.token_side, budget.encoder_patch_size
    pixels = max(least, round(width / side) * side) * max(least, round(height / side) * side)
    return pixels > budget.max_image_tokens * side**2 * budget.max_pixels_tolerance


def _grid(width: int, height: int, budget: VisionBudget) -> tuple[int, int]:
    """(columns, rows) nearest in shape; of equally near ones the last that the image half fills."""
    best, nearest = (1, 1), math.inf
    for columns, rows in _grids(budget.min_tiles, budget.max_tiles):
        distance = abs(width / height - columns / rows)
        if distance < nearest:
            best, nearest = (columns, rows), distance
        elif distance == nearest and width * height > 0.5 * budget.tile_size**2 * columns * rows:
            best = (columns, rows)
    return best


@lru_cache(maxsize=64)
def _grids(least: int, most: int) -> tuple[tuple[int, int], ...]:
    """By number of tiles, in the order of the processor's own set of them."""
    found = {
        (columns, rows)
        for tiles in range(least, most + 1)
        for columns in range(1, tiles + 1)
        for rows in range(1, tiles + 1)
        if least <= columns * rows <= most
    }
    return tuple(sorted(found, key=lambda grid: grid[0] * grid[1]))
