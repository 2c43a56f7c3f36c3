"""System prompts that set the form of an answer, and answers that obey them."""

import random

from training.data.knowledge import CATEGORIES
from training.data.open_text import bulleted, fact, numbered, pick_members
from training.data.stories import SUBJECTS, story, with_article
from training.data.turns import Conversation, assistant, system, user

ONE_WORD = (
    "Answer in one word.", "Answer with one word.", "Reply with a single word.",
    "Use only one word.", "Give one-word answers.", "You answer in exactly one word.",
)  # fmt: skip
UPPER_CASE = (
    "Answer in upper case.", "Write in upper case.", "Answer in capital letters.",
    "Use only capital letters.", "Always answer in UPPER CASE.", "Reply in all caps.",
)  # fmt: skip
AS_LIST = (
    "Answer as a list.", "Answer with a list.", "Reply as a bulleted list.",
    "Always answer as a list.", "Write your answer as a list.", "Use a list.",
)  # fmt: skip
BRIEF = (
    "Answer briefly.", "Be brief.", "Keep it short.", "Answer in one sentence.",
    "Answer in a short sentence.", "Short answers only.",
)  # fmt: skip
COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5}


def name_question(rng: random.Random, category: str) -> str:
    """`Name a fruit.` and its like."""
    article = with_article(category)
    return rng.choice((
        f"Name {article}", f"Name {article}.", f"Name one {category}.", f"Tell me {article}.",
        f"What is your favourite {category}?", f"Give me {article}.", f"Can you name {article}?",
    ))  # fmt: skip


def list_question(rng: random.Random, category: str, word: str) -> str:
    """`Name three fruits.` and its like."""
    plural = CATEGORIES[category][0]
    return rng.choice((
        f"Name {word} {plural}.", f"List {word} {plural}", f"Give me {word} {plural}.",
        f"Name {word} {plural}", f"Tell me {word} {plural}.",
    ))  # fmt: skip


def sentence_with(rng: random.Random, category: str, member: str) -> str:
    """One member as a full sentence."""
    thing = member if category in ("city", "country") else member.lower()
    return rng.choice((
        f"My favourite {category} is {thing}.", f"One {category} is {thing}.", f"{member}.",
        f"I would say {thing}.", f"How about {thing}?", f"Let me think: {thing}.",
    ))  # fmt: skip


def list_story(rng: random.Random, subject: str) -> str:
    """A story with one sentence per line."""
    sentences = story(rng, subject).replace(". ", ".\n").split("\n")
    return bulleted(sentences)


def question_and_forms(rng: random.Random) -> tuple[str, dict[str, str]]:
    """A question, and its answer in each form: word, sentence, list, brief."""
    kind = rng.choices(("fact", "member", "several", "story"), (4, 3, 2, 2))[0]
    if kind == "fact":
        question, word, sentence = fact(rng)
        return question, {
            "word": word + ".", "plain": sentence, "list": bulleted([sentence]), "brief": sentence,
        }  # fmt: skip
    if kind == "member":
        category = rng.choice(tuple(CATEGORIES))
        members = pick_members(rng, category, 3)
        sentence = sentence_with(rng, category, members[0])
        return name_question(rng, category), {
            "word": members[0] + ".",
            "plain": sentence,
            "list": bulleted(members[:1]),
            "brief": sentence,
        }
    if kind == "several":
        category, word = rng.choice(tuple(CATEGORIES)), rng.choice(tuple(COUNTS))
        members = pick_members(rng, category, COUNTS[word])
        joined = ", ".join(members[:-1]) + " and " + members[-1]
        return list_question(rng, category, word), {
            "word": members[0] + ".",
            "plain": rng.choice((numbered(members), joined + ".")),
            "list": rng.choice((bulleted, bulleted, numbered))(members),
            "brief": joined + ".",
        }
    subject = rng.choice(SUBJECTS)
    question = f"Tell me a short story about {with_article(subject)}."
    lonely = rng.choice(("Once", "Adventure", "Courage", "Friendship", "Home", "Magic"))
    short = story(rng, subject, short=True)
    return question, {
        "word": lonely + ".",
        "plain": story(rng, subject),
        "list": list_story(rng, subject),
        "brief": short,
    }


def conversation(rng: random.Random) -> Conversation:
    """A system prompt about the form, one to three questions, obeyed each time."""
    form, prompts = rng.choice((
        ("word", ONE_WORD), ("upper", UPPER_CASE), ("list", AS_LIST), ("brief", BRIEF),
    ))  # fmt: skip
    prompt = rng.choice(prompts)
    if rng.random() < 0.2:
        prompt = "You are a helpful assistant. " + prompt
    turns = [system(prompt)]
    for _ in range(rng.choices((1, 2, 3), (7, 2, 1))[0]):
        question, forms = question_and_forms(rng)
        # Long upper-case stories cost many tokens and teach little: the short form will do.
        answer = forms["brief"].upper() if form == "upper" else forms[form]
        turns += [user(question), assistant(answer)]
    return tuple(turns)
