"""Each row of the table against the real server: a sentence, no crash, and the next visitor is
answered.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPException
from itertools import count

import pytest

from tests.amounts import every, thorough
from tests.hostile.hostile_row import Row
from tests.hostile.hostile_table import TABLE
from tests.hostile.servers import Attacked, Sound

ROWS = count()
SENT = every(5, TABLE)
MEANT = [row for row in TABLE if row.shipped]
SHIPPED = MEANT if thorough() else MEANT[1::12]  # not those that take ten seconds


@pytest.fixture(scope="module")
def scripted() -> Iterator[Sound]:
    with closing(Sound("--engine", "scripted")) as sound:
        yield sound


@pytest.fixture(scope="module")
def shipped() -> Iterator[Sound]:
    with closing(Sound("--prompt-cache", "64", "--batch-memory", "256")) as sound:
        yield sound


def test_names_of_rows_are_their_own():
    assert [name for name, count in Counter(row.name for row in TABLE).items() if count > 1] == []


@pytest.mark.parametrize("row", SENT, ids=[row.name for row in SENT])
def test_hostile_input_comes_to_a_sentence(scripted: Sound, row: Row):
    attack(scripted.server(), row)


@pytest.mark.parametrize("row", SHIPPED, ids=[row.name for row in SHIPPED])
def test_hostile_input_meets_the_shipped_model(shipped: Sound, row: Row):
    attack(shipped.server(), row)


def attack(attacked: Attacked, row: Row) -> None:
    """Fails with all that went wrong, and what was read."""
    try:
        seen = row.send(attacked.visitor(row.within + 5))
    except (OSError, HTTPException) as error:
        wrong, read = [f"It hangs, or hangs up: {error!r}."], ""
    else:
        wrong = row.complaints(seen, attacked.secrets)
        read = f"{seen.status}, {seen.seconds:.1f} s: {seen.text[:500]}"
    wrong += [found for found in (attacked.crashes(),) if found]
    if wrong or thorough() or next(ROWS) % 4 == 0:  # an answer takes as long as most rows do
        wrong += [found for found in (attacked.still_answers(),) if found]
    if wrong:
        pytest.fail("\n".join([*wrong, read]), pytrace=False)
