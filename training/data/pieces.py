"""Words put together from the tokenizer's own pieces.

A piece that was rarely met is copied wrongly, and most lower-case pieces are rare in any text that
these grammars write.
"""

import random
from functools import cache

from training.tokenizer import build_tokenizer


@cache
def pieces() -> tuple[str, ...]:
    """The tokenizer's lower-case pieces, single letters included."""
    known = build_tokenizer(seed=1).get_vocab()
    return tuple(sorted(one for one in known if one.isascii() and one.isalpha() and one.islower()))


def pick_joined(rng: random.Random) -> str:
    """One to three pieces as a word of three letters or more."""
    while True:
        word = "".join(rng.choices(pieces(), k=rng.choices((1, 2, 3), (5, 4, 2))[0]))
        if len(word) > 2:
            return word
