"""The judgements of a sheet, kept in a file that only grows, next to its answers."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

from core.errors import InvalidInput, reason
from core.sheets.growing_file import GrowingFile
from core.sheets.review import Judgement, judgement_line, read_judgement

LARGEST = 32 * 2**20  # bytes
MOST_REVIEWERS = 50


class ReviewJournal:
    """Safe to use from many threads. Of what a reviewer says of an item, the newest counts.

    A name belongs to the browser that used it first, as long as it has a judgement. browser: of who
    asks; empty where users log in, so that nobody can take another's name.
    """

    def __init__(self, path: Path) -> None:
        """Reads what is there. Raises InvalidInput where the file can't be read."""
        self._lock = threading.Lock()
        full = (
            f"The judgements of this sheet have more than {LARGEST >> 20} MB. Export the report, "
            "and review a new sheet."
        )
        self._file = GrowingFile(path, LARGEST, "The judgement", full)
        self._said: dict[str, _Said] = {}  # by reviewer
        self.version = 0  # how often it has changed
        try:
            for line in self._file.lines():
                try:
                    self._take(read_judgement(line))
                except InvalidInput:  # cut by a crash
                    continue
        except OSError as error:
            raise InvalidInput(f"{path.name} can't be read: {reason(error)}") from error

    def all(self) -> list[Judgement]:
        """Those that count, reviewer by reviewer."""
        with self._lock:
            latest = [said.latest() for said in self._said.values()]
            return [one for items in latest for one in items.values()]

    def of(self, reviewer: str) -> dict[str, Judgement]:
        """Those of a reviewer that count, by item."""
        with self._lock:
            said = self._said.get(reviewer)
            return said.latest() if said else {}

    def check(self, reviewer: str, browser: str) -> None:
        """Raises InvalidInput where the name belongs to another browser."""
        with self._lock:
            self._check(reviewer, browser)

    def add(self, one: Judgement) -> None:
        """Returns when it is on the disk. Raises InvalidInput."""
        with self._lock:
            self._check(one.reviewer, one.browser)
            if one.reviewer not in self._said and len(self._said) >= MOST_REVIEWERS:
                raise InvalidInput(
                    f"{MOST_REVIEWERS} people have reviewed this sheet, the limit. Use the "
                    "name of one of them."
                )
            self._write(one)

    def note(self, reviewer: str, item: str, note: str, time: str, browser: str = "") -> None:
        """Another note for the reviewer's judgement of an item. Raises InvalidInput."""
        with self._lock:
            self._check(reviewer, browser)
            said = self._said.get(reviewer)
            if said is None or (last := said.last_of(item)) is None:
                raise InvalidInput("A note belongs to a judgement. Judge this row first.")
            self._write(replace(last, note=note, time=time, amends=True))

    def undo(self, reviewer: str, browser: str = "") -> str:
        """Take a reviewer's last judgement back, so that the one before it counts again; returns
        the item's key. Raises InvalidInput.
        """
        with self._lock:
            self._check(reviewer, browser)
            if not (said := self._said.get(reviewer)):
                raise InvalidInput(f"{reviewer} has no judgement to undo.")
            last = said.judgements[-1].item
            self._write(Judgement(reviewer, undone=True))
            return last

    def close(self) -> None:
        """For ever: the sheet is about to be moved."""
        with self._lock:
            self._file.close()

    def _check(self, reviewer: str, browser: str) -> None:
        said = self._said.get(reviewer)
        if browser and said and said.browser not in ("", browser):
            raise InvalidInput(
                f"Somebody has reviewed this sheet as {reviewer} from another browser, and only "
                "that one can go on. Use another name."
            )

    def _write(self, one: Judgement) -> None:
        self._file.add(judgement_line(one))
        self._take(one)

    def _take(self, one: Judgement) -> None:
        said = self._said.setdefault(one.reviewer, _Said())
        said.take(one)
        if not said.judgements:
            del self._said[one.reviewer]
        self.version += 1


class _Said:
    """What a reviewer has said and not undone, the last one last."""

    def __init__(self) -> None:
        self.judgements: list[Judgement] = []
        self.browser = ""
        self._places: dict[str, list[int]] = {}  # of each item, in `judgements`

    def latest(self) -> dict[str, Judgement]:
        """By item."""
        return {one.item: one for one in self.judgements}

    def last_of(self, item: str) -> Judgement | None:
        places = self._places.get(item)
        return self.judgements[places[-1]] if places else None

    def take(self, one: Judgement) -> None:
        if one.undone:
            if self.judgements:
                self._places[self.judgements.pop().item].pop()
            return
        self.browser = self.browser or one.browser
        places = self._places.setdefault(one.item, [])
        if one.amends and places:
            self.judgements[places[-1]] = one
        else:
            places.append(len(self.judgements))
            self.judgements.append(one)
