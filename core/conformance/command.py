"""`app.py conform`: a check without a page, its verdict as a line, and an exit status."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.bounds import LARGEST_FILE
from core.conformance.asking import Served
from core.conformance.conforming import Conforming
from core.conformance.prompts import of_file, shipped
from core.conformance.report import report_html
from core.errors import InvalidInput, reason
from core.library.library import Library
from core.runs.engine import Engine
from core.runs.engine_flags import add_engine_flags
from core.sessions.data_folder import read_regular, write_atomically
from core.vision import VisionBudget

CONFORMS, DIFFERS, NOT_DONE = 0, 1, 2  # exit statuses
DRAWS = 200
FEWEST_DRAWS, MOST_DRAWS = 50, 5_000
TOLERANCE = 0.05
MOST_TOLERANCE = 10.0


@dataclass(frozen=True)
class ConformCommand:
    """prompts: a file of conversations; None: the shipped scenarios. out: the report; None: none.
    seed: the first that is drawn with. say: prints a line.
    """

    prompts: Path | None
    out: Path | None
    draws: int
    tolerance: float
    seed: int
    say: Callable[[str], None]

    def run(self, engine: Engine, served: Served, library: Library) -> int:
        """The exit status. Raises InvalidInput where nothing can be compared from the start."""
        described = engine.description
        budget = (described.budget if described else None) or VisionBudget()
        if self.prompts is None:
            prompts, left_out = list(shipped(library, budget)), []
        else:
            prompts, left_out = of_file(self._content(self.prompts), self.prompts.name, budget)
        check = Conforming(engine, served, self.draws, self.tolerance, self.seed, self.say)
        found = check.run(prompts, left_out)
        if self.out is not None:
            try:
                write_atomically(self.out, report_html(found))
            except OSError as error:
                raise InvalidInput(f"{self.out} was not written: {reason(error)}") from error
        self.say(found.verdict)
        if not found.compared:
            return NOT_DONE
        return DIFFERS if found.differs else CONFORMS

    def _content(self, file: Path) -> bytes:
        try:
            return read_regular(file, LARGEST_FILE)
        except OSError as error:
            raise InvalidInput(f"{file} can't be read: {reason(error)}") from error


def conform_flags(arguments: Sequence[str], model: str) -> argparse.Namespace:
    """model: the one that is shipped."""
    parser = argparse.ArgumentParser(
        prog="app.py conform",
        description="Checks whether a server answers like the same model on this machine. The "
        "exit status is 1 if it does not, and 2 if nothing could be compared.",
    )
    parser.add_argument(
        "url",
        metavar="[NAME=]URL[#VARIABLE]",
        help="the server; the environment variable VARIABLE holds its key",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="the report as one HTML file")
    parser.add_argument(
        "--served-model",
        default="",
        metavar="NAME",
        help="as the server lists it; default: the first one",
    )
    parser.add_argument(
        "--prompts",
        type=Path,
        metavar="FILE",
        help="conversations in any format that the page imports; default: the shipped scenarios",
    )
    parser.add_argument(
        "--draws",
        type=_draws,
        default=DRAWS,
        metavar="N",
        help=f"answers of one token for each parameter; default: {DRAWS}",
    )
    parser.add_argument(
        "--tolerance",
        type=_nats,
        default=TOLERANCE,
        metavar="NATS",
        help=f"logprob differences that count as rounding; default: {TOLERANCE}",
    )
    add_engine_flags(parser, model, servers=False)
    parser.set_defaults(demo=False, server=[])
    return parser.parse_args(arguments)


def _draws(text: str) -> int:
    """Raises ArgumentTypeError for what isn't a number in the range."""
    if not (text.isascii() and text.isdecimal() and FEWEST_DRAWS <= int(text[:9]) <= MOST_DRAWS):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number of draws; give {FEWEST_DRAWS} to {MOST_DRAWS:,}."
        )
    return int(text)


def _nats(text: str) -> float:
    """Raises ArgumentTypeError for what isn't a number in the range."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number <= MOST_TOLERANCE:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a tolerance; give nats above 0 and up to {MOST_TOLERANCE:g}."
        )
    return number
