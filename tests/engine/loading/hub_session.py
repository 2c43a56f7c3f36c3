"""Runs in a process of its own, because huggingface_hub reads its address when it is imported.

Prints one JSON line per load; waits for a line on its input before the loads that need no Hub.
"""

from __future__ import annotations

import json
import sys
import threading

from core.runs.engine import Loaded, Loading
from core.runs.events import Failed
from engine.local import LocalEngine


def load(engine: LocalEngine, model: str) -> None:
    events = list(engine.load(model))
    shares = [e.fraction for e in events if isinstance(e, Loading) and e.step == "Downloading"]
    last = events[-1]
    print(
        json.dumps(
            {
                "model": model,
                "loaded": isinstance(last, Loaded),
                "message": last.message if isinstance(last, Failed) else "",
                "shares": [share for share in shares if share is not None],
                "in_use": engine.description.model if engine.description else None,
                "revision": engine.description.revision if engine.description else None,
            }
        ),
        flush=True,
    )


def cancel(engine: LocalEngine, model: str) -> None:
    """Closes the iterator during the download and waits until its threads are gone."""
    events = engine.load(model)
    for event in events:
        if isinstance(event, Loading) and event.step == "Downloading" and event.fraction:
            break
    events.close()
    for thread in threading.enumerate():
        if thread.name == f"load {model}":
            thread.join(20)
    alive = any(thread.name == f"load {model}" for thread in threading.enumerate())
    in_use = engine.description.model if engine.description else None
    print(json.dumps({"model": model, "alive": alive, "in_use": in_use}), flush=True)


def main(online: list[str], offline: list[str]) -> None:
    engine = LocalEngine(device="cpu")
    for model in online:
        load(engine, model)
    if online:
        cancel(engine, "tiny/slow")
        sys.stdin.readline()
    for model in offline:
        load(engine, model)


if __name__ == "__main__":
    main(*(json.loads(argument) for argument in sys.argv[1:3]))
