"""The parameters of a call: samplers under vLLM's names, and which others there may be.

What would change an answer and can't be done is refused by its name; nothing is ignored silently.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.completions.body import NotAnswered, shown
from core.errors import InvalidInput
from core.sampling import SamplingParams, samplers, sampling_params, settings

# vLLM has no typical_p; it keeps Transformers' name.
SAMPLERS = {
    (row.elsewhere.vllm.name if row.elsewhere.vllm else name): name
    for name, row in samplers().items()
}
NAMES = {**SAMPLERS, "seed": "seed", "stop": "stop"}
LENGTHS = ("max_completion_tokens", "max_tokens")
READ = {
    *NAMES, *LENGTHS, "model", "stream", "stream_options", "n", "logprobs", "return_token_ids",
    "skip_special_tokens",
}  # fmt: skip
CHAT = {
    "messages", "continue_final_message", "add_generation_prompt", "chat_template_kwargs",
    "mm_processor_kwargs", "tools", "tool_choice", "response_format", "structured_outputs",
    "top_logprobs",
}  # fmt: skip
TEXT = {"prompt", "structured_outputs", "response_format"}
# Names that no answer depends on: who asks, and how they keep their accounts.
NO_EFFECT = {
    "user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key",
    "prompt_cache_retention", "request_id", "priority",
}  # fmt: skip
# The only values that these may have, which is what is done without them.
ONLY: Mapping[str, tuple[Any, ...]] = {
    "frequency_penalty": (0,), "presence_penalty": (0,), "logit_bias": ({},), "bad_words": ([],),
    "min_tokens": (0,), "ignore_eos": (False,), "stop_token_ids": ([],), "length_penalty": (1,),
    "include_stop_str_in_output": (False,), 
    "spaces_between_special_tokens": (True,), "use_beam_search": (False,), "best_of": (1,),
    "echo": (False,), "suffix": ("",), "parallel_tool_calls": (True,), "modalities": (["text"],),
    "include_reasoning": (True,), "return_tokens_as_token_ids": (False,),
    "add_special_tokens": (True,),
}  # fmt: skip


def check_names(body: Mapping[str, Any], known: set[str]) -> None:
    """Raises NotAnswered for a parameter that would change the answer and can't be honoured."""
    for name, value in body.items():
        if name in READ or name in known or name in NO_EFFECT or value is None:
            continue
        if name not in ONLY:
            raise NotAnswered(
                f"The parameter {shown(name)} is not known here, and might change the answer. "
                "Remove it.",
                param=name[:100],
            )
        if value not in ONLY[name]:
            raise NotAnswered(
                f"{name} is {shown(value)}; only {shown(ONLY[name][0])} is possible here. "
                "Remove it.",
                param=name,
            )


def read_params(body: Mapping[str, Any], usual_length: int) -> SamplingParams:
    """A sampler that isn't named is off. usual_length: max_new_tokens where no length is given.

    Raises NotAnswered with the name that the body uses.
    """
    values: dict[str, Any] = {"max_new_tokens": min(usual_length, int(_longest()))}
    read = sampling_params(values)
    for name, own in {**NAMES, **dict.fromkeys(LENGTHS, "max_new_tokens")}.items():
        value = body.get(name)
        if value is None:
            continue
        if own in SAMPLERS.values() and value == _their_off(own) and not isinstance(value, bool):
            value = samplers()[own].setting.off
        try:
            read = sampling_params({**values, own: value})
        except InvalidInput as error:
            sentence = str(error)
            if own != name:
                sentence = sentence.replace(own, name, 1)
            raise NotAnswered(sentence, param=name) from error
        values[own] = value
    lengths = {body[name] for name in LENGTHS if body.get(name) is not None}
    if len(lengths) > 1:
        raise NotAnswered(
            "max_tokens and max_completion_tokens differ. Send one of them.", param=LENGTHS[0]
        )
    return read


def _longest() -> float:
    return settings()["max_new_tokens"].maximum


def _their_off(own: str) -> float | None:
    row = samplers()[own]
    return row.elsewhere.vllm.off if row.elsewhere.vllm else None
