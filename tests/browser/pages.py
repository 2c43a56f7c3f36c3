"""What the tests in a browser do on the page and read from it, by the names that a person sees."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, TimeoutError, ViewportSize, expect

DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE = 20_000  # milliseconds
LABELS = "abcd"
KEPT = "playground.keptDrafts.read(playground.keptDrafts.tab)?.kept"
Open = Callable[..., Page]


# -- the page as a whole ---------------------------------------------------------------------------
def ready(page: Page) -> None:
    """Wait until the server has opened the page: only then is there an active preset."""
    page.locator(".presets [aria-pressed=true]").wait_for(state="attached")
    page.locator(".turn").first.wait_for(state="attached")  # lanes may fold the messages


def opened(page: Page) -> None:
    """The same where there may be no message."""
    page.locator(".turns-foot").wait_for(state="attached")
    page.wait_for_function("playground.keptDrafts.wasOpened")


def another_tab(page: Page) -> Page:
    """A second tab of the same browser on the same address."""
    tab = page.context.new_page()
    tab.set_default_timeout(PATIENCE)
    tab.goto(page.url)
    ready(tab)
    return tab


LOOK = """() => {
  const seen = (places) =>
    [...document.querySelectorAll(places)].filter((one) => one.checkVisibility());
  return JSON.stringify([
    document.body.className, document.body.innerText,
    seen('input, textarea, select').map(({ type, checked, value }) =>
      (type === 'checkbox' ? checked : value)),
    seen('[aria-expanded], [aria-pressed], [aria-selected]').map((one) =>
      [one.ariaExpanded, one.ariaPressed, one.ariaSelected].join()),
  ]);
}"""


def settled_look(page: Page) -> str:
    """All that can be seen on a page that has just been loaded, once it no longer changes."""
    look = page.evaluate(LOOK)
    for _ in range(PATIENCE // 500):
        page.wait_for_timeout(500)
        before, look = look, page.evaluate(LOOK)
        if look == before:
            return look
    raise AssertionError("A page that nobody touches goes on changing.")


def emptied(page: Page, new_look: str) -> bool:
    """Whether New makes this page look like a new one."""
    if page.locator("dialog[open], body.running").count():
        return False
    if page.get_by_role("tab", name="Answers", selected=False).count():
        tab(page, "Answers")
    page.locator("#work-bar [data-act=new]").click()
    try:
        for _ in range(2):  # nothing that is under way may change it again
            page.wait_for_function(
                f"look => ({LOOK})() === look", arg=new_look, polling=100, timeout=2000
            )
            page.wait_for_timeout(300)
    except TimeoutError:
        return False
    return True


def until_kept(page: Page, condition: str) -> None:
    """Wait until `condition` holds for `kept`, this tab's draft in the browser's storage."""
    page.wait_for_function(f"(() => {{ const kept = {KEPT}; return kept && ({condition}); }})()")


STILL = "*, *::before, *::after { transition: none !important; animation: none !important; }"
SWITCH_THEME = "document.body.classList.toggle('dark')"
COLOURS = ["color-contrast"]  # of axe's rules the only one that another theme changes


def falls_silent(page: Page) -> None:
    """Wait until the page asks the server nothing for a second; listeners of Gradio that call each
    other never let it.
    """
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if "queue/join" in r.url else None)
    for _ in range(PATIENCE // 1000):
        before = len(asked)
        page.wait_for_timeout(1000)
        if len(asked) == before:
            return
    raise AssertionError(f"The page does not fall silent: {len(asked)} requests.")


def violations(page: Page, where: str | None = None) -> list[str]:
    """Of the rules of accessibility, in the light and the dark theme, each with the element.

    where: the only elements that are looked at; None for all, which takes seconds.
    """
    page.add_style_tag(content=STILL)  # a colour on its way to another is neither
    found = Axe().run(page, where).response["violations"]
    page.evaluate(SWITCH_THEME)
    found += Axe().run(page, where, {"runOnly": COLOURS}).response["violations"]
    page.evaluate(SWITCH_THEME)
    return [f"{v['id']}: {node['html'][:160]}" for v in found for node in v["nodes"]]


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


# -- messages --------------------------------------------------------------------------------------
def texts(page: Page) -> list[str]:
    return page.locator(".turn-text").evaluate_all("rows => rows.map(row => row.value)")


def roles(page: Page) -> list[str]:
    return page.locator(".turn").evaluate_all("rows => rows.map(row => row.dataset.role)")


def open_messages(page: Page) -> None:
    """Unfold them, or show them on a phone."""
    for opener in (".strip [data-fold]", "#phone [data-pane=messages]"):
        if page.locator(opener).is_visible():
            page.locator(opener).click()


def write(page: Page, *turns: tuple[str, str]) -> None:
    """Replace all messages by `turns` (role and text), by the buttons."""
    open_messages(page)
    page.get_by_role("button", name="Clear").click()
    for role, text in turns:
        page.get_by_role("button", name=f"Add {role} message").click()
        page.locator(".turn-text").last.fill(text)


def upload(page: Page, *files: Path) -> None:
    """Attach images to the last message."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Attach image").last.click()
    chooser.value.set_files(files)
    expect(page.locator(".turn-images figcaption").last).to_have_text(files[-1].name)


# -- settings --------------------------------------------------------------------------------------
def number(page: Page, name: str) -> Locator:
    """The number box of a sampler, named as in its element: "top-k"."""
    return page.locator(f"#parameter-{name} input[type=number]")


def open_models(page: Page) -> None:
    row = page.locator(".model-row")
    if row.get_attribute("aria-expanded") != "true":
        row.click()


def load(page: Page, model: str) -> None:
    open_models(page)
    field = page.locator("#model-choice input")
    field.fill(model)
    field.press("Enter")
    page.locator("#model-load").click()


def open_structured(page: Page) -> None:
    page.locator("[data-open=structured]").click()
    expect(page.locator(".structured-body")).to_be_visible()


# -- lanes -----------------------------------------------------------------------------------------
def lanes(page: Page, count: int) -> None:
    page.locator(f"[data-count='{count}']").click()
    expect(page.locator(f"#column-{LABELS[count - 1]}")).to_be_visible()


def lanes_shown(page: Page, count: int) -> None:
    """Wait until there are so many; three or more fold the messages on most screens."""
    page.wait_for_function(f"document.body.dataset.lanes === '{count}'")


def use_template(page: Page, name: str) -> None:
    """On a phone the templates are among the settings."""
    settings = page.locator("#phone [data-pane=settings]")
    if settings.is_visible():
        settings.click()
    page.locator("#lane-count .lane-templates summary").click()
    page.locator("#lane-count .lane-template-list button", has_text=name).click()


def expect_status(page: Page, label: str, status: str, timeout: float = PATIENCE) -> None:
    """Wait until the lane is idle, queued, streaming, done, stopped or failed."""
    shown = page.locator(f"#lane-{label} .lane-status")
    expect(shown).to_have_attribute("data-status", status, timeout=timeout)


def run(page: Page, *labels: str) -> None:
    """Run all, and wait until these lanes are done."""
    page.locator("#run").click()
    for label in labels:
        expect_status(page, label, "done")


def text(page: Page, label: str) -> str:
    return page.locator(f"#lane-{label} .lane-raw").inner_text()


def lane_name(page: Page, label: str) -> Locator:
    return page.locator(f"#settings-{label} .lane-source option:checked")


def chips(page: Page, label: str) -> list[str]:
    return page.locator(f"#settings-{label} .lane-chips span").all_inner_texts()


def change(page: Page, label: str) -> None:
    """Open a lane's form."""
    page.locator(f"#settings-{label} [data-act=change]").click()


# -- sessions --------------------------------------------------------------------------------------
def sessions_tab(page: Page) -> Locator:
    tab(page, "Sessions")
    expect(page.locator(".sessions-note")).to_contain_text(
        "Everyone who can open this page can see and change them."
    )
    return page.locator("#sessions")


def save_session(page: Page, name: str = "") -> None:
    """By the key; with a name as a new session."""
    page.keyboard.press("Control+s")
    if name:
        page.get_by_label("Session name").fill(name)
        page.keyboard.press("Enter")
        expect(page.locator(".session-name")).to_have_text(name)


def said(page: Page, text: str) -> None:
    """Wait until the Sessions tab says it."""
    expect(page.locator(".sessions-said")).to_contain_text(text)


# -- work of every kind ----------------------------------------------------------------------------
def work(page: Page) -> None:
    """Change something of every kind."""
    write(page, ("system", "Be brief."), ("user", "précieux 日本 👩‍👩‍👧\n\ttail  "))
    page.get_by_role("button", name="Creative").click()
    expect(page.locator(".preset-state")).to_have_text("Creative is active.")
    number(page, "max-new-tokens").fill("77")
    number(page, "max-new-tokens").press("Tab")
    open_structured(page)
    page.locator("[data-kind=regex]").click()
    page.locator(".structured-text").fill("[a-z]+")
    page.locator(".structured summary").click()
    page.locator("[data-count='3']").click()
    page.get_by_label("Settings of lane B", exact=True).select_option("greedy")
    until_kept(page, "kept.max_new_tokens === 77 && kept.lane_B.preset === 'greedy'")
    until_kept(page, "kept.constraint.text === '[a-z]+'")
    open_messages(page)


def expect_work(page: Page) -> None:
    open_messages(page)
    expect(page.locator(".turn")).to_have_count(2)
    assert texts(page) == ["Be brief.", "précieux 日本 👩‍👩‍👧\n\ttail  "]
    expect(page.locator(".preset-state")).to_contain_text("Creative")
    expect(number(page, "max-new-tokens")).to_have_value("77")
    expect(page.locator(".structured-text")).to_have_value("[a-z]+")
    expect(page.locator("#structured-row b")).to_contain_text("Regex")
    expect(number(page, "temperature")).to_have_value("1")
    assert page.evaluate("document.body.dataset.lanes") == "3"
    expect(page.get_by_label("Settings of lane B", exact=True)).to_have_value("greedy")
