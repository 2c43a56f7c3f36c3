"""A folder to a checkpoint in memory: class, room, tokenizer, weights."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    AutoProcessor,
    AutoTokenizer,
)
from transformers import __version__ as transformers_version
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES,
)

from core.errors import InvalidInput
from core.runs.capabilities import Capabilities
from core.runs.engine import ModelDescription
from core.tools.thinking import OPENINGS
from engine.batch.cache_pieces import bytes_per_token, can_be_split
from engine.constraints.call_forms import call_form
from engine.constraints.compiler import Compiler
from engine.decode.choosing import forward_step, lean_step
from engine.decode.lean_step import LeanStep
from engine.images.image_reader import ImageReader
from engine.kernels.packing import held_bytes
from engine.kernels.weight_format import convert, dtype_wish
from engine.loading.checkpoint import Checkpoint
from engine.loading.device import (
    TINY_MODEL,
    choose_device,
    choose_dtype,
    choose_threads,
    free_memory,
)
from engine.loading.download import folder_of, is_folder
from engine.loading.huge_pages import large_memory, use_huge_pages
from engine.loading.progress import weight_bars
from engine.loading.weights import read_weights
from engine.prompt.plain_text import PlainText
from engine.prompt.prompting import Prompting
from engine.prompt.template import ChatTemplate
from engine.sampling.stopping import TokenBytes

Step = Callable[[str, float | None], None]
UNLIMITED = 10**9  # tokenizers without a limit name a larger number


def load_checkpoint(
    model: str, device_wish: str, weights_wish: str, decode: str, huge_pages: bool, step: Step,
    check: Callable[[], None],
) -> Checkpoint:  # fmt: skip
    """Read `model`, a Hub id or folder, into memory.

    decode: one of `core.runs.engine.DECODE`. huge_pages: whether large weights on a CPU move into
    them, where Linux lets a program ask. step: told what happens and the share that is done.
    check: called often; may raise to cancel.
    Raises what `load_sentence` explains.
    """
    began = perf_counter()
    step("Looking for the model", None)
    folder = folder_of(model, lambda share: step("Downloading", share), check)
    check()
    config, sees = read_config(folder, model)
    weights = read_weights(folder, model)
    device = choose_device(device_wish)
    dtype = choose_dtype(dtype_wish(weights_wish, device), device, weights.parameters)
    needed, free = weights.bytes_as(dtype.itemsize), free_memory(device)
    if needed > free:
        raise InvalidInput(
            f"{model} needs {needed / 1e9:.1f} GB for its weights in {dtype_name(dtype)}, and "
            f"{free / 1e9:.1f} GB are free on {device}. Load a smaller model, or close other "
            "programs."
        )
    step("Reading the tokenizer", None)
    processor = AutoProcessor.from_pretrained(folder, trust_remote_code=False) if sees else None
    tokenizer = processor.tokenizer if processor else read_tokenizer(folder, model)
    check()
    others = large_memory()
    step("Reading the weights", 0.0)
    auto = AutoModelForImageTextToText if sees else AutoModelForCausalLM
    placed = {} if device.type == "cpu" else {"device_map": {"": device}}
    with weight_bars(lambda share: step("Reading the weights", share), check):
        network: Any = auto.from_pretrained(
            folder, config=config, dtype=dtype, trust_remote_code=False, **placed
        )
    check()
    network.eval()

    def converting(what: str, share: float | None) -> None:
        step(what, share)
        check()

    parameters = sum(tensor.numel() for tensor in {*network.parameters()})
    kept = convert(network, weights_wish, converting)
    if huge_pages and device.type == "cpu" and parameters >= TINY_MODEL:
        moving = "Moving the weights into huge pages"
        use_huge_pages(lambda share: converting(moving, share), others)
    lean = None
    if decode == "auto":
        step("Comparing the decoding step", None)
        lean = lean_step(network)
    seconds = perf_counter() - began
    revision = "" if is_folder(model) else folder.name  # a snapshot's folder is named by its commit
    return make_checkpoint(
        network, tokenizer, processor, model, seconds, kept, parameters, revision, lean
    )


def read_config(folder: Path, model: str) -> tuple[Any, bool]:
    """The configuration and whether the model reads images. Refuses what doesn't write text."""
    try:
        config: Any = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    except (ValueError, KeyError) as error:
        raise InvalidInput(
            f"{model} has an architecture that Transformers {transformers_version} does not know, "
            "or needs code of its own, which is never run here. Update Transformers, or choose "
            "another model."
        ) from error
    names = [str(name) for name in getattr(config, "architectures", None) or ()]
    kind = config.model_type
    for sees, mapping in (
        (True, MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES),
        (False, MODEL_FOR_CAUSAL_LM_MAPPING_NAMES),
    ):
        known = mapping.get(kind)
        classes = {known} if isinstance(known, str) else set(known or ())
        if classes and (not names or names[0].lower() in {name.lower() for name in classes}):
            return config, sees
    raise InvalidInput(
        f"{model} is a {names[0] if names else kind}. This playground runs models that write text "
        "from text or from images and text; choose one of those."
    )


def read_tokenizer(folder: Path, model: str) -> Any:
    tokenizer: Any = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    if not tokenizer.is_fast:
        raise InvalidInput(
            f"{model} has no fast tokenizer (tokenizer.json), which the token view needs. "
            "Choose a checkpoint that has one."
        )
    return tokenizer


def make_checkpoint(
    network: Any, tokenizer: Any, processor: Any, model: str, seconds: float,
    weights: str = "", parameters: int = 0, revision: str = "", lean: LeanStep | None = None,
) -> Checkpoint:  # fmt: skip
    """Everything around a network in memory; `model` is the name it goes by.

    weights: what they are kept as, in words; empty: the network's own number format. parameters:
    how many there were before they were converted; 0: they were not. revision: the Hub's commit.
    lean: the decoding step; None: `forward`.
    """
    text_config = network.config.get_text_config(decoder=True)
    context = getattr(text_config, "max_position_embeddings", None) or tokenizer.model_max_length
    images = ImageReader(processor) if processor is not None else None
    ends = _ids(network.generation_config.eos_token_id) or _ids(tokenizer.eos_token_id)
    source = _template_source(processor) or _template_source(tokenizer)
    closing = [tokenizer.convert_ids_to_tokens(i) for i in sorted(ends)]
    named = [tokenizer.bos_token, tokenizer.eos_token, tokenizer.pad_token]
    marks = [token for token in (*closing, *named) if token]
    if source is None:
        images = None  # nothing says where one would stand in the text
        template = PlainText(tokenizer, marks)
    else:
        template = ChatTemplate(tokenizer, source, images.token if images else None, marks)
    chat = template if isinstance(template, ChatTemplate) else None
    context = int(context) if context < UNLIMITED else UNLIMITED
    width = getattr(text_config, "vocab_size", None) or len(tokenizer)
    token_bytes = TokenBytes(tokenizer)
    known = "logits_to_keep" in inspect.signature(network.forward).parameters
    capabilities = Capabilities(
        prefill=True,
        images=images is not None,
        exact_prompt=True,
        logprobs=True,
        candidates=width,
        tools=chat is not None and chat.takes_tools,
        seeds=True,
        verification=True,
        constraints=bool(ends) and token_bytes.exact,
        scores=known,  # else the logits of a whole prompt could be in memory at once
        distributions=True,
        beginnings=True,
        ends=frozenset(ends),
        roles=chat is not None,
        template_options=chat.options if chat else (),
    )
    only_last = {"logits_to_keep": 1} if known else {}
    count = parameters or sum(t.numel() for t in {*network.parameters()})
    description = ModelDescription(
        model=model,
        capabilities=capabilities,
        architecture=type(network).__name__,
        parameters=count,
        dtype=dtype_name(network.dtype),
        weights=weights or dtype_name(network.dtype),
        device=str(network.device),
        memory_bytes=held_bytes(network),
        context_length=context,
        load_seconds=seconds,
        budget=images.budget if images else None,
        splits_images=images.splits if images else False,
        revision=revision,
        lists_only=chat is not None and chat.lists_only,
        writes_calls=chat is not None and chat.writes_calls,
        call_form=call_form(tokenizer, source or ""),
        decoding="lean" if lean else "forward",
        thought_tags=tuple(tag for tag in OPENINGS if tag in tokenizer.get_vocab()),
    )
    prompting = Prompting(tokenizer, template, images, context, description.name)
    return Checkpoint(
        model=network,
        description=description,
        prompting=prompting,
        token_bytes=token_bytes,
        ends=frozenset(ends),
        constraints=Compiler(
            tokenizer,
            frozenset(ends),
            width,
            prompting.decode,
            capabilities,
            description.call_form,
        ),
        only_last=only_last,
        step=lean or forward_step(network, only_last),
        threads=choose_threads(network.device, count),
        splits=can_be_split(network),
        bytes_per_token=bytes_per_token(network),
        tokenizer=tokenizer,
        processor=processor,
    )


def dtype_name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _ids(value: int | Iterable[int] | None) -> set[int]:
    if value is None:
        return set()
    return {value} if isinstance(value, int) else set(value)


def _template_source(owner: Any) -> str | None:
    """The default one, where a checkpoint ships several templates."""
    template = getattr(owner, "chat_template", None)
    return template.get("default") if isinstance(template, dict) else template
