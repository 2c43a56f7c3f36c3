"""A blind review: answers to one row side by side, without anything that tells their lanes, and
what a person says of them.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from core.bounds import is_cut
from core.errors import InvalidInput
from core.sheets.cell import Cell, Line, Place
from core.sheets.plan import Plan, hashed

LONGEST_REVIEWER = 60  # characters
LONGEST_NOTE = 2_000
RATINGS = range(1, 6)
PAIR = ([1, -1], [0, 0], [-1, 1])  # marks of two answers: the first is better, a tie, the second is
Marks = list[int]
Scores = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """item: the key of what was judged. scores: of each lane; of two 1 for the better one and -1
    for the other, or 0 for both, else 1 to 5. undone: the reviewer has taken the last one back;
    then there is nothing else. amends: it is the reviewer's last one of the item with another note,
    and takes its place: undo takes both back. browser: a hash of that of the reviewer; empty where
    users log in. time: when, in ISO 8601.
    """

    reviewer: Annotated[str, Field(min_length=1, max_length=LONGEST_REVIEWER)]
    item: Line = ""
    scores: Annotated[tuple[tuple[Line, int], ...], Field(max_length=8)] = ()
    note: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""
    time: Line = ""
    undone: bool = False
    amends: bool = False
    browser: Line = ""

    @property
    def words(self) -> str:
        """What the reviewer said: "A is better", "a tie", "A 4, B 2, C 5"."""
        if len(self.scores) != 2:
            return ", ".join(f"{lane} {score}" for lane, score in self.scores)
        better = [lane for lane, score in self.scores if score > 0]
        return f"{better[0]} is better" if better else "a tie"


@dataclass(frozen=True, slots=True)
class Item:
    """What is judged at one time: the answers of a row, one of each lane.

    key: names these answers, so that a judgement counts as long as they are the same. row: its
    index; number: its number. answers: lane and text, in the order of the lanes.
    """

    key: str
    row: int
    number: int
    sample: int
    answers: tuple[tuple[str, str], ...]

    @property
    def is_pair(self) -> bool:
        return len(self.answers) == 2

    @property
    def is_settled(self) -> bool:
        """Whether nobody need look at it: of two equal answers none is better."""
        return self.is_pair and self.answers[0][1] == self.answers[1][1]

    def order(self, reviewer: str) -> list[str]:
        """The lanes as this reviewer sees them: shuffled, and always the same way."""
        lanes = (lane for lane, _ in self.answers)
        return sorted(lanes, key=lambda lane: hashed([self.key, reviewer, lane]))

    def texts(self, reviewer: str) -> list[str]:
        known = dict(self.answers)
        return [known[lane] for lane in self.order(reviewer)]

    def token(self, reviewer: str) -> str:
        """By which a browser says what it judges. It tells nothing of the lanes."""
        return hashed([self.key, reviewer])

    def scores(self, reviewer: str, marks: Sequence[Any]) -> Scores:
        """marks: untrusted, in the order in which the answers are shown. Raises InvalidInput."""
        given = [one for one in marks if type(one) is int]
        count = len(self.answers)
        if self.is_pair:
            if given not in PAIR or len(marks) != count:
                raise InvalidInput("A judgement of two answers must be better, tie or worse.")
        elif len(given) != len(marks) or len(given) != count or not set(given) <= {*RATINGS}:
            raise InvalidInput(
                f"A judgement must rate each answer ({count}) with a whole number from 1 to 5."
            )
        by_lane = dict(zip(self.order(reviewer), given, strict=True))
        return tuple((lane, by_lane[lane]) for lane, _ in self.answers)

    def marks(self, reviewer: str, scores: Scores) -> Marks:
        """The inverse."""
        known = dict(scores)
        return [known[lane] for lane in self.order(reviewer)]


Known = dict[tuple[int, int], tuple[int, tuple[Cell, ...], Item]]


def items(plan: Plan, cells: Mapping[str, Cell], known: Known | None = None) -> list[Item]:
    """One for each row, and each of its samples, that all lanes have answered.

    known: keeps them, by row and sample; what has not changed is taken from there.
    """
    known = {} if known is None else known
    labels = plan.sheet.workspace.labels
    samples = max(plan.samples(label) for label in labels)
    found: list[Item] = []
    for index, row in enumerate(plan.sheet.rows):
        for sample in range(0 if row.problem else samples):
            keys = [plan.key(Place(index, label, sample)) for label in labels]
            answers = tuple(cells[key] for key in keys if key in cells and not cells[key].error)
            if len(answers) < len(labels):
                continue
            before = known.get((row.number, sample))
            if before and before[:2] == (index, answers):
                found.append(before[2])
                continue
            texts = tuple(
                (label, cell.checked) for label, cell in zip(labels, answers, strict=True)
            )
            key = hashed(["review", row.number, sample, keys, texts])
            found.append(Item(key, index, row.number, sample, texts))
            known[row.number, sample] = (index, answers, found[-1])
    return found


def reviewer_name(value: str) -> str:
    """The name as it is kept. Raises InvalidInput."""
    name = " ".join(value.split())
    letters = (unicodedata.category(letter) for letter in name)
    if not 1 <= len(name) <= LONGEST_REVIEWER or is_cut(name) or "Cc" in letters:
        raise InvalidInput(
            f"The reviewer's name has {len(name):,} characters; it must have 1 to "
            f"{LONGEST_REVIEWER}, and no control characters. Change it."
        )
    return name


def checked_note(value: str) -> str:
    """Raises InvalidInput."""
    if len(value) > LONGEST_NOTE or is_cut(value):
        raise InvalidInput(
            f"The note has {len(value):,} characters; {LONGEST_NOTE:,} are allowed, and no half "
            "characters. Shorten it."
        )
    return value.strip()


_JUDGEMENT = TypeAdapter(Judgement)


def judgement_line(one: Judgement) -> str:
    """One line of JSON with its line break."""
    return json.dumps(asdict(one), ensure_ascii=False) + "\n"


def read_judgement(line: bytes) -> Judgement:
    """Raises InvalidInput."""
    try:
        return _JUDGEMENT.validate_json(line)
    except ValidationError as error:
        raise InvalidInput("The line is not a judgement.") from error
