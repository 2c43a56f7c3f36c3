"""What a conformance check finds, and its verdict in one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Status = Literal["same", "close", "differs", "not compared"]
LEVEL = 0.01  # of false alarms, for all parameters of a check together


@dataclass(frozen=True, slots=True)
class Outcome:
    """One comparison. close: a difference that rounding can make, which counts as none.

    sentence: what was seen, or why nothing was compared. figure: the largest difference, in nats.
    """

    status: Status
    sentence: str
    figure: float | None = None


NOT_TOLD = Outcome("not compared", "The server doesn't report them.")


@dataclass(frozen=True, slots=True)
class PromptResult:
    """One prompt, asked for greedily. answer: the reference's; theirs: the server's, cut."""

    name: str
    ids: Outcome
    tokens: Outcome
    logprobs: Outcome
    given: Outcome
    answer: str = ""
    theirs: str = ""

    @property
    def reads_alike(self) -> bool:
        """Whether the prompt is the same there, or differs without a trace in the logprobs."""
        return self.ids.status != "differs" or self.logprobs.status in ("same", "close")

    @property
    def outcomes(self) -> tuple[tuple[str, Outcome], ...]:
        return (
            ("prompt ids", self.ids), ("tokens", self.tokens),
            ("logprobs of the answer", self.logprobs), ("logprobs of given text", self.given),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ParameterResult:
    """setting: as it was sent, such as "top_k 3". p: of the draws, None where nothing was drawn.
    noticed: the probability of noticing, with as many draws, that it had no effect.
    """

    name: str
    outcome: Outcome
    setting: str = ""
    p: float | None = None
    noticed: float | None = None


@dataclass(frozen=True)
class Conformance:
    """reference, server: the names of both models. kind: of the server. draws: for each parameter.
    left_out: prompts that weren't asked, and why. tolerance: in nats. kept: how the reference
    keeps its weights, in words.
    """

    reference: str
    server: str
    kind: str
    made: str
    draws: int
    tolerance: float
    prompts: tuple[PromptResult, ...]
    parameters: tuple[ParameterResult, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    kept: str = ""

    @property
    def differs(self) -> bool:
        return any(outcome.status == "differs" for _, outcome in self._all())

    @property
    def compared(self) -> bool:
        """Whether anything was."""
        return any(outcome.status != "not compared" for _, outcome in self._all())

    @property
    def verdict(self) -> str:
        """In one line."""
        if not self.compared:
            return f"Nothing from {self.server} could be compared with {self.reference}."
        unknown = ", ".join(self._with("not compared"))
        rest = f" Not compared: {unknown}." if unknown else ""
        if self.differs:
            found = "; ".join([*self._prompt_faults(), *self._parameter_faults()])
            return f"{self.server} does not answer like {self.reference}: {found}.{rest}"
        if self._with("close"):
            rest = f" Rounding shows in {', '.join(self._with('close'))}.{rest}"
        partly = " in everything that could be compared" if unknown else ""
        return f"{self.server} answers like {self.reference}{partly}.{rest}"

    def _all(self) -> Iterator[tuple[str, Outcome]]:
        for prompt in self.prompts:
            yield from prompt.outcomes
        yield from ((one.name, one.outcome) for one in self.parameters)

    def _with(self, status: Status) -> list[str]:
        """The names of what has it; not compared is only what never was."""
        names = dict.fromkeys(name for name, found in self._all() if found.status == status)
        if status == "not compared":
            known = {name for name, found in self._all() if found.status != status}
            return [name for name in names if name not in known]
        return list(names)

    def _prompt_faults(self) -> Iterator[str]:
        for name in dict(self.prompts[0].outcomes if self.prompts else ()):
            found = [dict(one.outcomes)[name] for one in self.prompts]
            faults = [one for one in found if one.status == "differs"]
            count = sum(one.status != "not compared" for one in found)
            if not faults:
                continue
            most = max((one.figure for one in faults if one.figure is not None), default=None)
            by = f" by up to {most:.2g} nats" if most is not None else ""
            yield f"{name} differ{by} in {len(faults)} of {count} prompts"

    def _parameter_faults(self) -> Sequence[str]:
        faults = [one.outcome for one in self.parameters if one.outcome.status == "differs"]
        said = [one.sentence.partition(". ")[0].rstrip(".") for one in faults]
        return [one[:1].lower() + one[1:] for one in said]
