"""A comparison as one HTML file that needs nothing else, for someone without the page.

Every text is escaped; images are data URLs, checked; there is no script, and no address but those
inside of the file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.compare.differences import (
    agreement,
    first_divergence,
    mean_logprob,
    settings_diff,
    word_diff,
)
from core.compare.report_tokens import report_tokens
from core.conversation import Conversation, Image, Message
from core.errors import InvalidInput
from core.runs.capabilities import in_words
from core.runs.run import Run
from core.template_options import in_short
from core.validity.check import verdict_in_short, verdict_of

DATA_URL = re.compile(r"data:image/(png|jpeg|webp|gif);base64,[A-Za-z0-9+/=]+")
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
)


@dataclass(frozen=True)
class Report:
    """made: when, as text. models: each lane's label with its model in words.

    images: data URLs by path; an image without one is only named. sentences: what else is worth
    saying, such as why lanes part.
    """

    title: str
    made: str
    conversation: Conversation
    runs: tuple[Run, ...]
    models: tuple[tuple[str, str], ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
    images: tuple[tuple[str, str], ...] = ()
    sentences: tuple[str, ...] = ()


def report_html(report: Report) -> str:
    """Raises InvalidInput for an image that is no data URL of a picture."""
    for path, url in report.images:
        if url and not DATA_URL.fullmatch(url):
            raise InvalidInput(f"The image {path!r} has no data URL of a PNG, JPEG, WebP or GIF.")
    groups = agreement(report.runs)
    done = [run for run in report.runs if run.status == "done"]
    return TEMPLATES.get_template("report.html").render(
        report=report,
        messages=[_message(turn, dict(report.images)) for turn in report.conversation.messages],
        lanes=[_lane(run, report) for run in report.runs],
        tokens=report_tokens(report.runs),
        settings=_settings(report.runs),
        differing={row.name for row in settings_diff([run.sent for run in report.runs])},
        figures=_figures(report.runs),
        groups=groups,
        identical=len(groups) == 1 and len(done) == len(report.runs) > 1,
        diffs=_diffs(report.runs),
        prompt=report.runs[0].prompt.text if report.runs and report.runs[0].prompt else "",
    )


def _message(turn: Message, urls: dict[str, str]) -> dict[str, Any]:
    found = (part for part in turn.parts if isinstance(part, Image))
    images = [(image.name, urls.get(image.path, "")) for image in found]
    return {"role": turn.role, "text": turn.text, "images": images}


def _lane(run: Run, report: Report) -> dict[str, Any]:
    """The answer in three: up to the token where it diverges from the first lane, that, rest."""
    first = report.runs[0]
    divergence = first_divergence(first, run) if run is not first else None
    start = divergence.offset if divergence else len(run.text)
    end = start + len(divergence.token.text) if divergence else start
    return {
        "label": run.request.lane,
        "model": dict(report.models).get(run.request.lane, run.model),
        "prefill": run.prefill_text,
        "before": run.text[:start],
        "divergence": run.text[start:end],
        "after": run.text[end:],
        "parts_at": divergence.position + 1 if divergence else None,
        "ending": run.error or (run.stop_reason or run.status).replace("_", " "),
        "failed": run.status == "failed",
        "not_sent": in_words(run.request, run.not_sent),
        "verdict": verdict_of(run),
    }


def _settings(runs: Sequence[Run]) -> list[tuple[str, list[str]]]:
    names = [field.name for field in fields(runs[0].request.params)] if runs else []
    rows = [(name, [_shown(getattr(run.sent.params, name)) for run in runs]) for name in names]
    if any(run.request.conversation.images for run in runs):
        for field in fields(runs[0].request.budget):
            rows.append((field.name, [_shown(getattr(r.request.budget, field.name)) for r in runs]))
    held = [run.sent.constraint.summary if run.sent.constraint else "none" for run in runs]
    if any(run.request.constraint or run.request.checked_against for run in runs):
        rows.append(("constraint", held))
    sent = [dict(run.sent.template_options) for run in runs]
    options = dict.fromkeys(name for values in sent for name in values)
    return rows + [(name, [in_short(values.get(name)) for values in sent]) for name in options]


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(repr, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


FIGURES = (
    "tokens in", "cached", "tokens out", "waited, s", "to first token, s", "prefill, tok/s",
    "decode, tok/s", "total, s", "mean logprob", "stop reason",
)  # fmt: skip


def _figures(runs: Sequence[Run]) -> list[tuple[str, list[str]]]:
    validity = [verdict_in_short(run) for run in runs]
    rows = [(name, [_figure(run, name) for run in runs]) for name in FIGURES]
    return [("valid", [text or "–" for text in validity]), *rows] if any(validity) else rows


def _figure(run: Run, name: str) -> str:
    values: dict[str, Any] = {
        "tokens in": run.prompt_tokens or None,
        "cached": run.cached_tokens,
        "tokens out": run.token_count,
        "waited, s": run.waited_seconds,
        "to first token, s": run.time_to_first_token,
        "prefill, tok/s": run.prefill_tokens_per_second,
        "decode, tok/s": run.decode_tokens_per_second,
        "total, s": run.seconds,
        "mean logprob": mean_logprob(run),
        "stop reason": (run.stop_reason or run.status).replace("_", " "),
    }
    value = values[name]
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return "–" if value is None else str(value)


def _diffs(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Each other lane's words against the first's, where they differ."""
    if len(runs) < 2:
        return []
    first = runs[0].prefill_text + runs[0].text
    return [
        {"label": run.request.lane, "pieces": word_diff(first, run.prefill_text + run.text)}
        for run in runs[1:]
        if run.prefill_text + run.text != first
    ]
