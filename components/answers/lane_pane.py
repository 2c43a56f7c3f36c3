"""One lane's answer as a component: a run drawn as text, status, figures and parameters."""

from __future__ import annotations

from dataclasses import fields
from html import escape
from typing import Any

import gradio as gr
from markdown_it import MarkdownIt

from components.answers.answer_view import answer_view, units
from components.client_component import client_component
from components.compare.divergence import no_candidates
from core.compare.differences import first_divergence, settings_diff
from core.runs.capabilities import in_words
from core.runs.run import Run
from core.sampling import SamplingParams, in_use, samplers, settings

LONGEST_MARKDOWN = 200_000  # characters
MOST_BRACKETS = 2_000  # each open one is looked for to the end of the text
EMPTY_LANE: dict[str, Any] = {"status": "idle"}


def lane_pane(label: str = "A", **props: Any) -> gr.HTML:
    """Events: `begin` (a run was asked for) and, with the lane's label as `lane`, `reply` (use it
    as a turn; with or without `thought`), `results` (of the tools it calls), `seed` (keep it),
    `inspect` (why it parts from the first lane).

    Props: explanation, what an inspection found.
    """
    return client_component(
        "lane_pane",
        EMPTY_LANE,
        scripts=("lane_stretch.js", "tool_card.js", "lane_parts.js"),
        server_functions=[render_markdown],
        label=label,
        explanation={},
        **props,
    )


def render_markdown(text: str) -> str:
    """HTML of Markdown in which HTML is shown as text and nothing is fetched: images become links.

    The text is a model's: it must not run as markup. What would take seconds to parse stays text.
    """
    text = str(text)
    if len(text) > LONGEST_MARKDOWN or text.count("[") > MOST_BRACKETS:
        return f"<pre>{escape(text)}</pre>"
    return MarkdownIt("js-default", {"html": False}).disable("image").render(text)


def lane_value(run: Run, first: Run | None = None) -> dict[str, Any]:
    """What the pane shows of a run. Times are formatted here, so that every view says the same.

    first: the run of the first lane, where there is another: only what differs from it is listed,
    and the place is marked where the answers part. Parameters are those that the model was given;
    `not_sent` names the others. unexplained: why nobody can say why the answers part.
    """
    params = run.sent.params
    first = None if first is None or first.request.lane == run.request.lane else first
    return {
        "status": run.status,
        "place": run.place,
        "text": run.text,
        "prefill": run.prefill_text,
        "error": run.error,
        "stop_reason": run.stop_reason,
        "fraction": len(run.tokens) / params.max_new_tokens,
        "speed": rate_text(run.decode_tokens_per_second),
        "metrics": _metrics(run),
        "seed": params.seed,
        "not_sent": _not_sent(run),
        "parameters": [*filter(None, [run.model]), *applied_parameters(params)],
        "all_parameters": all_parameters(params),
        "divergence": _divergence(first, run),
        **answer_view(run),
        **({} if first is None else {"parameters": _differences(first, run)}),
    }


def all_parameters(params: SamplingParams) -> str:
    return "\n".join(f"{field.name} = {getattr(params, field.name)!r}" for field in fields(params))


def _not_sent(run: Run) -> str:
    """One line; empty where the model was given all that was asked for."""
    if not run.not_sent:
        return ""
    words, them = in_words(run.request, run.not_sent), "it" if len(run.not_sent) == 1 else "them"
    return f"Not sent: {words}. {run.model} does not take {them}."


def _divergence(first: Run | None, run: Run) -> dict[str, Any] | None:
    parting = first_divergence(first, run) if first else None
    if parting is None or parting.token is None:
        return None
    found = {
        "offset": units(run.text[: parting.offset]),
        "length": units(parting.token.text),
        "place": parting.position,
    }
    reason = next(filter(None, map(no_candidates, [first, run])), "") if first else ""
    return {**found, "unexplained": reason} if reason else found


def _differences(first: Run, run: Run) -> list[str]:
    rows = settings_diff((first.sent, run.sent))
    changed = [f"{row.name} {row.values[1]}" for row in rows]
    model = [run.model] if run.model != first.model else []
    return [*model, *changed]


def applied_parameters(params: SamplingParams) -> list[str]:
    """The parameters that take part in the choice: those that are on, the length and the seed."""
    shown = ["greedy (temperature 0)"] if params.greedy else []
    for name, setting in settings().items():
        value = getattr(params, name)
        ignored = name in samplers() and name not in in_use(params)
        if value is not None and value != setting.off and not ignored:
            shown.append(f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}")
    return [*shown, *(f"stop {string!r}" for string in params.stop)]


def _metrics(run: Run) -> list[tuple[str, ...]]:
    """Labels with their figures, and where it needs one a title that pointing at it shows."""
    waited: list[tuple[str, ...]] = []
    if run.waited_seconds is not None and run.status != "queued":
        waited = [("waited", seconds_text(run.waited_seconds), "for room beside other answers")]
    if run.started_seconds is None:
        return waited
    figures: list[tuple[str, ...]] = []
    if run.prompt is not None:
        figures += [("tokens in", f"{run.prompt_tokens:,}")]
    if run.cached_tokens:
        share = f"{run.cached_tokens:,} of {run.prompt_tokens:,}"
        figures += [("cached", share, f"cached {share} prompt tokens")]
    figures += [("out", f"{len(run.tokens):,}"), *waited]
    if run.time_to_first_token is not None:
        figures += [("to first token", seconds_text(run.time_to_first_token))]
    if run.prefill_tokens_per_second is not None:
        figures += [("prefill", rate_text(run.prefill_tokens_per_second))]
    return [*figures, ("in all", seconds_text(run.seconds))]


def seconds_text(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def rate_text(tokens_per_second: float | None) -> str:
    if tokens_per_second is None:
        return ""
    return f"{tokens_per_second:,.{0 if tokens_per_second >= 100 else 1}f} tok/s"
