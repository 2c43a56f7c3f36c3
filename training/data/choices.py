"""One of some given words: the one that a text mentions, or the mood or kind that it shows."""

import random
import zlib
from collections.abc import Sequence

from training.data.knowledge import CATEGORIES
from training.data.pieces import pick_joined
from training.data.turns import Conversation, assistant, system, user
from training.data.words import ORDINARY

SYSTEMS = (
    "Answer with one of the given words.", "Choose one of the words.", "You classify texts.",
    "Answer with one of the choices.", "You are a helpful assistant.", "", "",
)  # fmt: skip
REQUESTS = (
    "{text}\nWhich {kind} is it: {options}?", "Which {kind}: {options}?\n{text}",
    "Choose one: {options}.\n{text}", "{text}\nChoose one: {options}.", "{text} {Options}?",
    "Is the {kind} {options}? {text}", "Classify the {kind} as {options}: {text}",
    "{kind}: {options}\n{text}", "{text}\nAnswer with {options}.",
    "What is the {kind}, {options}? {text}",
)  # fmt: skip
COLOURS = ("red", "blue", "green", "yellow", "purple", "orange", "pink", "white", "black", "brown",
           "grey")  # fmt: skip
HELD_OUT_WORDS = (
    "silver", "golden", "crimson", "velvet", "marble", "copper", "wooden", "plastic", "leather",
    "cotton", "spicy", "salty", "bitter", "square", "narrow", "ancient",
)  # fmt: skip
THINGS = (
    "car", "house", "shirt", "door", "flower", "boat", "bag", "chair", "coat", "hat", "cup", "wall",
    "bike", "ball", "lamp", "cake", "book", "shoe", "bird", "train", "dress", "table",
)  # fmt: skip
MENTIONS = (
    "My {thing} is {word}.", "I bought a {word} {thing}.", "The {thing} looks {word} today.",
    "She painted the {thing} {word}.", "There is a {word} {thing} in the garden.",
    "We saw a {word} {thing} yesterday.", "The {word} {thing} is mine.", "It is a {word} {thing}.",
    "I like the {word} {thing} best.", "Her {thing} was {word} and old.",
    "He has a new {thing}. It is {word}.", "Look at that {word} {thing}!",
)  # fmt: skip
MOODS: dict[str, tuple[str, ...]] = {
    "happy": ("I won the race", "my friends came to my party", "we are going on holiday",
              "I got the job", "today is my birthday", "I passed the exam", "my team won",
              "the sun is shining and I can sing", "I found my cat again", "we had a great day",
              "I love this song", "I got a wonderful present"),
    "sad": ("I lost my cat", "my best friend moved away", "nobody came to my party",
            "I miss my family", "my grandfather died", "it rains and I am alone",
            "I failed the exam", "I cried all night", "my holiday is over", "we lost the match",
            "my favourite cup broke", "I have to say goodbye"),
    "angry": ("someone stole my bike", "they lied to me again", "my neighbour shouts all night",
              "he broke my phone and laughed", "the train is late again", "they never listen to me",
              "somebody scratched my car", "she took my seat", "I paid and got nothing",
              "they cheated in the game", "he slammed the door", "stop that noise at once"),
    "afraid": ("I heard a noise in the dark", "there is a spider in my bed",
               "the dog is going to bite me", "I can't look down from here",
               "somebody is following me", "the storm is getting closer", "I am alone in the dark",
               "the exam is tomorrow and I tremble", "a bear stood in front of me",
               "the lights went out"),
    "tired": ("I worked all night", "I have not slept for two days", "I can't keep my eyes open",
              "I walked for ten hours", "I need my bed", "I am yawning all the time",
              "the day was so long", "I fall asleep at my desk", "my legs are heavy"),
}  # fmt: skip
OPINIONS: dict[str, tuple[str, ...]] = {
    "positive": ("the food was great", "I love it", "everything worked at once",
                 "very friendly people",
                 "it is the best I ever had", "I will come again", "a wonderful film",
                 "fast and good", "I can recommend it", "it looks beautiful"),
    "negative": ("the food was cold", "I hate it", "it broke after one day", "very rude people",
                 "it is the worst I ever had", "I want my money back", "a boring film",
                 "slow and bad", "never again", "it looks cheap and ugly"),
    "neutral": ("the shop opens at nine", "it has two doors", "the box holds ten cups",
                "it comes in three sizes", "I have not used it yet", "it is made of wood",
                "the film is two hours long", "the parcel came on Monday"),
}  # fmt: skip
STARTS = (
    "", "", "", "Well, ", "You know, ", "Today ", "Oh, ", "This morning ", "Yesterday ", "Listen, ",
    "I tell you: ", "Believe me, ", "Again: ", "Now ", "What can I say, ",
)  # fmt: skip
ENDS = ("", "", "", " That is how it is.", " Just so you know.", " What a day.", " That was all.")


def join_choices(words: Sequence[str]) -> str:
    """`a, b or c`."""
    return " or ".join([", ".join(words[:-1]), words[-1]])


def is_held_out(text: str) -> bool:
    """One text about a mood or an opinion in eight."""
    return zlib.crc32(text.encode()) % 8 == 0


def _felt(rng: random.Random, table: dict[str, tuple[str, ...]], right: str, held_out: bool) -> str:
    while True:
        parts = rng.sample(table[right], rng.choice((1, 1, 2)))
        text = rng.choice(STARTS) + " and ".join(parts) + "."
        text = text[0].upper() + text[1:] + rng.choice(ENDS)
        if is_held_out(text) == held_out:
            return text


def _mentioned(rng: random.Random, held_out: bool) -> tuple[str, str, list[str]]:
    """A kind, a text and its words, the right one first."""
    if held_out:
        pool: tuple[str, ...] = HELD_OUT_WORDS
    elif rng.random() < 0.45:
        pool = COLOURS
    elif rng.random() < 0.6:
        pool = ORDINARY
    else:
        pool = tuple(sorted({pick_joined(rng) for _ in range(6)} - {*HELD_OUT_WORDS}))
    words = rng.sample(tuple(dict.fromkeys(pool)), min(len(set(pool)), rng.randint(2, 4)))
    kind = "colour" if pool is COLOURS else rng.choice(("word", "kind", "style", "one"))
    text = rng.choice(MENTIONS).format(thing=rng.choice(THINGS), word=words[0])
    if rng.random() < 0.25:
        other = rng.choice(("I was there.", "It rained.", "We like it.", "That is all."))
        text = f"{text} {other}" if rng.random() < 0.5 else f"{other} {text}"
    return kind, text, words


def task(rng: random.Random, sort: str, held_out: bool = False) -> tuple[str, str]:
    """A request and the right word. `sort`: "mentioned", "mood", "opinion" or "kind"."""
    if sort == "mentioned":
        kind, text, words = _mentioned(rng, held_out)
    elif sort == "kind":
        words = rng.sample([name for name in CATEGORIES if name != "color"], rng.randint(2, 3))
        member = rng.choice(CATEGORIES[words[0]][1]).lower()
        form = rng.choice(("{}", "{}.", "A {}.", "The {}", "I see a {}."))
        kind, text = "kind", form.format(member)
    else:
        table = MOODS if sort == "mood" else OPINIONS
        words = rng.sample(tuple(table), rng.randint(2, 3))
        kind = sort if sort == "mood" else rng.choice(("opinion", "sentiment", "review"))
        text = _felt(rng, table, words[0], held_out)
    options = list(words)
    rng.shuffle(options)
    joined = join_choices(options)
    request = rng.choice(REQUESTS).format(
        text=text, kind=kind, options=joined, Options=joined[0].upper() + joined[1:]
    )
    return request, words[0]


def conversation(rng: random.Random) -> Conversation:
    """One to six requests, each answered with one word as it was given."""
    text = rng.choice(SYSTEMS)
    turns = [system(text)] if text else []
    sort = rng.choices(("mentioned", "mood", "opinion", "kind"), (5, 4, 4, 1))[0]
    for _ in range(rng.choices((1, 3, 6), (3, 3, 4))[0]):
        request, right = task(rng, sort)
        turns += [user(request), assistant(right)]
    return tuple(turns)
