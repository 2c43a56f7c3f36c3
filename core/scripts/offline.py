"""Scripts of vLLM and MLX that load the model themselves."""

from __future__ import annotations

from typing import Any

from core.scripts.python_clients import (
    ANY_DRAWS,
    DATA_URL,
    VLLM_HELD,
    VLLM_LFM3,
    VLLM_TILES,
    picture_code,
    vllm_images,
)
from core.scripts.quoting import Code, keyword_arguments, python_literal
from core.scripts.sampler_names import their_values
from core.scripts.script import OFF, Subject, Target, no_lfm3
from core.scripts.structured import KINDS, not_sent, vllm_config, vllm_outputs
from core.scripts.transformers_call import Picture


def _vllm(subject: Subject) -> str:
    call, params = subject.call, subject.params
    model: dict[str, Any] = {"model": subject.model_name}
    if subject.model.revision:
        model["revision"] = subject.model.revision
    model["dtype"] = subject.dtype
    if images := vllm_images(subject):
        model |= {"mm_processor_kwargs": images, "limit_mm_per_prompt": {"image": _images(subject)}}
    values = their_values(params, "vllm")
    values |= {} if params.greedy else {"seed": params.seed}
    values |= {"max_tokens": params.max_new_tokens, "stop": list(params.stop)}
    values |= {"skip_special_tokens": False}  # the marks of a call, which the lane shows too
    constraint, names = subject.request.constraint, "LLM, SamplingParams"
    if constraint is not None:
        model["structured_outputs_config"] = vllm_config(constraint)
        outputs = keyword_arguments(vllm_outputs(constraint), 12)
        values["structured_outputs"] = Code(f"StructuredOutputsParams(\n{outputs}        )")
        names += "\nfrom vllm.sampling_params import StructuredOutputsParams"
    asked: dict[str, Any] = {
        "add_generation_prompt": not call.open_end,
        "continue_final_message": call.open_end,
    }
    if call.tools is not None:
        asked["tools"] = call.tools
    if call.template_options:
        asked["chat_template_kwargs"] = call.template_options
    plain = call.text is not None
    prompt, value = ("text", call.text) if plain else (
        "messages", subject.openai_messages(picture_code)
    )  # fmt: skip
    if subject.ids:
        prompt, value = "prompt", {"prompt_token_ids": list(subject.ids)}
    more = "" if plain else keyword_arguments(asked, 8)
    return (
        ("import base64\nfrom pathlib import Path\n\n" if call.pictures else "")
        + f"from vllm import {names}\n"
        + (DATA_URL if call.pictures else "")
        + f"\n{prompt} = {python_literal(value)}\n\n"
        # vLLM may start processes that import this file again.
        "if __name__ == '__main__':\n"
        f"    llm = LLM(\n{keyword_arguments(model, 8)}    )\n"
        f"    params = SamplingParams(\n{keyword_arguments(values, 8)}    )\n"
        f"    answers = llm.{'generate' if plain else 'chat'}(\n"
        f"        {prompt},\n        params,\n{more}    )\n"
        "    answer = answers[0].outputs[0]\n    print(answer.text)\n"
        "    print(len(answer.token_ids), 'tokens:', list(answer.token_ids))\n"
    )


def _images(subject: Subject) -> int:
    return len(subject.request.conversation.images)


def _mlx(subject: Subject) -> str:
    params, call = subject.params, subject.call
    package = "mlx_vlm" if call.pictures else "mlx_lm"
    asked: dict[str, Any] = {
        "tokenize": False,
        "add_generation_prompt": not call.open_end,
        "continue_final_message": call.open_end,
        **call.template_options,
    }
    if call.tools is not None:
        asked["tools"] = call.tools
    given: dict[str, Any] = {"prompt": Code("prompt")}
    if call.pictures:
        given["image"] = [picture.file for picture in call.pictures]
    given["max_tokens"] = params.max_new_tokens
    given |= _mlx_vlm_sampling(subject) if call.pictures else _mlx_lm_sampling(subject)
    revision = f", revision={subject.model.revision!r}" if subject.model.revision else ""
    hub = bool(subject.model.revision)
    folder = f"snapshot_download({subject.model_name!r}{revision})"
    return (
        ("from huggingface_hub import snapshot_download\n" if hub else "")
        + "import mlx.core as mx\n"
        f"from {package} import load, stream_generate\n"
        + ("" if call.pictures else SAMPLERS)
        + f"\nmodel, reader = load({folder if hub else repr(subject.model_name)})\n"
        + (
            f"messages = {python_literal(_mlx_messages(subject))}\n"
            f"prompt = reader.apply_chat_template(\n    messages,\n{keyword_arguments(asked)})\n"
            if call.text is None
            else f"prompt = {python_literal(call.text)}\n"
        )
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


def _mlx_lm_sampling(subject: Subject) -> dict[str, Any]:
    sampler = their_values(subject.params, "mlx", penalties=False)
    penalty = their_values(subject.params, "mlx", penalties=True)
    given = {"sampler": Code(f"make_sampler({_inline(sampler)})")}
    if penalty != their_values(OFF, "mlx", penalties=True):
        given["logits_processors"] = Code(
            f"make_logits_processors({_inline(penalty | _window(subject))})"
        )
    return given


def _mlx_vlm_sampling(subject: Subject) -> dict[str, Any]:
    return their_values(subject.params, "mlx_vlm") | _window(subject)


def _window(subject: Subject) -> dict[str, int]:
    return {"repetition_context_size": subject.model.context_length}


def _inline(values: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in values.items())


def _mlx_messages(subject: Subject) -> list[dict[str, Any]]:
    """Images are only placeholders in the messages; the files are given next to the prompt."""

    def part_of(part: dict[str, Any]) -> dict[str, Any]:
        return {"type": "image"} if isinstance(part.get("image"), Picture) else part

    return [
        turn
        if isinstance(turn["content"], str)
        else {**turn, "content": [part_of(part) for part in turn["content"]]}
        for turn in subject.call.messages
    ]


SAMPLERS = "from mlx_lm.sample_utils import make_logits_processors, make_sampler\n"
VLLM = Target(
    "vLLM", "python", "vllm_lane.py", _vllm, (),
    {"seed": ANY_DRAWS, "budget": VLLM_TILES, "lfm3": VLLM_LFM3, **VLLM_HELD},
    not_sent("LLM.chat of vLLM", "tool_choice", instead="Its server takes one."), program="vllm",
    takes_ids=True,
)  # fmt: skip
MLX = Target(
    "MLX", "python", "mlx_lane.py", _mlx,
    (),
    {
        "seed": ANY_DRAWS,
        "drawn": "MLX removes tokens first and applies the temperature last; "
        "Transformers applies it first. The same numbers leave other tokens.",
        "stop": "MLX has no stop strings: the loop looks for them.",
        "lfm3": no_lfm3("mlx-lm 0.32.2 and mlx-vlm 0.7.10"),
    },
    {
        "budget": "mlx-vlm takes no image budget: the checkpoint's own is used.",
        **not_sent("The script for MLX", *KINDS, instead="Outlines takes mlx-lm's models."),
        **not_sent("MLX", "tool_choice"),
    },
    lambda subject: [f"pip install {'mlx-vlm' if subject.call.pictures else 'mlx-lm'}"],
    program="mlx", with_images="mlx_vlm",
)  # fmt: skip
