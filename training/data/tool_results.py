"""What tools return, and the answers that tell it."""

import json
import random

from training.data.made_up_tools import NOUNS, Tool, Value, pick_number, pick_value, pick_words
from training.data.pieces import pick_joined

KEYS = (
    "temperature", "condition", "price", "status", "value", "result", "level", "number", "city",
    "name", "time", "date", "wind", "total", "unit", "colour", "size", "rating", "address",
    "humidity_level", "arrival_time", "next_train", "open_until", "first_name", "sea_level",
)  # fmt: skip
HELD_OUT_KEYS = ("altitude", "remaining_days", "seller", "pressure", "verdict", "stock_count")
CONDITIONS = (
    "sunny", "cloudy", "rainy", "windy", "foggy", "clear", "snowy", "open", "closed", "ready",
    "full", "empty", "late", "sold", "new", "done", "on the way", "not available",
)  # fmt: skip
ERRORS = ("not found", "no such city", "too many requests", "no connection", "unknown name")


def _finding(rng: random.Random, held_out: bool) -> Value:
    kind = rng.choice(("number", "number", "word", "name", "place", "words", "day"))
    if kind == "number":
        return pick_number(rng, rng.choice((40, 999, 99_999)), held_out)
    if kind == "word":
        return rng.choice(CONDITIONS)
    return pick_value(rng, "person" if kind == "name" else kind, held_out)


def _listed(items: list[str]) -> str:
    return " and ".join([", ".join(items[:-1]), items[-1]] if items[1:] else items)


def result(rng: random.Random, tool: Tool, held_out: bool = False) -> tuple[str, str]:
    """What a tool returns, and the answer that tells it."""
    if tool["name"] == "calculate" and rng.random() < 0.8:
        number = pick_number(rng, rng.choice((99, 9999, 999_999)), held_out)
        key = rng.choice(("result", "value", "result"))
        text = rng.choice((str(number), json.dumps({key: number})))
        return text, f"The {key if '{' in text else 'result'} is {number}."
    if tool["name"] == "search" and rng.random() < 0.6:
        titles = [pick_words(rng, held_out).capitalize() for _ in range(rng.randint(1, 3))]
        pages = [{"title": title} for title in titles] if rng.random() < 0.5 else titles
        return json.dumps(pages, ensure_ascii=False), f"I found {_listed(titles)}."
    if rng.random() < 0.05:
        error = rng.choice(ERRORS)
        return json.dumps({"error": error}), f"The tool reports an error: {error}."
    if rng.random() < 0.15:
        text = str(_finding(rng, held_out))
        return text, f"The result is {text}."
    if tool["name"] == "get_weather" and rng.random() < 0.6:
        keys = ["temperature", "condition", "unit", "wind"][: rng.randint(1, 4)]
        found: dict[str, Value] = {
            "temperature": pick_number(rng, 40, held_out), "condition": rng.choice(CONDITIONS[:7]),
            "unit": rng.choice(("celsius", "fahrenheit")), "wind": pick_number(rng, 60, held_out),
        }  # fmt: skip
        facts = {key: found[key] for key in keys}
        if rng.random() < 0.3:
            rng.shuffle(keys)
            facts = {key: facts[key] for key in keys}
    else:
        made_up = ["_".join(pick_joined(rng) for _ in range(rng.randint(1, 2))) for _ in range(20)]
        trained = (*KEYS, *rng.sample(NOUNS, 12), *made_up)
        known = HELD_OUT_KEYS if held_out else trained
        keys = rng.sample(known, rng.choices((1, 2, 3), (5, 4, 1))[0])
        facts = {key: _finding(rng, held_out) for key in keys}
    told = [f"the {key.replace('_', ' ')} is {value}" for key, value in facts.items()]
    answer = _listed(told)
    return json.dumps(facts, ensure_ascii=False), f"{answer[0].upper()}{answer[1:]}."
