"""An iterator that runs ahead of its reader."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.pump import Pump


def read_all(pump, items):
    ended = False
    while not ended:
        more, ended = pump.drain()
        items += more
    return items


@given(st.lists(st.integers()))
def test_every_item_comes_once_and_in_order(items):
    assert read_all(Pump(item for item in items), []) == items


def test_reading_does_not_wait_for_the_next_item():
    go_on = threading.Event()

    def slow():
        go_on.wait()
        yield 1

    pump = Pump(slow())
    assert pump.drain() == ([], False)
    go_on.set()
    assert read_all(pump, []) == [1]


def test_closing_ends_an_endless_iterator_in_its_own_thread():
    ended_by = []

    def endless():
        try:
            while True:
                yield 1
        finally:
            ended_by.append(threading.current_thread())

    pump = Pump(endless())
    pump.close()
    read_all(pump, [])
    assert ended_by
    assert ended_by[0] is not threading.current_thread()


def test_an_exception_comes_after_the_items_before_it():
    def broken():
        yield 1
        raise ValueError("broken")

    pump = Pump(broken())
    seen = []
    with pytest.raises(ValueError, match="broken"):
        read_all(pump, seen)
    assert seen == [1]


def test_an_iterator_that_fails_while_it_is_closed_does_not_keep_its_reader_waiting():
    """The thread died in `close` before it said that it had ended; the reader asked on and on."""

    def stubborn():
        try:
            while True:
                yield 1
        finally:
            raise ValueError("would not close")

    pump = Pump(stubborn())
    pump.close()
    with pytest.raises(ValueError, match="would not close"):
        read_all(pump, [])
