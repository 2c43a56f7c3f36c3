"""Short exercises in copying: whatever a prompt holds, an answer must be able to repeat.

Calls, results, choices and extractions are copied from long prompts; here the same is practised at
a tenth of the length.
"""

import json
import random
import re
from collections.abc import Callable

from training.data import extraction, made_up_tools, tool_results
from training.data.choices import HELD_OUT_WORDS, join_choices
from training.data.person_names import pick_name, pick_place
from training.data.pieces import pick_joined
from training.data.sample_tools import expression
from training.data.turns import Conversation, Turn, assistant, user
from training.data.words import ORDINARY

BLOCKED = frozenset(
    word
    for known in (
        made_up_tools.HELD_OUT_NOUNS, made_up_tools.HELD_OUT_LOOK_UPS, HELD_OUT_WORDS,
        made_up_tools.HELD_OUT_ACTIONS, tool_results.HELD_OUT_KEYS,
        *made_up_tools.HELD_OUT_NAMES.values(),
        tuple(city.lower() for city in made_up_tools.HELD_OUT_CITIES),
    )
    for word in known
)  # fmt: skip
Exercise = tuple[str, str]


def _word(rng: random.Random) -> str:
    return rng.choice(ORDINARY) if rng.random() < 0.2 else pick_joined(rng)


def _key(rng: random.Random) -> str:
    return "_".join(_word(rng) for _ in range(rng.choices((1, 2, 3), (5, 5, 1))[0]))


def _value(rng: random.Random) -> str | int:
    kind = rng.random()
    if kind < 0.5:
        return " ".join(_word(rng) for _ in range(rng.randint(1, 3)))
    if kind < 0.65:
        return pick_name(rng)
    if kind < 0.75:
        return pick_place(rng)
    if kind < 0.85:
        return expression(rng, held_out=False)
    return made_up_tools.pick_number(rng, rng.choice((12, 99, 999, 99_999)), held_out=False)


def _facts(rng: random.Random, most: int) -> dict[str, str | int]:
    return {_key(rng): _value(rng) for _ in range(rng.randint(2, most))}


def _listed(rng: random.Random, facts: dict[str, str | int]) -> str:
    sign, gap = rng.choice(((": ", "\n"), (" = ", ", "), (" is ", ", "), (": ", "; ")))
    return gap.join(f"{key}{sign}{value}" for key, value in facts.items())


def repeat(rng: random.Random) -> Exercise:
    """The same words once more."""
    text = " ".join(_word(rng) for _ in range(rng.randint(2, 6)))
    return rng.choice(("Repeat: {}", "Say {}.", "Write {}", "Repeat after me: {}")).format(
        text
    ), text


def look_up(rng: random.Random) -> Exercise:
    """One of several values, by its key."""
    facts = _facts(rng, 5)
    key = rng.choice(tuple(facts))
    form = rng.choice(("{0}\nWhat is {1}?", "What is {1}?\n{0}", "{0}\n{1}?", "Find {1}: {0}"))
    return form.format(_listed(rng, facts), key), str(facts[key])


def follow(rng: random.Random) -> Exercise:
    """The word after another."""
    words = [_word(rng) for _ in range(rng.randint(3, 7))]
    place = rng.randrange(len(words) - 1)
    form = rng.choice(("{0}\nWhat comes after {1}?", "What follows {1}? {0}"))
    return form.format(" ".join(words), words[place]), words[place + 1]


def join(rng: random.Random) -> Exercise:
    """Words as the name of a function."""
    words = [_word(rng) for _ in range(rng.randint(2, 4))]
    form = rng.choice(("Join with underscores: {}", "{} as one name", "Name: {}"))
    return form.format(" ".join(words)), "_".join(words)


def choose(rng: random.Random) -> Exercise:
    """The one of some words that a text holds."""
    words = [_word(rng) for _ in range(rng.randint(2, 5))]
    around = [_word(rng) for _ in range(rng.randint(1, 5))]
    around.insert(rng.randint(0, len(around)), words[0])
    options = list(words)
    rng.shuffle(options)
    form = rng.choice(("{0}\nWhich is it: {1}?", "Choose one: {1}.\n{0}", "Is it {1}? {0}"))
    return form.format(" ".join(around), join_choices(options)), words[0]


def select(rng: random.Random) -> Exercise:
    """Some of the facts as JSON, in the order that is asked for."""
    facts = _facts(rng, 5)
    asked = rng.sample(tuple(facts), rng.randint(1, len(facts)))
    form = rng.choice(("Extract the {0} from: {1}", "{1}\nReturn the {0} as JSON."))
    answer = extraction.write_json({key: facts[key] for key in asked})
    return form.format(extraction.join_fields(asked), _listed(rng, facts)), answer


def tell(rng: random.Random) -> Exercise:
    """All of the facts as a sentence."""
    facts = _facts(rng, 4)
    told = [f"the {key.replace('_', ' ')} is {value}" for key, value in facts.items()]
    text = " and ".join([", ".join(told[:-1]), told[-1]])
    shown = json.dumps(facts, ensure_ascii=False)
    return f"Tell me what this says: {shown}", f"{text[0].upper()}{text[1:]}."


def call(rng: random.Random) -> Exercise:
    """A function's call out of its name and values."""
    name, facts = _key(rng), _facts(rng, 3)
    given = ", ".join(
        f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in facts.items()
    )
    form = rng.choice(("Call {0} with {1}.", "{1}\nWrite a call of {0}.", "{0}: {1}"))
    return form.format(name, _listed(rng, facts)), f"{name}({given})"


EXERCISES: tuple[Callable[[random.Random], Exercise], ...] = (
    repeat, look_up, follow, join, choose, select, tell, call,
)  # fmt: skip


def conversation(rng: random.Random) -> Conversation:
    """One to six exercises in a row, of one kind or of several; none holds a held-out word."""
    kinds = rng.sample(EXERCISES, 1 if rng.random() < 0.5 else 3)
    turns: list[Turn] = []
    while len(turns) < 2 * rng.randint(1, 6):
        request, answer = rng.choice(kinds)(rng)
        if not BLOCKED & set(re.findall(r"\w+", f"{request} {answer}".lower().replace("_", " "))):
            turns += [user(request), assistant(answer)]
    return tuple(turns)
