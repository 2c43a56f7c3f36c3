"""Tools that nobody has, and questions that need them: a call must be copied from both.

Names, cities and numbers of the evaluation are held out.
"""

import json
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core.tools.call_writer import calls_text
from training.data.knowledge import CATEGORIES, TOPICS
from training.data.person_names import HELD_OUT as HELD_OUT_PEOPLE
from training.data.person_names import pick_name, pick_place
from training.data.pieces import pick_joined
from training.data.words import ORDINARY

Value = str | int
Tool = dict[str, Any]

NOUNS = (
    "time", "population", "price", "temperature", "traffic", "distance", "address", "number",
    "email", "salary", "birthday", "map", "menu", "news", "score", "level", "speed", "height",
    "weight", "size", "colour", "status", "order", "invoice", "meeting", "message", "note", "list",
    "song", "film", "book", "table", "room", "hotel", "train", "bus", "taxi", "light", "door",
    "alarm", "timer", "reminder", "event", "task", "game", "photo", "file", "report", "contract",
    "pizza", "coffee", "parcel", "car", "bike", "battery", "water", "wind", "rain", "sunrise",
    "pollen", "tide", "noise", "tax", "rent", "stock", "share", "course", "lesson", "grade",
    "doctor", "shop", "museum", "park", "school", "team", "player", "match", "street", "river",
)  # fmt: skip
HELD_OUT_NOUNS = (
    "balance", "recipe", "ticket", "forecast", "humidity", "currency", "flight", "playlist",
    "appointment", "candidate", "inventory", "warranty", "elevation", "translation", "discount",
    "podcast", "calendar", "delivery", "password", "sunset", "pharmacy", "passport", "dividend",
)  # fmt: skip
LOOK_UPS = ("get", "find", "look_up", "check", "show", "read", "tell", "list", "see", "ask")
ACTIONS = (
    "set", "send", "book", "start", "open", "add", "order", "play", "create", "count", "delete",
    "change", "write", "buy", "move", "print", "save", "stop", "call", "share",
)  # fmt: skip
HELD_OUT_LOOK_UPS = ("fetch", "lookup", "query", "retrieve")
HELD_OUT_ACTIONS = ("reserve", "schedule", "cancel", "update", "submit")
HELD_OUT_CITIES = (
    "Bergen", "Porto", "Osaka", "Quito", "Hanover", "Marseille", "Krakow", "Ottawa", "Perth",
    "Leeds", "Santiago", "Tbilisi", "Antwerp", "Salzburg", "Valencia", "Bristol", "Hamburg",
    "Accra", "Hanoi", "Geneva",
)  # fmt: skip

LOOK_UP_QUESTIONS = (
    "What is the {noun} {rest}?", "What is the {noun} {rest}?", "What's the {noun} {rest}?",
    "Tell me the {noun} {rest}.", "Show me the {noun} {rest}.", "I need the {noun} {rest}.",
    "{Verb} the {noun} {rest}.", "Please {verb} the {noun} {rest}.", "{Noun} {rest}?",
    "{Noun} {rest}", "Do you know the {noun} {rest}?", "Can you {verb} the {noun} {rest}?",
    "Give me the {noun} {rest}, please.", "How is the {noun} {rest}?", "Is there {noun} {rest}?",
    "What is the {noun} like {rest}?", "What was the {noun} {rest}?", "And the {noun} {rest}?",
    "I would like to know the {noun} {rest}.", "How much {noun} is there {rest}?",
    "What {noun} is it {rest}?", "Which {noun} do they have {rest}?",
)  # fmt: skip
ACTION_QUESTIONS = (
    "{Verb} a {noun} {rest}.", "{Verb} the {noun} {rest}", "Please {verb} the {noun} {rest}.",
    "Can you {verb} a {noun} {rest}?", "I want to {verb} a {noun} {rest}.", "{Verb} {noun} {rest}",
    "Could you {verb} the {noun} {rest}, please?", "I would like to {verb} the {noun} {rest}.",
    "{Verb} my {noun} {rest}.", "Now {verb} a {noun} {rest}.", "I need a {noun} {rest}.",
)  # fmt: skip
TAILS = ("", "", "", "", "", "", " right now", " today", " at the moment", " now")

UNITS = (
    ("unit", ("celsius", "fahrenheit")), ("unit", ("metres", "feet")), ("format", ("pdf", "html")),
    ("language", ("english", "german", "french")), ("size", ("small", "medium", "large")),
    ("mode", ("fast", "slow")), ("colour", ("red", "green", "blue")), ("unit", ("km", "miles")),
    ("currency", ("euro", "dollar", "yen")), ("level", ("low", "high")),
)  # fmt: skip
# Patterns of a tool's arguments, how often they are drawn, and how a question gives them.
PATTERNS: dict[tuple[str, ...], tuple[int, tuple[str, ...]]] = {
    ("place",): (20, ("in {0}", "in {0}", "for {0}", "at {0}", "near {0}", "of {0}")),
    ("person",): (12, ("of {0}", "for {0}", "from {0}", "by {0}", "called {0}", "with {0}")),
    ("words",): (10, ("about {0}", "for {0}", "on {0}", "called {0}", "named {0}", 'with "{0}"')),
    ("code",): (8, ("with the number {0}", "number {0}", "with ID {0}", "{0}", "with code {0}")),
    ("count",): (10, ("number {0}", "{0}", "to {0}", "for {0} people", "of {0}", "with {0} parts")),
    ("day",): (6, ("on {0}", "for {0}", "of {0}")),
    ("place", "count"): (8, ("in {0} for {1} days", "for {1} people in {0}", "for {1} in {0}",
                             "in {0} for the next {1} hours", "in {0}, {1} of them")),
    ("place", "day"): (5, ("in {0} on {1}", "on {1} in {0}", "for {0} on {1}")),
    ("place", "unit"): (6, ("in {0} in {1}", "in {0}, in {1}", "for {0} in {1}", "in {1} for {0}")),
    ("person", "count"): (5, ("for {0} with {1} parts", "of {1} dollars for {0}",
                              "from {0}, at most {1}", "of {0} for {1} days")),
    ("person", "words"): (4, ("for {0} about {1}", "to {0} about {1}", "from {0} about {1}")),
    ("words", "count"): (6, ("about {0}, {1} of them", "about {0}, at most {1}",
                             "for {0} with {1} pages", "called {0} with {1} parts")),
    ("origin", "goal"): (4, ("from {0} to {1}", "from {0} to {1}", "to {1} from {0}")),
}  # fmt: skip
NAMES: dict[str, tuple[str, ...]] = {
    "place": ("city", "location", "place", "town", "area", "region"),
    "person": ("name", "person", "user", "customer", "contact", "owner", "author"),
    "words": ("query", "text", "topic", "title", "subject", "label", "term"),
    "code": ("id", "order_id", "code", "key", "reference"),
    "count": ("count", "number", "amount", "limit", "total", "value", "days"),
    "day": ("date", "day", "when"),
    "origin": ("from", "start", "origin"),
    "goal": ("to", "end", "goal"),
}
HELD_OUT_NAMES: dict[str, tuple[str, ...]] = {
    "place": ("destination", "city_name"), "person": ("recipient", "full_name"),
    "words": ("keyword", "phrase"), "code": ("serial", "candidate_id"),
    "count": ("quantity", "max_results"), "day": ("deadline", "due_date"),
    "origin": ("departure",), "goal": ("arrival",),
}  # fmt: skip


@dataclass(frozen=True)
class Need:
    """A tool, a question that needs it and the arguments of its call."""

    tool: Tool
    question: str
    arguments: dict[str, Value] = field(default_factory=dict)

    @property
    def call(self) -> str:
        """The call as LFM2 writes it."""
        return calls_text([(self.tool["name"], json.dumps(self.arguments, ensure_ascii=False))])


def is_held_out_number(number: int) -> bool:
    """One number in seven."""
    return number % 7 == 3


def pick_number(rng: random.Random, most: int, held_out: bool) -> int:
    while True:
        number = rng.randint(1, most)
        if is_held_out_number(number) == held_out:
            return number


def pick_words(rng: random.Random, held_out: bool) -> str:
    """One to three words; held-out ones are pairs that a rule on their text keeps for us."""
    while True:
        if rng.random() < 0.3 and not held_out:
            _, members = CATEGORIES[rng.choice(tuple(CATEGORIES))]
            return rng.choice(members).lower()
        if rng.random() < 0.2 and not held_out:
            return rng.choice(tuple(TOPICS))
        words = [
            pick_joined(rng) if rng.random() < 0.5 else rng.choice(ORDINARY)
            for _ in range(rng.randint(1, 3))
        ]
        text = " ".join(words)
        if (zlib.crc32(text.encode()) % 10 == 0) == held_out:
            return text


def pick_value(rng: random.Random, kind: str, held_out: bool = False) -> Value:
    """A value for an argument of this kind; held-out ones are never trained on."""
    if kind in ("place", "origin", "goal"):
        if held_out:
            return rng.choice(HELD_OUT_CITIES)
        while (place := pick_place(rng)) in HELD_OUT_CITIES:
            pass
        return place
    if kind == "person":
        return rng.choice(HELD_OUT_PEOPLE) if held_out else pick_name(rng)
    if kind == "words":
        return pick_words(rng, held_out)
    if kind == "count":
        return pick_number(rng, rng.choice((12, 99, 999, 9999)), held_out)
    if kind == "code":
        number = str(pick_number(rng, 99_999, held_out))
        return rng.choice(("", "", "A", "B-", "X", "K7-")) + number
    return f"20{rng.randint(10, 39)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"


SCHEMAS: dict[str, Tool] = {"count": {"type": "integer"}}


def _tool_name(rng: random.Random, verb: str, noun: str) -> str:
    joined = noun.replace(" ", "_")
    shape = rng.random()
    if shape < 0.75:
        return f"{verb}_{joined}"
    if shape < 0.9:
        return joined
    if shape < 0.95:
        return f"{joined}_{verb}"
    return verb + joined.title().replace("_", "")


def _noun(rng: random.Random, held_out: bool) -> str:
    if held_out:
        return rng.choice(HELD_OUT_NOUNS)
    while True:
        word = rng.choices((rng.choice(NOUNS), rng.choice(ORDINARY), pick_joined(rng)), (4, 2, 4))[
            0
        ]
        if rng.random() < 0.15:
            word = f"{rng.choice(NOUNS)} {word}"
        if len(word) > 2 and not any(known in word for known in (*HELD_OUT_NOUNS, "weather")):
            return word


def _verb(rng: random.Random, action: bool, held_out: bool) -> str:
    if held_out:
        return rng.choice(HELD_OUT_ACTIONS if action else HELD_OUT_LOOK_UPS)
    while True:
        verb = (
            pick_joined(rng) if rng.random() < 0.4 else rng.choice(ACTIONS if action else LOOK_UPS)
        )
        if not any(known in verb for known in (*HELD_OUT_ACTIONS, *HELD_OUT_LOOK_UPS)):
            return verb


def _argument_name(rng: random.Random, kind: str, held_out: bool) -> str:
    if held_out:
        return rng.choice(HELD_OUT_NAMES[kind] if rng.random() < 0.5 else NAMES[kind])
    # A name that fits could be guessed; most are to be read.
    if (usual := rng.random()) < 0.55:
        return rng.choice(NAMES[kind if usual < 0.35 else rng.choice(tuple(NAMES))])
    while True:
        name = "_".join(pick_joined(rng) for _ in range(rng.randint(1, 2)))
        if not any(known in name for names in HELD_OUT_NAMES.values() for known in names):
            return name


def made_up(
    rng: random.Random, held_out: bool = False, arguments: int | None = None
) -> Callable[[], Need]:
    """A tool that nobody has, and any number of questions about it. `arguments`: one or two."""
    action = rng.random() < 0.35
    noun = _noun(rng, held_out)
    verb = _verb(rng, action, held_out)
    known = [one for one in PATTERNS if arguments in (None, len(one))]
    pattern = rng.choices(known, [PATTERNS[one][0] for one in known])[0]
    unit = rng.choice(UNITS)
    names: list[str] = []
    while len({*names}) < len(pattern):
        names = [
            unit[0] if kind == "unit" else _argument_name(rng, kind, held_out) for kind in pattern
        ]
    schemas = {
        name: {"type": "string", "enum": list(unit[1])} if kind == "unit"
        else dict(SCHEMAS.get(kind, {"type": "string"}))
        for name, kind in zip(names, pattern, strict=True)
    }  # fmt: skip
    if rng.random() < 0.15:
        schemas[names[0]]["description"] = rng.choice(("To look for.", f"The {names[0]}.", "Text."))
    spoken = verb.replace("_", " ").replace("lookup", "look up")
    tool: Tool = {"name": _tool_name(rng, verb, noun)}
    if rng.random() < 0.8:
        end = rng.choice(("", "", f" of a {names[0]}", f" by {names[0]}")).replace("_", " ")
        tool["description"] = rng.choice((
            f"The {noun}{end}.", f"{spoken.capitalize()} the {noun}{end}.",
            f"{spoken.capitalize()}s a {noun}{end}", f"Tells the {noun}{end}.",
        ))  # fmt: skip
    optional = len(names) == 2 and pattern[:1] in PATTERNS and rng.random() < 0.4
    tool["parameters"] = {
        "type": "object", "properties": schemas, "required": names[: 1 if optional else 2],
    }  # fmt: skip

    def ask() -> Need:
        values = [
            rng.choice(unit[1]) if kind == "unit" else pick_value(rng, kind, held_out)
            for kind in pattern
        ]
        phrases = PATTERNS[pattern][1]
        if optional and rng.random() < 0.4:
            phrases, values = PATTERNS[pattern[:1]][1], values[:1]
        rest = rng.choice(phrases).format(*values)
        form = rng.choice(ACTION_QUESTIONS if action else LOOK_UP_QUESTIONS)
        tail = "" if action else rng.choice(TAILS)
        question = form.format(
            noun=noun, Noun=noun.capitalize(), verb=spoken, Verb=spoken.capitalize(),
            rest=rest + tail,
        )  # fmt: skip
        return Need(tool, question, dict(zip(names, values, strict=False)))

    return ask
