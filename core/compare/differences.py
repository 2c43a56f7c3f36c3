"""Where answers of several lanes differ: the first token, the words, the settings, the groups."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import chain
from os.path import commonprefix
from typing import Any, Literal

from core.runs.engine import display_name
from core.runs.events import Token
from core.runs.run import Run
from core.sampling import settings
from core.template_options import in_short
from core.vision import VisionBudget
from core.workspace import Request

WORD = re.compile(r"\s+|\S+\s*")
# difflib's junk rule drops frequent words and so tears long texts apart, but without it the time
# grows with the square: 0.2 s for two texts of 2,000 words, 2 s for 6,000.
MOST_EXACT_WORDS = 2000
EXCERPT = 60
DEFAULT = in_short(None)  # of template options: only these may be missing


@dataclass(frozen=True, slots=True)
class Divergence:
    """position: index of the first token that differs. Offsets: where it begins in `Run.text`."""

    position: int
    reference_offset: int
    offset: int
    reference_token: Token
    token: Token


@dataclass(frozen=True, slots=True)
class Piece:
    """removed: only in the old text; added: only in the new one."""

    kind: Literal["same", "removed", "added"]
    text: str


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A setting that is not the same everywhere; values: as text, in the order of the requests."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    text: str
    lanes: tuple[str, ...]


def first_divergence(reference: Run, run: Run) -> Divergence | None:
    """None while the shorter answer is the beginning of the longer: it may only have been cut."""
    if (reference.tokens and not reference.token_ids) or (run.tokens and not run.token_ids):
        return _by_text(reference, run)
    for position, (one, other) in enumerate(zip(reference.tokens, run.tokens, strict=False)):
        if one.token_id != other.token_id:
            return Divergence(
                position, _length(reference, position), _length(run, position), one, other
            )
    return None


def _by_text(reference: Run, run: Run) -> Divergence | None:
    """Where ids aren't told, what arrives as one token may be several: characters are compared."""
    same = len(commonprefix([reference.text, run.text]))
    one, other = _token_at(reference, same), _token_at(run, same)
    if one is None or other is None:
        return None
    return Divergence(
        other, _length(reference, one), _length(run, other), reference.tokens[one],
        run.tokens[other],
    )  # fmt: skip


def _token_at(run: Run, character: int) -> int | None:
    """The place of the token that this character came with; None after the last token."""
    end = 0
    for place, token in enumerate(run.tokens):
        end += len(token.text)
        if character < end:
            return place
    return None


def _length(run: Run, position: int) -> int:
    return sum(len(token.text) for token in run.tokens[:position])


def word_diff(old: str, new: str) -> tuple[Piece, ...]:
    """Words with the white space after them. Same and removed pieces add up to `old`, same and
    added ones to `new`.
    """
    before, after = WORD.findall(old), WORD.findall(new)
    junk = max(len(before), len(after)) > MOST_EXACT_WORDS
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=junk)
    pieces: list[Piece] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            pieces.append(Piece("same", "".join(before[a:b])))
            continue
        if a < b:
            pieces.append(Piece("removed", "".join(before[a:b])))
        if c < d:
            pieces.append(Piece("added", "".join(after[c:d])))
    return tuple(pieces)


def settings_diff(requests: Sequence[Request]) -> tuple[SettingRow, ...]:
    """Sampling parameters in the page's order, then stop strings, images, system prompt, prefill,
    constraint, choice of tools, model, and template options.
    """
    named = [_settings(request) for request in requests]
    rows = [
        SettingRow(name, tuple(values.get(name, DEFAULT) for values in named))
        for name in dict.fromkeys(chain.from_iterable(named))
    ]
    return tuple(row for row in rows if len({*row.values}) > 1)


def _settings(request: Request) -> dict[str, str]:
    params, shown = request.params, dict[str, str]()
    for name, setting in settings().items():
        value = getattr(params, name)
        off = setting.off is not None and value == setting.off
        shown[name] = "off" if off else _number(value)
    shown["stop"] = ", ".join(map(repr, params.stop)) or "none"
    for field in fields(VisionBudget):
        shown[field.name] = _number(getattr(request.budget, field.name))
    system = "\n".join(m.text for m in request.conversation.messages if m.role == "system")
    shown["system prompt"] = repr(_cut(system)) if system else "none"
    prefill = request.conversation.prefill
    shown["prefill"] = repr(_cut(prefill.text)) if prefill and prefill.text else "none"
    shown["constraint"] = _cut(request.constraint.summary) if request.constraint else "none"
    shown["tool_choice"] = request.tool_choice
    shown["model"] = display_name(request.model) or "in use"
    return {**shown, **{name: in_short(value) for name, value in request.template_options}}


def _cut(text: str) -> str:
    return text if len(text) <= EXCERPT else text[: EXCERPT - 1] + "…"


def _number(value: Any) -> str:
    if value is None:
        return "drawn"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def agreement(runs: Sequence[Run]) -> tuple[Agreement, ...]:
    """Lanes whose finished answers are the same but for outer white space, most lanes first."""
    groups: dict[str, list[str]] = {}
    for run in runs:
        if run.status == "done":
            text = (run.prefill_text + run.text).strip()
            groups.setdefault(text, []).append(run.request.lane)
    found = [Agreement(text, tuple(lanes)) for text, lanes in groups.items()]
    return tuple(sorted(found, key=lambda group: -len(group.lanes)))


def mean_logprob(run: Run) -> float | None:
    """Natural logarithm, over all tokens of the answer; None before there is one, and where the
    engine doesn't tell all of them.
    """
    known = [token.logprob for token in run.tokens if token.logprob is not None]
    return sum(known) / len(known) if known and len(known) == len(run.tokens) else None
