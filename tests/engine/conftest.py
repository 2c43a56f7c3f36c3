"""Tiny random models that load through the real code, and `generate()` as the oracle.

Their tokenizer and processor are those of models/pocket, which the repository ships.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image as Pictures
from transformers import (
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    AutoProcessor,
    AutoTokenizer,
    Lfm2Config,
    Lfm2ForCausalLM,
    Lfm2MoeConfig,
    Lfm2MoeForCausalLM,
    Lfm2VlConfig,
    Lfm2VlForConditionalGeneration,
    Lfm3Config,
    Lfm3ForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    LogitsProcessor,
    LogitsProcessorList,
    MistralConfig,
    MistralForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
    Siglip2VisionConfig,
)

from core.conversation import Conversation, Image, conversation_to_dicts, message
from core.runs.events import Event, Failed, Finished, Started, Token
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Request
from engine.local import LocalEngine
from engine.verifying import ONE_AT_A_TIME

POCKET = Path(__file__).parents[2] / "models" / "pocket"
VOCABULARY = 2560
CONTEXT = 512
# Many ids end an answer, so that random models do stop by themselves now and then.
ENDS = [7, *range(30, VOCABULARY, 40)]
SIZES: dict[str, Any] = {
    "vocab_size": VOCABULARY, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 4,
    "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": CONTEXT,
    "bos_token_id": 1, "eos_token_id": 7, "pad_token_id": 0,
}  # fmt: skip
LAYERS = ["conv", "full_attention", "conv", "full_attention"]
VISION: dict[str, Any] = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 2,
    "num_patches": 256, "patch_size": 16, "num_channels": 3, "vision_use_head": False,
}  # fmt: skip


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Two threads on a busy machine wait for each other: the pocket model's step took 25 times."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _lfm2() -> Any:
    return Lfm2ForCausalLM(Lfm2Config(**SIZES, layer_types=LAYERS))


def _moe() -> Any:
    config = Lfm2MoeConfig(
        **SIZES, layer_types=LAYERS, num_dense_layers=1, num_experts=4, num_experts_per_tok=2,
        moe_intermediate_size=32,
    )  # fmt: skip
    return Lfm2MoeForCausalLM(config)


def _llama() -> Any:
    return LlamaForCausalLM(LlamaConfig(**SIZES))


def _vl() -> Any:
    sizes = {**SIZES, "max_position_embeddings": 4096}
    config = Lfm2VlConfig(
        text_config=Lfm2Config(**sizes, layer_types=LAYERS).to_dict(),
        vision_config=Siglip2VisionConfig(**VISION).to_dict(),
        image_token_id=14, projector_hidden_size=32, downsample_factor=2,
        eos_token_id=7, bos_token_id=1, pad_token_id=0,
    )  # fmt: skip
    return Lfm2VlForConditionalGeneration(config)


def _lfm3() -> Any:
    """Sliding windows beside full attention and convolutions."""
    kinds = ["conv", "full_attention", "sliding_attention", "conv"]
    config = Lfm3Config(**SIZES, layer_types=kinds, head_dim=8, sliding_window=16)
    return Lfm3ForCausalLM(config)


def _mistral() -> Any:
    return MistralForCausalLM(MistralConfig(**SIZES, sliding_window=16))


def _qwen() -> Any:
    """An attention model with biases and norms of its own."""
    return Qwen3ForCausalLM(Qwen3Config(**SIZES, head_dim=8))


MAKERS: dict[str, Callable[[], Any]] = {
    "lfm2": _lfm2, "moe": _moe, "llama": _llama, "vl": _vl,
    "qwen": _qwen, "lfm3": _lfm3, "mistral": _mistral,
}  # fmt: skip


@pytest.fixture(scope="session")
def ends() -> list[int]:
    """The ids that end a tiny model's answer."""
    return ENDS


@pytest.fixture(scope="session")
def processor() -> Any:
    return AutoProcessor.from_pretrained(POCKET)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory, processor: Any) -> Callable[[str], Path]:
    """The folder of a tiny model, one of MAKERS; made at first use."""
    made: dict[str, Path] = {}

    def make(kind: str) -> Path:
        if kind not in made:
            torch.manual_seed(11)
            model = MAKERS[kind]().eval()
            with torch.no_grad():  # sharp distributions: near ties would hide behind rounding
                for weight in model.parameters():
                    if weight.dim() > 1:
                        weight.mul_(4.0)
            model.generation_config.eos_token_id = ENDS
            model.generation_config.pad_token_id = 0
            made[kind] = tmp_path_factory.mktemp(kind)
            model.save_pretrained(made[kind])
            (processor if kind == "vl" else processor.tokenizer).save_pretrained(made[kind])
        return made[kind]

    return make


@pytest.fixture(scope="session")
def engine_of(
    folder: Callable[[str], Path], pytestconfig: pytest.Config
) -> Callable[[str], LocalEngine]:
    engines: dict[str, LocalEngine] = {}
    decode = pytestconfig.getoption("--decode")

    def get(kind: str) -> LocalEngine:
        if kind not in engines:
            engines[kind] = LocalEngine(
                str(folder(kind)), device="cpu", weights="float32", decode=decode
            )
        return engines[kind]

    return get


class Oracle:
    """The same checkpoint, loaded and asked as an exported script would."""

    def __init__(self, folder: Path, sees: bool) -> None:
        auto: Any = AutoModelForImageTextToText if sees else AutoModelForCausalLM
        self.model: Any = auto.from_pretrained(folder, dtype=torch.float32).eval()
        self.asked: Any = (AutoProcessor if sees else AutoTokenizer).from_pretrained(folder)
        self.tokenizer: Any = self.asked.tokenizer if sees else self.asked
        self.sees = sees

    def inputs(self, request: Request) -> dict[str, torch.Tensor]:
        dicts = conversation_to_dicts(request.conversation)
        open_end = request.conversation.prefill is not None
        options: dict[str, Any] = {}
        if self.sees and request.conversation.images:
            budget = request.budget
            options["processor_kwargs"] = {
                "min_image_tokens": budget.min_image_tokens,
                "max_image_tokens": budget.max_image_tokens,
                "do_image_splitting": budget.do_image_splitting,
            }
        return dict(
            self.asked.apply_chat_template(
                dicts, tokenize=True, return_dict=True, return_tensors="pt",
                add_generation_prompt=not open_end, continue_final_message=open_end, **options,
            )
        )  # fmt: skip

    def begun(self, request: Request) -> dict[str, torch.Tensor]:
        """The inputs, with the tokens that the request begins the answer with."""
        inputs = self.inputs(request)
        given = torch.tensor([request.begins_with], dtype=torch.long)
        for name, more in (("input_ids", given), ("attention_mask", torch.ones_like(given))):
            inputs[name] = torch.cat((inputs[name], more), dim=1)
        return inputs

    def logits(self, request: Request) -> torch.Tensor:
        """Of all places of prompt and given tokens, from one forward: (places, vocabulary)."""
        inputs = self.begun(request)
        with torch.inference_mode():
            return self.model(**inputs).logits[0]

    def ids(self, request: Request, processors: Sequence[LogitsProcessor] = ()) -> list[int]:
        """What `generate()` adds to prompt and given tokens, alone at batch 1; top_k is given
        because unset it means 50.
        """
        inputs = self.begun(request)
        params = request.params
        options: dict[str, Any] = {"do_sample": False}
        if not params.greedy:
            values = asdict(params).items()
            options = {n: v for n, v in values if n not in ("max_new_tokens", "seed", "stop")}
            options["do_sample"] = True
        with ONE_AT_A_TIME:  # a verification of an earlier test may still draw from the generator
            torch.manual_seed(params.seed or 0)
            out = self.model.generate(
                **inputs,
                **{"repetition_penalty": params.repetition_penalty, **options},
                max_new_tokens=params.max_new_tokens,
                stop_strings=list(params.stop) or None,
                tokenizer=self.tokenizer,
                logits_processor=LogitsProcessorList(processors),
            )
        return out[0, inputs["input_ids"].shape[1] :].tolist()


@pytest.fixture(scope="session")
def oracle_of(folder: Callable[[str], Path]) -> Callable[[str], Oracle]:
    oracles: dict[str, Oracle] = {}

    def get(kind: str) -> Oracle:
        if kind not in oracles:
            oracles[kind] = Oracle(folder(kind), kind == "vl")
        return oracles[kind]

    return get


@pytest.fixture
def picture(tmp_path: Path) -> Callable[..., Image]:
    """Makes an image file: width, height, colour."""

    def make(width: int = 96, height: int = 64, colour: str = "red", name: str = "a.png") -> Image:
        path = tmp_path / f"{width}x{height}-{colour}-{name}"
        Pictures.new("RGB", (width, height), colour).save(path)
        return Image(str(path), name)

    return make


Ask = Callable[..., Request]


@pytest.fixture(scope="session")
def ask() -> Ask:
    """A request of one user message, or of a whole conversation."""

    def make(
        what: str | Conversation = "Tell me a story.",
        lane: str = "A",
        budget: VisionBudget = VisionBudget(),  # noqa: B008 (a frozen value)
        **params: Any,
    ) -> Request:
        talk = what if isinstance(what, Conversation) else Conversation((message("user", what),))
        settings = SamplingParams(**{"seed": 0, "max_new_tokens": 12, **params})
        return Request(lane, talk, settings, budget)

    return make


class Lanes:
    """The events of a run, by lane, in order."""

    def __init__(self, events: list[tuple[str, Event]]) -> None:
        self.events = events

    def of(self, lane: str = "A") -> list[Event]:
        return [event for label, event in self.events if label == lane]

    def tokens(self, lane: str = "A") -> list[Token]:
        return [event for event in self.of(lane) if isinstance(event, Token)]

    def ids(self, lane: str = "A") -> list[int]:
        return [token.token_id for token in self.tokens(lane)]

    def text(self, lane: str = "A") -> str:
        return "".join(event.text for event in self.of(lane) if isinstance(event, Token | Finished))

    def start(self, lane: str = "A") -> Started:
        return next(event for event in self.of(lane) if isinstance(event, Started))

    def end(self, lane: str = "A") -> Finished | Failed:
        last = self.of(lane)[-1]
        assert isinstance(last, Finished | Failed)
        return last

    def reason(self, lane: str = "A") -> str:
        end = self.end(lane)
        return end.stop_reason if isinstance(end, Finished) else f"failed: {end.message}"


@pytest.fixture(scope="session")
def run() -> Callable[..., Lanes]:
    """Streams requests to the end."""

    def stream(engine: Any, *requests: Request) -> Lanes:
        with contextlib.closing(engine.stream(requests)) as events:
            return Lanes(list(events))

    return stream


@pytest.fixture
def settled() -> Callable[[LocalEngine], int]:
    """Bytes of live caches once the worker had time for the round it is in."""

    def live_bytes(engine: LocalEngine) -> int:
        assert engine.worker
        for _ in range(200):
            if not engine.worker.live_bytes:
                break
            time.sleep(0.01)
        return engine.worker.live_bytes

    return live_bytes
