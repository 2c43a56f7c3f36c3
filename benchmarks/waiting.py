"""How long somebody waits: for the first token, and for the next one while another prompt joins."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from PIL import Image as Pictures

from benchmarks.subject import Subject
from benchmarks.together import asked, moments_of, seconds, tokens_of, worker_of
from core.conversation import Conversation, Image, message
from core.vision import VisionBudget
from engine.batch.limits import Limits

SEEN = VisionBudget(256, 256, False)
ALONE = 16  # tokens of the running lane before the other prompt joins
ENOUGH = 512  # tokens the running lane may take until the other one has joined


def prompt_again(subject: Subject) -> float:
    """Seconds to the first token when a prompt comes again / when it is new, in a fresh worker."""
    once = subject.requests(1, subject.sizes.long, new=1)
    worker = worker_of(subject.checkpoint, Limits())
    cold, again = (seconds(worker, once) for _ in range(2))
    return again / cold


def image_again(subject: Subject) -> float:
    """Seconds to the first token of a second question about an image / of the first one, new."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "picture.png"
        Pictures.effect_noise((512, 512), 64).convert("RGB").save(path)
        first, second = (
            [replace(request, conversation=_about(str(path), words), budget=SEEN)]
            for request in subject.requests(1, subject.sizes.short, new=1)
            for words in ("What is in the picture?", "Which colour is the largest thing?")
        )
        worker = worker_of(subject.checkpoint, Limits())
        cold = seconds(worker, first)
        return seconds(worker, second) / cold


def _about(path: str, words: str) -> Conversation:
    return Conversation((message("user", words, [Image(path, "picture")]),))


def longest_pause(subject: Subject) -> float:
    """Longest time between two tokens of a lane while a prompt joins / its median time before.

    While: from the asking to the joining lane's second token. Moments are those at which the
    engine chose the tokens; nothing of a page is included.
    """
    worker = worker_of(subject.checkpoint, Limits())
    running = subject.requests(1, subject.sizes.short, new=ENOUGH)
    joining = subject.requests(1, subject.sizes.joining, new=2)
    began = perf_counter()
    with closing(asked(worker, running, began)) as stream:
        tokens = (moment for _, moment in tokens_of(stream))
        before = list(islice(tokens, ALONE))
        answer = moments_of(asked(worker, joining, began), joining)
        joined = answer[joining[0].lane][-1]
        during = before[-1:]
        while during[-1] < joined:
            during.append(next(tokens))
    return max(_gaps(during)) / median(_gaps(before[1:]))


def _gaps(moments: list[float]) -> list[float]:
    return [after - before for before, after in pairwise(moments)]


def usual_step(subject: Subject, lanes: int) -> float:
    """Median seconds between two tokens of a lane that runs together with `lanes` - 1 others."""
    requests = subject.requests(lanes, subject.sizes.short)
    moments = moments_of(asked(worker_of(subject.checkpoint), requests), requests)
    return median(_gaps(moments[requests[0].lane][1:]))
