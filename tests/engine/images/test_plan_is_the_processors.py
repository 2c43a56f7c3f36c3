"""The plan against Transformers' own processor, on random sizes and budgets."""

from __future__ import annotations

import random
from dataclasses import asdict

import numpy as np
import pytest
from PIL import Image as Pictures

from core.vision import VisionBudget, plan_image
from tests.amounts import amount

CASES = amount(60, 600)
CHUNK = 60


def case(seed: int) -> tuple[int, int, VisionBudget]:
    """Small, large and elongated images; budgets as the sliders allow them."""
    generator = random.Random(seed)
    longest = generator.choice((40, 300, 800, 2000))
    width, height = generator.randint(1, longest), generator.randint(1, longest)
    least = generator.choice((1, 16, 32, 64, 128, generator.randint(1, 256)))
    most = max(least, generator.choice((16, 64, 128, 256, generator.randint(1, 600))))
    few = generator.choice((2, 2, generator.randint(2, 6)))
    budget = VisionBudget(
        min_image_tokens=least,
        max_image_tokens=most,
        do_image_splitting=generator.random() < 0.7,
        min_tiles=few,
        max_tiles=max(few, generator.choice((10, 10, generator.randint(2, 12)))),
        use_thumbnail=generator.random() < 0.7,
        tile_size=generator.choice((512, 512, 256, 128)),
        max_pixels_tolerance=generator.choice((2.0, 2.0, 1.5, 1.0, 0.5)),
    )
    return width, height, budget


@pytest.mark.parametrize("start", range(0, CASES, CHUNK))
def test_rows_columns_tokens_and_sizes_are_the_processors(start, processor):
    for seed in range(start, start + CHUNK):
        width, height, budget = case(seed)
        picture = Pictures.fromarray(np.zeros((height, width, 3), dtype=np.uint8))
        options = asdict(budget)
        made = processor.image_processor(
            [picture], return_row_col_info=True, return_tensors=None, **options
        )
        text = processor(text=["<image>"], images=[[picture]], **options)["input_ids"][0]
        ids = list(text)
        image_tokens = ids.count(processor.image_token_id)
        plan = plan_image(width, height, budget)
        told = f"{width} x {height}, {budget}"
        assert plan.image_tokens == image_tokens, told
        assert plan.special_tokens == len(ids) - image_tokens, told
        assert (plan.rows, plan.columns) == (made["image_rows"][0], made["image_cols"][0]), told
        assert plan.whole == tuple(reversed(made["image_sizes"][0])), told
