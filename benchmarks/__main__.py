"""What the engine gains over `generate()`, as ratios taken in one run; and the page's speed.

The engine runs with random weights of the real shapes in bfloat16, unless a line says otherwise: a
time says something about this machine, a ratio about the engine. The page is the real one with the
shipped model, in headless Chromium. Let nothing else run meanwhile.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path

import torch
import transformers

from benchmarks.measures import MEASURES
from benchmarks.rounds import take
from benchmarks.sizes import REAL, SMALL
from benchmarks.table import as_table, write_json, write_page
from engine.loading.device import ALL_THREADS

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BUSY = 1.5  # programs that want to compute, on average
NAMES = [measure.name for measure in MEASURES]


def flags(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python dev.py bench", description=__doc__)
    parser.add_argument(
        "--only", action="append", metavar="NAME", help=f"repeat for several: {', '.join(NAMES)}"
    )
    parser.add_argument("--rounds", type=int, default=3, help="the median counts; default: 3")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="counts from the folder of the project"
    )
    parser.add_argument("--write", action="store_true", help=f"put the figures into {PAGE.name}")
    parser.add_argument("--busy", action="store_true", help="measure while others compute, too")
    parser.add_argument("--small", action="store_true", help=argparse.SUPPRESS)  # for the tests
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        raise SystemExit(f"--rounds is {options.rounds}; it must be 1 or more.")
    for name in options.only or ():
        if name not in NAMES:
            raise SystemExit(f"Unknown measure {name!r}; use {', '.join(NAMES)}.")
    return options


def main() -> int:
    options = flags()
    if (load := os.getloadavg()[0]) > BUSY and not (options.small or options.busy):
        raise SystemExit(
            f"This machine is busy: the load of the last minute is {load:.1f}, and "
            f"a measurement wants at most {BUSY}. Wait for them, or measure with --busy."
        )
    transformers.logging.set_verbosity_error()  # hints at kernels that only a GPU has
    transformers.logging.disable_progress_bar()
    wanted = [m for m in MEASURES if not options.only or m.name in options.only]
    began = time.perf_counter()
    results = take(wanted, options.rounds, SMALL if options.small else REAL)
    minutes = (time.perf_counter() - began) / 60
    print(as_table(results))
    print(
        f"\nMedians of {options.rounds} rounds in {minutes:.1f} minutes, "
        f"{ALL_THREADS} threads, torch {torch.__version__}, "
        f"Transformers {transformers.__version__}."
    )
    if options.small:
        print("--small only proves that the measures run: these numbers mean nothing.")
    if options.write:
        write_page(results, PAGE)
    if options.json:
        write_json(results, options.json)
    return 1 if any(result.broken for result in results) else 0


if __name__ == "__main__":
    raise SystemExit(main())
