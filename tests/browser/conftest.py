"""A headless Chromium, and pages that must end without an error and without a foreign request.

Opening a window takes Chromium longer than most tests do, so one window serves test after test:
each gets the page of the test before, which New has emptied, or one that was loaded anew.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.browser.pages import DESKTOP, PATIENCE, Open, emptied, ready, settled_look

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--no-first-run",
         "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]  # fmt: skip
LIGHT = "robots.txt"  # of every server: a page of the same origin that does nothing
NOTHING = "about:blank"


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    found = os.environ.get("PLAYGROUND_CHROMIUM") or next(
        filter(None, map(shutil.which, NAMES)), ""
    )
    assert found, "No Chromium was found. Run `python dev.py test`, which installs one."
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)  # a busy machine is no failure
        chromium = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield chromium
        chromium.close()


class Complaints:
    """What pages have complained of, and where they went that is not this machine."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def listen(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.heard.append(str(error)))
        page.on("request", lambda r: self.heard.append(r.url) if _is_foreign(r.url) else None)

    def _console(self, message: ConsoleMessage) -> None:
        """Gradio writes two errors of its own when a page is left while a request is on its way."""
        leaving = "signal is aborted" in message.text or "Connection errored out" in message.text
        if message.type == "error" and not leaving:
            self.heard.append(message.text)


def _is_foreign(url: str) -> bool:
    local = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", NOTHING)
    return not url.startswith(local)


def new_context(browser: Browser, viewport: ViewportSize = DESKTOP) -> BrowserContext:
    context = browser.new_context(viewport=viewport, reduced_motion="reduce")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.set_default_timeout(PATIENCE)
    return context


class Window:
    """The tab that serves test after test; a new one where a test closed or crashed it."""

    def __init__(self, browser: Browser, complaints: Complaints) -> None:
        self._browser = browser
        self._complaints = complaints
        self._page: Page | None = None
        self._new_looks: dict[str, str] = {}  # by address

    @contextmanager
    def lent(self) -> Iterator[Page]:
        """The page; left on nothing afterwards, so that its server sees that nobody is there."""
        page = self._page or self._made()
        yield page
        if self._page is page:
            _left_alone(page)
            page.goto(NOTHING)

    def used(self, url: str) -> Page:
        """The page at this address, which stays open; loaded anew where New does not make it look
        as it did when it was new.
        """
        page = self._page or self._made()
        _left_alone(page)
        page.set_viewport_size(DESKTOP)
        if page.url != url or not emptied(page, self._new_looks[url]):
            forget_all(page, url)
            page.goto(url)
            ready(page)
            if url not in self._new_looks:
                self._new_looks[url] = settled_look(page)
        return page

    def _made(self) -> Page:
        page = new_context(self._browser).new_page()
        page.on("crash", lambda _: self.forget())
        page.on("close", lambda _: self.forget())
        self._complaints.listen(page)
        self._page = page
        return page

    def forget(self) -> None:
        self._page = None

    def close(self) -> None:
        if self._page:
            self._page.context.close()


def _left_alone(page: Page) -> None:
    for other in page.context.pages:
        if other is not page:
            other.close()
    page.unroute_all()


@pytest.fixture(scope="package")
def window(browser: Browser) -> Iterator[tuple[Window, Complaints]]:
    complaints = Complaints()
    window = Window(browser, complaints)
    yield window, complaints
    window.close()


@pytest.fixture
def open_page(browser: Browser, window: tuple[Window, Complaints]) -> Iterator[Open]:
    """Opens addresses: the first in the window, which forgets what it has kept, each other as in a
    browser of its own.

    Afterwards none may have complained or gone elsewhere.
    """
    tab, complaints = window
    complaints.heard.clear()
    with ExitStack() as held:

        def opened(url: str, viewport: ViewportSize = DESKTOP, query: str = "") -> Page:
            nonlocal first
            if first:
                page = held.enter_context(tab.lent())
                page.set_viewport_size(viewport)
                forget_all(page, url)
            else:
                context = new_context(browser, viewport)
                held.callback(context.close)
                page = context.new_page()
                complaints.listen(page)
            first = False
            page.goto(url + query)
            ready(page)
            return page

        first = True
        yield opened
        heard = [*complaints.heard]  # not what is said of leaving
    assert heard == []


def forget_all(page: Page, url: str) -> None:
    """Empty what the browser keeps for the server of this address."""
    where = urlsplit(url)
    page.goto(f"{where.scheme}://{where.netloc}/{LIGHT}")
    page.evaluate("localStorage.clear(); sessionStorage.clear()")
    page.context.clear_cookies()


@pytest.fixture
def nothing_kept(scripted_data: Path) -> None:
    """No presets and sessions on the server with the scripted engine."""
    shutil.rmtree(scripted_data, ignore_errors=True)
    scripted_data.mkdir()


@pytest.fixture
def use_page(window: tuple[Window, Complaints]) -> Iterator[Callable[[str], Page]]:
    """Gives the page at an address as a new one: that of the test before, emptied by New, if there
    is one. Steps that can be undone, runs and drafts of other tests are still there.
    """
    tab, complaints = window
    complaints.heard.clear()
    yield tab.used
    assert complaints.heard == []


@pytest.fixture
def page(request: pytest.FixtureRequest, scripted_app: str, nothing_kept: None) -> Page:
    """The page with the scripted engine; loaded anew for a test that also asks for `open_page`, to
    open others or because it depends on what the browser keeps: views, formats, names.
    """
    opening = "open_page" if "open_page" in request.fixturenames else "use_page"
    return request.getfixturevalue(opening)(scripted_app)


@pytest.fixture
def new_page(open_page: Open, scripted_app: str, nothing_kept: None) -> Page:
    """The page with the scripted engine, loaded anew in a browser that has kept nothing."""
    return open_page(scripted_app)
