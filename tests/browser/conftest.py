"""A headless Chromium, and a page that must end without an error and without a foreign request."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--no-first-run",
         "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]  # fmt: skip
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
Open = Callable[..., Page]
KEPT = "keptDrafts.read(keptDrafts.tab)?.kept"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = os.environ.get("PLAYGROUND_CHROMIUM") or next(
        filter(None, map(shutil.which, NAMES)), ""
    )
    assert found, "No Chromium was found. Run `python dev.py test`, which installs one."
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Opens addresses in fresh contexts; afterwards none may have complained or gone elsewhere."""
    contexts, complaints = [], []

    def opened(url: str, viewport: ViewportSize = DESKTOP, query: str = "") -> Page:
        context = browser.new_context(viewport=viewport)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda m: complaints.append(m.text) if _is_complaint(m) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda r: complaints.append(r.url) if _is_foreign(r.url) else None)
        page.goto(url + query)
        ready(page)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def ready(page: Page) -> None:
    """Wait until the server has opened the page: only then is there an active preset."""
    page.locator(".presets [aria-pressed=true]").wait_for(state="attached")
    page.locator(".turn").first.wait_for()


def until_kept(page: Page, condition: str) -> None:
    """Wait until `condition` holds for `kept`, this tab's draft in the browser's storage."""
    page.wait_for_function(f"(() => {{ const kept = {KEPT}; return kept && ({condition}); }})()")


def _is_complaint(message: ConsoleMessage) -> bool:
    """Gradio writes two errors of its own when a page is left while a request is on its way."""
    leaving = "signal is aborted" in message.text or "Connection errored out" in message.text
    return message.type == "error" and not leaving


def _is_foreign(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:"))


@pytest.fixture
def page(open_page: Open, scripted_app: str) -> Page:
    return open_page(scripted_app)
