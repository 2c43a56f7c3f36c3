"""What the lanes' answers have in common and how they differ, as tables and a word diff."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NotRequired, TypedDict

import gradio as gr

from components.answers.lane_pane import rate_text, seconds_text
from components.client_component import client_component
from core.compare.differences import agreement, mean_logprob, settings_diff, word_diff
from core.runs.run import Run
from core.validity.check import verdict_in_short


class Cell(TypedDict):
    """share: of the longest bar; no bar without one."""

    text: str
    share: NotRequired[float]


class FigureRow(TypedDict):
    name: str
    values: list[Cell]


class ComparisonValue(TypedDict):
    """Before a run, only labels. pair, pieces: the lanes of the word diff, and its pieces."""

    labels: list[str]
    pair: NotRequired[list[str]]
    pieces: NotRequired[list[dict[str, str]]]
    agreement: NotRequired[list[dict[str, str]]]
    verdict: NotRequired[str]
    seeds: NotRequired[str]
    settings: NotRequired[list[dict[str, Any]]]
    metrics: NotRequired[list[FigureRow]]


EMPTY: ComparisonValue = {"labels": []}
ENDED = ("done", "failed")
Figure = tuple[str, Callable[[Run], float | None], Callable[[float], str]]
FIGURES: tuple[Figure, ...] = (
    ("tokens in", lambda run: run.prompt_tokens or None, lambda n: f"{n:,.0f}"),
    ("cached", lambda run: run.cached_tokens, lambda n: f"{n:,.0f}"),
    ("tokens out", lambda run: run.token_count, lambda n: f"{n:,.0f}"),
    ("waited", lambda run: run.waited_seconds, lambda s: seconds_text(s)),
    ("to first token", lambda run: run.time_to_first_token, lambda s: seconds_text(s)),
    ("prefill", lambda run: run.prefill_tokens_per_second, lambda r: rate_text(r)),
    ("decode", lambda run: run.decode_tokens_per_second, lambda r: rate_text(r)),
    ("mean logprob", mean_logprob, lambda value: f"{value:.3f}"),
)


def comparison(**props: Any) -> gr.HTML:
    """Events: `pick`, two lanes as `pair`; `report`, download it. Props: report, HTML to save."""
    return client_component("comparison", EMPTY, report={}, events=("pick", "report"), **props)


def comparison_value(runs: Mapping[str, Run], pair: Any = None) -> ComparisonValue:
    """pair: labels of the lanes in the word diff; by default the first two."""
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
        "metrics": [
            *_validity(shown),
            *(_figure(figure, shown) for figure in FIGURES),
            {"name": "stop reason", "values": [{"text": _ending(run)} for run in shown]},
        ],
    }


def _validity(runs: list[Run]) -> list[FigureRow]:
    """No row if no answer has anything to fit."""
    texts = [verdict_in_short(run) for run in runs]
    values: list[Cell] = [{"text": text or "–"} for text in texts]
    return [{"name": "valid", "values": values}] if any(texts) else []


def _figure(figure: Figure, runs: list[Run]) -> FigureRow:
    """A row: texts, and bars as shares of the longest. Negative values (logprobs) have no bar."""
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
        return "Run at least two lanes to compare them."
    if any(run.status not in ENDED for run in runs):
        return "Some lanes are still running. These are their answers so far."
    failed = sum(run.status == "failed" for run in runs)
    ended = len(runs) - failed
    if answers == 1 and not failed:
        return "All answers are identical."
    found = f"{ended} answers, {answers} different." if ended > 1 else f"{ended or 'No'} answer."
    return f"{found} {failed} of {len(runs)} lanes failed." if failed else found


def _seeds(runs: list[Run]) -> str:
    seeds = {run.sent.params.seed for run in runs}
    if len(runs) > 1 and len(seeds) == 1 and None not in seeds:
        return f"All lanes used seed {seeds.pop()}, so differences come only from the settings."
    return ""
