"""Checks a lane's answer against its constraint, or else against that of all lanes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from core.constraint import Constraint, schema_of
from core.errors import InvalidInput
from core.runs.run import Run
from core.tools.answer_parts import answer_parts, without_thoughts
from core.validity.apart import Unchecked, ask
from core.validity.json_answer import whole, why_not_json
from core.validity.verdict import LONGEST, MOST_PROBLEMS, Verdict

LARGEST = 400_000  # characters of an answer
WHAT = {
    "json": "the JSON", "json_schema": "the schema", "choices": "a choice",
    "regex": "the regular expression", "grammar": "the grammar",
}  # fmt: skip
ENDINGS = {
    "max_new_tokens": "it reached max_new_tokens ({most})",
    "context_length": "the context is full",
    "stopped": "it was stopped", "time_limit": "the time limit was reached",
    "stop_string": "a stop string ended it",
}  # fmt: skip
NEXT = {
    "max_new_tokens": "Raise it, then run again.",
    "context_length": "Shorten the messages, then run again.",
    "stop_string": "Remove the stop string, then run again.",
}
Ask = Callable[[dict[str, Any]], dict[str, Any]]


def expected(run: Run) -> Constraint | None:
    """What the answer is checked against."""
    return run.request.constraint or run.request.checked_against


def checked(run: Run) -> Run:
    """With its verdict. It may take seconds, so no event loop may wait for it."""
    constraint = expected(run)
    if constraint is None:
        return run
    return replace(run, verdict=check(answer_of(run), constraint, _ending(run)))


def verdict_of(run: Run) -> Verdict | None:
    """None where nothing was checked. That an answer was cut says more than what it lacks."""
    held = run.sent.constraint
    if not run.incomplete:
        return run.verdict
    title = f"Cut before {WHAT[held.kind] if held else 'the call'} was complete."
    ending = _ending(run)
    detail = f"{ending[:1].upper()}{ending[1:]}. {NEXT.get(run.stop_reason or '', '')}".strip()
    return Verdict("cut", title, detail if ending else "")


def verdict_in_short(run: Run) -> str:
    """For a table: "yes", or the title of what is wrong; empty where nothing was checked."""
    verdict = verdict_of(run)
    if verdict is None:
        return ""
    return "yes" if verdict.state == "valid" else verdict.title.rstrip(".")


def answer_of(run: Run) -> str:
    """The prefill and what the model added, without thoughts."""
    whole = run.prefill_text + run.text
    return without_thoughts(whole, answer_parts(whole, run.opening.rstrip()))


def check(answer: str, constraint: Constraint, ending: str = "", ask: Ask = ask) -> Verdict | None:
    """None for what can't be checked here: a grammar. ending: what ended the answer, if not the
    model itself. ask: as `core.validity.apart.ask`.
    """
    if len(answer) > LARGEST:
        return _unchecked(f"The answer has more than {LARGEST:,} characters.")
    try:
        match constraint.kind:
            case "json" | "json_schema":
                return _json(answer, constraint, ending, ask)
            case "choices":
                return _choices(answer, constraint.choices)
            case "regex":
                return _regex(answer, constraint.text, ask)
            case _:
                return None
    except (Unchecked, InvalidInput) as error:
        return _unchecked(str(error))


def _unchecked(why: str) -> Verdict:
    return Verdict("unchecked", "Not checked.", why)


def _json(answer: str, constraint: Constraint, ending: str, ask: Ask) -> Verdict:
    if why := why_not_json(answer, ending):
        return Verdict("invalid", "Not JSON.", why)
    if constraint.kind == "json":
        if answer.strip()[0] in "{[":
            return Verdict("valid", "Valid.", "The answer is JSON.")
        return Verdict("invalid", "Not valid.", "The answer must be a JSON object or list.")
    found = ask({"schema": schema_of(constraint), "text": answer})
    return _of_schema(found["problems"], found["count"])


def _of_schema(problems: list[list[str]], count: int) -> Verdict:
    """problems: the first of `count`, as `schema_check.problems` gives them."""
    if not problems:
        return Verdict("valid", "Valid.", "Every field fits the schema.")
    known = [tuple(map(whole, problem)) for problem in problems[:MOST_PROBLEMS]]
    at, place, words = known[0]
    first = f"{place} {words}"
    named = tuple((at, words) for at, _, words in known if len(at) <= LONGEST)
    if count > 1:
        return Verdict("invalid", f"{count:,} fields fail.", f"The first: {first}", named)
    return Verdict("invalid", "One field fails." if at else "Not valid.", first, named)


def _choices(answer: str, choices: tuple[str, ...]) -> Verdict:
    if answer in choices:
        return Verdict("valid", "Valid.", "The answer is one of the choices.")
    near = next((one for one in choices if _plain(one) == _plain(answer)), None)
    why = "The answer is none of them."
    if near is not None:
        why = f"Only white space or capital letters differ from “{near[:40]}”."
    return Verdict("invalid", "Not a choice.", why)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _regex(answer: str, expression: str, ask: Ask) -> Verdict:
    if ask({"expression": expression, "text": answer})["matches"]:
        return Verdict("valid", "Valid.", "The answer matches the regular expression.")
    return Verdict("invalid", "Not valid.", "The answer does not match the regular expression.")


def _ending(run: Run) -> str:
    return ENDINGS.get(run.stop_reason or "", "").format(most=f"{run.sent.params.max_new_tokens:,}")
