"""A run: the events of one lane folded into one value that the page, the API and exports draw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from core.prompt import RenderedPrompt
from core.runs.capabilities import Capabilities, not_sent, within
from core.runs.events import Event, Failed, Finished, Queued, Started, StopReason, Token
from core.tools.thinking import opening_in
from core.validity.verdict import Verdict
from core.workspace import Request

RunStatus = Literal["waiting", "queued", "prefill", "streaming", "checking", "done", "failed"]


@dataclass(frozen=True)
class Run:
    """One lane's answer so far. Seconds count from the moment the run was asked for.

    queued: whether it ever had to wait for room. place: in the queue, 1 is next; None while it is
    in none. cached_tokens: how many of the prompt's tokens were known from an earlier prefill.
    incomplete: as in `Finished`. verdict: of the finished answer, by `core.validity.check`; None
    without one.
    """

    request: Request
    status: RunStatus = "waiting"
    prompt: RenderedPrompt | None = None
    model: str = ""
    queued: bool = False
    place: int | None = None
    cached_tokens: int = 0
    capabilities: Capabilities | None = None
    text: str = ""
    tokens: tuple[Token, ...] = field(default=(), repr=False)
    stop_reason: StopReason | None = None
    error: str = ""
    started_seconds: float | None = None
    seconds: float = 0.0
    asked_at: str = ""
    incomplete: bool = False
    verdict: Verdict | None = None

    @property
    def prefill_text(self) -> str:
        """What the person wrote of the answer; `text` is what the model added."""
        prefill = self.request.conversation.prefill
        return prefill.text if prefill and "prefill" not in self.not_sent else ""

    @property
    def not_sent(self) -> tuple[str, ...]:
        """What of the request the model was not given; see `core.runs.capabilities.not_sent`."""
        return not_sent(self.request, self.capabilities) if self.capabilities else ()

    @property
    def sent(self) -> Request:
        """The request as the model was given it."""
        return within(self.request, self.capabilities) if self.capabilities else self.request

    @property
    def token_ids(self) -> tuple[int, ...]:
        """The ids of the whole answer, with those that the request begins it with; empty where the
        engine doesn't tell all of them.
        """
        ids = tuple(token.token_id for token in self.tokens if token.token_id is not None)
        return ids if len(ids) == len(self.tokens) else ()

    @property
    def opening(self) -> str:
        """The thought tag that the prompt ends with, and the white space after it."""
        return opening_in(self.prompt.text.removesuffix(self.prefill_text)) if self.prompt else ""

    @property
    def token_count(self) -> int:
        """How many tokens the answer has; a saved answer no longer has the tokens themselves."""
        return len(self.tokens)

    @property
    def given_count(self) -> int:
        """How many of them the request gave, so that they took no step."""
        asked = self.request.begins_with
        return min(len(self.sent.begins_with), self.token_count) if asked else 0

    @property
    def prompt_tokens(self) -> int:
        return len(self.prompt.tokens) if self.prompt else 0

    @property
    def waited_seconds(self) -> float | None:
        """Seconds from asking to the place in the batch, building the prompt included.

        Until then, or where it never came to it: all seconds so far. None if there was no queue.
        """
        if not self.queued:
            return None
        return self.seconds if self.started_seconds is None else self.started_seconds

    @property
    def time_to_first_token(self) -> float | None:
        """Seconds from asking to the first token, waiting included; loading never is."""
        chosen = self._chosen
        return chosen[0].seconds if chosen else None

    @property
    def prefill_seconds(self) -> float | None:
        if self.time_to_first_token is None or self.started_seconds is None:
            return None
        return self.time_to_first_token - self.started_seconds

    @property
    def decode_seconds(self) -> float | None:
        chosen = self._chosen
        return chosen[-1].seconds - chosen[0].seconds if len(chosen) > 1 else None

    @property
    def _chosen(self) -> tuple[Token, ...]:
        return self.tokens[self.given_count :]

    @property
    def prefill_tokens_per_second(self) -> float | None:
        """Speed over the tokens that were really computed; None where all of them were cached."""
        computed = self.prompt_tokens + self.given_count - self.cached_tokens
        return computed / self.prefill_seconds if computed and self.prefill_seconds else None

    @property
    def decode_tokens_per_second(self) -> float | None:
        """The first token belongs to the prefill, so n tokens are n - 1 decoding steps."""
        steps = self.token_count - self.given_count - 1
        return steps / self.decode_seconds if self.decode_seconds else None


def fold(run: Run, event: Event) -> Run:
    """The run after `event`. Raises TypeError for anything that is not an event."""
    match event:
        case Queued():
            return replace(
                run, status="queued", queued=True, place=event.place, seconds=event.seconds
            )
        case Started():
            return replace(
                run, status="prefill", place=None, prompt=event.prompt, model=event.model,
                cached_tokens=event.cached_tokens, capabilities=event.capabilities,
                started_seconds=event.seconds, seconds=event.seconds,
            )  # fmt: skip
        case Token():
            return _with_tokens(run, (event,))
        case Finished():
            return replace(
                run, status="done", place=None, text=run.text + event.text,
                stop_reason=event.stop_reason, seconds=event.seconds, incomplete=event.incomplete,
            )  # fmt: skip
        case Failed():
            return replace(
                run, status="failed", place=None, error=event.message, seconds=event.seconds
            )
    raise TypeError(f"{event!r} is not an event of a run")


def fold_all(run: Run, events: Iterable[Event]) -> Run:
    """The run after all events in order; tokens in a row are added at once, as each copies all."""
    tokens: list[Token] = []
    for event in events:
        if isinstance(event, Token):
            tokens.append(event)
        else:
            run = fold(_with_tokens(run, tokens), event)
            tokens = []
    return _with_tokens(run, tokens)


def _with_tokens(run: Run, tokens: Sequence[Token]) -> Run:
    if not tokens:
        return run
    given = all(token.given for token in tokens)  # they come at once, before the prefill
    return replace(
        run, status=run.status if given else "streaming", place=None, tokens=(*run.tokens, *tokens),
        text=run.text + "".join(token.text for token in tokens), seconds=tokens[-1].seconds,
    )  # fmt: skip
