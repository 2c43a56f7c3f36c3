"""One lane's answer as a component: a run drawn as text, status, figures and parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import gradio as gr
from markdown_it import MarkdownIt

from components.client_component import client_component
from components.message_editor import Row, new_row
from core.errors import InvalidInput
from core.run import Run
from core.sampling import SamplingParams, settings

EMPTY_LANE: dict[str, Any] = {"status": "idle"}
IGNORED_WHEN_GREEDY = ("temperature", "top_k", "top_p", "min_p")


def lane_pane(**props: Any) -> gr.HTML:
    """Events: `begin` (a run was asked for), `reply` (use it as a turn), `seed` (keep it)."""
    return client_component("lane_pane", EMPTY_LANE, server_functions=[render_markdown], **props)


def render_markdown(text: str) -> str:
    """HTML of Markdown in which HTML is shown as text and nothing is fetched: images become links.

    The text is a model's: it must not run as markup.
    """
    return MarkdownIt("js-default", {"html": False}).disable("image").render(str(text))


def lane_value(run: Run) -> dict[str, Any]:
    """What the pane shows of a run. Times are formatted here, so that every view says the same."""
    params = run.request.params
    return {
        "status": run.status,
        "place": run.place,
        "text": run.text,
        "prefill": run.prefill_text,
        "error": run.error,
        "stop_reason": run.stop_reason,
        "fraction": len(run.tokens) / params.max_new_tokens,
        "speed": _rate(run.decode_tokens_per_second),
        "metrics": _metrics(run),
        "seed": params.seed,
        "parameters": [*filter(None, [run.model]), *applied_parameters(params)],
        "all_parameters": "\n".join(
            f"{field.name} = {getattr(params, field.name)!r}" for field in fields(params)
        ),
    }


def applied_parameters(params: SamplingParams) -> list[str]:
    """The parameters that take part in the choice: those that are on, the length and the seed."""
    shown = ["greedy (temperature 0)"] if params.greedy else []
    for name, setting in settings().items():
        value = getattr(params, name)
        ignored = params.greedy and name in IGNORED_WHEN_GREEDY
        if value is not None and value != setting.off and not ignored:
            shown.append(f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}")
    return [*shown, *(f"stop {string!r}" for string in params.stop)]


def _metrics(run: Run) -> list[tuple[str, ...]]:
    """Labels with their figures, and where it needs one a title that pointing at it shows."""
    waited: list[tuple[str, ...]] = []
    if run.waited_seconds is not None and run.status != "queued":
        waited = [("waited", _seconds(run.waited_seconds), "for room beside other answers")]
    if run.prompt is None:
        return waited
    figures: list[tuple[str, ...]] = [("tokens in", f"{run.prompt_tokens:,}")]
    if run.cached_tokens:
        share = f"{run.cached_tokens:,} of {run.prompt_tokens:,}"
        figures += [("cached", share, f"cached {share} prompt tokens")]
    figures += [("out", f"{len(run.tokens):,}"), *waited]
    if run.time_to_first_token is not None:
        figures += [("to first token", _seconds(run.time_to_first_token))]
    if run.prefill_tokens_per_second is not None:
        figures += [("prefill", _rate(run.prefill_tokens_per_second))]
    return [*figures, ("in all", _seconds(run.seconds))]


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _rate(tokens_per_second: float | None) -> str:
    if tokens_per_second is None:
        return ""
    return f"{tokens_per_second:,.{0 if tokens_per_second >= 100 else 1}f} tok/s"


def with_reply(rows: Sequence[Row], lane: Any) -> tuple[Row, ...]:
    """The rows with the lane's answer as a turn, and room for the next user turn if it ended.

    A prefill that still stands as the last row is continued; else the answer is a row of its own.
    Raises InvalidInput where there is no answer. `lane` comes from a browser.
    """
    value = lane if isinstance(lane, dict) else {}
    text, prefill = str(value.get("text") or ""), str(value.get("prefill") or "")
    if not text:
        raise InvalidInput("This lane has no answer yet. Run it first.")
    last = rows[-1] if rows else None
    if last and last["role"] == "assistant" and last["text"] == prefill:
        kept = (*rows[:-1], {**last, "text": prefill + text})
    else:
        kept = (*rows, new_row("assistant", prefill + text))
    ended = value.get("stop_reason") in ("end_of_sequence", "stop_string")
    return (*kept, new_row("user")) if ended else kept
