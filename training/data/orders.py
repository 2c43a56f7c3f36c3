"""Three to six facts of a sentence as JSON, in the order in which they are asked for.

Some orders are held out of training, and with them the way to be right by habit.
"""

import random
import zlib

from training.data import extraction, frames
from training.data.choices import COLOURS
from training.data.extraction import Facts, join_fields, write_json
from training.data.knowledge import CATEGORIES
from training.data.person_names import pick_name
from training.data.turns import Conversation, Turn, assistant, system, user

SENTENCES = (
    "{name} is {age} years old and lives in {city}.",
    "{name} is {age}, lives in {city} and likes {hobby}.",
    "{name} ({age}) from {city} likes {hobby}.",
    "{name} is a {age}-year-old {job} from {city}.",
    "{name}, a {job} from {city}, is {age} years old.",
    "{name} works as a {job} in {city} and plays {hobby}.",
    "The {job} {name} lives in {city} and has a {colour} {pet}.",
    "{name} is {age} and has a {colour} {pet}.",
    "In {city} lives {name}, {age}, with a {colour} {pet}.",
    "My name is {name}, I am {age} and I have a {pet}. I live in {city}.",
    "{name} drives a {colour} car, is {age} years old and comes from {country}.",
    "{name} from {country} is a {job} and likes {hobby}.",
    "{name} is a {job}. {name} is {age} and comes from {country}.",
    "At {age}, {name} moved to {city} in {country}.",
    "{name}, {age}, {job}, {city}",
    "Name: {name}, age: {age}, city: {city}, job: {job}",
    "Job: {job}\nCity: {city}\nName: {name}\nAge: {age}",
    "Our {job} {name} has a {pet} and likes {hobby}. {name} is {age}.",
    "{name} likes {hobby}, has a {pet} and lives in {city}.",
    "A {job} from {country} called {name} bought a {colour} {pet}.",
)
HELD_OUT_SENTENCES = (
    "{name} lives in {city}, is {age} years old and likes {hobby}.",
    "{name} is a {job} in {city}, {age} years old, and has a {pet}.",
    "The {age}-year-old {job} {name} has a {colour} {pet}.",
    "{name} comes from {country}, is {age} and likes {hobby}.",
    "My friend {name} is {age}, has a {colour} {pet} and lives in {city}.",
)
FIELDS = ("name", "age", "city", "job", "hobby", "pet", "colour", "country")
NEW = frozenset({"hobby", "pet", "colour", "country"})  # no earlier stage has met these
COUNTRIES = ("France", "Italy", "Japan", "Canada", "Kenya", "Brazil", "Norway", "India", "Spain",
             "Chile", "Ghana", "Poland")  # fmt: skip
REQUESTS = (
    *extraction.REQUESTS,
    "Extract the {fields} in this order from: {sentence}",
    "Fields: {fields}\nText: {sentence}",
    "Extract the {fields}.\n{sentence}",
)


def is_held_out(order: tuple[str, ...]) -> bool:
    """One order of three or more fields in four."""
    return len(order) > 2 and zlib.crc32("+".join(order).encode()) % 4 == 0


def fields_of(sentence: str) -> list[str]:
    """The fields that a sentence has gaps for."""
    return [name for name in FIELDS if "{" + name + "}" in sentence]


def pick_facts(rng: random.Random, name: str) -> Facts:
    """A value for every field."""
    known = extraction.pick_facts(rng, name)
    hobby = rng.choice((*CATEGORIES["sport"][1], *CATEGORIES["instrument"][1], "reading", "music"))
    return {
        **known, "hobby": hobby.lower(), "pet": rng.choice(CATEGORIES["animal"][1]).lower(),
        "colour": rng.choice(COLOURS), "country": rng.choice(COUNTRIES),
    }  # fmt: skip


def pick_order(rng: random.Random, present: list[str], held_out: bool, least: int = 1) -> list[str]:
    """Some of the fields, in a trained or in a held-out order."""
    while True:
        order = rng.sample(present, rng.randint(least, len(present)))
        new = not held_out or NEW & set(order)
        if is_held_out(tuple(order)) == held_out and new:
            return order


def case(rng: random.Random, sentence: str, name: str, order: list[str]) -> Conversation:
    """A request for these fields and its answer; half of them under the documentation's words."""
    facts = pick_facts(rng, name)
    text = sentence.format(**facts)
    request = rng.choice(REQUESTS).format(fields=join_fields(order), sentence=text)
    turns: list[Turn] = []
    if rng.random() < 0.85:
        turns.append(system(rng.choice((extraction.PAGE_SYSTEM, *extraction.OTHER_SYSTEMS))))
    answer = write_json({field: facts[field] for field in order})
    return (*turns, user(request), assistant(answer))


def conversation(rng: random.Random) -> Conversation:
    """A training conversation. In two of five the answer is on one line, as it is when it is held
    to a schema; such an answer is always begun."""
    sentence = rng.choice(SENTENCES)
    if rng.random() < 0.15:
        sentence = rng.choice([one for one in frames.TRAINED if "{email}" not in one])
    order = pick_order(rng, fields_of(sentence), held_out=False)
    talk = case(rng, sentence, pick_name(rng), order)
    return on_one_line(talk) if rng.random() < 0.4 else talk


def on_one_line(talk: Conversation) -> Conversation:
    """The same with its answer on one line."""
    return (*talk[:-1], assistant(extraction.on_one_line(talk[-1].content)))
