"""Which parameters have an effect on a server: many answers of one token against their exact
shares, and repeated answers for the seed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import replace

from core.conformance.asking import IN_FLIGHT, Served, Streams, answers
from core.conformance.expectation import Place, Probe
from core.conformance.goodness import fit
from core.conformance.outcome import Outcome, ParameterResult
from core.conformance.words import in_short, quoted
from core.errors import InvalidInput
from core.runs.run import Run
from core.sampling import LARGEST_SEED, SamplingParams
from core.workspace import Request

NO_SAMPLERS = "no samplers"
SEEDS = 6
SEEDED_TOKENS = 12
WORD = re.compile(r"\w{3,}")


def drawn(
    served: Streams, place: Place, params: SamplingParams, draws: int, seed: int
) -> Counter[Hashable]:
    """First tokens of so many answers, with seeds from `seed` on. Raises InvalidInput where one
    fails.
    """
    wanted = (
        replace(place.request, params=replace(params, max_new_tokens=1, seed=_seed(seed + number)))
        for number in range(draws)
    )
    found: Counter[Hashable] = Counter()
    for run in answers(served, wanted):
        if run.status != "done":
            raise InvalidInput(run.error or "The server did not finish its answer.")
        found[place.key_of(run)] += 1
    return found


def unsampled(
    served: Streams, place: Place, draws: int, seed: int, level: float, apart: bool
) -> ParameterResult:
    """Without samplers the draws are the model's own probabilities. level: of a false alarm.
    apart: whether the server's logprobs differ.
    """
    params = SamplingParams()
    try:
        counts = drawn(served, place, params, draws, seed)
    except InvalidInput as error:
        return ParameterResult(NO_SAMPLERS, Outcome("not compared", in_short(error)))
    p = fit(counts, place.shares(params))
    if p >= level:
        outcome = Outcome("same", "The draws fit the model's own probabilities.")
    else:
        why = "Its logprobs differ, too." if apart else "The server may have defaults of its own."
        outcome = Outcome(
            "differs",
            f"Without samplers the draws do not fit the model's own probabilities. {why}"
            f"{_alike(counts, draws)}",
        )
    return ParameterResult(NO_SAMPLERS, outcome, p=p)


def probed(served: Streams, probe: Probe, draws: int, seed: int, level: float) -> ParameterResult:
    """Whether the draws are as with the parameter, as without it, or neither."""
    name = probe.name
    try:
        counts = drawn(served, probe.place, probe.params, draws, seed)
    except InvalidInput as error:
        outcome = Outcome("not compared", in_short(error))
        return ParameterResult(name, outcome, probe.setting, None, probe.noticed)
    p = fit(counts, probe.shares)
    if p >= level:
        outcome = Outcome("same", "The draws fit.")
    elif fit(counts, probe.without) >= level:
        outcome = Outcome(
            "differs", f"{name} has no effect. With {probe.setting} the draws are as without it."
        )
    else:
        outcome = Outcome(
            "differs",
            f"{name} has a different effect. With {probe.setting} the draws fit neither what it "
            f"should do nor the draws without it.{_alike(counts, draws)}",
        )
    return ParameterResult(name, outcome, probe.setting, p, probe.noticed)


def _alike(counts: Counter[Hashable], draws: int) -> str:
    (_, most), *_ = counts.most_common(1)
    return f" All {draws} answers begin alike." if most == draws else ""


def seeded(
    engine: Streams, served: Served, request: Request, seed: int, told: bool
) -> ParameterResult:
    """Each of some seeds is asked for twice, and different ones must not all answer alike.

    told: whether the server tells ids. Where its seeds draw as they do here, the answers are
    compared with the reference's, too.
    """
    wanted = [
        replace(
            request,
            params=SamplingParams(max_new_tokens=SEEDED_TOKENS, seed=_seed(seed + number)),
        )
        for number in range(SEEDS)
    ]
    found = [*answers(served, [*wanted, *wanted])]
    if failed := next((run for run in found if run.status != "done"), None):
        return ParameterResult("seed", Outcome("not compared", in_short(failed.error)))
    said = [_said(run, told) for run in found]
    first, again = said[:SEEDS], said[SEEDS:]
    same = sum(one == other for one, other in zip(first, again, strict=True))
    setting = f"{SEEDS} seeds, each twice"
    if len({*first}) == 1:
        outcome = Outcome("differs", f"seed has no effect. All {SEEDS} seeds give the same answer.")
    elif same < SEEDS:
        outcome = _unsteady(served, wanted, same, told)
    elif served.draws_alike:
        outcome = _as_here(engine, wanted, first, told)
    else:
        outcome = Outcome("same", "Each seed gives the same answer again.")
    return ParameterResult("seed", outcome, setting)


def _unsteady(served: Streams, wanted: Sequence[Request], same: int, told: bool) -> Outcome:
    """Some seeds gave another answer among others; one after the other they may give the same."""
    again = f"{same} of {SEEDS} seeds gave the same answer again."
    one, other = (
        [_said(run, told) for each in wanted for run in answers(served, [each])] for _ in range(2)
    )
    if one == other:
        return Outcome(
            "differs",
            f"seed works only for one answer at a time. With {IN_FLIGHT} at a time {again}",
        )
    what = "not always an effect" if same else "no effect"
    return Outcome("differs", f"seed has {what}. {again}")


def _as_here(
    engine: Streams, wanted: Sequence[Request], theirs: Sequence[object], told: bool
) -> Outcome:
    mine = [_said(run, told) for run in answers(engine, wanted)]
    alike = sum(one == other for one, other in zip(mine, theirs, strict=True))
    if alike == SEEDS:
        return Outcome("same", "Each seed draws what it draws here.")
    if alike:
        return Outcome(
            "close", f"{alike} of {SEEDS} seeds draw what they draw here; rounding can move one."
        )
    return Outcome(
        "differs", "seed draws different tokens. No seed gives the answer that it gives here."
    )


def _said(run: Run, told: bool) -> object:
    return run.token_ids if told else run.text


def stopped(served: Streams, greedy: Sequence[Run]) -> ParameterResult:
    """A greedy answer, asked for again, must end before a word of it that is a stop string. That
    it can't be asked for so is a difference, as it could without one.
    """
    found = max(greedy, key=lambda run: len(run.text), default=None)
    word = _late_word(found.text) if found else ""
    if not found or not word:
        return ParameterResult("stop", Outcome("not compared", "No answer is long enough."))
    params = replace(found.request.params, stop=(word,))
    (run,) = answers(served, [replace(found.request, params=params)])
    setting, before = f"stop {quoted(word)}", found.text[: found.text.index(word)]
    if run.status != "done":
        outcome = Outcome("differs", f"stop fails. {in_short(run.error)}")
    elif run.text == before:
        outcome = Outcome("same", "The answer ends before it.")
    elif word in run.text:
        outcome = Outcome("differs", f"stop has no effect. The answer goes on after {setting}.")
    elif run.text.strip() == before.strip():
        outcome = Outcome("same", "The answer ends before it, but for white space.")
    else:
        outcome = Outcome("not compared", "The same question got another answer.")
    return ParameterResult("stop", outcome, setting)


def _late_word(text: str) -> str:
    """The first word that comes after a third of the text, and not before."""
    words = (match for match in WORD.finditer(text) if match.start() > len(text) / 3)
    return next((word[0] for word in words if text.find(word[0]) == word.start()), "")


def _seed(number: int) -> int:
    return number % (LARGEST_SEED + 1)
