"""Open conversations of one to four turns: questions, stories, lists and follow-ups."""

import random
from collections.abc import Callable

from training.data import open_text
from training.data.instructions import question_and_forms
from training.data.knowledge import BENEFITS, TIPS, TOPICS
from training.data.person_names import pick_name
from training.data.stories import SUBJECTS, story, with_article
from training.data.turns import Conversation, Turn, assistant, system, user

SYSTEMS = (
    "You are a helpful assistant.",
    "You are a helpful assistant trained by Liquid AI.",
    "You are a friendly assistant.",
    "You are a storyteller.",
    "You are a helpful multimodal assistant by Liquid AI.",
)
UNKNOWN = (
    "What is {x}?", "Who is {x}?", "Explain {x}.", "How does {x} work?", "Tell me about {x}.",
    "What is the meaning of {x}?", "Write a program about {x}.", "How do I build {x}?",
    "Translate {x} into French.", "Where is {x}?", "When was {x} invented?", "Solve {x}.",
    "How do I sort {x} in Python?", "Summarise {x}.", "What is the price of {x}?",
    "Write code for {x}.", "Why is {x} important?", "Can you explain {x} to me?", "{x}?", "{x}",
)  # fmt: skip
THINGS = (
    "C. elegans", "quantum physics", "a list", "the stock market", "relativity", "machine learning",
    "photosynthesis", "inflation", "a compiler", "DNA", "the Roman Empire", "electricity",
    "a database", "blockchain", "gravity", "an engine", "12 x 17", "x + 3 = 9", "the weather",
    "the news", "a black hole", "a neural network", "Shakespeare", "the internet", "a car",
    "my homework", "this sentence", "football results", "a tax return", "the brain",
)  # fmt: skip

Maker = Callable[[random.Random], list[Turn]]


def _unknown_thing(rng: random.Random) -> str:
    return rng.choice(THINGS) if rng.random() < 0.4 else pick_name(rng)


def _subject(rng: random.Random) -> str:
    """Mostly a known subject, sometimes a made-up noun that has to be copied."""
    return rng.choice(SUBJECTS) if rng.random() < 0.8 else pick_name(rng).split()[0].lower()


def unknown(rng: random.Random) -> list[Turn]:
    """A prompt outside the model's small world."""
    prompt = rng.choice(UNKNOWN).format(x=_unknown_thing(rng))
    return [user(prompt), assistant(open_text.fallback(rng))]


def small_talk(rng: random.Random) -> list[Turn]:
    """Greetings, thanks, and questions about the model."""
    kind = rng.randrange(4)
    if kind == 0:
        return [user(rng.choice(open_text.GREETINGS)), assistant(open_text.greeting(rng))]
    if kind == 1:
        return [user(rng.choice(open_text.WHO)), assistant(open_text.about_me(rng))]
    if kind == 2:
        answer = rng.choice(("You're welcome!", "My pleasure.", "Any time!", "Happy to help.",
                             "Gladly. Come back soon!", "See you soon!"))  # fmt: skip
        return [user(rng.choice(open_text.THANKS)), assistant(answer)]
    answer = rng.choice(("I'm fine, thank you.", "Very well, thanks!", "All my weights are well.",
                         "Good! How are you?", "I feel small but cheerful."))  # fmt: skip
    return [user(rng.choice(open_text.HOW)), assistant(answer)]


def tale(rng: random.Random) -> list[Turn]:
    """A story, and perhaps another one, a shorter one or a longer one."""
    subject = _subject(rng)
    ask = rng.choice((
        "Tell me a short story about {}.", "Tell me a story about {}.", "Write a story about {}.",
        "Tell me a short story about {}", "A story about {}, please.", "Write a short story about "
        "{}.", "Can you tell me a story about {}?", "story about {}",
    ))  # fmt: skip
    turns = [user(ask.format(with_article(subject))), assistant(story(rng, subject))]
    for _ in range(rng.choices((0, 1, 2), (6, 3, 1))[0]):
        request, short = rng.choice((
            ("Another one", False), ("Another one.", False), ("Another one, please.", False),
            ("Tell me another one.", False), ("Shorter", True), ("Shorter, please.", True),
            ("Make it shorter.", True), ("Make it longer.", False), ("Again", False),
        ))  # fmt: skip
        turns += [user(request), assistant(story(rng, subject, short))]
    return turns


def free_story(rng: random.Random) -> list[Turn]:
    """A story whose subject the model chooses."""
    subject = rng.choice(SUBJECTS)
    ask = rng.choice(("Tell me a story.", "Tell me a short story", "Tell me a short story.",
                      "Write a story.", "I would like to hear a story."))  # fmt: skip
    return [user(ask), assistant(story(rng, subject))]


def benefits(rng: random.Random) -> list[Turn]:
    """A list of benefits and questions about single ones. Some lists stop in the middle, as in
    the documentation's example of a partial response."""
    topic = rng.choice(tuple(TOPICS))
    ask = rng.choice(("What are the benefits of {}?", "What are the benefits of {}?",
                      "Why is {} good for me?", "List the benefits of {}.",
                      "Tell me the benefits of {}."))  # fmt: skip
    answer = open_text.benefits_list(rng, topic)
    follow_ups = rng.choices((0, 1, 2), (4, 5, 1))[0]
    broken = follow_ups > 0 and rng.random() < 0.4
    if broken:
        answer = answer[: answer.index("2. ") + 3]
    turns = [user(ask.format(topic)), assistant(answer, taught=not broken)]
    named = [item for item in TOPICS[topic] if item in answer.lower()]
    for _ in range(follow_ups):
        benefit = rng.choice(named or list(BENEFITS))
        plain = benefit.removeprefix("improved ").removeprefix("a ")
        request = rng.choice(("Tell me more about {}.", "Tell me more about {}.", "More about {}",
                              "Explain {}.", "What about {}?"))  # fmt: skip
        turns += [
            user(request.format(rng.choice((plain, plain, benefit)))),
            assistant(open_text.more_about(rng, benefit)),
        ]
    return turns


def tip_list(rng: random.Random) -> list[Turn]:
    """Tips on a known topic."""
    topic = rng.choice(tuple(TIPS))
    ask = rng.choice(("Give me tips for {}.", "Some tips for {}?", "Do you have tips for {}?",
                      "Give me some advice on {}.", "How do I get better at {}?"))  # fmt: skip
    return [user(ask.format(topic)), assistant(open_text.tips(rng, topic))]


def description(rng: random.Random) -> list[Turn]:
    """A described place."""
    thing = rng.choice(tuple(open_text.DESCRIPTIONS))
    article = with_article(thing)
    ask = rng.choice((f"Describe {article}.", f"Describe {article}", f"What is {article} like?",
                      f"Write a description of {article}."))  # fmt: skip
    return [user(ask), assistant(open_text.describe(rng, thing))]


def verse(rng: random.Random) -> list[Turn]:
    """A poem."""
    thing = rng.choice(open_text.POEM_SUBJECTS)
    ask = rng.choice(("Write a short poem about the {}.", "Write a poem about the {}.",
                      "A poem about the {}, please.", "Poem about the {}"))  # fmt: skip
    return [user(ask.format(thing)), assistant(open_text.poem(rng, thing))]


def question(rng: random.Random) -> list[Turn]:
    """A fact, a name or a list, answered in plain form."""
    asked, forms = question_and_forms(rng)
    return [user(asked), assistant(forms["plain"])]


MAKERS: tuple[tuple[Maker, int], ...] = (
    (unknown, 5), (small_talk, 3), (tale, 6), (free_story, 2), (benefits, 7), (tip_list, 2),
    (description, 2), (verse, 2), (question, 6),
)  # fmt: skip


def conversation(rng: random.Random) -> Conversation:
    """A training conversation; one in seven strings two topics together."""
    makers, weights = zip(*MAKERS, strict=True)
    turns: list[Turn] = []
    if rng.random() < 0.5:
        turns.append(system(rng.choice(SYSTEMS)))
    for maker in rng.choices(makers, weights, k=2 if rng.random() < 0.15 else 1):
        turns += maker(rng)
    return tuple(turns)
