"""Calls, choices and orders of fields: right answers in the data, and nothing of the exam."""

import json
import random
from itertools import islice

import pytest

from core.tools.call_writer import START
from core.tools.schemas import parse_tools
from training.asking import FOLDER, load, prompt
from training.data import choices, made_up_tools, orders, sample_tools, tool_results, tools
from training.data.conversations import ONE_LINE, draw, pick_cut
from training.evaluate_structured import is_right, is_valid, talk
from training.holding import calls_grammar, held_answers


def needs(held_out: bool):
    rng = random.Random(1)
    for _ in range(300):
        yield made_up_tools.made_up(rng, held_out)()
        yield sample_tools.sample(rng, rng.choice(sample_tools.SAMPLES), held_out)


@pytest.mark.parametrize("held_out", [False, True])
def test_every_call_is_right_fits_its_tool_and_can_be_copied_from_the_question(held_out):
    for need in needs(held_out):
        assert is_right(need.call, need)
        assert is_valid(need.call, [need.tool])
        asked = need.question.lower()
        assert all(str(value).lower() in asked for value in need.arguments.values())


def test_no_trained_call_has_a_held_out_tool_city_or_number():
    for need in needs(held_out=False):
        assert not any(noun in need.tool["name"] for noun in made_up_tools.HELD_OUT_NOUNS)
        values = need.arguments.values()
        assert not any(value in made_up_tools.HELD_OUT_CITIES for value in values)
        numbers = [value for value in values if isinstance(value, int)]
        assert not any(made_up_tools.is_held_out_number(number) for number in numbers)
    for need in needs(held_out=True):
        numbers = [value for value in need.arguments.values() if isinstance(value, int)]
        assert all(made_up_tools.is_held_out_number(number) for number in numbers)


def test_a_wrong_call_is_not_right():
    need = made_up_tools.Need(sample_tools.WEATHER, "Weather in Oslo?", {"location": "Oslo"})
    wrong = (need.call[:-1], need.call.replace("Oslo", "Rome"), need.call.replace("get_", "see_"))
    assert is_right(need.call, need)
    assert not any(is_right(text, need) for text in wrong)
    assert not is_valid(need.call.replace("location", "place"), [sample_tools.WEATHER])


def test_every_result_is_told_with_all_its_values():
    rng = random.Random(2)
    for held_out in (False, True) * 100:
        given, told = tool_results.result(rng, rng.choice(sample_tools.SAMPLES), held_out)
        facts = json.loads(given) if given[0] in "{[" else [given]
        for fact in facts.values() if isinstance(facts, dict) else facts:
            assert str(fact["title"] if isinstance(fact, dict) else fact) in told


def test_a_conversation_with_tools_has_calls_of_its_own_tools_only():
    rng = random.Random(3)
    called = 0
    for _ in range(200):
        first, *turns = tools.conversation(rng)
        listed = first.content.partition("<|tool_list_start|>")[2].removesuffix("<|tool_list_end|>")
        known = [tool.given.get("function", tool.given) for tool in parse_tools(listed)]
        calls = [turn.content for turn in turns if turn.content.startswith(START)]
        assert all(is_valid(call, known) for call in calls)
        called += bool(calls)
    assert called > 150


def test_no_trained_order_of_fields_or_mood_is_held_out():
    rng = random.Random(4)
    for _ in range(500):
        order = tuple(json.loads(orders.conversation(rng)[-1].content))
        assert not orders.is_held_out(order)
        request, right = choices.task(rng, "mood")
        assert right in request.lower()
    assert len({tuple(orders.pick_order(rng, ["name", "age", "pet"], True, 3)) for _ in "abcdef"})


def test_json_on_one_line_is_always_begun_and_a_call_never():
    rng = random.Random(5)
    for conversation in islice(draw(6), 1500):
        last, cut = conversation[-1].content, pick_cut(rng, conversation)
        assert not last.startswith(ONE_LINE) or (cut or 0) >= len(ONE_LINE)
        assert not last.startswith(START) or cut is None


@pytest.fixture(scope="module")
def pocket():
    return load(FOLDER)


def test_an_answer_that_is_held_to_one_call_is_a_call_of_that_tool(pocket):
    """Every argument is listed, so that only the grammar is asked and not what the model learnt."""
    given = {"type": "object", "properties": {"mode": {"enum": ["slow"]}}, "required": ["mode"]}
    tool = {"name": "set_mode", "parameters": given}
    need = made_up_tools.Need(tool, "Go slow.", {"mode": "slow"})
    grammar = calls_grammar(pocket, [tool], most_calls=1)
    (text,) = held_answers(pocket, [prompt(pocket, talk(([tool], need)))], [grammar])
    assert is_right(text, need)
