"""`python -m benchmarks.step_parts`: where the time of a decoding step goes, as a picture.

A step of the 350M shape, for one lane and for four: its linear layers by what they belong to,
attention, the rest of the network, the choosing of the tokens, and the loop around all of it.
Writes docs/pictures/step-parts.svg.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import mean
from time import perf_counter
from typing import Any

from torch import nn

from benchmarks.sampler_share import LFM2_5, timed
from benchmarks.sizes import REAL
from benchmarks.subject import Subject, random_subject
from benchmarks.together import seconds, worker_of
from engine.batch.worker import Worker
from engine.decode import lean_step
from engine.decode.lean_step import LeanStep
from engine.sampling.sampler import Sampler

PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "step-parts.svg"
LANES = (1, 4)
FIRST = 2  # rounds that are not counted: one reads the prompt, one has caches to make
# Each part's words, the end of its layers' names, and its colour.
LAYERS = (
    ("feed-forward layers", ("w1", "w2", "w3"), "#4f46e5"),
    ("convolution layers", ("in_proj", "conv.out_proj", "whole.out_proj"), "#0f766e"),
    ("attention layers", ("q_proj", "k_proj", "v_proj", "self_attn.out_proj"), "#b45309"),
    ("output layer", ("lm_head",), "#be123c"),
)
OTHERS = (
    ("attention itself", "#f59e0b"), ("norms, convolutions, sums", "#64748b"),
    ("choosing the tokens", "#7c3aed"), ("the loop and its events", "#94a3b8"),
)  # fmt: skip


def parts_of(subject: Subject, lanes: int) -> dict[str, float]:
    """Milliseconds of each part in a mean round, in the order of the picture."""
    with ExitStack() as stack:
        rounds = stack.enter_context(timed(Worker, "round"))
        steps = stack.enter_context(timed(LeanStep, "__call__"))
        choosing = stack.enter_context(timed(Sampler, "choose"))
        attending = stack.enter_context(timed(lean_step.functional, "scaled_dot_product_attention"))
        spent = {
            words: stack.enter_context(_in_layers(subject.checkpoint.model, ends))
            for words, ends, _ in LAYERS
        }
        seconds(worker_of(subject.checkpoint), subject.requests(lanes, REAL.short, LFM2_5))
    count = len(steps)
    found = {words: sum(times) / count for words, times in spent.items()}
    layers = sum(kind == "full_attention" for kind in subject.checkpoint.model.config.layer_types)
    found["attention itself"] = sum(attending[-layers * count :]) / count  # after the prefill's
    step = sum(steps) / count
    found["norms, convolutions, sums"] = max(0.0, step - sum(found.values()))
    found["choosing the tokens"] = mean(choosing[FIRST:])
    whole = mean(rounds[FIRST:-1])
    found["the loop and its events"] = max(0.0, whole - step - found["choosing the tokens"])
    return {words: 1000 * value for words, value in found.items()}


@contextmanager
def _in_layers(network: Any, ends: tuple[str, ...]) -> Iterator[list[float]]:
    """The seconds of each call, for one token of each row, of the layers with these names."""
    spent: list[float] = []
    layers = [m for name, m in network.named_modules() if name.endswith(ends)]
    began: list[float] = []

    def before(module: nn.Module, inputs: Any) -> None:
        began.append(perf_counter())

    def after(module: nn.Module, inputs: Any, outputs: Any) -> None:
        took = perf_counter() - began.pop()
        if inputs[0].dim() == 2:  # of the lean step; a prefill has rows and places
            spent.append(took)

    handles = [m.register_forward_pre_hook(before) for m in layers]
    handles += [m.register_forward_hook(after) for m in layers]
    try:
        yield spent
    finally:
        for handle in handles:
            handle.remove()


def drawn(bars: Mapping[int, Mapping[str, float]]) -> str:
    """The picture. bars: by number of lanes."""
    colours = {words: colour for words, _, colour in LAYERS} | dict(OTHERS)
    scale = 640 / max(sum(parts.values()) for parts in bars.values())
    shapes: list[str] = []
    for number, (lanes, parts) in enumerate(bars.items()):
        top, left = 40 + 56 * number, 16.0
        words = f"{lanes} lane{'s' * (lanes > 1)}: a step takes {sum(parts.values()):.1f} ms"
        shapes.append(f'<text x="16" y="{top - 8}" font-weight="700">{words}</text>')
        for name, value in parts.items():
            title = f"<title>{name}: {value:.2f} ms</title>"
            shapes.append(_box(left, top, scale * value - 1, 24, colours[name], title))
            left += scale * value
    for number, name in enumerate(colours):
        x, y = 16 + 184 * (number % 4), 168 + 36 * (number // 4)
        figures = " / ".join(f"{parts[name]:.1f}" for parts in bars.values())
        below = f'<tspan x="{x + 18}" dy="15" fill="#64748b">{figures} ms</tspan>'
        shapes.append(_box(x, y - 10, 12, 12, colours[name]))
        shapes.append(f'<text x="{x + 18}" y="{y}" font-size="12">{name}{below}</text>')
    head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 236" font-size="13"'
    face = 'font-family="IBM Plex Sans, sans-serif" fill="#334155">'
    return "\n".join([f"{head} {face}", _box(0, 0, 760, 236, "#ffffff"), *shapes, "</svg>", ""])


def _box(
    left: float, top: float, width: float, height: float, colour: str, inside: str = ""
) -> str:
    size = f'width="{max(width, 0.5):.1f}" height="{height}"'
    return f'<rect x="{left:.1f}" y="{top}" {size} rx="2" fill="{colour}">{inside}</rect>'


def main() -> None:
    """Measure, print, draw."""
    subject = random_subject("350m", REAL)
    parts_of(subject, 1)  # warms up
    bars = {lanes: parts_of(subject, lanes) for lanes in LANES}
    for lanes, parts in bars.items():
        print(f"{lanes}:", ", ".join(f"{name} {value:.2f} ms" for name, value in parts.items()))
    PICTURE.write_text(drawn(bars), encoding="utf-8")


if __name__ == "__main__":
    main()
