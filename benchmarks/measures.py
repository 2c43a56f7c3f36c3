"""The measures, with what each must reach and what it aims at."""

from __future__ import annotations

from benchmarks.clients import clients
from benchmarks.measure import Measure
from benchmarks.page_overhead import api_overhead, page_overhead
from benchmarks.page_speed import key_to_paint, page_kilobytes, page_ready, typing_to_counts
from benchmarks.sampler_share import sampler_share, trace_share
from benchmarks.sheets import rows_and_lanes, rows_and_padded
from benchmarks.structured import constrained_step, four_schemas, new_schema
from benchmarks.throughput import against_llama, lanes, users, usual_preset
from benchmarks.waiting import image_again, longest_pause, prompt_again

MEASURES = (
    Measure(
        "lanes_4_350m", "four calls of generate() / one run of four lanes, seconds",
        "350m", lanes(4), must=5.5, aim=7.5,
    ),
    Measure(
        "lanes_4_1200m", "the same with the shape of 1.2B",
        "1200m", lanes(4), must=6.5, aim=9.0,
    ),
    Measure(
        "lanes_4_350m_long", "the same with 350M and a prompt of 1,024 tokens",
        "350m", lanes(4, long=True), must=4.5, aim=6.0,
    ),
    Measure(
        "lanes_8_350m", "eight calls of generate() / one run of eight lanes, seconds",
        "350m", lanes(8), must=9.0, aim=12.0,
    ),
    Measure(
        "lane_1_350m", "one lane: our tokens/s / those of generate()",
        "350m", lanes(1), must=1.7, aim=2.1,
    ),
    Measure(
        "lane_1_1200m", "the same with the shape of 1.2B",
        "1200m", lanes(1), must=1.8, aim=2.1,
    ),
    Measure(
        "lane_1_pocket", "the same with the shipped model, and as many threads for generate()",
        "pocket", lanes(1), must=1.9, aim=2.4,
    ),
    Measure(
        "lane_1_pocket_preset", "the same with the page's first preset on both sides",
        "pocket", lanes(1, params=usual_preset), must=1.2, aim=2.0,
    ),
    Measure(
        "lane_1_350m_int8", "one lane of int8 weights: our tokens/s / those of bfloat16 generate()",
        "350m", lanes(1, weights="int8"), must=2.8, aim=3.8,
    ),
    Measure(
        "lanes_4_350m_int8", "four calls of bfloat16 generate() / one run of four in int8, seconds",
        "350m", lanes(4, weights="int8"), must=8.0, aim=11.0,
    ),
    Measure(
        "lane_1_350m_llama", "one lane: our tokens/s / those of llama.cpp at BF16",
        "350m", against_llama(1), must=0.8, aim=0.9,
    ),
    Measure(
        "lanes_4_350m_llama", "four lanes: our tokens/s / those of llama.cpp at BF16",
        "350m", against_llama(4), must=1.0, aim=1.2,
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
        "350m", users(8), must=5.0, aim=6.5,
    ),
    Measure(
        "sheet_64", "64 rows in four lanes: generate() for one after another / the sheet, seconds",
        "350m", rows_and_lanes, must=5.0, aim=8.0,
    ),
    Measure(
        "sheet_64_padded", "the same for padded batches of 16 rows of a lane / the sheet, seconds",
        "350m", rows_and_padded, must=None, aim=1.0,
    ),
    Measure(
        "longest_pause", "a lane's longest pause while 2,048 tokens join / its usual step",
        "350m", longest_pause, must=6.0, aim=4.0, higher_is_better=False,
    ),
    Measure(
        "sampler_share", "choosing the tokens of four rows / the whole round, seconds",
        "350m", sampler_share, must=0.1, aim=0.06, higher_is_better=False,
    ),
    Measure(
        "constrained_step", "step of a lane that is held to a schema / of a free one, seconds",
        "350m", constrained_step, must=1.05, aim=1.02, higher_is_better=False,
    ),
    Measure(
        "lanes_4_schemas", "four calls of generate() held to schemas / one run of four, seconds",
        "350m", four_schemas, must=3.0, aim=4.5,
    ),
    Measure(
        "new_schema", "first token with a new schema of 100 properties - without, milliseconds",
        "350m", new_schema, must=None, aim=500.0, higher_is_better=False,
    ),
    Measure(
        "trace_share", "telling how four rows' tokens were chosen / the whole round, seconds",
        "350m", trace_share, must=0.05, aim=0.02, higher_is_better=False,
    ),
    Measure(
        "page_overhead", "server's work for a streamed token / step of four lanes, seconds",
        "350m", page_overhead, must=0.1, aim=0.03, higher_is_better=False,
    ),
    Measure(
        "api_overhead", "the same for a token that is streamed by /v1",
        "350m", api_overhead, must=0.05, aim=0.02, higher_is_better=False,
    ),
    Measure(
        "clients_16", "16 openai clients: our tokens/s / those of transformers serve",
        "350m", clients(16), must=3.0, aim=5.0,
    ),
    Measure(
        "page_ready", "from the server's start to a page that takes keys, seconds",
        "page", page_ready, must=None, aim=5.0, higher_is_better=False,
    ),
    Measure(
        "page_kilobytes", "the page's HTML as it is sent, KB",
        "page", page_kilobytes, must=None, aim=150.0, higher_is_better=False,
    ),
    Measure(
        "typing_to_counts", "from the last key to new token counts of 60 messages, milliseconds",
        "page", typing_to_counts, must=None, aim=400.0, higher_is_better=False,
    ),
    Measure(
        "key_to_paint", "95% of keys are on the screen while four lanes stream, milliseconds",
        "page", key_to_paint, must=None, aim=60.0, higher_is_better=False,
    ),
)  # fmt: skip
