"""Short stories from a grammar with many choices, so that sampling shows in every sentence."""

import random

from training.data.person_names import REAL, pick_name

SUBJECTS = (
    "fox", "dog", "cat", "dragon", "robot", "wizard", "princess", "pirate", "rabbit", "bear",
    "owl", "mouse", "tiger", "farmer", "baker", "sailor", "knight", "girl", "boy", "painter",
    "turtle", "horse", "ghost", "giant", "lion", "frog", "bird", "whale", "queen", "king",
    "teacher", "astronaut", "musician", "gardener", "hedgehog", "squirrel", "wolf", "otter",
)  # fmt: skip
TRAITS = (
    "small", "brave", "curious", "lonely", "clever", "shy", "old", "young", "cheerful", "tired",
    "hungry", "gentle", "proud", "quiet", "lazy", "kind", "grumpy", "dreamy", "bold", "careful",
)  # fmt: skip
PLACES = (
    "in a deep forest", "by the sea", "on a high mountain", "in a busy city", "near a blue lake",
    "in a tiny village", "on a green island", "under an old bridge", "at the edge of a desert",
    "in a tall tower", "behind the mill", "in a snowy valley", "beside a wide river",
    "in a sleepy harbour", "on a windy hill",
)  # fmt: skip
GOALS = (
    "wanted to see the moon up close", "dreamed of a friend", "looked for a lost key",
    "wished to learn how to sing", "wanted to cross the river", "searched for the last red apple",
    "hoped to find a treasure", "wanted to bake the best bread", "wished for rain",
    "planned a long journey", "collected shiny stones", "longed for a warm home",
    "wanted to paint the sunrise", "listened every night to the stars", "built a small boat",
)  # fmt: skip
EVENTS = (
    "One morning a storm came and carried everything away.",
    "One evening a strange light appeared between the trees.",
    "Then a letter arrived without a name.",
    "Suddenly the ground began to shake.",
    "On the way, an old map fell out of a book.",
    "One day the road ended at a locked door.",
    "In the middle of the night a bell began to ring.",
    "After three days the food was gone.",
    "Then the snow began to fall, and the path was lost.",
    "At the market a stranger asked for help.",
    "A loud noise came from the cellar.",
    "But the bridge was broken.",
    "Near the well lay a golden feather.",
    "That winter the river froze for the first time.",
)
HELPERS = (
    "an old owl", "a friendly miller", "a silent cat", "a child with a lamp", "a tiny beetle",
    "the wind", "a travelling singer", "a wise grandmother", "a blue bird", "a lost sailor",
    "a talking tree", "a young shepherd", "two brothers", "a sleepy bear",
)  # fmt: skip
HELP = (
    "showed the way", "shared some bread", "told a secret", "offered a warm coat",
    "lent a small boat", "sang a song full of courage", "knew the answer", "opened the door",
    "held up a lantern", "gave good advice", "found the missing piece", "stayed until morning",
)  # fmt: skip
ENDINGS = (
    "From that day on, {they} was never alone.",
    "And so {they} came home with a full heart.",
    "In the end, the wish came true, but in a different way.",
    "{They} laughed, and everyone laughed too.",
    "That night the whole village danced.",
    "Since then, the light in the window never goes out.",
    "And {they} learned that small steps lead far.",
    "The treasure was not gold, but a friend.",
    "{They} slept well, for the first time in weeks.",
    "Nobody knows what happened next, but some say {they} is still smiling.",
    "Everything was different now, and that was good.",
    "And that is how the {subject} became a hero.",
)
OPENINGS = (
    "Once upon a time, a {trait} {subject} named {name} lived {place}.",
    "{Place}, there lived a {trait} {subject} called {name}.",
    "Long ago, a {trait} {subject} lived {place}. Everyone called the {subject} {name}.",
    "{name} was a {trait} {subject} who lived {place}.",
    "There was once a {trait} {subject} {place}.",
    "Nobody {place} knew the {trait} {subject} {name}.",
)
WISHES = (
    "{Name} {goal}.",
    "Every day the {subject} {goal}.",
    "More than anything, the {subject} {goal}.",
    "For as long as anyone could remember, {Name} {goal}.",
)
RESCUES = (
    "Luckily, {helper} {help}.",
    "Then {helper} came by and {help}.",
    "{Helper} {help}.",
    "Just in time, {helper} {help}.",
)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def with_article(noun: str) -> str:
    """`a fox`, `an owl`."""
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def story(rng: random.Random, subject: str, short: bool = False) -> str:
    """A story about one subject: four to six sentences, or two when short."""
    name = rng.choice(REAL) if rng.random() < 0.7 else pick_name(rng).split()[0].capitalize()
    place, helper = rng.choice(PLACES), rng.choice(HELPERS)
    opening = rng.choice(OPENINGS)
    gaps = {
        "subject": subject, "name": name, "place": place, "Place": _capital(place),
        "goal": rng.choice(GOALS), "helper": helper, "Helper": _capital(helper),
        "help": rng.choice(HELP), "Name": name if "{name}" in opening else f"the {subject}",
    }  # fmt: skip
    called = name if "{name}" in opening and rng.random() < 0.5 else f"the {subject}"
    gaps |= {"they": called, "They": _capital(called)}
    trait = rng.choice(TRAITS)
    opening = opening.replace("a {trait}", with_article(trait)).replace("{trait}", trait)
    parts = [opening]
    if short:
        parts.append(rng.choice((rng.choice(WISHES), rng.choice(ENDINGS))))
    else:
        parts.append(rng.choice(WISHES))
        parts += rng.sample(EVENTS, 2 if rng.random() < 0.25 else 1)
        parts.append(rng.choice(RESCUES))
        parts.append(rng.choice(ENDINGS))
    return " ".join(_capital(part.format(**gaps)) for part in parts)
