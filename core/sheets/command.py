"""A sheet run without a page: progress as lines, the answers as JSONL, and an exit status."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.bounds import LARGEST_FILE
from core.conversation import Image, Message
from core.errors import InvalidInput, reason
from core.library.library import Preset
from core.runs.engine import Engine
from core.runs.engine_flags import add_engine_flags
from core.sessions.data_folder import read_regular, write_atomically
from core.sheets.cell import Cell, cell_line
from core.sheets.check import VALUELESS
from core.sheets.checking import evaluate
from core.sheets.export import Answers, jsonl
from core.sheets.journal import Journal
from core.sheets.judge import ANSWER, JudgePlan
from core.sheets.plan import Plan
from core.sheets.results import LaneResult, results
from core.sheets.row_files import Table, read_rows
from core.sheets.runner import Progress, SheetRun
from core.sheets.sheet import Sheet
from core.sheets.sheet_json import sheet_of
from core.variables import check_values, variables

PASSED, BELOW, NOT_DONE = 0, 1, 2  # exit statuses
LOOK_EVERY = 1.0  # seconds


@dataclass(frozen=True)
class SheetCommand:
    """out: the JSONL of the answers, which grows while it runs, and has the checks at the end.
    resume: go on where that stands, and try again what failed; without it, it must not exist.
    fail_under: the rate, from 0 to 1, that each lane must reach; None: none. say: prints a line.
    """

    file: Path
    out: Path
    resume: bool
    fail_under: float | None
    say: Callable[[str], None]

    def read(self) -> Sheet:
        """Raises InvalidInput, also where `out` exists and is not to be resumed."""
        if self.out.exists() and not self.resume:
            raise InvalidInput(f"{self.out} already exists. Use --resume, or another --out.")
        sheet = sheet_of(self._text(), self._table)
        kept = tuple(check for check in sheet.checks if check.kind != "review")
        if len(kept) < len(sheet.checks):
            self.say("The blind review is left out: people judge on the page.")
            sheet = replace(sheet, checks=kept)
        if self.fail_under is not None and not sheet.checks:
            raise InvalidInput(
                "The sheet has no checks for --fail-under. Add one, or leave it out."
            )
        for check in sheet.checks if sheet.rows else ():
            if check.kind not in VALUELESS:
                names = variables([check.value])
                known = {**sheet.values(sheet.rows[0]), ANSWER: ""}
                check_values(names, known)
        turns = (self._found(turn) for turn in sheet.workspace.conversation.messages)
        return replace(sheet, workspace=sheet.workspace.with_messages(turns))

    def run(self, engine: Engine, presets: Mapping[str, Preset], sheet: Sheet) -> int:
        """The exit status. Raises InvalidInput where the sheet can't run."""
        described = engine.description
        plan = Plan(sheet, presets, described.name if described else "", image_of=self._image)
        journal = self._journal()
        try:
            done = self._until_done(engine, plan, journal)
            judges: list[JudgePlan] = []
            for check in sheet.checks:
                if check.kind == "judge" and done:
                    self.say(check.label)
                    judges.append(JudgePlan(plan, check, journal.cells))
                    done = self._until_done(engine, judges[-1], journal)
        finally:
            journal.close()
        if not done:
            self.say("Continue with --resume.")
            return NOT_DONE
        return self._finish(plan, judges, journal.cells)

    def _journal(self) -> Journal:
        try:
            self.out.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidInput(f"{self.out} can't be written: {reason(error)}") from error
        return Journal(self.out)

    def _until_done(self, engine: Engine, plan: Plan, journal: Journal) -> bool:
        """Whether it has finished; what failed earlier is tried again. Ctrl + C stops it."""
        failed = {key for key, cell in journal.cells.items() if cell.error}
        run = SheetRun(engine, plan, journal, again=failed)
        run.start()
        last = ""
        try:
            while not run.join(LOOK_EVERY):
                now = run.progress
                if now.state == "paused":
                    self.say(now.why)
                    return False
                if (line := in_words(now)) != last:
                    last = line
                    self.say(line)
        finally:
            run.stop()
        self.say(in_words(run.progress))
        return run.progress.state == "finished"

    def _finish(self, plan: Plan, judges: Sequence[JudgePlan], cells: Mapping[str, Cell]) -> int:
        """Print the results, and write the checks next to the answers."""
        answers = Answers(plan, cells, evaluate(plan, cells))
        said = "".join(
            cell_line(cells[key], {"judge": judge.asked.label})
            for judge in judges
            for key in dict.fromkeys(map(judge.key, judge.places()))
            if key in cells
        )
        try:
            write_atomically(self.out, jsonl(answers) + said)
        except OSError as error:
            raise InvalidInput(f"{self.out} was not written: {reason(error)}") from error
        lanes, comparisons = results(plan, cells, answers.outcomes)
        for lane in lanes:
            self.say(lane_in_words(lane, plan.names.get(lane.lane, "")))
        for comparison in comparisons if plan.sheet.checks else ():
            self.say(comparison.sentence)
        if self.fail_under is None:
            return PASSED
        # Who asks for a rate means of all answers, also of those that failed or can't be judged.
        rates = {one.lane: one.passed / max(1, one.planned) for one in lanes}
        below = [label for label, rate in rates.items() if rate < self.fail_under]
        for label in below:
            self.say(f"Lane {label} is below {100 * self.fail_under:g}%.")
        return BELOW if below else PASSED

    def _text(self) -> str:
        try:
            return read_regular(self.file, LARGEST_FILE).decode()
        except OSError as error:
            raise InvalidInput(f"{self.file} can't be read: {reason(error)}") from error
        except UnicodeDecodeError as error:
            raise InvalidInput(f"{self.file} is not text in UTF-8.") from error

    def _table(self, name: str) -> Table:
        path = self.file.parent / name
        try:
            return read_rows(read_regular(path, LARGEST_FILE), path.name)
        except OSError as error:
            raise InvalidInput(f"{path} can't be read: {reason(error)}") from error

    def _found(self, turn: Message) -> Message:
        parts = (self._image(p.path) if isinstance(p, Image) else p for p in turn.parts)
        return replace(turn, parts=tuple(parts))

    def _image(self, name: str) -> Image:
        return Image(str(self.file.parent / name), Path(name).name)


def sheet_flags(arguments: Sequence[str], model: str) -> argparse.Namespace:
    """model: the one that is shipped."""
    parser = argparse.ArgumentParser(
        prog="app.py sheet",
        description="Runs a sheet without a page. The exit status is 1 if a lane is below "
        "--fail-under, and 2 if the sheet did not finish.",
    )
    parser.add_argument("file", type=Path, help="the sheet as YAML")
    parser.add_argument(
        "--out", type=Path, required=True, help="JSONL with one line for each answer"
    )
    parser.add_argument("--resume", action="store_true", help="continue where --out ends")
    parser.add_argument("--fail-under", type=_rate, metavar="RATE", help="from 0 to 1")
    add_engine_flags(parser, model)
    parser.set_defaults(demo=False)
    return parser.parse_args(arguments)


def _rate(text: str) -> float:
    """Raises ArgumentTypeError for what isn't a number from 0 to 1."""
    if not re.fullmatch(r"0|1|[01]?\.\d+", text) or float(text) > 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a rate; give a number from 0 to 1.")
    return float(text)


def in_words(now: Progress) -> str:
    """How far it is: "40 of 100 answers, 2 failed, 3.1 a second, 19 s left"."""
    parts = [f"{now.done:,} of {now.total:,} answers"]
    if now.failed:
        parts.append(f"{now.failed:,} failed")
    if now.state == "running" and now.rate and now.seconds_left is not None:
        parts += [f"{now.rate:.1f} a second", f"{time_in_words(now.seconds_left)} left"]
    else:
        parts.append(f"in {time_in_words(now.seconds)}")
    return ", ".join(parts)


def time_in_words(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3_600:.1f} h"


def lane_in_words(lane: LaneResult, name: str) -> str:
    """A line of the results."""
    title = f"{lane.lane}, {name}" if name else lane.lane
    others = f", {lane.undecided} undecided" * bool(lane.undecided)
    others += f", {lane.errors} failed to answer" * bool(lane.errors)
    if lane.rate is None or lane.low is None or lane.high is None:
        return f"{title}: nothing checked{others}"
    return (
        f"{title}: {lane.passed} of {lane.answers} pass, {100 * lane.rate:.0f}% (95% interval "
        f"{100 * lane.low:.0f} to {100 * lane.high:.0f}%){others}"
    )
