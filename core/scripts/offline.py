"""Scripts of vLLM and MLX that load the model themselves."""

from __future__ import annotations

from typing import Any

from core.scripts.python_clients import (
    ANY_DRAWS,
    DATA_URL,
    VLLM_TILES,
    picture_code,
    vllm_images,
)
from core.scripts.quoting import Code, keyword_arguments, python_literal
from core.scripts.sampler_names import their_values
from core.scripts.script import OFF, Subject, Target
from core.scripts.transformers_call import Picture


def _vllm(subject: Subject) -> str:
    made, params = subject.recipe, subject.params
    model: dict[str, Any] = {"model": subject.model_name}
    if subject.model.revision:
        model["revision"] = subject.model.revision
    model["dtype"] = subject.dtype
    if images := vllm_images(subject):
        model |= {"mm_processor_kwargs": images, "limit_mm_per_prompt": {"image": _images(subject)}}
    values = their_values(params, "vllm")
    values |= {} if params.greedy else {"seed": params.seed}
    values |= {"max_tokens": params.max_new_tokens, "stop": list(params.stop)}
    asked: dict[str, Any] = {
        "add_generation_prompt": not made.open_end, "continue_final_message": made.open_end,
    }  # fmt: skip
    if made.tools is not None:
        asked["tools"] = made.tools
    return (
        ("import base64\nfrom pathlib import Path\n\n" if made.pictures else "")
        + "from vllm import LLM, SamplingParams\n"
        + (DATA_URL if made.pictures else "")
        + f"\nmessages = {python_literal(subject.openai_messages(picture_code))}\n"
        f"llm = LLM(\n{keyword_arguments(model)})\n"
        f"params = SamplingParams(\n{keyword_arguments(values)})\n"
        f"answers = llm.chat(\n    messages,\n    params,\n{keyword_arguments(asked)})\n"
        "answer = answers[0].outputs[0]\n"
        "print(answer.text)\nprint(len(answer.token_ids), 'tokens:', list(answer.token_ids))\n"
    )


def _images(subject: Subject) -> int:
    return len(subject.request.conversation.images)


def _mlx(subject: Subject) -> str:
    params, made = subject.params, subject.recipe
    package = "mlx_vlm" if made.pictures else "mlx_lm"
    sampler = their_values(params, "mlx", penalties=False)
    penalty = their_values(params, "mlx", penalties=True)
    window = {"repetition_context_size": subject.model.context_length}
    asked: dict[str, Any] = {
        "tokenize": False, "add_generation_prompt": not made.open_end,
        "continue_final_message": made.open_end,
    }  # fmt: skip
    if made.tools is not None:
        asked["tools"] = made.tools
    given: dict[str, Any] = {"prompt": Code("prompt")}
    if made.pictures:
        given["image"] = [picture.file for picture in made.pictures]
    given["max_tokens"] = params.max_new_tokens
    given["sampler"] = Code(f"make_sampler({_inline(sampler)})")
    if penalty != their_values(OFF, "mlx", penalties=True):
        given["logits_processors"] = Code(f"make_logits_processors({_inline(penalty | window)})")
    revision = f", revision={subject.model.revision!r}" if subject.model.revision else ""
    hub = bool(subject.model.revision)
    folder = f"snapshot_download({subject.model_name!r}{revision})"
    return (
        ("from huggingface_hub import snapshot_download\n" if hub else "")
        + "import mlx.core as mx\n"
        f"from {package} import load, stream_generate\n"
        "from mlx_lm.sample_utils import make_logits_processors, make_sampler\n\n"
        f"model, reader = load({folder if hub else repr(subject.model_name)})\n"
        f"messages = {python_literal(_mlx_messages(subject))}\n"
        f"prompt = reader.apply_chat_template(\n    messages,\n{keyword_arguments(asked)})\n"
        + (f"mx.random.seed({params.seed})\n" if params.seed is not None else "")
        + f"stop = {python_literal(list(params.stop))}\n"
        "text = ''\n"
        f"for piece in stream_generate(\n    model,\n    reader,\n{keyword_arguments(given)}):\n"
        "    text += piece.text\n"
        "    if any(end in text for end in stop):\n"
        "        text = text[: min(text.find(end) for end in stop if end in text)]\n"
        "        break\n"
        "print(text)\n"
    )


def _inline(values: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in values.items())


def _mlx_messages(subject: Subject) -> list[dict[str, Any]]:
    """Images stand in the messages as places only; the files are given beside the prompt."""

    def part_of(part: dict[str, Any]) -> dict[str, Any]:
        return {"type": "image"} if isinstance(part.get("image"), Picture) else part

    return [
        turn
        if isinstance(turn["content"], str)
        else {**turn, "content": [part_of(part) for part in turn["content"]]}
        for turn in subject.recipe.messages
    ]


VLLM = Target(
    "vLLM", "python", "vllm_lane.py", _vllm, (),
    {"seed": ANY_DRAWS, "budget": VLLM_TILES}, program="vllm",
)  # fmt: skip
MLX = Target(
    "MLX", "python", "mlx_lane.py", _mlx,
    (),
    {
        "seed": ANY_DRAWS,
        "drawn": "MLX removes tokens first and applies the temperature last; "
        "Transformers applies it first. The same numbers leave other tokens.",
        "stop": "MLX has no stop strings: the loop looks for them.",
        "images": "Images need mlx-vlm: pip install mlx-vlm.",
    },
    {"budget": "mlx-vlm takes no image budget: the checkpoint's own is used."},
    program="mlx",
)  # fmt: skip
