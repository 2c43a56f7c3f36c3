"""The held-out figures of calls of tools, their results, choices, and fields in an asked order."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from core.constraint import Constraint
from core.constraint_grammar import constraint_source
from core.tools.call_reader import read_calls
from core.tools.call_writer import END, START
from core.tools.schemas import parse_tools, problems
from engine.constraints.grammars import grammar_of
from training.asking import GREEDY, PENALISED, Pocket, answer, prompt
from training.data import chatting, choices, extraction, orders, person_names, tools
from training.data.made_up_tools import Need, Tool, made_up
from training.data.sample_tools import SAMPLES, sample
from training.data.tool_results import result
from training.data.turns import Conversation, Turn, assistant, system, user
from training.figures import Figure
from training.holding import calls_grammar, held_answers

PAGE_SYSTEM = "You are a helpful assistant. Use a tool where you need one."
FREE = {"greedy": GREEDY}
SETTINGS = {**FREE, "greedy, penalty 1.05": PENALISED}


def _tool(called: str, description: str, **properties: str) -> Tool:
    schemas = {key: {"type": kind} for key, kind in properties.items()}
    parameters = {"type": "object", "properties": schemas, "required": list(properties)}
    return {"name": called, "description": description, "parameters": parameters}


# Tools as people write them, with questions in words that no grammar of the training makes.
NATURAL: tuple[tuple[Tool, str, dict[str, Any]], ...] = (
    (_tool("get_flight_status", "Status of a flight.", flight="string"),
     "Is flight LH454 on time?", {"flight": "LH454"}),
    (_tool("convert_currency", "Converts an amount into another currency.", amount="integer",
           currency="string"),
     "How much is 250 dollars in yen?", {"amount": 250, "currency": "yen"}),
    (_tool("get_recipe", "A recipe for a dish.", dish="string"),
     "How do I make lasagne? I want a recipe.", {"dish": "lasagne"}),
    (_tool("translate", "Translates a text.", text="string", language="string"),
     "Translate good night into Spanish.", {"text": "good night", "language": "Spanish"}),
    (_tool("get_stock_price", "Latest price of a stock.", symbol="string"),
     "What is the stock price of NVDA?", {"symbol": "NVDA"}),
    (_tool("set_alarm", "Sets an alarm.", time="string"),
     "Set an alarm for 06:45, please.", {"time": "06:45"}),
    (_tool("get_candidate_status", "Status of a candidate.", candidate_id="string"),
     "What is the current status of candidate ID 12345?", {"candidate_id": "12345"}),
    (_tool("send_email", "Sends an email.", recipient="string"),
     "Send an email to Priya.", {"recipient": "Priya"}),
    (_tool("get_sunrise", "Time of the sunrise.", city="string"),
     "When is the sunrise in Bergen?", {"city": "Bergen"}),
    (_tool("play_song", "Plays a song.", title="string"),
     "Play the song yellow river.", {"title": "yellow river"}),
    (_tool("get_population", "Population of a city.", city="string"),
     "How many people live in Osaka? I need the population.", {"city": "Osaka"}),
    (_tool("book_table", "Books a table in a restaurant.", restaurant="string", people="integer"),
     "Book a table for 4 people at Rossini.", {"restaurant": "Rossini", "people": 4}),
    (_tool("track_parcel", "Where a parcel is.", number="string"),
     "Where is my parcel 88213?", {"number": "88213"}),
    (_tool("get_time", "Local time of a city.", city="string"),
     "What time is it in Hanoi?", {"city": "Hanoi"}),
    (_tool("turn_on_light", "Turns on a light.", room="string"),
     "Turn on the light in the kitchen.", {"room": "kitchen"}),
    (_tool("get_distance", "Distance of two cities.", start="string", end="string"),
     "How far is it from Porto to Leeds? Tell me the distance.",
     {"start": "Porto", "end": "Leeds"}),
    (_tool("find_hotel", "Finds a hotel.", city="string", nights="integer"),
     "Find me a hotel in Quito for 3 nights.", {"city": "Quito", "nights": 3}),
    (_tool("add_event", "Adds an event to the calendar.", title="string", date="string"),
     "Add the event swimming lesson on 2026-05-04.",
     {"title": "swimming lesson", "date": "2026-05-04"}),
    (_tool("get_phone_number", "Phone number of a person.", name="string"),
     "What is the phone number of Alan Turing?", {"name": "Alan Turing"}),
    (_tool("count_words", "Counts the words of a text.", text="string"),
     'Count the words in "the quick fox".', {"text": "the quick fox"}),
)  # fmt: skip
# Moods in sentences that no grammar of the training makes.
NEW_MOODS = (
    ("happy", "What a lovely evening with my friends!"), ("sad", "My dog died last week."),
    ("angry", "How dare you read my letters!"), ("happy", "I got a raise and a new office."),
    ("sad", "Nobody remembered my birthday and I cried."), ("happy", "Our baby smiled at me."),
    ("angry", "The waiter was rude and I want to shout."), ("sad", "I feel so alone without you."),
    ("happy", "Hurray, we won the cup!"), ("angry", "They broke my window and ran away."),
    ("sad", "We had to sell the house that I loved."), ("angry", "You lied to me once more."),
)  # fmt: skip


def is_right(text: str, need: Need) -> bool:
    """Whether an answer is one call of the tool with these arguments, in any order."""
    if not (text.startswith(START) and text.endswith(END)):
        return False
    calls = read_calls(text[len(START) : -len(END)])
    return calls.whole and [(call.name, dict(call.arguments)) for call in calls.calls] == [
        (need.tool["name"], need.arguments)
    ]


def is_valid(text: str, listed: list[Tool]) -> bool:
    """Whether an answer is calls that fit the tools."""
    if not (text.startswith(START) and text.endswith(END)):
        return False
    calls = read_calls(text[len(START) : -len(END)])
    known = parse_tools(json.dumps(listed))
    return calls.whole and bool(calls.calls) and not any(problems(c, known) for c in calls.calls)


Asked = tuple[list[Tool], Need]


def sample_calls(rng: random.Random, place: int) -> Asked:
    """The playground's three tools, on held-out values."""
    return list(SAMPLES), sample(rng, SAMPLES[place % 3], held_out=True)


def new_calls(arguments: int) -> Callable[[random.Random, int], Asked]:
    """One to three tools whose names were never trained on."""

    def make(rng: random.Random, place: int) -> Asked:
        while True:
            asks = [made_up(rng, True, arguments) for _ in range(1 + place % 3)]
            listed = [ask().tool for ask in asks]
            if len({tool["name"] for tool in listed}) == len(listed):
                return listed, rng.choice(asks)()

    return make


def natural_calls(rng: random.Random, place: int) -> Asked:
    """A written tool among two others."""
    tool, question, arguments = NATURAL[place % len(NATURAL)]
    others = [one for one, *_ in NATURAL if one is not tool]
    listed = [tool, *rng.sample(others, place // len(NATURAL) % 3)]
    rng.shuffle(listed)
    return listed, Need(tool, question, arguments)


def talk(asked: Asked, text: str = PAGE_SYSTEM) -> Conversation:
    """The question under its tools, the right call last."""
    listed, need = asked
    return tools.listing(text, listed), user(need.question), assistant(need.call)


def drawn(name: str, count: int, make: Callable[[random.Random, int], Any]) -> list[Any]:
    """`count` cases, the same every time."""
    rng = random.Random(name)
    return [make(rng, place) for place in range(count)]


CALLS: tuple[tuple[str, Callable[[random.Random, int], Asked]], ...] = (
    ("the playground's three tools", sample_calls),
    ("unseen tools, one argument", new_calls(1)),
    ("unseen tools, two arguments", new_calls(2)),
    ("written tools and questions", natural_calls),
)


def call_figures(pocket: Pocket, count: int) -> Iterator[Figure]:
    """Right calls, free and where a call is required."""
    for task, make in CALLS:
        cases: list[Asked] = drawn(f"calls {task}", count, make)
        prompts = [prompt(pocket, talk(case)) for case in cases]
        for name, sampling in (SETTINGS if make is sample_calls else FREE).items():
            given = answer(pocket, prompts, sampling, markers=True)
            right = sum(
                one.stopped and is_right(one.text, need)
                for one, (_, need) in zip(given, cases, strict=True)
            )
            yield Figure(f"calls: {task}", name, right, count)
        held = held_answers(pocket, prompts, [calls_grammar(pocket, one) for one, _ in cases])
        valid = sum(is_valid(one, case[0]) for one, case in zip(held, cases, strict=True))
        yield Figure(f"calls: {task}, valid", "required, greedy", valid, count)
        right = sum(is_right(one, need) for one, (_, need) in zip(held, cases, strict=True))
        yield Figure(f"calls: {task}", "required, greedy", right, count)


def no_call(rng: random.Random, place: int) -> Conversation:
    """A question that needs no tool, under the playground's or under unseen ones."""
    listed = sample_calls(rng, place)[0] if place % 2 else new_calls(1)(rng, place)[0]
    makers = (chatting.question, chatting.small_talk, chatting.free_story, chatting.tip_list)
    turns = makers[place // 2 % len(makers)](rng)
    return (tools.listing(PAGE_SYSTEM, listed), *turns[:1], assistant(""))


def told_result(rng: random.Random, place: int) -> Conversation:
    """A call, its result under unseen names, and the answer that tells it."""
    listed, need = (sample_calls, new_calls(1), new_calls(2))[place % 3](rng, place)
    given, text = result(rng, need.tool, held_out=True)
    return (*talk((listed, need)), Turn("tool", given), assistant(text))


def chosen(sort: str) -> Callable[[random.Random, int], Conversation]:
    """A choice among words."""

    def make(rng: random.Random, _: int) -> Conversation:
        request, right = choices.task(rng, sort, held_out=True)
        return system(choices.SYSTEMS[0]), user(request), assistant(right)

    return make


def new_mood(rng: random.Random, place: int) -> Conversation:
    """A mood in a written sentence."""
    right, text = NEW_MOODS[place % len(NEW_MOODS)]
    words = rng.sample(("happy", "sad", "angry"), 3)
    request = rng.choice(choices.REQUESTS[:5]).format(
        text=text, kind="mood", options=choices.join_choices(words),
        Options=choices.join_choices(words).capitalize(),
    )  # fmt: skip
    return system(choices.SYSTEMS[0]), user(request), assistant(right)


def ordered(held_out: bool) -> Callable[[random.Random, int], Conversation]:
    """Three or more fields out of a sentence, in a trained or in a held-out order."""

    def make(rng: random.Random, place: int) -> Conversation:
        known = orders.HELD_OUT_SENTENCES if place % 2 else orders.SENTENCES
        usable = [one for one in known if orders.NEW & set(orders.fields_of(one))]
        sentence = rng.choice(usable)
        order = orders.pick_order(rng, orders.fields_of(sentence), held_out, least=3)
        name = person_names.HELD_OUT[place % len(person_names.HELD_OUT)]
        return orders.case(rng, sentence, name, order)

    return make


TASKS: tuple[tuple[str, Callable[[random.Random, int], Conversation]], ...] = (
    ("answers that tell a tool's result", told_result),
    ("choices: the word that a text mentions", chosen("mentioned")),
    ("choices: moods in new sentences", chosen("mood")),
    ("choices: opinions in new sentences", chosen("opinion")),
    ("choices: moods in written sentences", new_mood),
    ("JSON, three or more fields, trained orders", ordered(False)),
    ("JSON, three or more fields, held-out orders", ordered(True)),
)


def schema_of(order: Sequence[str]) -> str:
    """A JSON schema of these fields in this order."""
    kinds = {name: {"type": "integer" if name == "age" else "string"} for name in order}
    return json.dumps({
        "type": "object", "properties": kinds, "required": list(order),
        "additionalProperties": False,
    })  # fmt: skip


def structured_figures(pocket: Pocket, count: int) -> Iterator[Figure]:
    """All of them; most cases are asked freely, and then held to a constraint."""
    yield from call_figures(pocket, count)
    cases: list[Conversation] = drawn("no call", count, no_call)
    given = answer(pocket, [prompt(pocket, case) for case in cases], GREEDY, markers=True)
    silent = sum(START not in one.text for one in given)
    yield Figure("no call where none is needed", "greedy", silent, count)
    for task, make in TASKS:
        cases = drawn(task, count, make)
        prompts = [prompt(pocket, case) for case in cases]
        wanted = [case[-1].content for case in cases]
        for name, sampling in FREE.items():
            given = answer(pocket, prompts, sampling)
            right = sum(o.stopped and o.text == w for o, w in zip(given, wanted, strict=True))
            yield Figure(task, name, right, count)
        if task.startswith("JSON"):
            held = [Constraint("json_schema", schema_of(list(json.loads(w)))) for w in wanted]
            texts = held_answers(
                pocket, prompts, [grammar_of(constraint_source(one)) for one in held]
            )
            right = sum(t == extraction.on_one_line(w) for t, w in zip(texts, wanted, strict=True))
            yield Figure(task, "held to the schema, greedy", right, count)
