"""How long the page lets a person wait, as headless Chromium sees it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median, quantiles
from time import perf_counter

from playwright.sync_api import Page

from benchmarks.measure import Figure
from benchmarks.page_window import Browser, served
from core.conversation import Conversation, message
from core.workspace import Workspace

TALK = 60  # messages
LANES = 4
KEY_MS = 100  # between keys: nobody types faster for long, and the page hands over after 300
QUIET_MS = 1500  # after which the page has answered everything
WORDS = "The weather is fine today, and we want to know more about it. " * 3
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
STREAMING = f"document.querySelectorAll('[data-status=streaming] > .lane-pane').length === {LANES}"
RUNNING = "document.body.classList.contains('running')"
WAIT_FOR_COUNTS = """() => {
  const counts = [document.querySelector('.meter-text'),
    [...document.querySelectorAll('.turn-count')].at(-1)];
  const before = counts.map((node) => node.textContent);
  let key = 0;
  addEventListener('keydown', (event) => { key = event.timeStamp; }, true);
  window.counted = new Promise((done) => {
    const observer = new MutationObserver(() => {
      if (counts.some((node, place) => node.textContent === before[place])) return;
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => done(performance.now() - key)));
    });
    const all = { childList: true, characterData: true, subtree: true };
    for (const node of counts) observer.observe(node, all);
  });
}"""
TIME_KEYS = f"""() => {{
  window.delays = [];
  const {{ port1, port2 }} = new MessageChannel(); // its task follows the frame at once
  const shown = [];
  port1.onmessage = () => {{
    for (const key of shown.splice(0)) window.delays.push(performance.now() - key);
  }};
  let key = 0;
  addEventListener('keydown', (event) => {{ key = {STREAMING} ? event.timeStamp : 0; }}, true);
  addEventListener('input', () => {{
    if (!key) return;
    shown.push(key);
    requestAnimationFrame(() => port2.postMessage(null));
  }});
}}"""


def page_ready(browser: Browser) -> float:
    """Seconds from starting the server's process until what is typed is on the screen.

    The model is loaded meanwhile. What was typed must still be there when the page has got its
    draft and its model.
    """
    with browser.window() as page:
        began = perf_counter()
        with served() as server:
            page.goto(server.url, wait_until="commit")
            first = page.locator(".turn-text").first
            first.wait_for()
            first.focus()
            page.keyboard.type("Hi")
            page.wait_for_function("document.querySelector('.turn-text').value === 'Hi'")
            page.evaluate(DRAWN)
            seconds = perf_counter() - began
            page.locator(".turn-count", has_text="tok").wait_for()  # the model counts them
            if first.input_value() != "Hi":
                raise RuntimeError("What was typed at once was lost when the page was complete.")
    return seconds


def page_kilobytes(browser: Browser) -> Figure:
    """Kilobytes of the page's HTML as they are sent."""
    with browser.window() as page, served() as server:
        response = page.goto(server.url)
        assert response is not None
        sent, size = response.request.sizes()["responseBodySize"], len(response.body())
    return Figure(sent / 1000, f"{size / 1000:.0f} KB before compression")


def typing_to_counts(browser: Browser) -> float:
    """Milliseconds from the last key of a word to new counts of its message and of the prompt."""
    turns = (message("assistant", WORDS), message("user", WORDS)) * (TALK // 2)
    with _opened(browser, Workspace(Conversation(turns))) as page:
        return median(_until_counted(page) for _ in range(browser.sizes.words))


def _until_counted(page: Page) -> float:
    page.wait_for_timeout(QUIET_MS)
    page.evaluate(WAIT_FOR_COUNTS)
    page.keyboard.type(" word", delay=KEY_MS)
    return page.evaluate("() => window.counted")


def key_to_paint(browser: Browser) -> float:
    """95th percentile of the milliseconds from a key to the frame that shows it, while four lanes
    stream. Runs that end begin again; keys that are pressed between them don't count.
    """
    talk = Conversation((message("user", "Tell me a long story."),))
    with _opened(browser, Workspace(talk, count=LANES)) as page:
        page.evaluate(TIME_KEYS)
        delays: list[float] = []
        for _ in range(browser.sizes.keys):
            page.keyboard.press("Control+Enter")
            page.wait_for_function(RUNNING)
            page.keyboard.type(" and then", delay=KEY_MS)
            page.wait_for_function(f"!{RUNNING}")
            delays = page.evaluate("() => window.delays")
            if len(delays) >= browser.sizes.keys:
                break
        else:
            raise RuntimeError(f"Only {len(delays)} keys were pressed while all lanes streamed.")
    return quantiles(delays, n=20)[-1]


@contextmanager
def _opened(browser: Browser, workspace: Workspace) -> Iterator[Page]:
    """The page with a workspace, its last message focused, once it has answered everything."""
    with browser.window() as page, served() as server:
        server.wait_for_model()
        page.goto(server.address_of(workspace))
        last = len(workspace.conversation.messages) - 1
        counted = page.locator(".turn-count", has_text="tok").nth(last)
        counted.wait_for(state="attached")
        if not counted.is_visible():  # lanes that need the room fold the messages
            page.locator(".strip [data-fold]").click()
        page.locator(".turn-text").nth(last).focus()
        page.keyboard.press("End")
        page.wait_for_timeout(QUIET_MS)
        yield page
