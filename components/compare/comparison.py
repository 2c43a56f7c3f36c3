"""What the lanes' answers have in common and where they differ, as tables and a word diff."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr

from components.answers.lane_pane import rate_text, seconds_text
from components.client_component import client_component
from core.compare.differences import agreement, mean_logprob, settings_diff, word_diff
from core.runs.run import Run

EMPTY: dict[str, Any] = {"labels": []}
ENDED = ("done", "failed")
Figure = tuple[str, Callable[[Run], float | None], Callable[[float], str]]
FIGURES: tuple[Figure, ...] = (
    ("tokens in", lambda run: run.prompt_tokens if run.prompt else None, lambda n: f"{n:,.0f}"),
    ("cached", lambda run: run.cached_tokens, lambda n: f"{n:,.0f}"),
    ("tokens out", lambda run: len(run.tokens), lambda n: f"{n:,.0f}"),
    ("waited", lambda run: run.waited_seconds, lambda s: seconds_text(s)),
    ("to first token", lambda run: run.time_to_first_token, lambda s: seconds_text(s)),
    ("prefill", lambda run: run.prefill_tokens_per_second, lambda r: rate_text(r)),
    ("decode", lambda run: run.decode_tokens_per_second, lambda r: rate_text(r)),
    ("mean logprob", mean_logprob, lambda value: f"{value:.3f}"),
)


def comparison(**props: Any) -> gr.HTML:
    """Events: `pick`, two lanes as `pair`; `report`, download it. Props: report, HTML to save."""
    return client_component("comparison", EMPTY, report={}, **props)


def comparison_value(runs: Mapping[str, Run], pair: Any = None) -> dict[str, Any]:
    """pair: labels whose words are compared; the first two lanes where it names no other."""
    labels = sorted(runs)
    if not labels:
        return EMPTY
    chosen = list(pair) if isinstance(pair, list | tuple) else []
    if len(chosen) != 2 or any(label not in runs for label in chosen):
        chosen = labels[:2]
    shown = [runs[label] for label in labels]
    texts = [runs[label].prefill_text + runs[label].text for label in chosen]
    groups = agreement(shown)
    return {
        "labels": labels,
        "pair": chosen,
        "pieces": [
            {"kind": piece.kind, "text": piece.text}
            for piece in (word_diff(*texts) if len(texts) == 2 else ())
        ],
        "agreement": [
            {"lanes": f"{len(g.lanes)} × {', '.join(g.lanes)}", "text": g.text[:280]}
            for g in groups
        ],
        "verdict": _verdict(shown, len(groups)),
        "seeds": _seeds(shown),
        "settings": [
            {"name": row.name, "values": list(row.values)}
            for row in settings_diff([run.sent for run in shown])
        ],
        "metrics": [_figure(figure, shown) for figure in FIGURES]
        + [{"name": "ended by", "values": [{"text": _ending(run)} for run in shown]}],
    }


def _figure(figure: Figure, runs: list[Run]) -> dict[str, Any]:
    """A row: texts, and bars as shares of the longest. Lower than 0 (logprobs) has no bar."""
    name, number, text = figure
    found = [number(run) for run in runs]
    most = max((n for n in found if n), default=0)
    return {
        "name": name,
        "values": [
            {
                "text": "–" if n is None else text(n),
                "share": n / most if n and most > 0 else 0,
            }
            for n in found
        ],
    }


def _ending(run: Run) -> str:
    return (run.stop_reason or run.status).replace("_", " ")


def _verdict(runs: list[Run], answers: int) -> str:
    if len(runs) < 2:
        return "Run two lanes or more to compare them."
    if any(run.status not in ENDED for run in runs):
        return "Some lanes still answer; this shows what there is so far."
    failed = sum(run.status == "failed" for run in runs)
    ended = len(runs) - failed
    if answers == 1 and not failed:
        return "All answers are identical."
    said = f"{ended} answers, {answers} different." if ended > 1 else f"{ended or 'No'} answer."
    return f"{said} {failed} of {len(runs)} lanes failed." if failed else said


def _seeds(runs: list[Run]) -> str:
    seeds = {run.sent.params.seed for run in runs}
    if len(runs) > 1 and len(seeds) == 1 and None not in seeds:
        return (
            f"All lanes drew with seed {seeds.pop()}: the same draws, so that differences come "
            "from the settings alone."
        )
    return ""
