"""A sheet over two replicas, one of which dies in the middle; then the same sheet again.

It reports what a person would find: which answers failed and why, and that all others are kept.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import sleep

from core.conversation import Conversation, message
from core.lanes import LaneSettings
from core.sheets.cell import Cell
from core.sheets.journal import Journal
from core.sheets.plan import Plan
from core.sheets.runner import Progress, SheetRun
from core.sheets.sheet import Row, Sheet
from core.workspace import Workspace
from engine.remote.remote_engine import RemoteEngine
from engine.remote.remote_server import RemoteServer
from engine.remote.servers import RemoteServers
from engine.remote.several import SeveralEngines
from tests.servers.checks import Line
from tests.servers.programs import Program, Running, running

ROWS, IN_FLIGHT = 250, 32  # in two lanes: 500 cells
NAMES = ("John", "Emma", "Noah", "Ada", "Omar", "Mia", "Leo", "Zoe", "Ben", "Ida")
PROMPT = "Extract the name and age from: {{name}} is {{age}} years old."
PATIENCE = 1_800.0  # seconds


def replicas(program: Program) -> Iterator[Line]:
    """Runs everything; a line with FAILED breaks a promise."""
    with ExitStack() as held, tempfile.TemporaryDirectory() as folder:
        one, two = (held.enter_context(running(program)) for _ in range(2))
        journal = Journal(Path(folder) / "cells.jsonl")
        yield from first_run(one, two, journal)
        kept = {key: cell for key, cell in journal.cells.items() if not cell.error}
        with running(program) as three:  # in the place of the second
            yield from second_run(one, three, journal, kept)
        journal.close()


def engine_of(one: Running, two: Running) -> SeveralEngines:
    named = (("one", one.url), ("two", two.url))
    servers = [RemoteEngine(RemoteServer(url, name=name)) for name, url in named]
    engine = SeveralEngines(None, RemoteServers(servers))
    for _ in engine.load(""):
        pass
    return engine


def plan_of(engine: SeveralEngines) -> Plan:
    models = [model.name for model in engine.models]
    assert len(models) == 2, engine.trouble
    talk = Conversation((message("user", PROMPT),))
    sampling = (("temperature", 0.0), ("max_new_tokens", 32))
    lanes = [LaneSettings(sampling=sampling, model=model) for model in sorted(models)]
    rows = (Row(n, (NAMES[n % 10], str(20 + n // 10))) for n in range(1, ROWS + 1))
    workspace = Workspace(talk).with_lanes(lanes)
    return Plan(Sheet("People", workspace, ("name", "age"), tuple(rows)), {}, models[0])


def first_run(one: Running, two: Running, journal: Journal) -> Iterator[Line]:
    """Until the second replica is killed, a third of the way, and on to the end or a pause."""
    engine = engine_of(one, two)
    plan = plan_of(engine)
    run = SheetRun(engine, plan, journal, at_once=IN_FLIGHT)
    run.start()
    _until(run, lambda now: now.done >= 2 * ROWS // 3)
    before = run.progress.done
    two.kill()
    now = _until(run, lambda now: now.state in ("finished", "paused"))
    pauses = 0
    while now.state == "paused":
        pauses += 1
        yield "it paused", now.why
        run.resume()
        now = _until(run, lambda now: now.state in ("finished", "paused"))
    failed = [cell for cell in journal.cells.values() if cell.error]
    lanes = Counter(cell.lane for cell in failed)
    yield "killed after", f"{before} of {2 * ROWS} cells; {pauses} pauses"
    good = now.done == 2 * ROWS and set(lanes) == {"B"} and len(failed) == now.failed
    yield "only the dead replica's cells failed", f"{_word(good)}: {len(failed)} of lane B"
    for sentence, count in Counter(cell.error for cell in failed).items():
        yield f"{count} cells", f"{_word(sentence[-1] in '.…')}: {sentence}"


def second_run(
    one: Running, three: Running, journal: Journal, kept: dict[str, Cell]
) -> Iterator[Line]:
    """What failed runs again, on the new replica; nothing else does."""
    engine = engine_of(one, three)
    failed = {key for key, cell in journal.cells.items() if cell.error}
    run = SheetRun(engine, plan_of(engine), journal, again=failed, at_once=IN_FLIGHT)
    run.start()
    now = _until(run, lambda now: now.state in ("finished", "paused"))
    cells = journal.cells
    good = now.done == 2 * ROWS and not now.failed and not any(c.error for c in cells.values())
    yield "run again", f"{_word(good)}: {now.done} cells, {now.failed} failed, {now.seconds:.0f} s"
    same = all(cells[key] == cell for key, cell in kept.items())
    yield "nothing else ran", f"{_word(same)}: {len(kept)} answers kept as they were"
    texts: dict[int, set[str]] = {}
    for cell in cells.values():
        texts.setdefault(cell.row, set()).add(cell.text)
    alike = sum(len(one) == 1 for one in texts.values())
    yield "both replicas gave the same greedy answer", f"in {alike} of {ROWS} rows"


def _until(run: SheetRun, reached: Callable[[Progress], bool]) -> Progress:
    waited = 0.0
    while not reached(now := run.progress):
        sleep(0.1)
        waited += 0.1
        assert waited < PATIENCE, now
        assert now.state != "stopped", now
    return now


def _word(good: bool) -> str:
    return "kept" if good else "FAILED"
