"""Person and place names: many made up from letters, so that a name must be copied, not known.

The real first names of `HELD_OUT` never occur in training, not even by accident.
"""

import random

from training.data.words import ORDINARY

HELD_OUT = (
    "John", "Mary", "Alice", "Robert", "Priya", "Wei", "Olga", "Fatima", "Carlos", "Ingrid",
    "Hiroshi", "Chloe", "Mateus", "Zainab", "Bjorn", "Siobhan", "Thandiwe", "Giulia", "Dmitri",
    "Leila", "Oskar", "Yuki", "Esperanza", "Kwame", "Astrid", "Rajesh", "Beatriz", "Tomasz",
    "Amelia", "Christopher", "Jean-Luc", "Anne-Marie", "Zoë", "José", "Renée", "Jürgen",
    "Mary Ann", "Peter Parker", "Ada Lovelace", "Grace Hopper", "Alan Turing", "Maria Garcia",
    "Sofia Rossi", "Liam Walsh", "Noor Haddad", "Bob", "Jo", "Al", "Maximiliano", "Alexandria",
)  # fmt: skip

REAL = (
    "Anna", "Tom", "Laura", "Kevin", "Nina", "Victor", "Hannah", "Samuel", "Irene", "Paul",
    "Julia", "Felix", "Clara", "Hugo", "Marta", "Simon", "Elena", "David", "Rosa", "Martin",
    "Emma", "Lucas", "Sara", "Daniel", "Eva", "Oliver", "Nora", "Adam", "Ivy", "George", "Ruth",
    "Omar", "Lena", "Ahmed", "Aisha", "Ravi", "Mei", "Kenji", "Pablo", "Camille", "André",
    "Sören", "Michael", "Emily", "James", "Linda", "Patricia", "William", "Thomas", "Karen",
    "Stephen", "Rachel", "Henry", "Diana", "Frank", "Monica", "Leo", "Vera", "Ian", "Ursula",
)  # fmt: skip
REAL_LAST = (
    "Smith", "Jones", "Brown", "Miller", "Davis", "Wilson", "Moore", "Taylor", "Fischer", "Weber",
    "Rossini", "Lopez", "Tanaka", "Kim", "Nguyen", "Silva", "Novak", "Berg", "Dubois", "O'Neill",
    "Clark", "Young", "Hill", "Green", "Baker", "Carter", "Reed", "Cook", "Bell", "Ward",
)  # fmt: skip

_SYLLABLES = (
    "an", "ba", "be", "bel", "ca", "chi", "cor", "da", "del", "den", "do", "el", "en", "er", "fa",
    "fin", "ga", "gen", "ha", "hel", "il", "in", "is", "ja", "jo", "ka", "kel", "la", "len", "li",
    "lo", "lu", "ma", "mar", "mi", "mo", "na", "nel", "ni", "no", "ol", "on", "or", "pa", "pe",
    "phi", "qui", "ra", "rel", "ri", "ro", "sa", "sha", "si", "ste", "ta", "ten", "th", "ti", "to",
    "tri", "ul", "un", "va", "vel", "vi", "wa", "wen", "xa", "ya", "yo", "za", "ze", "zo", "ann",
    "ett", "ick", "ine", "ison", "ley", "lyn", "ston",
)  # fmt: skip
_ACCENTED = "áàâäãåçéèêëíìîïñóòôöõøúùûüýßœæčšžłńśćęąőűğışřťďňů"
_BLOCKED = frozenset(word for name in HELD_OUT for word in name.replace("-", " ").split())


def _letters(rng: random.Random) -> str:
    length = rng.choices(range(2, 13), (3, 6, 9, 10, 10, 10, 8, 6, 4, 2, 1))[0]
    return "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(length))


def _syllables(rng: random.Random) -> str:
    return "".join(rng.choice(_SYLLABLES) for _ in range(rng.randint(1, 4)))


def pick_stretches(rng: random.Random) -> str:
    """Parts of ordinary words, which look more like names than random letters do."""
    parts = []
    for _ in range(rng.randint(1, 3)):
        word = rng.choice(ORDINARY)
        start = rng.randrange(len(word))
        parts.append(word[start : start + rng.randint(1, 5)])
    return "".join(parts)


def _word(rng: random.Random) -> str:
    """One capitalised made-up word."""
    maker = rng.choices((_letters, _syllables, pick_stretches), (4, 1, 5))[0]
    letters = maker(rng)
    if rng.random() < 0.06:
        place = rng.randrange(len(letters))
        letters = letters[:place] + rng.choice(_ACCENTED) + letters[place + 1 :]
    return letters[0].upper() + letters[1:]


def pick_name(rng: random.Random) -> str:
    """A training name, never one of `HELD_OUT` nor containing one of their words."""
    while True:
        first = rng.choice(REAL) if rng.random() < 0.08 else _word(rng)
        shape = rng.random()
        if shape < 0.06:
            first = f"{first}-{_word(rng)}"
        elif shape < 0.30:
            last = rng.choice(REAL_LAST) if rng.random() < 0.15 else _word(rng)
            first = f"{first} {last}"
        elif shape < 0.33:
            first = f"{first} {rng.choice(('de', 'van', 'von', 'la', 'da'))} {_word(rng)}"
        elif shape < 0.35:
            first = f"{first} {rng.choice('ABCDEFGHIJKLMNOPQRSTUVW')}. {_word(rng)}"
        elif shape < 0.37:
            first = f"{rng.choice(('Dr. ', 'O’', 'Mc', 'D’'))}{first}"
        elif shape < 0.39:
            first = first.lower()
        elif shape < 0.40:
            first = first.upper()
        if not _BLOCKED & set(first.replace("-", " ").title().split()):
            return first


def pick_place(rng: random.Random) -> str:
    """A town: a well-known one or a made-up word."""
    if rng.random() < 0.3:
        return rng.choice(TOWNS)
    return _word(rng)


TOWNS = (
    "Paris", "London", "Berlin", "Madrid", "Rome", "Boston", "Chicago", "Tokyo", "Lisbon", "Oslo",
    "Vienna", "Dublin", "Toronto", "Sydney", "Mumbai", "Cairo", "Lima", "Seattle", "New York",
    "San Diego", "Kyoto", "Nairobi", "Zurich", "Prague", "Helsinki", "Austin", "Denver",
)  # fmt: skip
