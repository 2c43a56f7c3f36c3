"""The whole check of a server: prompts greedily on both sides, then each parameter by draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.conformance.answer_check import answer_outcome
from core.conformance.asking import Served, answers
from core.conformance.expectation import Place, best_probe
from core.conformance.logprob_check import answer_logprobs, text_logprobs
from core.conformance.outcome import LEVEL, Conformance, Outcome, ParameterResult, PromptResult
from core.conformance.parameter_check import (
    NO_SAMPLERS,
    probed,
    seeded,
    stopped,
    unsampled,
)
from core.conformance.prompt_check import prompt_outcome
from core.conformance.prompts import LeftOut, Prompt, for_both
from core.errors import InvalidInput
from core.runs.engine import Engine, ModelDescription
from core.runs.run import Run
from core.sampling import samplers
from core.workspace import Request

MOST_PLACES = 8  # prompts whose first token may be drawn
ONE_WAY = "The reference can't score text or report distributions. Use a model on this machine."
NO_PLACE = (
    "No prompt without tools, images and constraints is the same on both sides. Add some with "
    "--prompts."
)
OTHER_PROMPT = "The prompts differ, and so do the logprobs, {by}."
HELD = "They differ {by}, as expected of a server that reports them after the constraint."
NO_BASIS = "The draws do not fit without samplers, either."
UNSEEN = "No prompt's first token would show it reliably. Use more --draws or other --prompts."
NOT_GREEDY = "{server} takes no temperature, so it can't be asked for its likeliest answer."


@dataclass(frozen=True, slots=True)
class Plain:
    """A prompt that parameters can be tried on, with the server's greedy answer. apart: whether
    the server's logprobs differ.
    """

    request: Request
    theirs: Run
    apart: bool


@dataclass(frozen=True)
class Conforming:
    """engine: the reference, with a model. draws: for each parameter. tolerance: nats up to which a
    difference counts as rounding. seed: the first that is drawn with. say: prints a line.
    """

    engine: Engine
    served: Served
    draws: int
    tolerance: float
    seed: int
    say: Callable[[str], None]

    def run(self, prompts: Sequence[Prompt], left_out: Sequence[LeftOut] = ()) -> Conformance:
        """Raises InvalidInput where nothing can be compared from the start."""
        mine, theirs = self._models()
        kept, unable = for_both(prompts, (mine, theirs))
        if not kept:
            why = f" {unable[0][1]}" if unable else ""
            raise InvalidInput(f"No prompt can be given to both models.{why}")
        requests = [prompt.request for prompt in kept]
        self.say(f"Asking {theirs.name} and {mine.name} for {len(kept)} answers")
        found: list[PromptResult] = []
        plain: list[Plain] = []
        told = False
        sides = answers(self.engine, requests), answers(self.served, requests)
        for prompt, reference, other in zip(kept, *sides, strict=True):
            if reference.status != "done":
                unable.append((prompt.name, f"The reference failed: {reference.error}"))
                continue
            result = self._compared(prompt, reference, other)
            found.append(result)
            self.say(f"{prompt.name}: {_in_short(result)}")
            told |= bool(other.token_ids)
            if prompt.is_plain and result.reads_alike and other.status == "done":
                apart = result.logprobs.status == "differs"
                plain.append(Plain(prompt.request, other, apart))
        parameters = self._parameters(plain, told, theirs)
        return Conformance(
            mine.name, theirs.name, self.served.kind,
            datetime.now().astimezone().isoformat(" ", "minutes"), self.draws, self.tolerance,
            tuple(found), tuple(parameters), (*left_out, *unable), mine.kept,
        )  # fmt: skip

    def _models(self) -> tuple[ModelDescription, ModelDescription]:
        mine, theirs = self.engine.description, self.served.description
        if mine is None or theirs is None:
            raise InvalidInput("A model is missing. Load one here, and one on the server.")
        if not (mine.capabilities.scores and mine.capabilities.distributions):
            raise InvalidInput(ONE_WAY)
        if "temperature" not in theirs.capabilities.samplers:
            raise InvalidInput(NOT_GREEDY.format(server=theirs.name))
        return mine, theirs

    def _compared(self, prompt: Prompt, reference: Run, theirs: Run) -> PromptResult:
        engine, tolerance = self.engine, self.tolerance
        ids = prompt_outcome(engine, self.served, prompt.request)
        logprobs = answer_logprobs(engine, reference, theirs, tolerance)
        if logprobs.status == "differs" and (ids.status == "differs" or not prompt.is_free):
            why = OTHER_PROMPT if ids.status == "differs" else HELD
            by = f"by up to {logprobs.figure or 0:.2g} nats"
            logprobs = Outcome("not compared", why.format(by=by))
        return PromptResult(
            prompt.name, ids, answer_outcome(engine, reference, theirs, tolerance), logprobs,
            text_logprobs(engine, self.served, reference, tolerance),
            reference.text, theirs.text[: 4 * len(reference.text) + 400],
        )  # fmt: skip

    def _parameters(
        self, plain: Sequence[Plain], told: bool, theirs: ModelDescription
    ) -> list[ParameterResult]:
        """told: whether the server tells ids."""
        can = theirs.capabilities
        names = [name for name in samplers() if name in can.samplers]
        others = [name for name in samplers() if name not in names]
        others += [] if can.seeds else ["seed"]
        unsent = [_unknown(name, f"{theirs.name} does not take it.") for name in others]
        if not plain:
            every = [NO_SAMPLERS, *names, *(["seed"] if can.seeds else []), "stop"]
            return [*(_unknown(name, NO_PLACE) for name in every), *unsent]
        places = [Place(self.engine, one.request, not told) for one in plain[:MOST_PLACES]]
        widest = max(places, key=lambda place: place.spread)
        level, seed = LEVEL / (len(names) + 1), self.seed
        self.say(f"Drawing {self.draws} answers for each parameter")
        apart = any(one.apart for one in plain if one.request is widest.request)
        found = [unsampled(self.served, widest, self.draws, seed, level, apart)]
        self.say(f"{NO_SAMPLERS}: {found[-1].outcome.sentence}")
        has_basis = found[0].outcome.status != "differs"
        found += [] if has_basis else [_unknown(name, NO_BASIS) for name in names]
        for name in names if has_basis else ():
            seed += self.draws
            found.append(self._probed(name, places, seed, level))
            self.say(f"{found[-1].setting or name}: {found[-1].outcome.sentence}")
        if can.seeds:
            seed += self.draws
            found.append(seeded(self.engine, self.served, widest.request, seed, told))
        return [*found, stopped(self.served, [one.theirs for one in plain]), *unsent]

    def _probed(
        self, name: str, places: Sequence[Place], seed: int, level: float
    ) -> ParameterResult:
        probe = best_probe(name, places, self.draws, level)
        if probe is None:
            return _unknown(name, UNSEEN)
        return probed(self.served, probe, self.draws, seed, level)


def _unknown(name: str, why: str) -> ParameterResult:
    return ParameterResult(name, Outcome("not compared", why))


def _in_short(found: PromptResult) -> str:
    return ", ".join(f"{name} {one.status}" for name, one in found.outcomes)
