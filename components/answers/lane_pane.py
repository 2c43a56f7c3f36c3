"""One lane's answer as a component: a run drawn as text, status, figures and parameters."""

from __future__ import annotations

from dataclasses import fields
from html import escape
from typing import Any, NotRequired, TypedDict

import gradio as gr
from markdown_it import MarkdownIt

from components.answers.answer_view import AnswerView, answer_view, units
from components.answers.structure_view import StructureView, structure_view
from components.client_component import client_component
from components.compare.divergence import no_candidates
from core.compare.differences import first_divergence, settings_diff
from core.runs.capabilities import in_words
from core.runs.run import Run
from core.sampling import SamplingParams, in_use, samplers, settings
from core.template_options import in_short
from core.workspace import Request

LONGEST_MARKDOWN = 200_000  # characters
MOST_BRACKETS = 2_000  # each open one is looked for to the end of the text
EMPTY_LANE = {"status": "idle"}


class DivergenceView(TypedDict):
    """offset, length: of the token that differs, in the answer, counted as a browser does. place:
    that token's. unexplained: why nobody can say why.
    """

    offset: int
    length: int
    place: int
    unexplained: NotRequired[str]


class LaneValue(AnswerView, StructureView):
    """seconds: since it was asked for. place: in the queue. fraction: of max_new_tokens. metrics:
    labels, figures, titles.
    """

    status: str
    seconds: float
    place: int | None
    text: str
    prefill: str
    error: str
    stop_reason: str | None
    fraction: float
    speed: str
    metrics: list[tuple[str, ...]]
    seed: int | None
    not_sent: str
    parameters: list[str]
    all_parameters: str
    divergence: DivergenceView | None


def lane_pane(label: str = "A", **props: Any) -> gr.HTML:
    """Events: `begin` (a run was requested) and, with the lane's label as `lane`, `reply` (use it
    as a turn, with or without `thought`), `results` (of its tool calls), `seed` (reuse it),
    `inspect` (why it diverges from lane A).

    Prop: explanation, the result of `inspect`.
    """
    return client_component(
        "lane_pane",
        EMPTY_LANE,
        server_functions=[render_markdown],
        label=label,
        explanation={},
        events=("begin", "reply", "results", "seed", "inspect"),
        **props,
    )


def render_markdown(text: str) -> str:
    """Markdown as HTML. HTML in it is shown as text, and nothing is fetched: images become links.

    A model's text must not run as markup. Text that would take seconds to parse stays text.
    """
    text = str(text)
    if len(text) > LONGEST_MARKDOWN or text.count("[") > MOST_BRACKETS:
        return f"<pre>{escape(text)}</pre>"
    return MarkdownIt("js-default", {"html": False}).disable("image").render(text)


def lane_value(run: Run, first: Run | None = None) -> LaneValue:
    """A run for the pane. Times are formatted here, so that all views agree.

    first: the run of lane A, for the other lanes: only differences from it are listed, and the
    divergence is marked. Parameters are those that the model got;
    `not_sent` names the others.
    """
    params, model = run.sent.params, [run.model] if run.model else []
    first = None if first is None or first.request.lane == run.request.lane else first
    return {
        "status": run.status,
        "seconds": run.seconds,
        "place": run.place,
        "text": run.text,
        "prefill": run.prefill_text,
        "error": run.error,
        "stop_reason": run.stop_reason,
        "fraction": (run.token_count - run.given_count) / params.max_new_tokens,
        "speed": rate_text(run.decode_tokens_per_second),
        "metrics": _metrics(run),
        "seed": params.seed,
        "not_sent": _not_sent(run),
        "parameters": _differences(first, run) if first else [*model, *applied(run.sent)],
        "all_parameters": all_parameters(params),
        "divergence": _divergence(first, run),
        **answer_view(run),
        **structure_view(run),
    }


def all_parameters(params: SamplingParams) -> str:
    return "\n".join(f"{field.name} = {getattr(params, field.name)!r}" for field in fields(params))


def _not_sent(run: Run) -> str:
    """One line; empty if the model got everything that was requested."""
    if not run.not_sent:
        return ""
    words, them = in_words(run.request, run.not_sent), "it" if len(run.not_sent) == 1 else "them"
    return f"Not sent: {words}. {run.model} does not accept {them}."


def _divergence(first: Run | None, run: Run) -> DivergenceView | None:
    divergence = first_divergence(first, run) if first else None
    if divergence is None or divergence.token is None:
        return None
    found: DivergenceView = {
        "offset": units(run.text[: divergence.offset]),
        "length": units(divergence.token.text),
        "place": divergence.position,
    }
    reason = next(filter(None, map(no_candidates, [first, run])), "") if first else ""
    if reason:
        found["unexplained"] = reason
    return found


def _differences(first: Run, run: Run) -> list[str]:
    rows = settings_diff((first.sent, run.sent))
    changed = [f"{row.name} {row.values[1]}" for row in rows]
    model = [run.model] if run.model != first.model else []
    return [*model, *changed]


def applied(sent: Request) -> list[str]:
    """What affects the answer: its parameters, what it is held to, and the template options that
    were set.
    """
    held = [f"held to {sent.constraint.in_words}"] if sent.constraint else []
    options = [f"{name} {in_short(value)}" for name, value in sent.template_options]
    return [*applied_parameters(sent.params), *held, *options]


def applied_parameters(params: SamplingParams) -> list[str]:
    """The parameters that affect the answer: samplers that are on, the length and the seed."""
    shown = ["greedy (temperature 0)"] if params.greedy else []
    for name, setting in settings().items():
        value = getattr(params, name)
        ignored = name in samplers() and name not in in_use(params)
        if value is not None and value != setting.off and not ignored:
            shown.append(f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}")
    return [*shown, *(f"stop {string!r}" for string in params.stop)]


def _metrics(run: Run) -> list[tuple[str, ...]]:
    """Labels with their figures and, if needed, a tooltip."""
    waited: list[tuple[str, ...]] = []
    if run.waited_seconds is not None and run.status != "queued":
        waited = [("waited", seconds_text(run.waited_seconds), "for other answers")]
    if run.started_seconds is None:
        return waited
    figures: list[tuple[str, ...]] = []
    if run.prompt_tokens:
        figures += [("prompt tokens", f"{run.prompt_tokens:,}")]
    if run.cached_tokens:
        share = f"{run.cached_tokens:,} of {run.prompt_tokens:,}"
        figures += [("cached", share, f"cached {share} prompt tokens")]
    figures += [("tokens", f"{run.token_count:,}"), *waited]
    if run.time_to_first_token is not None:
        figures += [("first token", seconds_text(run.time_to_first_token))]
    if run.prefill_tokens_per_second is not None:
        figures += [("prefill", rate_text(run.prefill_tokens_per_second))]
    return [*figures, ("total", seconds_text(run.seconds))]


def seconds_text(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def rate_text(tokens_per_second: float | None) -> str:
    if tokens_per_second is None:
        return ""
    return f"{tokens_per_second:,.{0 if tokens_per_second >= 100 else 1}f} tok/s"
