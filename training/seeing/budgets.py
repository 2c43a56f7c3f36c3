"""Image budgets, and pictures as the patches that the real image processor makes of them."""

from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image
from transformers.models.lfm2_vl.image_processing_lfm2_vl import Lfm2VlImageProcessor


@dataclass(frozen=True)
class Budget:
    """The fewest and the most image tokens of a picture; pictures are not split into tiles."""

    least: int
    most: int


FAST, BALANCED, HIGH, DEFAULT = Budget(32, 64), Budget(64, 128), Budget(128, 256), Budget(64, 256)


@dataclass(frozen=True)
class Patches:
    """Pictures of one shape. `pixels`: (pictures, rows * columns, 768), from -1 to 1; `rows` and
    `columns` count patches, and each token stands for 2 x 2 of them."""

    pixels: torch.Tensor
    rows: int
    columns: int

    @property
    def tokens(self) -> int:
        """Image tokens of each picture."""
        return self.rows * self.columns // 4


def make_patches(
    images: Lfm2VlImageProcessor, pictures: list[Image.Image], budget: Budget
) -> Patches:
    """Pictures of one size as a processor gives them to the model, without the padding."""
    limits: dict[str, Any] = {"min_image_tokens": budget.least, "max_image_tokens": budget.most}
    width, height = images.smart_resize(
        pictures[0].height, pictures[0].width, **limits,
        downsample_factor=images.downsample_factor, encoder_patch_size=images.encoder_patch_size,
    )  # fmt: skip
    whole: dict[str, Any] = {"do_image_splitting": False, "do_pad": False, **limits}
    pixels = images(pictures, return_tensors="pt", **whole)["pixel_values"]
    side = images.encoder_patch_size
    return Patches(pixels, height // side, width // side)


def placeholder(tokens: int) -> str:
    """What stands for a picture in a prompt."""
    return "<|image_start|>" + "<image>" * tokens + "<|image_end|>"
