"""A request answered again by `generate()`, as the exported script does, and compared.

The model in memory is the lane's own; all else is done anew: prompt, images, sampling, stopping.
"""

from __future__ import annotations

import copy
import logging
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any

import torch
from transformers import GenerationConfig, StoppingCriteria, StoppingCriteriaList

from core.conversation import Image
from core.runs.events import Failed
from core.runs.verification import Verified, VerifyEvent, Verifying, compared
from core.scripts.transformers_call import Picture, Recipe, recipe
from core.scripts.transformers_script import template_options
from core.workspace import Request
from engine.failures import is_expected, run_sentence
from engine.images.image_files import open_image
from engine.loading.checkpoint import Checkpoint

log = logging.getLogger(__name__)
REPORT_EVERY = 0.1  # seconds
ONE_AT_A_TIME = threading.Lock()  # `generate()` draws from torch's one global generator


class Stopped(Exception):
    """The one who asked has gone."""


class Verification(Iterator[VerifyEvent]):
    """Tells of Verifying about ten times a second and ends with Verified or Failed.

    Closing it ends the work within one decoding step. Lanes that run meanwhile are slower, and
    the same: they draw from generators of their own.
    """

    def __init__(self, checkpoint: Checkpoint, request: Request, token_ids: Sequence[int]) -> None:
        self._job = _Job(checkpoint, request, token_ids)
        self._started = self._ended = False

    def start(self) -> None:
        if not self._started:
            self._started = True
            threading.Thread(target=self._job.run, name="verify", daemon=False).start()

    def __next__(self) -> VerifyEvent:
        self.start()
        if self._over:
            raise StopIteration
        try:
            event = self._job.events.get(timeout=REPORT_EVERY)
        except queue.Empty:
            return self._job.progress
        self._ended = True
        return event

    def drain(self) -> tuple[list[VerifyEvent], bool]:
        """How far it is now, or the verdict."""
        if self._over:
            return [], True
        try:
            event = self._job.events.get_nowait()
        except queue.Empty:
            return [self._job.progress], False
        self._ended = True
        return [event], True

    @property
    def _over(self) -> bool:
        return self._ended or self._job.stopped.is_set()

    def close(self) -> None:
        self._job.stopped.set()


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
        prompt = prompting.build(self._request.conversation, self._request.budget).rendered
        made = recipe(self._request, self._checkpoint.description, prompt)
        self._check()
        inputs = _inputs(self._checkpoint, made)
        ids = inputs["input_ids"][0].tolist()
        if tuple(ids) != prompt.token_ids:
            return Verified(len(lane), 0, self._seconds, prompt_differs=True)
        again = self._generate(inputs, made)[len(ids) :]
        self._check()
        verdict = compared(lane, again, lambda i: prompting.decode([i]), self._seconds)
        return replace(verdict, seconds=self._seconds)

    def _generate(self, inputs: dict[str, torch.Tensor], made: Recipe) -> list[int]:
        model = self._checkpoint.model
        options = dict(made.generate)
        if made.stop:
            options["tokenizer"] = self._checkpoint.tokenizer
        own = model.generation_config
        model.generation_config = GenerationConfig(
            eos_token_id=sorted(self._checkpoint.ends) or None, pad_token_id=own.pad_token_id
        )
        watch = StoppingCriteriaList([_Watch(self._step, inputs["input_ids"].shape[1])])
        try:
            with torch.random.fork_rng(devices=_gpus(model)):
                torch.manual_seed(made.seed or 0)
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


def _inputs(checkpoint: Checkpoint, made: Recipe) -> dict[str, torch.Tensor]:
    """What the script gives to `generate()`, made by copies: Transformers sets options on them."""
    processor = copy.deepcopy(checkpoint.processor)
    tokenizer = processor.tokenizer if processor else copy.deepcopy(checkpoint.tokenizer)
    device = checkpoint.model.device
    if made.route == "ids":
        inputs = _given_ids(processor, made)
    else:
        asked, options = processor or tokenizer, template_options(made)
        if made.route == "sanitised" and processor and not made.pictures:
            asked, options["chat_template"] = tokenizer, processor.chat_template
        if made.tools is not None:
            options["tools"] = made.tools
        if made.processor:
            options["processor_kwargs"] = dict(made.processor)
        inputs = asked.apply_chat_template(_with_pictures(made), **options)
    return {name: tensor.to(device) for name, tensor in inputs.items()}


def _given_ids(processor: Any, made: Recipe) -> dict[str, Any]:
    ids = torch.tensor([made.prompt_ids])
    inputs: dict[str, Any] = {}
    if made.pictures:
        parts = [part for turn in _with_pictures(made) for part in turn["content"]]
        pictures = [part["image"] for part in parts if isinstance(part, dict) and "image" in part]
        text = processor.image_token * len(pictures)
        inputs = dict(
            processor(text=[text], images=[pictures], return_tensors="pt", **made.processor)
        )
    inputs.update(input_ids=ids, attention_mask=torch.ones_like(ids))
    if "mm_token_type_ids" in inputs:
        kinds = processor.create_mm_token_type_ids(ids.tolist())
        inputs["mm_token_type_ids"] = torch.tensor(kinds)
    return inputs


def _with_pictures(made: Recipe) -> list[dict[str, Any]]:
    def placed(part: dict[str, Any]) -> dict[str, Any]:
        picture = part.get("image")
        if not isinstance(picture, Picture):
            return part
        return {**part, "image": open_image(Image(picture.path, picture.file))}

    return [
        {**turn, "content": [placed(part) for part in turn["content"]]}
        if isinstance(turn["content"], list)
        else turn
        for turn in made.messages
    ]
