"""The model's shape, and how its folder is written: weights, processor, generation settings."""

import os
import shutil
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForImageTextToText,
    AutoTokenizer,
    GenerationConfig,
    Lfm2Config,
    Lfm2VlConfig,
    Lfm2VlForConditionalGeneration,
    Lfm2VlProcessor,
    Siglip2VisionConfig,
)
from transformers.models.lfm2_vl.image_processing_lfm2_vl import Lfm2VlImageProcessor

from training.seeing.tower import prepare
from training.tokenizer import CONTEXT

LAYERS = ("conv", "conv", "full_attention", "conv", "full_attention", "conv", "full_attention",
          "conv")  # fmt: skip
WIDTH = 192
INNER = 512
VISION_WIDTH = 128
VISION_LAYERS = 4
PATCH = 16


def build_model(tokenizer: Any) -> Any:
    """A model with random weights, about five million of them, four fifths in the text part."""
    ends = {
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
    }
    text = Lfm2Config(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=INNER,
        block_auto_adjust_ff_dim=False,
        num_hidden_layers=len(LAYERS),
        layer_types=list(LAYERS),
        num_attention_heads=6,
        num_key_value_heads=2,
        max_position_embeddings=CONTEXT,
        # The LFM2 default of a million is meant for long contexts; prompts here are short.
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
        **ends,
    )
    vision = Siglip2VisionConfig(
        hidden_size=VISION_WIDTH,
        intermediate_size=384,
        num_hidden_layers=VISION_LAYERS,
        num_attention_heads=8,
        patch_size=PATCH,
        # As many positions as a picture of 512 x 512 has patches.
        num_patches=1024,
        vision_use_head=False,
    )
    config = Lfm2VlConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        projector_hidden_size=256,
        downsample_factor=2,
        **ends,
    )
    model: Any = Lfm2VlForConditionalGeneration(config)
    prepare(model.model.vision_tower)
    model.generation_config = GenerationConfig(**ends)
    return model


def continue_from(folder: Path, tokenizer: Any) -> Any:
    """The model of `folder` under a new tokenizer: tokens of the same text keep their vectors,
    new ones get the mean of all. A vision part of another shape begins anew."""
    model = build_model(tokenizer)
    known: Any = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32)
    known_tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    numbers = known_tokenizer.get_vocab()
    old = known.get_input_embeddings().weight.detach()
    table = old.mean(0).repeat(len(tokenizer), 1)
    for token, number in tokenizer.get_vocab().items():
        if token in numbers:
            table[number] = old[numbers[token]]
    weights = known.state_dict()
    for name in ("lm_head.weight", "model.language_model.embed_tokens.weight"):
        weights[name] = table
    fresh = model.state_dict()
    if any(weight.shape != fresh[name].shape for name, weight in weights.items()):
        weights = {
            name: weights[name] if "language" in name or "lm_head" in name else fresh[name]
            for name in fresh
        }
    model.load_state_dict(weights)
    return model


def build_images() -> Lfm2VlImageProcessor:
    """The LFM2-VL image processor with its usual image budget of 64 to 256 tokens."""
    return Lfm2VlImageProcessor(
        downsample_factor=2,
        do_image_splitting=True,
        min_tiles=2,
        max_tiles=10,
        use_thumbnail=True,
        min_image_tokens=64,
        max_image_tokens=256,
        encoder_patch_size=PATCH,
        tile_size=512,
        max_pixels_tolerance=2.0,
    )


def build_processor(tokenizer: Any) -> Lfm2VlProcessor:
    """Image processor, tokenizer and chat template in one."""
    return Lfm2VlProcessor(build_images(), tokenizer, chat_template=tokenizer.chat_template)


def save(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write the whole model folder, file by file, each replaced in one step.

    Weights are stored in bfloat16, half the size. A reader never meets half a file; other files
    in the folder, such as its README, stay. The model itself is not changed.
    """
    draft = folder.with_name(folder.name + ".draft")
    shutil.rmtree(draft, ignore_errors=True)
    half: Any = build_model(tokenizer)
    half.load_state_dict(model.state_dict())
    half.to(torch.bfloat16).save_pretrained(draft)
    build_processor(tokenizer).save_pretrained(draft)
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(draft.iterdir()):
        path.chmod(0o644)  # the weights are written for their owner only
        os.replace(path, folder / path.name)
    draft.rmdir()
