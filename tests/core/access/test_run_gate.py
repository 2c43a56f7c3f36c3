"""How many runs may be under way at once, and what one too many is told."""

from contextlib import ExitStack

import pytest

from core.access.access import Visitor
from core.access.run_gate import Most, RunGate
from core.errors import InvalidInput

MOST = Most(in_all=4, each_address=3, each_page=2)


def test_each_bound_has_its_sentence_and_a_place_is_free_again_when_a_run_ends():
    gate = RunGate(MOST)
    with ExitStack() as runs:
        for page in ("one", "one", "two"):
            runs.enter_context(gate.enter(Visitor(page, "10.0.0.1")))
        with pytest.raises(InvalidInput, match="2 of your answers are still under way"):
            runs.enter_context(gate.enter(Visitor("one", "10.0.0.1")))
        with pytest.raises(InvalidInput, match="3 answers for your network address"):
            runs.enter_context(gate.enter(Visitor("three", "10.0.0.1")))
        runs.enter_context(gate.enter(Visitor("four", "10.0.0.2")))
        with pytest.raises(InvalidInput, match="4 answers are under way, .* in a minute"):
            runs.enter_context(gate.enter(Visitor("five", "10.0.0.3")))
        assert gate.count == 4
    assert gate.count == 0
    with gate.enter(Visitor("one", "10.0.0.1")):
        assert gate.count == 1


def test_where_addresses_have_no_bound_one_may_have_all_places():
    gate = RunGate(Most(in_all=20, each_address=0, each_page=8))
    with ExitStack() as runs:
        for number in range(20):
            runs.enter_context(gate.enter(Visitor(str(number), "127.0.0.1")))


def test_a_run_that_fails_gives_its_place_back():
    gate = RunGate(MOST)
    with pytest.raises(ZeroDivisionError), gate.enter(Visitor("one")):
        raise ZeroDivisionError
    assert gate.count == 0
