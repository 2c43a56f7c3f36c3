"""A closed tab frees the engine at once, not when the answer would have ended."""

import threading
from collections.abc import Iterator, Sequence
from time import monotonic

from playwright.sync_api import expect

import app
from core.events import Event
from core.workspace import Request
from engine.scripted import ScriptedEngine
from tests.browser.test_messages import write
from tests.serving import free_port

TOKENS_PER_SECOND = 10.0  # 600 tokens of a long answer take a minute
PATIENCE = 10.0


class Watched(ScriptedEngine):
    """Tells when its stream was closed."""

    def __init__(self) -> None:
        super().__init__(tokens_per_second=TOKENS_PER_SECOND)
        self.freed = threading.Event()

    def stream(self, requests: Sequence[Request]) -> Iterator[tuple[str, Event]]:
        try:
            yield from super().stream(requests)
        finally:
            self.freed.set()


def test_closing_the_tab_frees_the_engine(open_page):
    engine = Watched()
    page = app.build_page(engine, app.read_library(app.ROOT / "presets"))
    url = app.launch(page, None, free_port(), block=False)
    try:
        visit = open_page(url)
        write(visit, ("user", "!long"))
        visit.locator("#run").click()
        expect(visit.locator(".lane-status")).to_have_text("streaming")
        assert not engine.freed.is_set()
        closed = monotonic()
        visit.close()
        assert engine.freed.wait(PATIENCE)
        assert monotonic() - closed < PATIENCE
    finally:
        page.close()
