"""Sentences with named gaps, from which extraction tasks are made.

A gap's name is the field it fills. `HELD_OUT` and `UNSEEN` frames are never trained on. The first
were looked at while the data were made; the second were written when training was over.
"""

import random

from training.data.words import ORDINARY

TRAINED = (
    "{name} is {age} years old.",
    "{name} is {age}.",
    "My name is {name} and I am {age} years old.",
    "I am {name}, {age} years old.",
    "I'm {name} and I'm {age}.",
    "Hello, I'm {name}. I am {age} years old.",
    "{name}, {age}, lives here.",
    "{name} ({age})",
    "{name} ({age}) joined the team.",
    "Name: {name}, age: {age}",
    "Name: {name}\nAge: {age}",
    "Age: {age}, name: {name}",
    "At {age}, {name} started a new life.",
    "At the age of {age}, {name} learned to swim.",
    "A {age}-year-old named {name} won the race.",
    "The {age}-year-old {name} won the prize.",
    "{name} turned {age} yesterday.",
    "{name} will turn {age} next week.",
    "{name} just celebrated a birthday and is now {age}.",
    "Today {name} is {age} years old.",
    "This is {name}, who is {age}.",
    "This is my friend {name}. She is {age} years old.",
    "My brother {name} is {age} years old.",
    "Her name is {name} and she is {age}.",
    "His name is {name} and his age is {age}.",
    "We met {name}, aged {age}.",
    "{name}, who is {age} years old, plays the piano.",
    "{name} plays chess and is {age} years old.",
    "{name} has 2 cats and is {age} years old.",
    "There is a person called {name} who is {age} years old.",
    "People call me {name}; I was born {age} years ago.",
    "{name} has lived for {age} years.",
    "Yesterday I talked to {name}. He is {age}.",
    "The winner is {name}, {age} years of age.",
    "{name} is {age} years old and lives in {city}.",
    "{name} lives in {city}.",
    "{name} lives in {city} and is {age} years old.",
    "{name} is a {age}-year-old {job} from {city}.",
    "{name} is a {job}.",
    "{name} works as a {job} in {city}.",
    "{name}, {age}, works as a {job}.",
    "{name} is {age} and works as a {job} in {city}.",
    "My name is {name}, I am {age} and I work as a {job}.",
    "I am {name} from {city}. My email is {email}.",
    "Contact {name} at {email}.",
    "Write to {name} ({email}) in {city}.",
    "{name} moved to {city} at the age of {age}.",
    "In {city}, a {job} called {name} opened a shop.",
    "Our {job} {name} is {age} years old.",
    "{name} studies in {city}. You can reach {name} at {email}.",
)

# A sentence is also put together: opener, subject, predicate, closer.
OPENERS = (
    "Yesterday ", "Today ", "Now ", "Tomorrow ", "Here ", "There ", "Later ", "Sometimes ",
    "Yesterday ", "In the evening ", "On Monday ", "This week ", "Last year ", "Once ", "Maybe ",
    "I think ", "I know that ", "You know, ", "We know that ", "Let us say ", "Tell me, ",
    "Hello! ", "Yesterday, ", "As you know, ", "Note: ", "Dear team, ", "Guess what: ",
    "By the way, ", "In the news: ", "I heard that ", "We think that ", "Please remember: ",
    "Here is the list. ", "From the letter: ", "It is said that ", "Good morning. ", "Today, ",
    "Believe it or not, ", "Everyone says that ", "According to the report, ", "Then ", "And ",
    "They told us that ", "Listen, ", "Well, ", "For the record, ", "Last summer, ", "So ",
)  # fmt: skip
SUBJECTS = (
    "{name}", "my {kin} {name}", "our {kin} {name}", "her {kin} {name}", "his {kin}, {name},",
    "a {kin} called {name}", "a {kin} named {name}", "someone called {name}", "the {kin} {name}",
    "your {kin} {name}", "{name}, my {kin},", "{name}, a {kin},", "the one they call {name}",
    "a certain {name}", "young {name}", "old {name}", "the famous {name}", "{name}, the {kin},",
    "our {kin}, {name},", "{name} from the {kin} club", "my {kin} {name}", "my {kin} {name}",
    "our {kin}, {name},", "his {kin} {name}", "their {kin} {name}", "my {kin}, {name},",
)  # fmt: skip
PREDICATES = (
    "is {age} years old", "is {age}", "turned {age}", "has turned {age}", "will be {age} soon",
    "is {age} years of age", "is aged {age}", "is about {age} years old", "is already {age}",
    "was {age} last year", "reached the age of {age}", "has just become {age} years old",
    "is {age} today", "is exactly {age} years old", "became {age} in May", "looks {age}",
    "celebrates being {age}", "is only {age} years old", "feels like {age}", "is {age} and happy",
    "(age {age}) sings well", "({age}) came along", "(aged {age}) won", ", {age}, waited outside",
    ", {age} years old, went home", ", who is {age}, likes tea", ", aged {age}, reads a lot",
)  # fmt: skip
PAIRS = (
    "Let me present {who}, who is {age}.", "Let me tell you about {who}. {They} is {age}.",
    "Let us welcome {who}, who is {age} years old.", "Let me say that {who} is {age}.",
    "I want to introduce {who}. {They} is {age}.", "You know {who}. {They} is {age}.",
    "I like {who}. {They} is {age}.", "I remember {who}. {They} was {age}.",
    "I {word} {who}. {They} is {age} years old.", "We {word} {who}. {They} is {age}.",
    "I {word} that {who} is {age}.", "The {word} of {who}, aged {age}.",
    "The {word} is {who} and the {word} is {age}.", "My {word} is called {who} and is {age}.",
    "This is {who}. {They} is {age}.", "I met {who}. {They} is {age} years old.",
    "We saw {who} and {they} is {age}.", "Do you know {who}? {They} turned {age}.",
    "May I present {who}, {age}?", "Meet {who}, who is {age} years old.",
    "Welcome {who}! {They} is {age} years old.", "Call {who}; {they} is {age}.",
    "Ask {who}, {age} years old, about it.", "Say hello to {who}, aged {age}.",
    "The age of {who} is {age}.", "{age} is the age of {who}.", "It was {who} who turned {age}.",
    "There goes {who}. Only {age} years old!", "They asked {who}, who was {age} then.",
    "Someone wrote: {who}, {age}.", "The list says {who} = {age}.", "{who} / {age}", "{who}: {age}",
)  # fmt: skip
CLOSERS = (
    " That is all.", " Thank you.", " We like it here.", " See you soon.", " What a day!",
    " It was raining.", " Please write it down.", " The end.", " Best wishes.", " Is that right?",
)  # fmt: skip
KIN = (
    "brother", "cousin", "boss", "colleague", "friend", "coach", "student",
    "mother", "father", "daughter", "son", "guest", "partner", "manager", "captain", "nurse",
    "doctor", "dancer", "runner", "grandmother", "baker", "pilot", "chess player",
)  # fmt: skip

HELD_OUT = (
    "Let me introduce {name}, who is {age} years old.",
    "Yesterday {name} became {age} years old.",
    "My neighbour {name} is {age}.",
    "The name is {name} and the age is {age}.",
    "{name} is now {age} years old.",
    "My sister is called {name} and she is {age} years old.",
    "{name} (age {age}) plays football.",
    "Our teacher, {name}, is {age} years old.",
    "A person named {name}, {age} years old, came in.",
    "I know {name}. She is {age}.",
)

JOBS = (
    "nurse", "teacher", "doctor", "baker", "painter", "driver", "engineer", "gardener", "writer",
    "pilot", "cook", "farmer", "singer", "lawyer", "dentist", "carpenter", "librarian", "student",
    "plumber", "photographer", "musician", "judge", "tailor", "scientist", "waiter", "designer",
)  # fmt: skip

UNSEEN = (
    "The oldest player is {name}, who is {age} years old.",
    "{name} blew out {age} candles.",
    "Everybody in the office knows {name}, aged {age}.",
    "My dentist {name} is {age} years old.",
    "I spoke with {name} ({age}) on the phone.",
    "Born {age} years ago, {name} still runs every day.",
    "{name} and I are friends. {name} is {age}.",
    "Passenger: {name}. Age: {age}.",
    "The new singer is called {name}. She is {age} years old.",
    "On the train sat {name}, {age} years old.",
)

_NEVER = frozenset(HELD_OUT + UNSEEN)


def _built(rng: random.Random) -> str:
    """A sentence put together from parts, with gaps for name and age."""
    kin = rng.choice(KIN if rng.random() < 0.4 else ORDINARY)
    subject = rng.choice(SUBJECTS).replace("{kin}", kin)
    if rng.random() < 0.4:
        they = rng.choice(("he", "she"))
        frame = rng.choice(PAIRS).replace("{who}", subject.rstrip(","))
        frame = frame.replace("{word}", rng.choice(ORDINARY))
        frame = frame.replace("{They}", they.capitalize()).replace("{they}", they)
    else:
        predicate = rng.choice(PREDICATES)
        if predicate[0] in ",(":
            subject = subject.rstrip(",") + (" " if predicate[0] == "(" else "")
            frame = subject + predicate + "."
        else:
            frame = f"{subject} {predicate}."
    opener = rng.choice(OPENERS) if rng.random() < 0.35 else ""
    if not opener or opener[-2] in ".!":
        frame = frame[0].upper() + frame[1:]
    return opener + frame + (rng.choice(CLOSERS) if rng.random() < 0.25 else "")


def pick_frame(rng: random.Random) -> str:
    """A training sentence with gaps: one of the list, or a built one; never a held-out one."""
    while True:
        frame = rng.choice(TRAINED) if rng.random() < 0.4 else _built(rng)
        if frame not in _NEVER:
            return frame
