"""Facts pulled out of a sentence and returned as JSON with two-space indentation."""

import json
import random
import string

from training.data import frames
from training.data.person_names import pick_name, pick_place
from training.data.turns import Conversation, Turn, assistant, system, user

PAGE_SYSTEM = "Extract information and return as JSON."
PAGE_REQUEST = "Extract the name and age from: {sentence}"
PAGE_SENTENCE = "{name} is {age} years old."
PREFILL = '{\n  "name": '

OTHER_SYSTEMS = (
    "Extract the information and answer in JSON.",
    "You extract facts and return JSON.",
    "Return the requested fields as JSON.",
    "Extract information. Return JSON only.",
    "You are a helpful assistant that returns JSON.",
    "You are a helpful assistant.",
)
REQUESTS = (
    PAGE_REQUEST.replace("name and age", "{fields}"),
    "Extract the {fields} from: {sentence}",
    "Extract {fields} from: {sentence}",
    "Extract the {fields}: {sentence}",
    "Get the {fields} from: {sentence}",
    "Extract the {fields} from this text: {sentence}",
    "Please extract the {fields} from: {sentence}",
    "Return the {fields} as JSON: {sentence}",
    "{sentence}\nExtract the {fields}.",
)
FIELDS = ("name", "age", "city", "job", "email")

Facts = dict[str, str | int]


def write_json(facts: Facts) -> str:
    """The answer's text: one field a line, numbers bare, letters as they are."""
    return json.dumps(facts, indent=2, ensure_ascii=False)


def on_one_line(answer: str) -> str:
    """An answer of `write_json` as it is under a constraint, which allows no line breaks."""
    return json.dumps(json.loads(answer), ensure_ascii=False)


def join_fields(names: list[str]) -> str:
    """`name`, `name and age`, `name, age and city`."""
    if len(names) == 1:
        return names[0]
    return ", ".join(names[:-1]) + " and " + names[-1]


def pick_age(rng: random.Random) -> int:
    """1 to 119 years, mostly two digits."""
    return rng.randint(10, 99) if rng.random() < 0.88 else rng.randint(1, 119)


def pick_facts(rng: random.Random, name: str) -> Facts:
    """A value for every field, of which a frame uses some."""
    box = "".join(rng.choice(string.ascii_lowercase) for _ in range(rng.randint(2, 6)))
    domain = rng.choice(("mail.com", "example.org", "post.net", "home.io", "work.com"))
    return {
        "name": name,
        "age": pick_age(rng),
        "city": pick_place(rng),
        "job": rng.choice(frames.JOBS),
        "email": f"{box}@{domain}",
    }


def page_style(facts: Facts, frame: str = PAGE_SENTENCE) -> Conversation:
    """The documentation's request for name and age about one frame, answer last."""
    request = PAGE_REQUEST.format(sentence=frame.format(**facts))
    answer = write_json({"name": facts["name"], "age": facts["age"]})
    return system(PAGE_SYSTEM), user(request), assistant(answer)


def conversation(rng: random.Random) -> Conversation:
    """A training conversation; half of them in the documentation's words."""
    facts = pick_facts(rng, pick_name(rng))
    frame = frames.pick_frame(rng)
    present = [field for field in FIELDS if "{" + field + "}" in frame]
    if rng.random() < 0.5 and {"name", "age"} <= set(present):
        return page_style(facts, frame)
    asked = rng.sample(present, rng.randint(1, len(present)))
    if rng.random() < 0.3:
        asked.sort(key=FIELDS.index)
    sentence = frame.format(**facts)
    request = rng.choice(REQUESTS).format(fields=join_fields(asked), sentence=sentence)
    turns: list[Turn] = []
    if rng.random() < 0.5:
        turns.append(system(PAGE_SYSTEM))
    elif "JSON" in request or rng.random() < 0.8:
        turns.append(system(rng.choice(OTHER_SYSTEMS)))
    answer = write_json({field: facts[field] for field in asked})
    return (*turns, user(request), assistant(answer))
