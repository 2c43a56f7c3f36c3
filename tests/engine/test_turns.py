"""Taking turns is fair and survives errors."""

from __future__ import annotations

import threading

import pytest

from engine.turns import Turns


def test_who_asked_first_is_served_first() -> None:
    """A plain lock would give itself to the same thread again and again."""
    turns, order = Turns(), []
    asked = [threading.Event() for _ in range(3)]

    def take(place: int) -> None:
        asked[place].set()
        with turns:
            order.append(place)

    threads = [threading.Thread(target=take, args=(place,)) for place in range(3)]
    with turns:
        for place, thread in enumerate(threads):
            thread.start()
            asked[place].wait()
            while len(turns._waiting) <= place:
                threading.Event().wait(0.001)
    with turns:
        order.append(9)
    for thread in threads:
        thread.join()
    assert order[:3] == [0, 1, 2]


def test_only_one_thread_has_the_turn() -> None:
    turns, inside, most = Turns(), [0], [0]

    def work() -> None:
        for _ in range(300):
            with turns:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_an_error_passes_the_turn_on() -> None:
    turns = Turns()
    with pytest.raises(ZeroDivisionError), turns:
        raise ZeroDivisionError
    with turns:
        pass
