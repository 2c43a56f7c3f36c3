"""The whole page as a browser gets it."""

from __future__ import annotations

from tests.hostile.driver import Visitor


def test_one_listener_shows_all_anew(scripted_app: str):
    """The answers to two could come in the wrong order, and the older one stayed on the page. Only
    the Prompt tab, which is opened once, has its own.
    """
    showing = [event for event in Visitor(scripted_app).page.events if "meter" in event.outputs]
    own, shared = ([e for e in showing if (e.target == "Prompt") == one] for one in (True, False))
    assert len(own) == 1
    assert len({event.index for event in shared}) == 1
