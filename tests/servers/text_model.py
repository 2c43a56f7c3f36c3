"""The text part of the shipped model, in the forms that vLLM and llama.cpp read."""

from __future__ import annotations

import json
import shutil
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForImageTextToText, Lfm2ForCausalLM

from tests.engine.conftest import POCKET

NORMAL, CONTROL, OWN = 1, 3, 4  # llama.cpp's kinds of tokens
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")


def text_network() -> Lfm2ForCausalLM:
    whole: Any = AutoModelForImageTextToText.from_pretrained(POCKET, dtype=torch.float32)
    network = Lfm2ForCausalLM(whole.config.text_config)
    network.model.load_state_dict(whole.model.language_model.state_dict())
    network.tie_weights()
    return network.eval()


def save_text_model(folder: Path) -> None:
    """As a folder of Transformers, with the keys of real LFM2 configurations that vLLM reads."""
    network = text_network()
    network.save_pretrained(folder)
    for name in (*TOKENIZER, "generation_config.json"):
        shutil.copy(POCKET / name, folder / name)
    file = folder / "config.json"
    config = json.loads(file.read_text("utf-8"))
    size = config["hidden_size"]
    config |= {
        "conv_dim": size, "conv_dim_out": size, "conv_use_xavier_init": True, "block_dim": size,
        "num_heads": config["num_attention_heads"], "theta": 10_000.0, "rope_theta": 10_000.0,
        "block_ff_dim": config["intermediate_size"], "block_mlp_init_scale": 1.0,
        "block_norm_eps": config["norm_eps"], "block_out_init_scale": 1.0, "block_use_swiglu": True,
        "block_use_xavier_init": True, "use_pos_enc": True,
    }  # fmt: skip
    file.write_text(json.dumps(config, indent=2), "utf-8")


def save_gguf(file: Path) -> None:
    """As llama.cpp's file, in float32. It splits text by GPT-2's rule, because it knows no rule
    like the shipped one: digits, capitals and punctuation may become other tokens.

    Raises ImportError where the package gguf is missing.
    """
    write = import_module("benchmarks.gguf_file").write_gguf
    write(text_network(), file, _add_vocabulary, whole=True)


def _add_vocabulary(writer: Any) -> None:
    read = json.loads((POCKET / "tokenizer.json").read_text("utf-8"))
    config = json.loads((POCKET / "tokenizer_config.json").read_text("utf-8"))
    ids = {**read["model"]["vocab"], **{one["content"]: one["id"] for one in read["added_tokens"]}}
    kinds = {one["id"]: CONTROL if one["special"] else OWN for one in read["added_tokens"]}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(sorted(ids, key=lambda token: ids[token]))
    writer.add_token_types([kinds.get(number, NORMAL) for number in sorted(ids.values())])
    merges = read["model"]["merges"]
    writer.add_token_merges([one if isinstance(one, str) else " ".join(one) for one in merges])
    writer.add_bos_token_id(ids[config["bos_token"]])
    writer.add_eos_token_id(ids[config["eos_token"]])
    writer.add_pad_token_id(ids[config["pad_token"]])
    writer.add_add_bos_token(False)  # the chat template has it
    writer.add_chat_template((POCKET / "chat_template.jinja").read_text("utf-8"))
