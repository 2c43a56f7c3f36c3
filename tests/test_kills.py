"""A server that is killed at any moment loses nothing that it acknowledged, and starts again.

`PLAYGROUND_KILLS` and `PLAYGROUND_WRITER_KILLS` say how often.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from core.sheets.journal import Journal
from tests import killed_sheet
from tests.amounts import amount
from tests.hostile.driver import Visitor
from tests.killed_writer import Kept, folders, lost, write
from tests.serving import running

KILLS = int(os.environ.get("PLAYGROUND_KILLS", amount(1, 2)))
WRITER_KILLS = int(os.environ.get("PLAYGROUND_WRITER_KILLS", amount(8, 45)))
SHEET_KILLS = amount(2, 6)
FORKS = multiprocessing.get_context("forkserver")
GONE = (OSError, ValueError, EOFError)  # what a visitor of a killed server gets to see


def test_a_writer_that_is_killed_at_any_moment_loses_nothing(tmp_path: Path):
    FORKS.set_forkserver_preload(["tests.killed_writer"])
    dice, kept, stores = random.Random(1), list[Kept](), folders(tmp_path)
    for life in range(WRITER_KILLS):
        reader, writer = FORKS.Pipe(duplex=False)
        process = FORKS.Process(target=write, args=(tmp_path, life, writer.send))
        process.start()
        writer.close()
        first = reader.recv()
        until = monotonic() + dice.uniform(0, 0.2)
        said = [first]
        while monotonic() < until:
            if reader.poll(max(0.0, until - monotonic())):
                said.append(reader.recv())
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        try:
            while True:
                said.append(reader.recv())
        except (EOFError, OSError):
            pass
        process.join()
        reader.close()
        kept += said
        assert lost(stores, said) == []
    assert lost(folders(tmp_path), kept) == []
    assert len(kept) >= WRITER_KILLS


def test_a_sheet_that_is_killed_goes_on_at_the_missing_cells(tmp_path: Path):
    FORKS.set_forkserver_preload(["tests.killed_writer", "tests.killed_sheet"])
    dice, path, counted = random.Random(3), tmp_path / "cells.jsonl", set[str]()
    for _ in range(SHEET_KILLS):
        reader, writer = FORKS.Pipe(duplex=False)
        process = FORKS.Process(target=killed_sheet.run, args=(path, writer.send))
        process.start()
        writer.close()
        counted.add(reader.recv())
        sleep(dice.uniform(0, 0.2))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        with suppress(EOFError, OSError):
            while True:
                key = reader.recv()
                assert key not in counted
                counted.add(key)
        process.join()
        reader.close()
        assert counted <= Journal(path).cells.keys()
    kept = Journal(path).cells
    assert len(kept) < killed_sheet.ROWS
    new: list[str] = []
    ended = killed_sheet.run(path, new.append)
    assert ended.progress.done == killed_sheet.ROWS == len({*kept, *new})
    assert not kept.keys() & {*new}


class Person(threading.Thread):
    """Does something again and again until the server is gone; `kept` is what it acknowledged."""

    def __init__(
        self, other: Visitor, life: int, act: Callable[[Visitor, str], list[Kept]]
    ) -> None:
        super().__init__(daemon=True)
        self.kept: list[Kept] = []
        self.refused: list[str] = []
        self._visitor = Visitor(other.url)
        self._visitor.page = other.page
        self._life = life
        self._act = act

    def run(self) -> None:
        number = 0
        try:
            while True:
                number += 1
                self.kept += self._act(self._visitor, f"{self._life}.{number}")
        except GONE:
            pass
        except AssertionError as error:
            self.refused.append(str(error))


def rows(text: str) -> list[dict[str, Any]]:
    return [{"id": "1", "role": "user", "text": text, "images": []}]


def saves_sessions(visitor: Visitor, name: str) -> list[Kept]:
    text = f"{name} " + "x" * 50_000
    made = visitor.act("session", "save", {"name": f"Talk {name}"}, messages=rows(text))
    if not made.data:  # the stream broke off before an answer
        raise EOFError
    assert made.error is None, made.error
    bar = made.data["session"]
    kept = [Kept(bar["key"], bar["number"], text)]
    again = visitor.act("session", "save", {}, messages=rows(text + "!"), session=bar)
    if again.data:
        assert again.error is None, again.error
        kept.append(Kept(bar["key"], again.data["session"]["number"], text + "!"))
    return kept


def saves_presets(visitor: Visitor, name: str) -> list[Kept]:
    text = f"{name} " + "x" * 50_000
    told = {"act": "save", "name": f"Preset {name}", "from_page": True, "holds": {"system": True}}
    messages = [{**rows(text)[0], "role": "system"}, *rows("Hi")]
    seen = visitor.act("presets", "own", told, messages=messages)
    assert seen.error is None, seen.error
    reply = seen.prop("presets", "reply")
    assert reply["error"] == "", reply["error"]
    return [Kept(f"own/preset-{name.replace('.', '-')}", 0, text)]


def imports_sessions(visitor: Visitor, name: str) -> list[Kept]:
    text = f"{name} " + "x" * 50_000
    workspace = {"format": "lfm-playground-workspace", "version": 1,
                 "messages": [{"role": "user", "content": text}]}  # fmt: skip
    version = {"time": "2026-01-31T12:00:00", "workspace": workspace}
    file = {"format": "lfm-playground-session-file", "version": 1, "name": f"Import {name}",
            "versions": [version, version]}  # fmt: skip
    told = {"act": "import", "text": json.dumps(file)}
    seen = visitor.act("sessions", "open", told)
    if not seen.data:
        raise EOFError
    assert seen.error is None, seen.error
    key = seen.data["session"]["key"]
    return [Kept(key, 1, text), Kept(key, 2, text)]


def runs(visitor: Visitor, name: str) -> list[Kept]:
    visitor.act("run-1", "click", messages=rows(f"!long {name}"))
    return []


@pytest.mark.thorough
def test_a_server_that_is_killed_at_any_moment_loses_nothing_and_starts_again(tmp_path: Path):
    dice, kept = random.Random(2), list[Kept]()
    data = tmp_path / "data"
    slowest = 0.0
    for life in range(KILLS + 1):
        began = monotonic()
        with running("--engine", "scripted", "--data-dir", str(data)) as server:
            slowest = max(slowest, monotonic() - began)
            visitor = Visitor(server.url)
            panel = visitor.act("sessions", "look", {"act": "refresh"}).data["sessions"]
            assert panel["broken"] == []
            assert panel["total"] == len(folders(data)[1].sessions()[0])
            if life == KILLS:
                break
            people = [
                Person(visitor, life, act)
                for act in (saves_sessions, saves_presets, imports_sessions, runs)
            ]
            for person in people:
                person.start()
            sleep(dice.uniform(0.2, 1.5))
            server.process.kill()
            for person in people:
                person.join(30)
                assert not person.is_alive()
                assert person.refused == []
                kept += person.kept
            assert "Traceback" not in server.log
        assert lost(folders(data), kept) == []
    assert len(kept) >= KILLS
    print(f"{KILLS} kills, {len(kept)} things kept, {slowest:.1f} s for the slowest start")
