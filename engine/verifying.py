"""A request answered again by `generate()`, as the exported script does, and compared.

The model in memory is the lane's own; all else is done anew: prompt, images, sampling, stopping.
"""

from __future__ import annotations

import copy
import logging
import queue
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import replace
from time import perf_counter
from typing import Any

import torch
from transformers import (
    GenerationConfig,
    LogitsProcessorList,
    StoppingCriteria,
    StoppingCriteriaList,
)

from core.constraint_grammar import answer_start
from core.conversation import Image
from core.runs.events import Failed
from core.runs.verification import Verified, VerifyEvent, Verifying, compared
from core.scripts.transformers_call import Picture, TransformersCall, transformers_call
from core.scripts.transformers_script import template_options
from core.workspace import Request
from engine.constraints.logits_processor import AfterThought
from engine.failures import is_expected, run_sentence
from engine.images.image_files import open_image
from engine.loading.checkpoint import Checkpoint
from engine.prompt.prompting import KINDS

log = logging.getLogger(__name__)
REPORT_EVERY = 0.1  # seconds
ONE_AT_A_TIME = threading.Lock()  # `generate()` draws from torch's one global generator


class Stopped(Exception):
    """The one who asked has gone."""


def verification(
    checkpoint: Checkpoint, request: Request, token_ids: Sequence[int]
) -> Generator[VerifyEvent, None, None]:
    """Tells of Verifying about ten times a second and ends with Verified or Failed.

    Closing it ends the work within one decoding step. Lanes that run meanwhile are slower, and
    the same: they draw from generators of their own.
    """
    job = _Job(checkpoint, request, token_ids)
    threading.Thread(target=job.run, name="verify", daemon=False).start()
    try:
        verdict = None
        while verdict is None:
            with suppress(queue.Empty):
                verdict = job.events.get(timeout=REPORT_EVERY)
            yield verdict or job.progress
    finally:
        job.stopped.set()


class _Job:
    def __init__(self, checkpoint: Checkpoint, request: Request, token_ids: Sequence[int]) -> None:
        self._checkpoint = checkpoint
        self._request = request
        self._token_ids = token_ids
        self._began = perf_counter()
        self._done = 0
        self._waiting = True
        self.events: queue.SimpleQueue[Verified | Failed] = queue.SimpleQueue()
        self.stopped = threading.Event()

    @property
    def progress(self) -> Verifying:
        expected = len(self._token_ids)
        return Verifying(self._done, expected, self._seconds, self._waiting)

    @property
    def _seconds(self) -> float:
        return perf_counter() - self._began

    def run(self) -> None:
        try:
            while not ONE_AT_A_TIME.acquire(timeout=REPORT_EVERY):
                self._check()
            try:
                self._waiting = False
                self.events.put(self._verify())
            finally:
                ONE_AT_A_TIME.release()
        except Stopped:
            pass
        except BaseException as error:
            if not is_expected(error):
                log.error("Verifying failed", exc_info=error)
            self.events.put(Failed(run_sentence(error), self._seconds))

    def _check(self) -> None:
        """Raises Stopped where nobody waits any more, or the program is ending."""
        if self.stopped.is_set() or not threading.main_thread().is_alive():
            raise Stopped

    @torch.inference_mode()
    def _verify(self) -> Verified:
        torch.set_num_threads(self._checkpoint.threads)  # of this thread, as the lanes have it
        prompting, lane = self._checkpoint.prompting, self._token_ids
        asked = self._request
        built = prompting.build(asked.conversation, asked.budget, asked.template_options)
        prompt = built.rendered
        call = transformers_call(asked, self._checkpoint.description, prompt)
        constrained = self._constrained(prompt.text)
        self._check()
        inputs = _inputs(self._checkpoint, call)
        ids = inputs["input_ids"][0].tolist()
        if tuple(ids) != prompt.token_ids:
            return Verified(len(lane), 0, self._seconds, prompt_differs=True)
        if call.begins_with:
            inputs = _begun(inputs, call.begins_with)
        again = self._generate(inputs, call, constrained, len(ids))[len(ids) :]
        self._check()
        verdict = compared(lane, again, lambda i: prompting.decode([i]), self._seconds)
        return replace(verdict, seconds=self._seconds)

    def _constrained(self, prompt: str) -> list[AfterThought]:
        """What holds the answer to its constraint; nothing where it is free."""
        checkpoint, asked = self._checkpoint, self._request
        matcher = checkpoint.constraints.matcher(asked)
        if matcher is None:
            return []
        start = answer_start(asked, prompt, checkpoint.description.capabilities.roles)
        vocabulary = checkpoint.constraints.vocabulary().tokenizer
        matcher.consume_tokens(vocabulary.tokenize_str(start.written, parse_special=True))
        return [
            AfterThought(
                matcher, sorted(checkpoint.ends), vocabulary, checkpoint.tokenizer.decode,
                start.thought, start.awaited, start.may_think,
            )
        ]  # fmt: skip

    def _generate(
        self, inputs: dict[str, torch.Tensor], call: TransformersCall,
        constrained: list[AfterThought], prompt: int,
    ) -> list[int]:  # fmt: skip
        """prompt: its tokens, without those that the answer begins with."""
        model = self._checkpoint.model
        options = dict(call.generate)
        if call.stop:
            options["tokenizer"] = self._checkpoint.tokenizer
        for processor in constrained:
            processor.length = prompt  # what the answer begins with is read like what follows
        if constrained:
            options["logits_processor"] = LogitsProcessorList(constrained)
        own = model.generation_config
        model.generation_config = GenerationConfig(
            eos_token_id=sorted(self._checkpoint.ends) or None, pad_token_id=own.pad_token_id
        )
        watch = StoppingCriteriaList([_Watch(self._step, prompt)])
        try:
            with torch.random.fork_rng(devices=_gpus(model)):
                torch.manual_seed(call.seed or 0)
                output = model.generate(**inputs, **options, stopping_criteria=watch)
        finally:
            model.generation_config = own
        return output[0].tolist()

    def _step(self, done: int) -> None:
        self._done = done
        self._check()


class _Watch(StoppingCriteria):
    """Tells how many tokens there are; the one who is told may raise."""

    def __init__(self, step: Callable[[int], None], prompt: int) -> None:
        self._step = step
        self._prompt = prompt

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        self._step(input_ids.shape[1] - self._prompt)
        return torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)


def _gpus(model: Any) -> list[int]:
    return [model.device.index or 0] if model.device.type == "cuda" else []


def _inputs(checkpoint: Checkpoint, call: TransformersCall) -> dict[str, torch.Tensor]:
    """What the script gives to `generate()`, call by copies: Transformers sets options on them."""
    processor = copy.deepcopy(checkpoint.processor)
    tokenizer = processor.tokenizer if processor else copy.deepcopy(checkpoint.tokenizer)
    device = checkpoint.model.device
    if call.route == "ids":
        inputs = _given_ids(processor, call)
    elif call.route == "text":
        inputs = tokenizer(call.text, return_tensors="pt")
    else:
        asked, options = processor or tokenizer, template_options(call)
        if call.route == "sanitised" and processor and not call.pictures:
            asked, options["chat_template"] = tokenizer, processor.chat_template
        if call.tools is not None:
            options["tools"] = call.tools
        if call.processor:
            options["processor_kwargs"] = dict(call.processor)
        inputs = asked.apply_chat_template(_with_pictures(call), **options)
    return {name: tensor.to(device) for name, tensor in inputs.items()}


def _begun(inputs: dict[str, torch.Tensor], ids: Sequence[int]) -> dict[str, torch.Tensor]:
    """The same with the tokens that the answer begins with."""
    given = inputs["input_ids"].new_tensor([ids])
    longer = {
        name: torch.cat((inputs[name], more), dim=1)
        for name, more in (
            ("input_ids", given),
            ("attention_mask", torch.ones_like(given)),
            (KINDS, torch.zeros_like(given)),
        )
        if name in inputs
    }
    return {**inputs, **longer}


def _given_ids(processor: Any, call: TransformersCall) -> dict[str, Any]:
    ids = torch.tensor([call.prompt_ids])
    inputs: dict[str, Any] = {}
    if call.pictures:
        parts = [part for turn in _with_pictures(call) for part in turn["content"]]
        pictures = [part["image"] for part in parts if isinstance(part, dict) and "image" in part]
        text = processor.image_token * len(pictures)
        inputs = dict(
            processor(text=[text], images=[pictures], return_tensors="pt", **call.processor)
        )
    inputs.update(input_ids=ids, attention_mask=torch.ones_like(ids))
    if KINDS in inputs:
        kinds = processor.create_mm_token_type_ids(ids.tolist())
        inputs[KINDS] = torch.tensor(kinds)
    return inputs


def _with_pictures(call: TransformersCall) -> list[dict[str, Any]]:
    def placed(part: dict[str, Any]) -> dict[str, Any]:
        picture = part.get("image")
        if not isinstance(picture, Picture):
            return part
        return {**part, "image": open_image(Image(picture.path, picture.file))}

    return [
        {**turn, "content": [placed(part) for part in turn["content"]]}
        if isinstance(turn["content"], list)
        else turn
        for turn in call.messages
    ]
