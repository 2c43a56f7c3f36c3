"""Asks the finished model through the same door as everyone: template, tokenizer, `generate`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForImageTextToText, AutoTokenizer

from training.data.turns import Conversation

# The model folder that comes with the repository.
FOLDER = Path(__file__).resolve().parents[1] / "models" / "pocket"

GREEDY: dict[str, object] = {"do_sample": False}
PENALISED: dict[str, object] = {"do_sample": False, "repetition_penalty": 1.05}
# The documentation's recipes for LFM2.5 and LFM2; `top_k=0` is off.
LFM25: dict[str, object] = {
    "do_sample": True, "temperature": 0.1, "top_k": 50, "top_p": 0.1, "repetition_penalty": 1.05,
}  # fmt: skip
LFM2: dict[str, object] = {
    "do_sample": True, "temperature": 0.3, "top_k": 0, "min_p": 0.15, "repetition_penalty": 1.05,
}  # fmt: skip


@dataclass(frozen=True)
class Pocket:
    """A loaded model folder."""

    model: Any  # Transformers' annotations are wider than what these are
    tokenizer: Any


@dataclass(frozen=True)
class Answer:
    """`text` is what was generated, without the prefill; `stopped`: it ended by itself."""

    text: str
    stopped: bool


def load(folder: Path) -> Pocket:
    """The model as it is stored, in its stored precision."""
    model = AutoModelForImageTextToText.from_pretrained(folder).eval()
    return Pocket(model, AutoTokenizer.from_pretrained(folder))


def prompt(pocket: Pocket, conversation: Conversation, prefill: str | None = None) -> str:
    """The rendered question: all turns but the last answer, which `prefill` begins."""
    messages = [{"role": turn.role, "content": turn.content} for turn in conversation[:-1]]
    if prefill is not None:
        messages.append({"role": "assistant", "content": prefill})
    return pocket.tokenizer.apply_chat_template(
        messages,
        tokenize=False,
        add_generation_prompt=prefill is None,
        continue_final_message=prefill is not None,
    )


def answer(
    pocket: Pocket, prompts: list[str], sampling: dict[str, object], longest: int = 80,
    markers: bool = False,
) -> list[Answer]:  # fmt: skip
    """One answer a prompt, in order, of at most `longest` tokens; 64 prompts at a time.

    `markers`: those around calls stay in the text.
    """
    answers = []
    for first in range(0, len(prompts), 64):
        inputs = pocket.tokenizer(
            prompts[first : first + 64],
            add_special_tokens=False, padding=True, padding_side="left", return_tensors="pt",
        )  # fmt: skip
        with torch.inference_mode():
            rows = pocket.model.generate(**inputs, max_new_tokens=longest, **sampling)
        for row in rows[:, inputs["input_ids"].shape[1] :].tolist():
            stopped = pocket.tokenizer.eos_token_id in row
            text = pocket.tokenizer.decode(row, skip_special_tokens=not markers)
            text = text.split(pocket.tokenizer.eos_token)[0]
            answers.append(Answer(text, stopped))
    return answers
