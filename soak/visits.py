"""The visitors of a soak: who reads, who leaves in mid-run, who never reads, who means harm."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPException
from time import monotonic, sleep
from typing import Any

from PIL import Image

from soak.tally import Tally
from tests.hostile.driver import API, Seen, Visitor
from tests.hostile.entrances import never_read, row
from tests.hostile.hostile_row import Row
from tests.hostile.hostile_table import TABLE

PROMPTS = (
    "Hi", "What is the capital of France?", "2024-03-08", "Write a story about a lighthouse.",
    "Repeat this: " + "one two three four five six seven eight nine ten " * 40,
)  # fmt: skip
RUN_BOUND = 180.0  # seconds; a run that takes longer hangs
UNREAD = 5.0
# The rows that are a crowd of their own are no single visitor's.
HOSTILE = [one for one in TABLE if one.where is not never_read]
Run = Generator[Seen, None, None]
Visit = Callable[[Visitor, random.Random, Tally], None]


def reads(visitor: Visitor, random_numbers: random.Random, tally: Tally) -> None:
    """Waits for the whole answer and measures it."""
    began = last = monotonic()
    first, pause, text, seen = 0.0, 0.0, "", Seen(200, "")
    with closing(_run(visitor, random_numbers)) as updates:
        for seen in updates:
            now = monotonic()
            if now - began > RUN_BOUND:
                raise TimeoutError(f"A run took more than {RUN_BOUND:.0f} s.")
            if text:
                pause = max(pause, now - last)
            text, last = _text_of(seen), now
            first = first or (now - began if text else 0.0)
    if seen.error is None:
        tally.read(first or last - began, pause)
    else:
        _failed(seen, tally)


def leaves(visitor: Visitor, random_numbers: random.Random, tally: Tally) -> None:
    """Hangs up after some updates: in the queue, while the prompt is read, or in the answer."""
    wanted = random_numbers.choice((0, 1, 1, 2, 4, 8))
    with closing(_run(visitor, random_numbers)) as updates:
        for count, seen in enumerate(updates, start=1):
            if seen.error is not None:
                return _failed(seen, tally)
            if count >= wanted:
                break
    tally.count("runs left in the middle")


def never_reads(visitor: Visitor, random_numbers: random.Random, tally: Tally) -> None:
    """Asks for an answer and does nothing with it for seconds, before it hangs up."""
    asked = {"data": [_messages(random_numbers), {"max_new_tokens": 200}, 1]}
    joined = visitor.request("POST", f"{API}call/generate", asked)
    if joined.status != 200:
        return tally.refused(joined.text)
    with visitor.answer("GET", f"{API}call/generate/{joined.json['event_id']}"):
        sleep(UNREAD)
    tally.count("runs that nobody read")


def means_harm(visitor: Visitor, random_numbers: random.Random, tally: Tally) -> None:
    """Sends a row of the table of hostile inputs; what it reads is the table's own test."""
    hostile: Row = random_numbers.choice(HOSTILE)
    seen = hostile.send(visitor)
    if seen.status >= 500 or seen.error == "":
        tally.broke(f"{hostile.name}: {seen.status} and {seen.text[:100]!r}")
    tally.count("hostile inputs")


def visits_of(count: int) -> list[Visit]:
    """Half leave; of the others half read, a quarter never does, and a quarter means harm."""
    others: tuple[Visit, ...] = (reads, never_reads, reads, means_harm)
    return [leaves if seat % 2 else others[seat // 2 % 4] for seat in range(count)]


@contextmanager
def named(what: str, tally: Tally) -> Any:
    """Whatever a visit raises is an error of the server."""
    try:
        yield
    except TimeoutError as error:
        tally.broke(f"a hang while one {what}: {error}")
    except (OSError, HTTPException, ValueError) as error:
        tally.broke(f"a broken connection while one {what}: {error!r}")


def _run(visitor: Visitor, random_numbers: random.Random) -> Run:
    """One run, by the page or by the API, some with a picture; closing it hangs up."""
    length = random_numbers.randint(5, 120)
    if random_numbers.random() < 0.5:
        parameters = {"temperature": 0.7, "max_new_tokens": length}
        return visitor.called(
            "generate", _messages(random_numbers), parameters, random_numbers.randrange(2**32)
        )
    images = [_picture(visitor, random_numbers)] if random_numbers.random() < 0.3 else []
    return visitor.updates(
        visitor.page.event("run-1", "click"),
        messages=[row(random_numbers.choice(PROMPTS), images=images)],
        parameter_max_new_tokens=length,
    )


def _messages(random_numbers: random.Random) -> list[Mapping[str, str]]:
    return [{"role": "user", "content": random_numbers.choice(PROMPTS)}]


def _picture(visitor: Visitor, random_numbers: random.Random) -> Mapping[str, str]:
    file = io.BytesIO()
    color = f"#{random_numbers.randrange(2**24):06x}"
    Image.new("RGB", (random_numbers.choice((64, 600)), 200), color).save(file, "PNG")
    path = visitor.upload("picture.png", file.getvalue())
    return {"path": path, "url": f"{API}file={path}", "name": "picture.png"}


def _text_of(seen: Seen) -> str:
    value = seen.data.get("value") or seen.data.get("lane-a") or {}
    return str(value.get("text") or "")


def _failed(seen: Seen, tally: Tally) -> None:
    if seen.error and seen.status < 500:
        tally.refused(seen.error)
    else:
        tally.broke(f"A run ended with {seen.status} and {seen.error!r}")
