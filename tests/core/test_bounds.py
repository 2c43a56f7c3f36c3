"""What is too much is named with its number and the bound, before any work is done with it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.bounds import (
    LARGEST_EXPORT,
    LARGEST_FILE,
    LONGEST_STOP,
    MOST_IMAGES,
    MOST_IMAGES_OF_MESSAGE,
    MOST_MESSAGES,
    MOST_PIXELS,
    MOST_STOPS,
    check_conversation,
    check_pictures,
)
from core.conversation import Conversation, Image, message
from core.errors import InvalidInput
from core.formats.chat_files import read_chats, write_chat
from core.formats.data_urls import image_of
from core.lanes import Lane
from core.sampling import SamplingParams
from core.tools.schemas import MOST_TOOLS, parse_tools
from core.vision import LARGEST_TILE, MOST_TILES, ImageFacts, VisionBudget, plan_image
from core.workspace import Workspace, requests
from tests.core.formats.test_chat_round_trips import PNG

SECONDS = 5.0  # for what takes a tenth of one


def talk(text: str = "", messages: int = 1, images: int = 0, tools: str = "") -> Conversation:
    pictures = [Image(f"{n}.png") for n in range(images)]
    return Conversation(tuple(message("user", text, pictures) for _ in range(messages)), tools)


@pytest.mark.parametrize(
    ("conversation", "context", "sentence"),
    [
        (talk(messages=MOST_MESSAGES + 1), 100, "There are 1,001 messages; at most 1,000 are"),
        (talk(images=MOST_IMAGES_OF_MESSAGE + 1), 100, "Message 1 has 17 images; at most 16 are"),
        (talk(images=16, messages=5), 100, f"have 80 images; at most {MOST_IMAGES} are"),
        (talk("x" * 3_201), 100, "3,201 characters; at most 3,200 are read, 32 for each of .* 100"),
        (talk("x" * 3_200, tools="y"), 100, "3,201 characters"),
        (talk("x" * 33, messages=100), 100, "3,300 characters"),
        (talk("x" * (32 * 2**17 + 1)), None, "at most 4,194,304 are read, as many as most"),
        (talk("x" * (32 * 2**20 + 1)), 10**9, "at most 33,554,432 are read"),
    ],
)
def test_too_large_a_prompt_is_named(conversation, context, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        check_conversation(conversation, context)


def test_what_fits_exactly_is_read():
    check_conversation(talk("x" * 3_200), 100)
    check_conversation(talk(messages=MOST_MESSAGES))
    check_conversation(talk(images=16, messages=4))


def test_images_are_bounded_together():
    check_pictures([ImageFacts(10_000, 10_000)] * 2, None, 1)
    with pytest.raises(
        InvalidInput, match="200 million pixels together; at most 200 million are read"
    ):
        check_pictures([ImageFacts(10_000, 10_000)] * 2 + [ImageFacts(1, 1)], None, 1)
    assert MOST_PIXELS == 200_000_000


def test_odd_sliders_can_not_ask_for_more_tokens_than_the_context_has():
    """Tiles of 2,048 pixels, 64 of them: 262,145 tokens of one image."""
    odd = VisionBudget(max_tiles=MOST_TILES, min_tiles=MOST_TILES, tile_size=LARGEST_TILE)
    with pytest.raises(InvalidInput, match="become 262,.* tokens, but the context has 32,768.*Low"):
        check_pictures([ImageFacts(4000, 4000)], odd, 32_768)
    check_pictures([ImageFacts(4000, 4000)], VisionBudget(), 32_768)


@given(
    st.integers(1, 16_384), st.integers(1, 16_384), st.integers(1, 16_384), st.integers(1, 16_384),
    st.integers(2, 64), st.integers(2, 64), st.integers(1, 64), st.floats(0.1, 100), st.booleans(),
)  # fmt: skip
def test_any_budget_of_the_page_is_planned_at_once(
    width, height, low, high, few, many, tile, tolerance, splits
):
    few, many = sorted((few, many))
    low, high = sorted((low, high))
    budget = VisionBudget(low, high, splits, few, many, True, 32 * tile, tolerance)
    began = thread_time()
    plan = plan_image(width, height, budget)
    assert thread_time() - began < SECONDS
    assert plan.tokens >= 1


def asked(*stop: str) -> tuple[Conversation, list[Lane]]:
    return talk("Hi"), [Lane("A", SamplingParams(stop=stop))]


def test_stop_strings_are_few_and_short():
    assert requests(*asked(*(str(n) for n in range(MOST_STOPS))))
    assert requests(*asked("x" * LONGEST_STOP))
    with pytest.raises(InvalidInput, match="There are 17 stop strings; 16 are allowed"):
        requests(*asked(*(str(n) for n in range(MOST_STOPS + 1))))
    with pytest.raises(InvalidInput, match="A stop string has 201 characters; 200 are allowed"):
        requests(*asked("x" * (LONGEST_STOP + 1)))


def test_tools_are_few():
    def tools(count: int) -> str:
        return json.dumps([{"name": f"t{n}"} for n in range(count)])

    assert len(parse_tools(tools(MOST_TOOLS))) == MOST_TOOLS
    with pytest.raises(InvalidInput, match="There are 129 tools; at most 128 are read"):
        parse_tools(tools(MOST_TOOLS + 1))


MANY = 300_000


@pytest.mark.parametrize(
    "text",
    [
        "[" + '{"role":"user"},' * MANY + '{"role":"user"}]',
        "[" + '{"from":"human","value":""},' * MANY + "{}]",
        '{"messages":[]}\n' * MANY,
        "[" + '{"messages":[]},' * MANY + "{}]",
        "User:\n\n" * MANY,
        '{"messages":[{"role":"user","content":[' + '"x",' * MANY + '"x"]}]}',
        '{"messages":[{"role":"assistant","tool_calls":[' + "1," * MANY + "1]}]}",
        '{"format":"lfm-playground-session-file","version":1,"versions":[' + "1," * MANY + "1]}",
        "[" + f"[{'{},' * 9},{{}}]," * MANY,
    ],
    ids=lambda text: text[:40],
)
def test_a_file_of_many_small_things_is_refused_without_reading_them_all(text: str):
    began = thread_time()
    with pytest.raises(InvalidInput, match="has more than|not JSON"):
        read_chats(text, "many.json")
    assert thread_time() - began < 2 * SECONDS


def test_an_image_inside_of_a_file_is_bounded_before_it_is_decoded():
    head = "data:image/png;base64,"
    assert image_of(head + base64.b64encode(PNG).decode()) == ("png", PNG)
    largest = base64.b64encode(PNG + bytes(LARGEST_FILE - len(PNG))).decode()
    assert len(image_of(head + largest)[1]) == LARGEST_FILE
    with pytest.raises(InvalidInput, match="about 20 MB; at most 20 are read"):
        image_of(head + largest + "AAAA" * 3)


def test_an_export_that_repeats_a_large_image_is_refused(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(PNG + bytes(LARGEST_EXPORT // 4))
    image = Image(str(tmp_path / "a.png"), "a")
    page = Workspace(Conversation((message("user", "Look", [image] * 4),)))
    with pytest.raises(InvalidInput, match="more than 64 MB. Export it without images, or as a"):
        write_chat("openai", "x", page, None, True, [tmp_path])
    assert write_chat("page", "x", page, None, True, [tmp_path]).text.count("base64") == 1
