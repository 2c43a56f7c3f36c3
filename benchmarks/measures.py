"""The measures, with what each must reach and what it aims at."""

from __future__ import annotations

from benchmarks.lanes import against_llama, lanes, users, usual_preset
from benchmarks.measure import Measure
from benchmarks.page_overhead import page_overhead
from benchmarks.sampler_share import sampler_share
from benchmarks.waiting import image_again, longest_pause, prompt_again

MEASURES = (
    Measure(
        "lanes_4_350m", "four calls of generate() / one run of four lanes, seconds",
        "350m", lanes(4), must=3.0, aim=4.5,
    ),
    Measure(
        "lanes_4_1200m", "the same with the shape of 1.2B",
        "1200m", lanes(4), must=3.2, aim=5.0,
    ),
    Measure(
        "lanes_4_350m_long", "the same with 350M and a prompt of 1,024 tokens",
        "350m", lanes(4, long=True), must=3.0, aim=4.0,
    ),
    Measure(
        "lanes_8_350m", "eight calls of generate() / one run of eight lanes, seconds",
        "350m", lanes(8), must=4.8, aim=7.0,
    ),
    Measure(
        "lane_1_350m", "one lane: our tokens/s / those of generate()",
        "350m", lanes(1), must=1.0, aim=1.15,
    ),
    Measure(
        "lane_1_pocket", "the same with the shipped model, and as many threads for generate()",
        "pocket", lanes(1), must=1.2, aim=2.0,
    ),
    Measure(
        "lane_1_pocket_preset", "the same with the page's first preset on both sides",
        "pocket", lanes(1, params=usual_preset), must=1.2, aim=2.0,
    ),
    Measure(
        "lane_1_350m_int8", "one lane of int8 weights: our tokens/s / those of bfloat16 generate()",
        "350m", lanes(1, weights="int8"), must=1.5, aim=2.5,
    ),
    Measure(
        "lanes_4_350m_llama", "four lanes: our tokens/s / those of llama.cpp at BF16",
        "350m", against_llama, must=None, aim=1.0,
    ),
    Measure(
        "prompt_again", "first token of a prompt of 1,024 tokens: sent again / new, seconds",
        "350m", prompt_again, must=0.15, aim=0.05, higher_is_better=False,
    ),
    Measure(
        "image_again", "first token of a second question about an image / of the first, seconds",
        "pocket", image_again, must=0.3, aim=0.1, higher_is_better=False,
    ),
    Measure(
        "users_8", "eight users arriving shortly after each other: tokens/s / one by one",
        "350m", users(8), must=2.5, aim=4.0,
    ),
    Measure(
        "longest_pause", "a lane's longest pause while 2,048 tokens join / its usual step",
        "350m", longest_pause, must=12.0, aim=4.0, higher_is_better=False,
    ),
    Measure(
        "sampler_share", "choosing the tokens of four rows / the whole round, seconds",
        "350m", sampler_share, must=0.25, aim=0.1, higher_is_better=False,
    ),
    Measure(
        "page_overhead", "server's work for a streamed token / step of four lanes, seconds",
        "350m", page_overhead, must=0.1, aim=0.03, higher_is_better=False,
    ),
)  # fmt: skip
