"""Dates rewritten in a shown style: few-shot conversations, and one default style without any.

A date is held out of training by a rule on its text, so evaluation never meets a trained date.
"""

import random
import zlib
from collections.abc import Callable
from datetime import date, timedelta

from training.data.turns import Conversation, Turn, assistant, system, user

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip

PAGE_SYSTEM = "You are a helpful assistant that formats dates."
PAGE_DATES = frozenset({"2024-01-15", "2024-12-25", "2024-03-08"})

OTHER_SYSTEMS = (
    "You format dates.",
    "Format the dates.",
    "Rewrite each date in the style of the examples.",
    "Write the date the way the earlier answers do.",
    "You are a helpful assistant that rewrites dates.",
    "You are a date formatter. Answer with the date only.",
    "You are a helpful assistant.",
    "You are a helpful assistant trained by Liquid AI.",
)

ASKS = ("Format {}", "Date: {}", "Please format {}", "Format this date: {}", "{}.", "And {}?")


def _ordinal(number: int) -> str:
    """1 -> `1st`, 12 -> `12th`."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}" + {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _month(day: date) -> str:
    return MONTHS[day.month - 1]


Style = Callable[[date], str]

DEFAULT_STYLE = "January 15, 2024"
STYLES: dict[str, Style] = {
    DEFAULT_STYLE: lambda d: f"{_month(d)} {d.day}, {d.year}",
    "15 January 2024": lambda d: f"{d.day} {_month(d)} {d.year}",
    "15/01/2024": lambda d: f"{d.day:02}/{d.month:02}/{d.year}",
    "01/15/2024": lambda d: f"{d.month:02}/{d.day:02}/{d.year}",
    "15.01.2024": lambda d: f"{d.day:02}.{d.month:02}.{d.year}",
    "Jan 15, 2024": lambda d: f"{_month(d)[:3]} {d.day}, {d.year}",
    "15 Jan 2024": lambda d: f"{d.day} {_month(d)[:3]} {d.year}",
    "2024/01/15": lambda d: f"{d.year}/{d.month:02}/{d.day:02}",
    "15-Jan-2024": lambda d: f"{d.day:02}-{_month(d)[:3]}-{d.year}",
    "20240115": lambda d: f"{d.year}{d.month:02}{d.day:02}",
    "15-01-2024": lambda d: f"{d.day:02}-{d.month:02}-{d.year}",
    "January 15th, 2024": lambda d: f"{_month(d)} {_ordinal(d.day)}, {d.year}",
    "January 2024": lambda d: f"{_month(d)} {d.year}",
    "2024.01.15": lambda d: f"{d.year}.{d.month:02}.{d.day:02}",
}


def is_held_out(day: date) -> bool:
    """True for one date in ten and for the documentation's own dates: never trained on."""
    text = day.isoformat()
    return text in PAGE_DATES or zlib.crc32(text.encode()) % 10 == 0


def pick_date(rng: random.Random, held_out: bool = False) -> date:
    """A date of 1900-2099 (mostly 1990-2035), from the wanted side of the split."""
    while True:
        first, years = (1990, 46) if rng.random() < 0.7 else (1900, 200)
        day = date(first, 1, 1) + timedelta(days=rng.randrange(years * 365))
        if is_held_out(day) == held_out:
            return day


def decides(day: date) -> bool:
    """Whether one example on this day tells every style from every other one.

    5 May does not (day = month, and `May` is its own abbreviation); `20 June` does.
    """
    return day.day != day.month and day.month != 5


def pick_examples(rng: random.Random, count: int, held_out: bool) -> list[date]:
    """`count` dates of which the first one decides the style."""
    days = [pick_date(rng, held_out) for _ in range(count)]
    while days and not decides(days[0]):
        days[0] = pick_date(rng, held_out)
    return days


def few_shot(
    rng: random.Random, style: str, examples: int, held_out: bool = False, plain: bool = False
) -> Conversation:
    """A conversation of `examples` shown pairs and one question, whose answer comes last.

    `plain` keeps to the documentation's system prompt and bare dates. With no examples the
    answer is in the default style.
    """
    if examples == 0:
        style = DEFAULT_STYLE
    write = STYLES[style]
    turns: list[Turn] = []
    if plain or rng.random() < 0.55:
        turns.append(system(PAGE_SYSTEM))
    elif rng.random() < 0.75:
        turns.append(system(rng.choice(OTHER_SYSTEMS)))
    ask = "{}" if plain or rng.random() < 0.8 else rng.choice(ASKS)
    days = [*pick_examples(rng, examples, held_out), pick_date(rng, held_out)]
    for position, day in enumerate(days):
        turns.append(user(ask.format(day.isoformat())))
        # The first shown answer could be in any style: nothing to learn from guessing it.
        turns.append(assistant(write(day), taught=position > 0 or examples == 0))
    return tuple(turns)


def conversation(rng: random.Random) -> Conversation:
    """A training conversation: any style, no to five examples."""
    examples = rng.choices((0, 1, 2, 3, 4, 5), (12, 25, 30, 20, 8, 5))[0]
    return few_shot(rng, rng.choice(tuple(STYLES)), examples)
