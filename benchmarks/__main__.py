"""What the engine gains over `generate()`, as ratios that are taken side by side in one run.

All with random weights of the real shapes in bfloat16, unless a line says otherwise: a time says
something about this machine, a ratio about the engine. Let nothing else run meanwhile.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
import transformers

from benchmarks.measures import MEASURES
from benchmarks.rounds import take
from benchmarks.sizes import REAL, SMALL
from benchmarks.table import as_table, write_json
from engine.loading.device import ALL_THREADS

NAMES = [measure.name for measure in MEASURES]


def flags() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python dev.py bench", description=__doc__)
    parser.add_argument(
        "--only", action="append", metavar="NAME", help=f"repeat for several: {', '.join(NAMES)}"
    )
    parser.add_argument("--rounds", type=int, default=3, help="the median counts; default: 3")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="counts from the folder of the project"
    )
    parser.add_argument("--small", action="store_true", help=argparse.SUPPRESS)  # for the tests
    options = parser.parse_args()
    if options.rounds < 1:
        raise SystemExit(f"--rounds is {options.rounds}; it must be 1 or more.")
    for name in options.only or ():
        if name not in NAMES:
            raise SystemExit(f"There is no measure {name!r}; use {', '.join(NAMES)}.")
    return options


def main() -> int:
    options = flags()
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
    if options.json:
        write_json(results, options.json)
    return 1 if any(result.broken for result in results) else 0


if __name__ == "__main__":
    raise SystemExit(main())
