"""What changed from one request to the next, in a few words for each change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from core.compare.differences import settings_diff
from core.conversation import Conversation, Message
from core.runs.run import Run
from core.sampling import settings
from core.workspace import Request, Workspace

MOST_CHANGES = 6
MOST_NUMBERS = 5
LONGEST_VALUE = 30  # characters
SAME = "Same as before"
OF_MESSAGES = ("system prompt", "prefill")


def request_changes(old: Request, new: Request) -> tuple[str, ...]:
    """Settings, then messages and tools: "Temperature 0.3 → 0.7", "Message 2 edited"."""
    rows = (row for row in settings_diff((old, new)) if row.name not in OF_MESSAGES)
    options = {name for name, _ in (*old.template_options, *new.template_options)}
    named = [
        f"{row.name if row.name in options else _label(row.name)} "
        f"{' → '.join(map(_short, row.values))}"
        for row in rows
    ]
    before, after = old.conversation, new.conversation
    return (*named, *_messages(before.messages, after.messages), *_tools(before, after))


def _label(name: str) -> str:
    if setting := settings().get(name):
        return setting.label
    return "Stop strings" if name == "stop" else name.replace("_", " ").capitalize()


def _short(value: str) -> str:
    return value if len(value) <= LONGEST_VALUE else value[: LONGEST_VALUE - 1] + "…"


def _tools(before: Conversation, after: Conversation) -> tuple[str, ...]:
    if before.tools == after.tools:
        return ()
    return (f"Tools {_verb(before.tools.strip(), after.tools.strip())}",)


def _verb(before: object, after: object) -> str:
    return "edited" if before and after else "added" if after else "removed"


# -- messages ---------------------------------------------------------------------------------
def _messages(before: Sequence[Message], after: Sequence[Message]) -> list[str]:
    """Those between the equal beginnings and the equal ends."""
    start = _alike(before, after)
    end = _alike(before[start:][::-1], after[start:][::-1])
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    if len(old) == len(new):
        pairs = [(n, *pair) for n, pair in enumerate(zip(old, new, strict=True), start + 1)]
        changed = [(n, was, turn) for n, was, turn in pairs if was != turn]
        images = [n for n, was, turn in changed if _only_images(was, turn)]
        edited = [(n, turn) for n, _, turn in changed if n not in images]
        shown = [f"Images of {_numbers(images).lower()} changed"] if images else []
        return [*_said(edited, "edited"), *shown]
    both = [_said(enumerate(old, start + 1), "removed"), _said(enumerate(new, start + 1), "added")]
    return [words for said in both for words in said]


def _alike(one: Sequence[Message], other: Sequence[Message]) -> int:
    """How many of the first messages are the same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))


def _only_images(was: Message, turn: Message) -> bool:
    return was.role == turn.role and was.with_images(()) == turn.with_images(())


def _said(turns: Iterable[tuple[int, Message]], verb: str) -> list[str]:
    """turns: each with its number."""
    found = list(turns)
    numbers = [number for number, turn in found if turn.role != "system"]
    system = [f"System prompt {verb}"] if len(numbers) < len(found) else []
    return [*system, *([f"{_numbers(numbers)} {verb}"] if numbers else [])]


def _numbers(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"Message {numbers[0]}"
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"Messages {numbers[0]}–{numbers[-1]}"
    more = len(numbers) - MOST_NUMBERS
    named = ", ".join(map(str, numbers[:MOST_NUMBERS]))
    return f"Messages {named}" + (f" and {more} more" if more > 0 else "")


# -- runs -------------------------------------------------------------------------------------
def as_asked(run: Run, workspace: Workspace) -> Request:
    """The run's request with the model that answered, empty if none did. Its seed is None again
    where the page asked for none.
    """
    request = replace(run.request, model=run.model)
    lane = dict(workspace.settings_of(request.lane).sampling)
    if lane.get("seed", workspace.params.seed) is not None:
        return request
    return replace(request, params=replace(request.params, seed=None))


def run_changes(before: Mapping[str, Request], after: Mapping[str, Request]) -> tuple[str, ...]:
    """What changed from the run before, by lanes; `SAME` alone if nothing did.

    before, after: by label, as `as_asked` returns them.
    """
    lanes = {
        label: request_changes(*_both_answered(before[label], request))
        for label, request in after.items()
        if label in before
    }
    found = [_lanes("Without", before, after), _lanes("With", after, before)]
    for label, changes in lanes.items():
        for change in changes:
            everywhere = all(change in others for others in lanes.values())
            own = f"Lane {label}: {change[:1].lower()}{change[1:]}"
            found.append(change if everywhere else own)
    known = [*dict.fromkeys(filter(None, found))]
    more = len(known) - MOST_CHANGES
    return (*known[:MOST_CHANGES], *([f"{more} more"] if more > 0 else [])) or (SAME,)


def _both_answered(old: Request, new: Request) -> tuple[Request, Request]:
    """A lane that failed before a model had it is no change of the model."""
    if old.model and new.model:
        return old, new
    return replace(old, model=""), replace(new, model="")


def _lanes(word: str, some: Mapping[str, Request], others: Mapping[str, Request]) -> str:
    labels = [label for label in some if label not in others]
    return f"{word} lane{'s' * (len(labels) > 1)} {', '.join(labels)}" if labels else ""
