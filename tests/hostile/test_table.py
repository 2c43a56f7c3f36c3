"""Each row of the table against the real server: a sentence, no crash, and the next visitor is
answered.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPException

import pytest

from tests.hostile.row import Row
from tests.hostile.servers import Attacked, Sound
from tests.hostile.table import TABLE

SHIPPED = [row for row in TABLE if row.shipped]


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


@pytest.mark.parametrize("row", TABLE, ids=[row.name for row in TABLE])
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
    wrong += [found for found in (attacked.still_answers(), attacked.crashes()) if found]
    if wrong:
        pytest.fail("\n".join([*wrong, read]), pytrace=False)
