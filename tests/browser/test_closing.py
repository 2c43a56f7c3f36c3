"""A closed tab frees the engine at once, not when the answer would have ended."""

from time import monotonic

from playwright.sync_api import expect

from tests.browser.test_messages import write
from tests.serving import served_here
from tests.watched import Watched

TOKENS_PER_SECOND = 10.0  # 600 tokens of a long answer take a minute
PATIENCE = 10.0


def test_closing_the_tab_frees_the_engine(open_page):
    engine = Watched(TOKENS_PER_SECOND)
    with served_here(engine) as url:
        visit = open_page(url)
        write(visit, ("user", "!long"))
        visit.locator("#run").click()
        expect(visit.locator("#lane-a .lane-status")).to_have_text("streaming")
        assert not engine.freed.is_set()
        closed = monotonic()
        visit.close()
        assert engine.freed.wait(PATIENCE)
        assert monotonic() - closed < PATIENCE
