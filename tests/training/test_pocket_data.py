"""The training data: repeatable, and never touching what the evaluation asks."""

import json
import random
from itertools import islice

from training.data import dates, extraction, frames, person_names
from training.data.conversations import draw, draw_segments
from training.data.turns import assistant, segments, user


def test_the_same_seed_gives_the_same_conversations_and_another_seed_does_not():
    first, again, other = (list(islice(draw_segments(seed), 200)) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_every_conversation_ends_in_an_assistant_turn_that_is_taught():
    for conversation in islice(draw(3), 500):
        assert conversation[-1].role == "assistant"
        assert conversation[-1].taught
        assert conversation[-1].content


def test_no_training_date_is_a_held_out_date():
    rng = random.Random(1)
    days = [dates.pick_date(rng) for _ in range(3000)]
    assert not any(dates.is_held_out(day) for day in days)
    assert not dates.PAGE_DATES & {day.isoformat() for day in days}


def test_about_one_date_in_ten_is_held_out():
    rng = random.Random(2)
    held = [dates.pick_date(rng, held_out=True) for _ in range(200)]
    assert all(dates.is_held_out(day) for day in held)
    assert not {day.isoformat() for day in held} & {
        dates.pick_date(rng).isoformat() for _ in range(2000)
    }


def test_no_training_name_contains_a_word_of_a_held_out_name():
    rng = random.Random(3)
    held_out = {
        word.lower() for name in person_names.HELD_OUT for word in name.replace("-", " ").split()
    }
    for _ in range(5000):
        words = person_names.pick_name(rng).lower().replace("-", " ").split()
        assert not held_out & set(words)


def test_held_out_sentences_are_not_trained():
    assert len(frames.TRAINED) >= 25
    never = {*frames.HELD_OUT, *frames.UNSEEN}
    assert not set(frames.TRAINED) & never
    rng = random.Random(8)
    assert not {frames.pick_frame(rng) for _ in range(3000)} & never


def test_the_first_example_of_a_conversation_decides_its_style():
    rng = random.Random(4)
    for _ in range(300):
        day = dates.pick_examples(rng, 1, held_out=False)[0]
        shown = {write(day) for write in dates.STYLES.values()}
        assert len(shown) == len(dates.STYLES)


def test_without_examples_a_date_gets_the_default_style():
    talk = dates.few_shot(random.Random(5), "15/01/2024", examples=0)
    asked, answered = talk[-2].content, talk[-1].content
    day = next(day for day in _days() if day.isoformat() in asked)
    assert answered == f"{dates.MONTHS[day.month - 1]} {day.day}, {day.year}"


def _days():
    start = dates.date(1900, 1, 1)
    return (start + dates.timedelta(days=place) for place in range(74_000))


def test_every_extraction_answer_is_json_whose_values_stand_in_the_question():
    rng = random.Random(6)
    for _ in range(300):
        talk = extraction.conversation(rng)
        facts = json.loads(talk[-1].content)
        assert facts
        assert all(str(value) in talk[-2].content for value in facts.values())


def test_a_prefill_is_read_and_only_its_continuation_is_learnt():
    parts = segments((user("q"), assistant("abcdef")), cut=2)
    assert [(part.text, part.weight) for part in parts[-2:]] == [
        ("ab", 0.0),
        ("cdef<|im_end|>", 1.0),
    ]
