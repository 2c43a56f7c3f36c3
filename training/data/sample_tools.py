"""The playground's own three tools, and questions that need one of them."""

import random

from training.data.made_up_tools import TAILS, Need, Tool, Value, pick_number, pick_value

WEATHER: Tool = {
    "name": "get_weather",
    "description": "Current weather at a place.",
    "parameters": {
        "type": "object",
        "properties": {
            "location": {
                "type": "string", "description": "City, and country if there are several.",
            },
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
        },
        "required": ["location"],
    },
}  # fmt: skip
SEARCH: Tool = {
    "name": "search",
    "description": "Search the web and return the best pages.",
    "parameters": {
        "type": "object",
        "properties": {"query": {"type": "string"}, "count": {"type": "integer"}},
        "required": ["query"],
    },
}
CALCULATOR: Tool = {
    "name": "calculate",
    "description": "The value of an arithmetic expression.",
    "parameters": {
        "type": "object",
        "properties": {"expression": {"type": "string"}},
        "required": ["expression"],
    },
}
SAMPLES = (WEATHER, SEARCH, CALCULATOR)
WEATHER_QUESTIONS = (
    "What is the weather like in {0}{tail}?", "What is the weather in {0}{tail}?",
    "What's the weather in {0}{tail}?", "How is the weather in {0}{tail}?", "Weather in {0}",
    "Tell me the weather in {0}.", "Is it raining in {0}{tail}?", "Is it warm in {0}{tail}?",
    "Is it sunny in {0}{tail}?", "How warm is it in {0}{tail}?", "How cold is it in {0}{tail}?",
    "Do I need an umbrella in {0}{tail}?", "Check the weather in {0}, please.", "Weather {0}?",
    "What is the temperature in {0}{tail}?", "I am going to {0}. What is the weather like there?",
    "Can you tell me the weather in {0}?", "How is the weather {tail} in {0}?", "And in {0}?",
)  # fmt: skip
UNIT_ENDS = (" in {1}", ", in {1}", " (in {1})", " in degrees {1}")
SEARCH_QUESTIONS = (
    "Search for {0}.", "Search the web for {0}.", "Find pages about {0}.", "Look for {0} online.",
    "Search {0}", "Find something about {0}.", "Can you search for {0}?", "Find me {0}.",
    "Please search the web for {0}.", "I want to read about {0}.", "Look up {0}.",
    "What does the web say about {0}?", "Google {0}.", "Find pages on {0}, please.",
)  # fmt: skip
COUNTED_SEARCHES = (
    "Find {1} pages about {0}.", "Search for {1} pages about {0}.", "Show me {1} pages on {0}.",
    "Search the web for {0}, {1} pages.", "I need {1} results for {0}.", "Find {1} results on {0}.",
    "Give me the {1} best pages about {0}.", "Search for {0} and give me {1} results.",
)  # fmt: skip
SUMS = (
    "What is {0}?", "What is {0}?", "How much is {0}?", "Calculate {0}.", "Compute {0}", "{0}",
    "{0} = ?", "What does {0} make?", "Please calculate {0}.", "Can you work out {0}?",
    "Tell me what {0} is.", "I need the value of {0}.", "Solve {0}.",
)  # fmt: skip


def expression(rng: random.Random, held_out: bool) -> str:
    """Two or three numbers with operators between them."""
    numbers = [
        pick_number(rng, rng.choice((12, 99, 999)), held_out) for _ in range(rng.randint(2, 3))
    ]
    sign = rng.choice((" + ", " - ", " * ", " / ", "+", "*", "-", "/"))
    text = sign.join(map(str, numbers))
    return f"({text}) * {numbers[0]}" if rng.random() < 0.08 else text


def sample(rng: random.Random, tool: Tool, held_out: bool = False) -> Need:
    """A question for one of the playground's tools."""
    if tool is WEATHER:
        place = str(pick_value(rng, "place", held_out))
        tail = rng.choice(TAILS)
        form = rng.choice(WEATHER_QUESTIONS)
        if rng.random() < 0.25:
            unit = rng.choice(("celsius", "fahrenheit"))
            shown = rng.choice((unit, unit.capitalize()))
            last = form[-1] if form[-1] in "?." else ""
            body = form.removesuffix(last) + rng.choice(UNIT_ENDS) + last
            question = body.format(place, shown, tail=tail)
            return Need(tool, question.replace("  ", " "), {"location": place, "unit": unit})
        question = form.format(place, tail=tail).replace("  ", " ")
        return Need(tool, question, {"location": place})
    if tool is SEARCH:
        query: Value = pick_value(rng, "person" if rng.random() < 0.15 else "words", held_out)
        if rng.random() < 0.4:
            count = pick_number(rng, 20, held_out)
            form = rng.choice(COUNTED_SEARCHES)
            return Need(tool, form.format(query, count), {"query": query, "count": count})
        return Need(tool, rng.choice(SEARCH_QUESTIONS).format(query), {"query": query})
    text = expression(rng, held_out)
    return Need(tool, rng.choice(SUMS).format(text), {"expression": text})
