"""An answer's tokens as compact lists for the script, and how far apart two lanes' choices were."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

from components.tokens.branches import BranchView, ends_of
from core.compare.differences import first_divergence
from core.runs.events import Token
from core.runs.run import Run
from core.runs.traces import REMOVERS, Candidate
from core.sampling import samplers
from core.sessions.saved_answers import ENDED, SavedRun

SHOWN = 6  # candidates of each token

NOTHING = "No answer yet. Run the lanes to see every token of the answer here."
SAVED = (
    "This answer comes from a saved session. Sessions keep the text of an answer, but not its "
    "tokens. Run the lane again to see them."
)
WITHOUT = "This lane ended before its first token. Run it again."


class CandidateLists(TypedDict):
    """The candidates of all tokens in one row. counts: how many each token has. removed: places of
    their removers in `REMOVERS`.
    """

    counts: list[int]
    ids: list[int]
    logprobs: list[float]
    probabilities: list[float]
    removed: list[int]


class Distances(TypedDict):
    """lane: the other one. values: for each token that both lanes chose after the same tokens."""

    lane: str
    values: list[float]


class TokensValue(TypedDict):
    """lanes: those with an answer. run: changes with the answer. note: why there are no tokens.
    given: how many tokens began the answer before the model chose any. entropies: in nats.
    cumulative: the probability of the token and all likelier ones; None beyond the candidates.
    words: the candidates' texts by id. params: of the samplers, as the model got them.
    branches: answers to the same request. ends: ids that end an answer.
    """

    lanes: list[str]
    lane: str
    run: str
    note: str
    prefill: NotRequired[str]
    seed: NotRequired[int | None]
    given: NotRequired[int]
    texts: NotRequired[list[str]]
    ids: NotRequired[list[int | None]]
    logprobs: NotRequired[list[float | None]]
    ranks: NotRequired[list[int | None]]
    entropies: NotRequired[list[float | None]]
    cumulative: NotRequired[list[float | None]]
    words: NotRequired[dict[str, str]]
    candidates: NotRequired[CandidateLists]
    removers: NotRequired[list[str]]
    distances: NotRequired[Distances]
    params: NotRequired[dict[str, float]]
    branches: NotRequired[list[BranchView]]
    ends: NotRequired[list[int]]


EMPTY: TokensValue = {"lanes": [], "lane": "", "run": "", "note": NOTHING}


def tokens_value(runs: Mapping[str, Run], lane: str = "") -> TokensValue:
    """lane: the one to show; another one if it has no answer."""
    labels = sorted(label for label, run in runs.items() if run.tokens or run.status in ENDED)
    if not labels:
        return EMPTY
    label = lane if lane in labels else labels[0]
    run = runs[label]
    value: TokensValue = {"lanes": labels, "lane": label, "run": run_key(run), "note": ""}
    if isinstance(run, SavedRun):
        return {**value, "note": SAVED}
    if not run.tokens:
        return {**value, "note": WITHOUT}
    params = run.sent.params
    shown: Any = {
        **value,
        **token_lists(run.tokens),
        "prefill": run.prefill_text,
        "seed": params.seed,
        "ends": sorted(ends_of(run)),
        "params": {name: getattr(params, name) for name in samplers()},
        **_distances(runs, label, labels),
    }
    return shown


def run_key(run: Run) -> str:
    """Two answers of a lane never share it."""
    return f"{run.asked_at} {run.request.params.seed} {hash(run.token_ids)} {run.status}"


def token_lists(tokens: Sequence[Token]) -> Any:
    """The lists of a `TokensValue`."""
    words: dict[str, str] = {}
    lists: CandidateLists = {
        "counts": [], "ids": [], "logprobs": [], "probabilities": [], "removed": [],
    }  # fmt: skip
    texts: list[str] = []
    for token in tokens:
        candidates = token.candidates
        chosen = token.chosen(candidates)
        texts.append(token.own_text(chosen))
        shown = [one for place, one in enumerate(candidates) if place < SHOWN or one is chosen]
        words.update((str(one.token_id), one.text) for one in shown)
        lists["counts"].append(len(shown))
        lists["ids"] += [one.token_id for one in shown]
        lists["logprobs"] += [round(one.logprob, 6) for one in shown]
        lists["probabilities"] += [round(one.probability, 6) for one in shown]
        lists["removed"] += [REMOVERS.index(one.removed_by) for one in shown]
    return {
        "given": sum(token.given for token in tokens),
        "texts": texts,
        "ids": [token.token_id for token in tokens],
        "logprobs": [_rounded(token.logprob) for token in tokens],
        "ranks": [token.trace.rank if token.trace else None for token in tokens],
        "entropies": [_rounded(token.trace.entropy if token.trace else None) for token in tokens],
        "cumulative": [_cumulative(token) for token in tokens],
        "words": words,
        "candidates": lists,
        "removers": list(REMOVERS),
    }


def _cumulative(token: Token) -> float | None:
    candidates = token.candidates
    if token.trace is None or token.trace.rank > len(candidates):
        return None
    return _rounded(sum(math.exp(one.logprob) for one in candidates[: token.trace.rank]))


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 6)


def _distances(runs: Mapping[str, Run], label: str, labels: Sequence[str]) -> dict[str, Distances]:
    """From the first other lane, where both chose after the same tokens of the answer."""
    run, others = runs[label], [one for one in labels if one != label]
    if not others:
        return {}
    other = runs[others[0]]
    divergence = first_divergence(run, other)
    equal = None if divergence is None else divergence.position + 1
    values = [
        distance(mine.candidates, theirs.candidates)
        for mine, theirs in zip(run.tokens[:equal], other.tokens, strict=False)
    ]
    return {"distances": {"lane": others[0], "values": values}} if values else {}


def distance(ours: Sequence[Candidate], theirs: Sequence[Candidate]) -> float:
    """Half the sum of the differences of the candidates' probabilities after the samplers: 0 if
    they are the same, 1 if no token is possible in both.
    """
    mine = {one.token_id: one.probability for one in ours}
    others = {one.token_id: one.probability for one in theirs}
    parts = (abs(mine.get(i, 0.0) - others.get(i, 0.0)) for i in mine.keys() | others.keys())
    return round(sum(parts) / 2, 4)
