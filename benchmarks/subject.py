"""What is measured: the same weights twice, as `generate()` runs them and as the engine does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from transformers import (
    AutoModelForImageTextToText,
    AutoTokenizer,
    LogitsProcessor,
    LogitsProcessorList,
)

from benchmarks.shapes import NEVER, random_network
from benchmarks.sizes import Sizes
from core.conversation import Conversation, message
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Request
from engine.decode.choosing import lean_step
from engine.kernels.weight_format import convert
from engine.loading.checkpoint import Checkpoint
from engine.loading.folder_loading import make_checkpoint
from engine.loading.huge_pages import large_memory, use_huge_pages
from engine.local import LocalEngine

POCKET = Path(__file__).parents[1] / "models" / "pocket"
OFF = SamplingParams()  # the model's own distribution


class Subject:
    """plain: the network of `generate()`. checkpoint: ours, its weights kept as the app keeps them.

    kept_as: makes ours with its weights kept as it is told ("auto", "int8"), in memory of its own.
    No answer ends early.

    What `generate()` took is remembered until the next round: its time hangs on the number of
    tokens and the parameters, so several measures share it.
    """

    def __init__(self, plain: Any, kept_as: Callable[[str], Checkpoint], sizes: Sizes) -> None:
        self.plain = plain
        self.kept_as = cache(kept_as)
        self.checkpoint = self.kept_as("auto")
        self.sizes = sizes
        self._alone: dict[tuple[int, SamplingParams], float] = {}

    def new_round(self) -> None:
        self._alone.clear()

    def requests(
        self,
        lanes: int,
        tokens: int,
        params: SamplingParams = OFF,
        new: int | None = None,
        same: bool = True,
    ) -> list[Request]:
        """One request per lane, its prompt exactly `tokens` long, with the lane's number as seed.

        new: tokens of each answer; None: as many as the sizes say. same: all ask the same, else
        the prompts part at their first word.
        """
        length = self.sizes.new if new is None else new
        return [
            Request(
                f"lane {lane}",
                self._talk(tokens, 0 if same else lane),
                replace(params, seed=lane, max_new_tokens=length),
                VisionBudget(),
            )
            for lane in range(lanes)
        ]

    def _talk(self, tokens: int, digit: int) -> Conversation:
        """A repeated digit: to the pocket model's tokenizer, which all use, each is one token."""
        build = self.checkpoint.prompting.build
        word = str(digit % 10)
        around = len(build(_user(word), VisionBudget()).keys) - 1
        talk = _user(word * (tokens - around))
        assert len(build(talk, VisionBudget()).keys) == tokens
        return talk

    def alone(self, request: Request) -> float:
        """Seconds of one `generate()` at batch 1: from the ids of the prompt to the last token."""
        prompt = self.checkpoint.prompting.build(request.conversation, request.budget)
        key = (len(prompt.keys), request.params)
        if key not in self._alone:
            self._alone[key] = self._generate(prompt.rendered.token_ids, request.params)
        return self._alone[key]

    def held_alone(self, request: Request, processor: LogitsProcessor) -> float:
        """The same, with a processor that holds the answer."""
        prompt = self.checkpoint.prompting.build(request.conversation, request.budget)
        return self._generate(prompt.rendered.token_ids, request.params, [processor])

    def padded(self, requests: Sequence[Request]) -> float:
        """Seconds of one `generate()` for all of them, with the parameters of the first."""
        build = self.checkpoint.prompting.build
        built = [build(one.conversation, one.budget) for one in requests]
        began = perf_counter()
        self.answers([one.rendered.token_ids for one in built], requests[0].params)
        return perf_counter() - began

    def _generate(
        self,
        prompt: tuple[int, ...],
        params: SamplingParams,
        processors: Sequence[LogitsProcessor] = (),
    ) -> float:
        began = perf_counter()
        self.answers([prompt], params, processors)
        return perf_counter() - began

    def answers(
        self,
        prompts: Sequence[tuple[int, ...]],
        params: SamplingParams,
        processors: Sequence[LogitsProcessor] = (),
    ) -> list[list[int]]:
        """The ids that one `generate()` answers to each; shorter prompts are padded on the left,
        and the attention mask says where.
        """
        longest = max(map(len, prompts))
        ids = torch.tensor([(0,) * (longest - len(one)) + one for one in prompts])
        mask = torch.tensor([[0] * (longest - len(one)) + [1] * len(one) for one in prompts])
        torch.set_num_threads(self.checkpoint.threads)  # as many as ours
        torch.manual_seed(params.seed or 0)
        answer = self.plain.generate(
            ids,
            attention_mask=mask,
            max_new_tokens=params.max_new_tokens,
            do_sample=not params.greedy,
            temperature=params.temperature,
            top_k=params.top_k,
            top_p=params.top_p,
            repetition_penalty=params.repetition_penalty,
            pad_token_id=0,
            logits_processor=LogitsProcessorList(processors),
        )
        assert answer.shape[1] == longest + params.max_new_tokens
        return answer[:, longest:].tolist()


def random_subject(shape: str, sizes: Sizes) -> Subject:
    def kept_as(weights: str) -> Checkpoint:
        others = large_memory()
        network = random_network(shape)
        parameters = sum(tensor.numel() for tensor in network.parameters())
        kept = convert(network, weights, lambda step, share: None)
        use_huge_pages(lambda share: None, others)
        tokenizer = AutoTokenizer.from_pretrained(POCKET)
        lean = lean_step(network)
        return make_checkpoint(network, tokenizer, None, shape, 0.0, kept, parameters, lean=lean)

    return Subject(random_network(shape), kept_as, sizes)


def pocket_subject(sizes: Sizes) -> Subject:
    """The shipped model; ours as the page loads it, and for `generate()` in the same dtype."""

    def kept_as(weights: str) -> Checkpoint:
        worker = LocalEngine(str(POCKET), weights=weights).worker
        assert worker is not None
        return replace(worker.checkpoint, ends=frozenset({NEVER}))

    dtype = torch.float32  # what the engine, too, chooses for so small a model
    plain: Any = AutoModelForImageTextToText.from_pretrained(POCKET, dtype=dtype)
    plain.generation_config.eos_token_id = [NEVER]
    subject = Subject(plain.eval(), kept_as, replace(sizes, new=sizes.pocket_new))
    assert subject.checkpoint.model.dtype == dtype
    return subject


def _user(text: str) -> Conversation:
    return Conversation((message("user", text),))
