"""Visitors of every kind at the real server with the shipped model, for minutes.

Ends with 1 if the server died, logged a crash, let a run hang, or went on growing.
"""

from __future__ import annotations

import argparse
import random
import socket
import sys
import threading
from collections.abc import Sequence
from time import monotonic, sleep

from soak.tally import Tally
from soak.visits import RUN_BOUND, Visit, named, visits_of
from tests.hostile.servers import Attacked, Footprint, attacked, raised, settled

VISITORS = 32
SEED = 12
CACHES = ("--prompt-cache", "64", "--batch-memory", "512")  # megabytes: small, so that growth shows
WARM_SHARE = 0.2  # of the time, before what is held counts
MOST_MEMORY = 300e6  # bytes beyond what was held then
MOST_THREADS = 40  # Gradio's own pool fills up in time
MOST_FILES = 32


def flags(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python dev.py soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="also 0.2; default: 10")
    parser.add_argument("--visitors", type=int, default=VISITORS, help=f"default: {VISITORS}")
    parser.add_argument("--seed", type=int, default=SEED, help="of what visitors do")
    parser.add_argument(
        "--engine", choices=("local", "scripted"), default="local", help="default: local"
    )
    options = parser.parse_args(arguments)
    if not 0 < options.minutes <= 1440:
        parser.error(f"--minutes is {options.minutes}; it must be above 0, and at most 1440.")
    if not 1 <= options.visitors <= 200:
        parser.error(f"--visitors is {options.visitors}; it must be from 1 to 200.")
    return options


def main() -> int:
    options, tally = flags(), Tally()
    with attacked("--engine", options.engine, *CACHES) as server:
        warm, end = soak(server, tally, options.visitors, 60 * options.minutes, options.seed)
        found = problems(server, tally, warm, end)
    print(f"{options.visitors} visitors, {options.minutes:g} minutes")
    print("\n".join(tally.lines()))
    print(f"warmed up: {warm}\nat the end: {end}")
    print("\n".join(found) or "Nothing broke, nothing hung, nothing grew.")
    return 1 if found else 0


def soak(
    server: Attacked, tally: Tally, visitors: int, seconds: float, seed: int
) -> tuple[Footprint, Footprint]:
    """What the server held once it was warm, and in the end."""
    deadline = monotonic() + seconds
    threads = [
        threading.Thread(
            target=_visit_until,
            args=(server, tally, visit, address, random.Random(f"{seed} {seat}"), deadline),
            daemon=True,
        )
        for seat, (visit, address) in enumerate(
            zip(visits_of(visitors), addresses(visitors), strict=True)
        )
    ]
    for thread in threads:
        thread.start()
    sleep(seconds * WARM_SHARE)
    warm = server.footprint()
    for thread in threads:
        thread.join(max(0.0, deadline - monotonic()) + RUN_BOUND)
        if thread.is_alive():
            tally.broke("A visit did not end.")
    return warm, settled(server.server)


def _visit_until(
    server: Attacked, tally: Tally, visit: Visit, address: str, random_numbers: random.Random,
    deadline: float,
) -> None:  # fmt: skip
    """One visit after the other, each a session of its own; at least one."""
    while True:
        with named(visit.__name__.replace("_", " "), tally):
            visit(server.visitor(RUN_BOUND, address), random_numbers, tally)
        sleep(random_numbers.uniform(0.0, 0.5))
        if monotonic() >= deadline or server.server.process.poll() is not None:
            return


def addresses(count: int) -> list[str]:
    """One of this machine for each visitor, where a system has more than one of its own."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.2", 0))
        except OSError:
            return ["127.0.0.1"] * count
    return [f"127.0.0.{2 + seat}" for seat in range(count)]


def problems(server: Attacked, tally: Tally, warm: Footprint, end: Footprint) -> list[str]:
    found = [f"Error: {what} ({count} times)" for what, count in tally.errors.items()]
    if server.server.process.poll() is not None:
        found.append(f"The server ended with {server.server.process.returncode}.")
    elif sentence := server.still_answers():
        found.append(sentence)
    if crash := server.crashes():
        kinds = "\n".join(f"{count:11,} {what}" for what, count in raised(crash).most_common(20))
        found.append(f"The log tells of crashes:\n{kinds or crash[-2000:]}")
    for what, grown, most in (
        ("Bytes of memory", end.memory - warm.memory, MOST_MEMORY),
        ("Threads", end.threads - warm.threads, MOST_THREADS),
        ("Open files", end.files - warm.files, MOST_FILES),
    ):
        if grown > most:
            found.append(f"{what} grew by {grown:,}; {most:,.0f} are allowed.")
    return found


if __name__ == "__main__":
    sys.exit(main())
