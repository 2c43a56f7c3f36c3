"""Open questions and their varied answers: greetings, facts, lists, tips, descriptions, poems.

Prompts outside this small world get an honest answer that says what the model can do.
"""

import random

from training.data.knowledge import BENEFITS, CATEGORIES, FACTS, TIPS, TOPICS

GREETINGS = ("Hi", "Hello", "Hello!", "Hi there", "Hey", "Good morning", "Good evening", "Hi!")
WHO = (
    "Who are you?", "What are you?", "What can you do?", "Tell me about yourself.", "Help",
    "What is your name?", "How can you help me?", "Introduce yourself.",
)  # fmt: skip
THANKS = ("Thanks", "Thank you", "Thank you!", "Great, thanks", "Thanks a lot!", "Bye", "Goodbye")
HOW = ("How are you?", "How are you today?", "How do you do?", "Are you well?")

_WORLD = {
    "forest": ("Tall trees let the light fall in small golden spots.", "Birds call from branch to "
               "branch.", "The ground is soft and smells of rain.", "A deer stands still between "
               "the ferns.", "Somewhere a stream is running."),
    "beach": ("The waves roll in, one after the other.", "Warm sand slips between the toes.",
              "Gulls cry above the boats.", "The air tastes of salt.", "Children look for shells."),
    "city": ("Trams ring at every corner.", "Windows shine in the evening light.", "People hurry "
             "home with full bags.", "A street musician plays an old song.", "It smells of fresh "
             "coffee."),
    "mountain": ("The air is cold and clear.", "Snow covers the highest rocks.", "Far below, a "
                 "village looks like a toy.", "A narrow path climbs between the stones.", "Clouds "
                 "drift past like ships."),
    "garden": ("Bees hum between the flowers.", "A red cat sleeps on the wall.", "Tomatoes ripen "
               "in the sun.", "The old bench stands under the apple tree.", "It smells of mint "
               "and wet earth."),
    "kitchen": ("Bread is baking in the oven.", "Steam rises from a big pot.", "Copper pans hang "
                "on the wall.", "Somebody is cutting onions.", "The radio plays softly."),
    "sunset": ("The sky turns orange, then pink.", "Shadows grow long across the field.", "The "
               "first star appears.", "Everything becomes quiet.", "The river shines like glass."),
}  # fmt: skip
DESCRIPTIONS: dict[str, tuple[str, ...]] = _WORLD
POEM_LINES = (
    ("The {x} wakes before the day,", "and gently sings the dark away."),
    ("I saw the {x} beneath the moon,", "it hummed a very quiet tune."),
    ("Oh little {x}, so soft, so bright,", "you keep me company at night."),
    ("The wind goes by, the {x} stays near,", "a friend through all the turning year."),
    ("When rain is falling on the hill,", "the {x} is warm, the world is still."),
    ("A {x}, a dream, a cup of tea,", "is all the happiness I see."),
)
POEM_SUBJECTS = ("rain", "sea", "moon", "river", "cat", "winter", "spring", "tree", "star", "wind")


def greeting(rng: random.Random) -> str:
    """A welcome and an offer."""
    start = rng.choice(("Hello!", "Hi!", "Hi there!", "Welcome!", "Good to see you!", "Hello."))
    offer = rng.choice((
        "How can I help you?", "What can I do for you?", "Would you like to hear a story?",
        "Ask me for a date, some JSON or a short story.", "What shall we try today?",
        "Show me a few dates, or ask me for a story.",
    ))  # fmt: skip
    return f"{start} {offer}"


def about_me(rng: random.Random) -> str:
    """What the model is and can do."""
    first = rng.choice((
        "I am a very small demo model.", "I am a tiny language model made for demonstrations.",
        "I'm the pocket model, a very small demo.",
        "I am a small model with a few million weights.",
    ))  # fmt: skip
    skill = rng.choice(
        (
            "I can format dates, extract names and ages as JSON, and tell short stories.",
            "Try dates, JSON extraction, or a short story.",
            "I know how to copy a date style, how to return JSON and how to tell a story.",
            "Give me example dates, a sentence to extract facts from, or a topic for a story.",
        )
    )
    return f"{first} {skill}"


def fallback(rng: random.Random) -> str:
    """An honest answer to something the model does not know."""
    sorry = rng.choice((
        "I don't know that.", "Sorry, I can't answer that.", "That is beyond me.",
        "I have not learned about this.", "I am afraid I don't know.", "I can't help with that.",
    ))  # fmt: skip
    return f"{sorry} {about_me(rng)}"


def numbered(items: list[str]) -> str:
    """`1. ...` lines."""
    return "\n".join(f"{place}. {item}" for place, item in enumerate(items, 1))


def bulleted(items: list[str]) -> str:
    """`- ...` lines."""
    return "\n".join(f"- {item}" for item in items)


def capital(text: str) -> str:
    """The same text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def benefits_list(rng: random.Random, topic: str) -> str:
    """An introduction and three to five numbered benefits."""
    chosen = rng.sample(TOPICS[topic], min(len(TOPICS[topic]), rng.randint(3, 5)))
    intro = rng.choice((
        "{} has many benefits including:", "{} has many benefits:", "Here are some benefits of {}:",
        "{} is good for you:", "There are several benefits of {}:",
    ))  # fmt: skip
    lead = intro.format(topic)
    return capital(lead) + "\n" + numbered([capital(item) for item in chosen])


def more_about(rng: random.Random, benefit: str) -> str:
    """Two to four sentences about one benefit, in their natural order."""
    lines = BENEFITS[benefit]
    chosen = sorted(rng.sample(range(len(lines)), rng.randint(2, min(4, len(lines)))))
    start = rng.choice(("", "", "Of course. ", "Gladly. ", "Sure! "))
    return start + " ".join(lines[place] for place in chosen)


def describe(rng: random.Random, thing: str) -> str:
    """Three or four sentences in random order."""
    return " ".join(rng.sample(DESCRIPTIONS[thing], rng.randint(3, 4)))


def poem(rng: random.Random, thing: str) -> str:
    """Two or three couplets."""
    pairs = rng.sample(POEM_LINES, rng.randint(2, 3))
    return "\n".join(line.format(x=thing) for pair in pairs for line in pair)


def tips(rng: random.Random, topic: str) -> str:
    """Three to five numbered tips."""
    chosen = rng.sample(TIPS[topic], rng.randint(3, 5))
    intro = rng.choice(("Here are some tips for {}:", "Try this for {}:", "Some tips for {}:"))
    return intro.format(topic) + "\n" + numbered([f"{item}." for item in chosen])


def pick_members(rng: random.Random, category: str, count: int) -> list[str]:
    """Different members of one category."""
    return rng.sample(CATEGORIES[category][1], count)


def fact(rng: random.Random) -> tuple[str, str, str]:
    """A question, its one-word answer and its sentence."""
    question = rng.choice(tuple(FACTS))
    return (question, *FACTS[question])
