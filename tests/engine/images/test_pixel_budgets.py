"""Processors that know pixels instead of tiles (Qwen2-VL's, which LFM3-VL has)."""

from __future__ import annotations

import random
from typing import Any

import pytest
from PIL import Image as Pictures
from transformers import Qwen2VLImageProcessor, Qwen2VLVideoProcessor
from transformers.models.lfm3_vl.processing_lfm3_vl import Lfm3VlProcessor

from core.conversation import Image
from core.errors import InvalidInput
from core.vision import VisionBudget, plan_image
from engine.images.image_reader import ImageReader


@pytest.fixture(scope="module")
def pixels(processor: Any) -> Any:
    images = Qwen2VLImageProcessor(
        patch_size=16, merge_size=2, size={"shortest_edge": 65_536, "longest_edge": 262_144}
    )
    return Lfm3VlProcessor(images, processor.tokenizer, Qwen2VLVideoProcessor())


def test_the_budget_is_the_processors_size_in_tokens(pixels) -> None:
    reader = ImageReader(pixels)
    assert not reader.splits
    assert reader.budget == VisionBudget(64, 256, do_image_splitting=False)


def test_bounds_in_tokens_reach_the_processor_as_pixels(pixels, picture) -> None:
    reader = ImageReader(pixels)
    image: Image = picture(500, 300)
    few, many = (reader.read([image], VisionBudget(16, most), 4096) for most in (64, 512))
    assert few.texts[0].count(pixels.image_token) == 60
    assert many.texts[0].count(pixels.image_token) == 16 * 9
    assert few.digests != many.digests


def test_images_beyond_the_context_are_refused_before_they_are_read(pixels, picture) -> None:
    reader, image = ImageReader(pixels), picture(500, 300)
    with pytest.raises(InvalidInput, match="would become 124 tokens, but the context has 100"):
        reader.read([image] * 2, VisionBudget(16, 64), 100)


def test_the_plan_is_that_of_the_processor(pixels) -> None:
    generator = random.Random(5)
    for _ in range(60):
        width, height = generator.randint(30, 1500), generator.randint(30, 1500)
        least = generator.choice((4, 32, 64))
        budget = VisionBudget(least, generator.choice((64, 256, 900)), do_image_splitting=False)
        size = {
            "shortest_edge": budget.min_image_tokens * 1024,
            "longest_edge": budget.max_image_tokens * 1024,
        }
        made = pixels.image_processor(Pictures.new("RGB", (width, height)), size=size)
        _, rows, columns = made["image_grid_thw"][0]
        plan = plan_image(width, height, budget)
        assert plan.whole == (columns * 16, rows * 16), (width, height, budget)
