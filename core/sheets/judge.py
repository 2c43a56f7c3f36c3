"""A check that a model makes: what it is asked, and what it says, kept as cells like any other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from core.constraint import Constraint
from core.conversation import Conversation, message
from core.lanes import Lane
from core.sampling import SamplingParams
from core.sheets.cell import Cell, Place
from core.sheets.check import Check
from core.sheets.plan import Plan, hashed
from core.variables import Values, fill, variables
from core.workspace import Request, requests

ANSWER = "answer"  # the variable of what is judged
SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"pass": {"type": "boolean"}, "why": {"type": "string", "maxLength": 400}},
        "required": ["pass", "why"],
        "additionalProperties": False,
    }
)
NOT_JUDGED = "Not judged yet."
JUDGE_FAILED = "The judge failed: "
PARAMS = SamplingParams(temperature=0.0, max_new_tokens=200, seed=0)


class JudgePlan(Plan):
    """What one judge of a sheet asks about the answers that there are. `SheetRun` runs it."""

    def __init__(self, plan: Plan, check: Check, cells: Mapping[str, Cell]) -> None:
        super().__init__(*plan.made_with)
        self.asked = check
        self._cells = {
            place: cell
            for place in plan.places()
            if (cell := cells.get(plan.key(place))) is not None and not cell.error
        }

    def check(self) -> None:
        """Any sheet that could run can be judged."""

    def places(self) -> Iterator[Place]:
        yield from self._cells

    def key(self, place: Place) -> str:
        values = self.sheet.values(self.sheet.rows[place.row])
        return judge_key(self.asked, self._cells[place], values)

    def request(self, place: Place) -> Request:
        values = self.sheet.values(self.sheet.rows[place.row])
        asked = fill(
            self.asked.value, {**values, ANSWER: self._cells[place].checked}, "The judge's prompt"
        )
        lane = Lane(
            "A", PARAMS, model=self.asked.model, constraint=Constraint("json_schema", SCHEMA)
        )
        return requests(Conversation((message("user", asked),)), [lane])[0]


def judge_key(check: Check, cell: Cell, values: Values) -> str:
    """The same answer to the same row is judged once, whatever its place."""
    known = {**values, ANSWER: cell.checked}
    asked = [known.get(name, "") for name in variables([check.value])]
    return hashed(["judge", check.value, check.model, asked])


def is_due(why: str) -> bool:
    """Whether a judge is still to be asked, or again, by what `judgement` says."""
    return why == NOT_JUDGED or why.startswith(JUDGE_FAILED)


def judgement(cell: Cell | None) -> tuple[bool | None, str]:
    """Whether it passes, and why; None where the judge did not say, or not yet."""
    if cell is None:
        return None, NOT_JUDGED
    if cell.error:
        return None, f"{JUDGE_FAILED}{cell.error}"
    try:
        said = json.loads(cell.checked)
        passed, why = said["pass"], said["why"]
    except (ValueError, TypeError, KeyError, RecursionError):
        passed, why = None, ""
    if not isinstance(passed, bool) or not isinstance(why, str):
        return None, "The judge's answer can't be read. Use another model."
    return passed, why
