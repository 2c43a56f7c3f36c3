"""Branches: a lane's answers to the same request, which go on differently from some token. They are
among the runs that the history keeps, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import fsum
from typing import TypedDict

from components.history.run_history import KeptRun
from core.errors import InvalidInput
from core.runs.events import Token
from core.runs.run import Run
from core.runs.traces import CONSTRAINT, Trace
from core.workspace import Request, Workspace

EXCERPT = 60  # characters


class BranchView(TypedDict):
    """run: its number in the history. parent: the number of the earlier answer that begins most
    alike; None for the first. place: of the first token that differs from the parent's. text: the
    answer from there on, shortened; empty if nothing differs. logprob: the sum over all tokens;
    None if one is unknown.
    """

    run: int
    parent: int | None
    place: int
    text: str
    tokens: int
    logprob: float | None
    seed: int | None
    shown: bool


def branch_request(run: Run, place: int, token_id: int) -> Request:
    """The run's own request, for an answer with another token at that place.

    Raises InvalidInput for a token that was not among the candidates there, or with which no answer
    can begin.
    """
    known = {one.token_id: one for one in run.tokens[place].candidates}
    if token_id not in known:
        raise InvalidInput(
            f"Token {place + 1} has no candidate with the id {token_id}. Choose one from its card."
        )
    if token_id in ends_of(run):
        raise InvalidInput(
            f"{known[token_id].text} ends the answer, so no branch can continue from it. Choose "
            "another candidate."
        )
    if known[token_id].removed_by == CONSTRAINT:
        raise InvalidInput(
            f"The constraint doesn't allow {known[token_id].text!r} at token {place + 1}, so no "
            "branch can continue from it. Choose another candidate."
        )
    return replace(run.request, begins_with=(*run.token_ids[:place], token_id))


def redrawn_request(run: Run, place: int, keeps_seed: bool) -> Request:
    """The run's own request, for an answer that is drawn anew from that place on."""
    seed = run.sent.params.seed if keeps_seed else None
    params = replace(run.request.params, seed=seed)
    return replace(run.request, params=params, begins_with=run.token_ids[:place])


def ends_of(run: Run) -> frozenset[int]:
    """Ids that end an answer of its model."""
    return run.capabilities.ends if run.capabilities else frozenset()


def traced(run: Run, kept: Iterable[KeptRun]) -> Run:
    """The run with the traces of the tokens that it was given, from answers that begin alike."""
    return _traced_by(_family(kept, run).values(), run) if run.request.begins_with else run


def _traced_by(family: Iterable[Run], run: Run) -> Run:
    given = len(run.request.begins_with)
    tokens = list(run.tokens)
    for other in family:
        if all(token.trace for token in tokens[:given]):
            break
        for place, (mine, theirs) in enumerate(zip(tokens[:given], other.tokens, strict=False)):
            if mine.trace is None and theirs.trace:
                tokens[place] = _traced(mine, theirs, theirs.trace)
            if mine.token_id != theirs.token_id:
                break
    return replace(run, tokens=tuple(tokens))


def _traced(token: Token, other: Token, trace: Trace) -> Token:
    """The token with another answer's trace of that place. Candidates take time to unpack."""
    if other.token_id == token.token_id:
        return replace(token, logprob=other.logprob, trace=trace)
    for rank, one in enumerate(trace.candidates, start=1):
        if one.token_id == token.token_id:
            return replace(token, logprob=one.logprob, trace=replace(trace, rank=rank))
    return token


def _family(kept: Iterable[KeptRun], run: Run) -> dict[int, Run]:
    """The runs of the same request with any seed and any beginning, by their number; the newest
    first.
    """
    lane = run.request.lane
    return {
        one.number: other
        for one in kept
        if (other := one.runs.get(lane))
        and other.tokens
        and _root(other.request) == _root(run.request)
    }


def branches(kept: Sequence[KeptRun], run: Run) -> list[BranchView]:
    """Those of the same request, the oldest first; empty if there is only one. Of identical answers
    the newest stands for all, or the one that is shown.
    """
    found = _family(kept, run)
    by_age = sorted(found.items(), key=lambda item: (item[1] is run, item[0]))
    alone = {one.token_ids or number: number for number, one in by_age}  # the last of each wins
    family = {number: found[number] for number in sorted(alone.values())}
    if len(family) < 2:
        return []
    views: list[BranchView] = []
    for count, (number, one) in enumerate(family.items()):
        alike = {other: _alike(family[other], one) for other in list(family)[:count]}
        parent = max(alike, key=alike.__getitem__, default=None)
        place = 0 if parent is None else alike[parent]
        tokens = _traced_by(family.values(), one).tokens
        logprobs = [token.logprob for token in tokens if token.logprob is not None]
        views.append({
            "run": number,
            "parent": parent,
            "place": place,
            "text": "".join(map(_text, tokens[place : place + EXCERPT]))[:EXCERPT],
            "tokens": len(tokens),
            "logprob": fsum(logprobs) if len(logprobs) == len(tokens) else None,
            "seed": one.sent.params.seed,
            "shown": one is run,
        })  # fmt: skip
    return views


def _alike(one: Run, other: Run) -> int:
    """How many tokens both begin with."""
    pairs = enumerate(zip(one.token_ids, other.token_ids, strict=False))
    least = min(len(one.token_ids), len(other.token_ids))
    return next((place for place, (mine, theirs) in pairs if mine != theirs), least)


def workspace_of(kept: Sequence[KeptRun], run: Run, other: Workspace) -> Workspace:
    """The one that the run was asked for with; `other` if it is no longer kept."""
    lane = run.request.lane
    return next((one.workspace for one in kept if one.runs.get(lane) is run), other)


def _root(request: Request) -> Request:
    return replace(request, begins_with=(), params=replace(request.params, seed=None))


def _text(token: Token) -> str:
    return token.own_text(token.chosen(token.candidates))
