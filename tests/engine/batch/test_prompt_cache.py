"""The prompt cache finds the longest kept beginning, keeps its bounds, and is never written to."""

from __future__ import annotations

import time
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import engine.batch.prefill
from core.conversation import Conversation, message
from core.vision import VisionBudget
from engine.batch.limits import Limits
from engine.batch.prefill import Prefill
from engine.batch.prompt_cache import Known, PromptCache
from engine.images.image_embeddings import TileStore
from engine.local import LocalEngine

FLOATS = 250  # 1,000 bytes a piece


def piece(value: float = 0.0) -> list[tuple[torch.Tensor, ...]]:
    return [(torch.full((FLOATS,), value),)]


def keep(cache: PromptCache, *pieces: tuple[int, ...], ends: bool = True) -> Known:
    """Keep a prompt of these pieces, as a prefill does: what is known is continued."""
    known = Known()
    for place, keys in enumerate(pieces):
        logits = torch.zeros(1) if ends and place == len(pieces) - 1 else None
        known = cache.add(known, keys, piece(), logits)
    return known


def test_the_longest_kept_beginning_is_found() -> None:
    cache = PromptCache(10**6)
    keep(cache, (1, 2), (3, 4), (5,))
    assert cache.find((1, 2, 3, 4, 5)).tokens == 5
    assert cache.find((1, 2, 3, 4, 9)).tokens == 4
    assert cache.find((1, 2, 3)).tokens == 2
    assert cache.find((1, 9)).tokens == 0
    assert cache.find(()).tokens == 0


def test_a_whole_prompt_is_known_only_with_its_logits() -> None:
    cache = PromptCache(10**6)
    keep(cache, (1, 2), (3, 4), ends=False)
    assert cache.find((1, 2, 3, 4)).tokens == 2
    assert cache.find((1, 2, 3, 4, 5)).tokens == 4
    keep(cache, (1, 2), (3, 4))
    assert cache.find((1, 2, 3, 4)).logits is not None
    assert cache.nbytes == 2004


def test_of_two_ways_to_cut_a_prompt_the_one_that_reaches_further_is_taken() -> None:
    cache = PromptCache(10**6)
    keep(cache, (1, 2, 3), (4,))
    keep(cache, (1, 2), (3, 4, 5), (6,))
    assert cache.find((1, 2, 3, 4, 5, 6, 7)).tokens == 6
    assert cache.find((1, 2, 3, 9)).tokens == 3


def test_a_shared_beginning_is_kept_once() -> None:
    cache = PromptCache(10**6)
    keep(cache, (1, 2), (3,), ends=False)
    keep(cache, (1, 2), (4,), ends=False)
    assert cache.nbytes == 3000


def test_the_least_recently_used_end_goes_first() -> None:
    cache = PromptCache(3100)
    for first in (1, 2, 3):
        keep(cache, (first,))
    cache.find((1,))
    keep(cache, (4,))
    assert [cache.find((first,)).tokens for first in (1, 2, 3, 4)] == [1, 0, 1, 1]


def test_an_end_outlives_the_end_of_another_prompt_that_was_used_less_recently() -> None:
    """Beginnings count as used with what continues them, and go after it."""
    cache = PromptCache(5200)
    keep(cache, (1,), (2,), (3,))
    keep(cache, (5,), (6,))
    cache.find((1, 2, 9))
    keep(cache, (7,))
    assert {node.keys for node in cache.nodes} == {(1,), (2,), (5,), (6,), (7,)}
    keep(cache, (8,), (9,))
    assert {node.keys for node in cache.nodes} == {(1,), (2,), (7,), (8,), (9,)}


def test_thousands_of_pieces_are_kept_and_found() -> None:
    """A search that called itself for each piece ended in a RecursionError at about a thousand."""
    cache, whole = PromptCache(10**9), tuple(range(3000))
    pieces = [(key,) for key in whole]
    began = time.thread_time()
    keep(cache, *pieces)
    assert cache.find(whole).tokens == 3000
    assert cache.find((*whole[:2500], -1)).tokens == 2500
    assert time.thread_time() - began < 10  # seconds; usual is 1
    keep(cache, *[(key, key) for key in whole])
    cache.limit_bytes = 100_000
    cache.shrink()
    assert len(cache.nodes) <= 100


def test_thousands_of_prompts_that_differ_from_the_start_cost_little() -> None:
    cache = PromptCache(3_000_000)
    began = time.thread_time()
    for number in range(6000):
        keep(cache, (0, *range(30 + number % 8), number))
    assert cache.find((0, *range(30 + 5999 % 8), 5999)).logits is not None
    assert len(cache.nodes) == 2988
    assert time.thread_time() - began < 10  # seconds; usual is 0.5


def longest(kept: set[tuple[tuple[int, ...], ...]], keys: tuple[int, ...]) -> int:
    """The same from its definition: beginnings spelled by kept pieces."""
    whole = {path for prompt in kept for n in range(len(prompt) + 1) if (path := prompt[:n])}
    spelled = {sum(path, ()): path in kept for path in sorted(whole, key=lambda path: path in kept)}
    return max(
        (
            len(begin)
            for begin, ends in spelled.items()
            if begin == keys[: len(begin)] and (ends or len(begin) < len(keys))
        ),
        default=0,
    )


PIECES = st.lists(st.lists(st.integers(0, 1), min_size=1, max_size=3).map(tuple), min_size=1)


@given(st.lists(PIECES, max_size=12), st.lists(st.integers(0, 1), max_size=9).map(tuple))
def test_what_is_found_is_the_longest_beginning_there_is(prompts, keys) -> None:
    cache = PromptCache(10**9)
    for prompt in prompts:
        keep(cache, *prompt)
    assert cache.find(keys).tokens == longest({tuple(prompt) for prompt in prompts}, keys)


def test_a_limit_of_zero_keeps_nothing() -> None:
    cache = PromptCache(0)
    assert keep(cache, (1, 2)).tokens == 0
    assert cache.nbytes == 0


def test_what_continues_a_dropped_piece_is_not_kept() -> None:
    cache = PromptCache(1500)
    known = cache.add(Known(), (1,), piece())
    keep(cache, (7,))
    cache.add(known, (2,), piece())
    assert cache.find((1, 2, 3)).tokens == 0
    assert cache.nbytes <= 1500


@given(
    st.lists(st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=3), min_size=1), max_size=20)
)
def test_bytes_are_counted_right_and_never_above_the_limit(prompts: list[list[list[int]]]) -> None:
    cache = PromptCache(6000)
    for prompt in prompts:
        keep(cache, *map(tuple, prompt))
        assert cache.nbytes <= 6000
        whole = tuple(key for keys in prompt for key in keys)
        known = cache.find(whole)
        spelled = tuple(key for node in known.nodes for key in node.keys)
        assert spelled == whole[: known.tokens]
    assert cache.nbytes == sum(node.nbytes for node in cache.nodes)


# -- with a model ------------------------------------------------------------------------
LONG = "You are a careful clerk. " * 12


def talk(*texts: str, system: str = LONG) -> Conversation:
    roles = ["user", "assistant"] * len(texts)
    turns = [message(role, text) for role, text in zip(roles, texts, strict=False)]
    return Conversation((message("system", system), *turns))


@pytest.mark.parametrize("kind", ["lfm2", "moe", "vl", "llama"])
def test_a_next_turn_pays_only_for_what_is_new(kind, engine_of, oracle_of, ask, run) -> None:
    engine = engine_of(kind)
    first = run(engine, ask(talk(f"Hello {kind}"), temperature=0.0, max_new_tokens=5))
    asked = len(first.start().prompt.tokens)
    request = ask(talk(f"Hello {kind}", "Hi!", "And now?"), seed=3, temperature=0.8)
    second = run(engine, request)
    assert second.start().cached_tokens == asked
    assert second.ids() == oracle_of(kind).ids(request)


def test_an_edited_last_message_keeps_what_stands_before_it(engine_of, oracle_of, ask, run) -> None:
    engine = engine_of("lfm2")
    system = LONG + "edited"
    run(engine, ask(talk("Translate house", system=system), max_new_tokens=2))
    request = ask(talk("Translate garden", system=system), seed=5)
    lanes = run(engine, request)
    prompt = lanes.start().prompt
    begin = next(n for n, token in enumerate(prompt.tokens) if token.message == 1)
    assert lanes.start().cached_tokens == begin
    assert lanes.ids() == oracle_of("lfm2").ids(request)


def test_an_image_counts_by_its_content_and_budget(engine_of, oracle_of, ask, run, picture) -> None:
    engine = engine_of("vl")
    text = "What is it? " + LONG
    red, also_red = picture(120, 90, "red", "one.png"), picture(120, 90, "red", "two.png")
    blue, small, large = (
        picture(120, 90, "blue"),
        VisionBudget(16, 32, False),
        VisionBudget(16, 64, False),
    )

    def cached(image: Any, budget: VisionBudget) -> int:
        request = ask(Conversation((message("user", text, [image]),)), budget=budget, seed=4)
        lanes = run(engine, request)
        assert lanes.ids() == oracle_of("vl").ids(request)
        return lanes.start().cached_tokens

    assert cached(red, small) == 0
    whole = cached(also_red, small)
    assert whole > 0
    assert cached(blue, small) == 0
    assert cached(red, large) == 0
    assert cached(red, small) == whole


def test_a_second_image_is_read_behind_a_known_first_one(
    engine_of, oracle_of, ask, run, picture
) -> None:
    engine, budget = engine_of("vl"), VisionBudget(16, 64, False)
    one, two = picture(150, 90, "green"), picture(90, 150, "yellow")
    first = (message("user", "Look at this. " + LONG, [one]), message("assistant", "I see."))
    run(engine, ask(Conversation(first[:1]), budget=budget, max_new_tokens=2))
    request = ask(Conversation((*first, message("user", "And this?", [two]))), budget=budget)
    lanes = run(engine, request)
    assert lanes.start().cached_tokens > 64
    assert lanes.ids() == oracle_of("vl").ids(request)


def test_another_question_about_an_image_reads_only_the_question(
    engine_of, oracle_of, ask, run, picture
) -> None:
    """The image ends a piece, since its convolution state can't be cut behind it later."""
    engine, budget = engine_of("vl"), VisionBudget(32, 64, False)
    image = picture(200, 220, "purple")
    first, second = (
        ask(Conversation((message("user", text, [image]),)), budget=budget, seed=6)
        for text in ("Which colour is it?", "Is it large or small?")
    )
    assert run(engine, first).start().cached_tokens == 0
    lanes = run(engine, second)
    prompt = lanes.start().prompt
    behind = max(n for n, token in enumerate(prompt.tokens) if token.image) + 2  # and its mark
    assert lanes.start().cached_tokens == behind
    assert lanes.ids() == oracle_of("vl").ids(second)


def test_an_image_is_seen_once_for_each_budget_and_not_for_each_lane(
    folder, oracle_of, ask, run, picture, monkeypatch
) -> None:
    """Other words in front of an image make another prompt, not another picture."""
    engine = LocalEngine(str(folder("vl")), device="cpu", weights="float32")
    seen = []
    network = engine.worker.checkpoint.model
    see = network.get_image_features
    monkeypatch.setattr(
        network, "get_image_features", lambda **inputs: (seen.append(1), see(**inputs))[1]
    )
    image = picture(210, 200, "orange")
    small, large = VisionBudget(16, 16, False), VisionBudget(32, 32, False)
    asked = [
        ask(
            Conversation((message("system", words), message("user", "What is it?", [image]))),
            lane, budget=budget, seed=8,
        )
        for lane, words, budget in (
            ("A", "Be brief.", small), ("B", "Be kind.", small), ("C", "Be brief.", large),
            ("D", "Be kind.", large),
        )
    ]  # fmt: skip
    lanes = run(engine, *asked)
    for request in asked:
        assert lanes.ids(request.lane) == oracle_of("vl").ids(request)
    assert len(seen) == 2


def test_a_prompt_of_a_thousand_pieces_is_known_the_second_time(
    engine_of, ask, monkeypatch
) -> None:
    """A thousand short messages, say, or a long prompt while others decode."""
    monkeypatch.setattr(engine.batch.prefill, "SHARING", 1)
    checkpoint = engine_of("lfm2").worker.checkpoint
    short = checkpoint.prompting.build(ask("Long").conversation, VisionBudget())
    prompt = short.with_answer(tuple(range(100, 1150)))
    store = PromptCache(10**9)
    with torch.inference_mode():
        first, second = (read(Prefill(checkpoint, prompt, store, TileStore(0))) for _ in range(2))
    assert len(store.nodes) == len(prompt.keys)
    assert (first.cached_tokens, second.cached_tokens) == (0, len(prompt.keys))
    assert torch.equal(first.logits, second.logits)


def read(prefill: Prefill) -> Prefill:
    while not prefill.done:
        prefill.advance(others_decode=True)
    return prefill


def test_tiles_are_bounded_in_bytes_and_the_least_recently_used_goes_first() -> None:
    tiles = TileStore(2500)
    for key in "ab":
        tiles.add(key, torch.zeros(FLOATS))
    tiles.get("a")
    tiles.add("c", torch.zeros(FLOATS))
    assert [tiles.get(key) is None for key in "abc"] == [False, True, False]
    tiles.add("large", torch.zeros(3 * FLOATS))
    assert tiles.get("large") is None
    assert tiles.nbytes == 2000
    nothing = TileStore(0)
    nothing.add("a", torch.zeros(FLOATS))
    assert nothing.nbytes == 0


def test_tiles_and_prompts_are_within_one_limit(folder, ask, run, picture) -> None:
    limit = 400_000
    engine = LocalEngine(
        str(folder("vl")),
        device="cpu",
        weights="float32",
        limits=Limits(prompt_cache_bytes=limit),
    )
    most = 0
    for width in range(60, 360, 30):
        talk = Conversation((message("user", "What is it?", [picture(width, 90, "red")]),))
        run(engine, ask(talk, budget=VisionBudget(16, 64, False), max_new_tokens=1))
        most = max(most, engine.worker.kept_bytes)
    assert engine.worker._tiles.nbytes > 0
    assert limit / 2 < most <= limit


def test_an_answer_does_not_write_into_what_is_kept(engine_of, ask, run) -> None:
    """A convolution state is changed in place by each step, so it must be a copy."""
    engine = engine_of("lfm2")
    request = ask("Kept as it is", seed=1, temperature=1.3, max_new_tokens=30)
    first = run(engine, request)
    assert run(engine, request).ids() == first.ids()
    assert run(engine, request).ids() == first.ids()
