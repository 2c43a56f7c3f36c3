"""Image files as the tensors a vision-language model reads, and the text their places become."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from PIL import Image as Pictures

from core.bounds import check_pictures
from core.conversation import Image
from core.errors import InvalidInput
from core.vision import VisionBudget, check_plan, plan_image
from engine.images.image_files import image_facts, open_image

NETWORK = ("encoder_patch_size", "downsample_factor")
KEPT = 4  # conversations' images; one large image takes 35 MB


@dataclass(frozen=True)
class ReadImages:
    """texts: what each image's placeholder expands to. tensors: inputs of `forward`, by name.

    digests: of each image's content and budget: equal digests mean equal features.
    """

    texts: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    tensors: dict[str, torch.Tensor] = field(default_factory=dict[str, torch.Tensor])


class ImageReader:
    """A processor that turns images into model inputs. Safe to use from several threads.

    budget: the checkpoint's own; None where its processor has other controls than those known
    here: LFM2-VL's, and Qwen2-VL's `size` in pixels, as LFM3-VL has. splits: whether it cuts tiles.
    """

    def __init__(self, processor: Any) -> None:
        self._processor = processor
        self._one_at_a_time = threading.Lock()  # a processor sets options on its shared tokenizer
        self.token: str = processor.image_token
        self.budget = _own_budget(processor.image_processor)
        self.splits = hasattr(processor.image_processor, "do_image_splitting")
        self._kept = lru_cache(maxsize=KEPT)(self._read)

    def read(
        self, images: Sequence[Image], budget: VisionBudget, context_length: int
    ) -> ReadImages:
        """Raises InvalidInput for a file that is not an image, and for more images than fit the
        context, before one is decoded. The budget is LFM2-VL's; others skip it.

        The last few results are kept while their files don't change: a prompt is rendered again at
        each pause of typing, and reading an image takes a tenth of a second. Don't write to them.
        """
        if not images:
            return ReadImages()
        check_pictures([*map(image_facts, images)], self._taken(budget), context_length)
        return self._kept(tuple(images), budget, tuple(map(_changed, images)))

    def _read(
        self, images: tuple[Image, ...], budget: VisionBudget, changed: tuple[int, ...]
    ) -> ReadImages:
        """changed: when the files were written, which is part of the key they are kept under.

        The processor sees bare placeholders instead of the prompt: given the prompt, it would also
        count a placeholder that a person typed.
        """
        pictures = [open_image(image) for image in images]
        options = self._options(images, pictures, budget)
        with self._one_at_a_time:
            inputs = self._processor(
                text=[self.token * len(pictures)],
                images=[pictures],
                return_tensors="pt",
                return_text_replacement_offsets=True,
                **options,
            )
        offsets = inputs.pop("text_replacement_offsets")[0]
        del inputs["input_ids"]
        inputs.pop("attention_mask", None)
        texts = tuple(entry["replacement"] for entry in offsets)
        digests = tuple(_digest(picture, options) for picture in pictures)
        return ReadImages(texts, digests, dict(inputs))

    def _taken(self, budget: VisionBudget) -> VisionBudget | None:
        """The budget with what is the network's, whatever was asked for; None where the processor
        has other controls. Raises InvalidInput for tiles that the network can't take.
        """
        if self.budget is None:
            return None
        taken = {name: getattr(self.budget, name) for name in NETWORK}
        if not self.splits:
            taken |= {"do_image_splitting": False, "tile_size": self.budget.tile_size}
        return replace(budget, **taken)

    def _options(
        self, images: Sequence[Image], pictures: Sequence[Pictures.Image], budget: VisionBudget
    ) -> dict[str, Any]:
        """The budget as the processor takes it. Raises InvalidInput where it leaves no room."""
        taken = self._taken(budget)
        if taken is None:
            return {}
        if not self.splits:
            pixels = taken.token_side**2
            return {
                "size": {
                    "shortest_edge": taken.min_image_tokens * pixels,
                    "longest_edge": taken.max_image_tokens * pixels,
                }
            }
        for image, picture in zip(images, pictures, strict=True):
            check_plan(plan_image(*picture.size, taken), taken, image.name)
        return asdict(taken)

    def kinds_of(self, ids: tuple[int, ...]) -> torch.Tensor:
        """Which kind of input each token stands for, shape (1, tokens), as some models want it."""
        return torch.tensor(self._processor.create_mm_token_type_ids([list(ids)]))


def _own_budget(settings: Any) -> VisionBudget | None:
    names = VisionBudget.__dataclass_fields__
    try:
        if all(hasattr(settings, name) for name in names):
            return VisionBudget(**{name: getattr(settings, name) for name in names})
        if all(hasattr(settings, name) for name in ("merge_size", "patch_size", "size")):
            side, size = settings.patch_size * settings.merge_size, settings.size
            return VisionBudget(
                max(1, size["shortest_edge"] // side**2),
                max(1, size["longest_edge"] // side**2),
                do_image_splitting=False,
                tile_size=side * (512 // side),
                encoder_patch_size=settings.patch_size,
                downsample_factor=settings.merge_size,
            )
    except (InvalidInput, KeyError, TypeError):  # values that no control here could show
        return None
    return None


def _digest(picture: Pictures.Image, options: dict[str, Any]) -> str:
    content = sha256(f"{picture.size} {sorted(options.items())}".encode())
    content.update(picture.tobytes())
    return content.hexdigest()


def _changed(image: Image) -> int:
    """When the file was written, in nanoseconds; 0 if it is not there."""
    path = Path(image.path)
    return path.stat().st_mtime_ns if path.exists() else 0
