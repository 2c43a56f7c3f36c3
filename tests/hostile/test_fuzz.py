"""JSON of any shape at every event of the page: no crash, no hang, no growth.

The same examples each time; PLAYGROUND_FUZZ=20000 tries as many others for as long as that takes.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.amounts import amount
from tests.hostile.driver import API, Event, Seen, Visitor
from tests.hostile.servers import Attacked, attacked, raised, settled

EXAMPLES = int(os.environ.get("PLAYGROUND_FUZZ", amount(20, 400)))
FUZZ = settings(
    max_examples=EXAMPLES,
    derandomize="PLAYGROUND_FUZZ" not in os.environ,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
MOST = 8.0  # seconds of one event; longer is a hang
MOST_MEMORY = 100_000_000  # bytes beyond those after the first events
MOST_THREADS = 12  # Gradio's pool of threads goes on growing to its 40 while it is first used
MOST_FILES = 24

# Words that mean something here, so that more than the first check of a handler is met.
WORDS = st.sampled_from([
    "A", "B", "E", "key", "lane", "act", "name", "run", "role", "user", "system", "text",
    "messages", "images", "path", "url", "status", "done", "opening", "prefill", "seed", "results",
    "workspace", "draft", "format", "version", "sampling", "temperature", "stop", "save", "save_as",
    "import", "export", "open", "restore", "delete", "refresh", "compare", "rename", "lane_count",
    "files", "content", "id", "type", "image", "own/x", "lfm2-text", "auto", "!fail",
    "../../etc/passwd", "<img>", "\ud83d", "\0",
])  # fmt: skip
NUMBERS = st.one_of(
    st.integers(-3, 70),
    st.sampled_from([10**30, -(2**63), 10**400]),
    st.sampled_from([float("nan"), float("inf"), -0.0, 1e308, 0.5]),
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, WORDS, st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5), st.dictionaries(WORDS | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=12,
)
KEYS = st.sampled_from(["data", "component_id", "fn_name", "session_hash"])
# Seconds long by design, and so covered by rows of the table instead.
LOADS = ("load", "load_second")


@pytest.fixture(scope="module")
def server() -> Iterator[Attacked]:
    with attacked("--engine", "scripted") as server:
        yield server


def events_of(visitor: Visitor) -> list[Event]:
    """Each once, though an event may be that of many components."""
    once = {event.index: event for event in visitor.page.events}
    return [event for event in once.values() if event.api_name.rstrip("_0123456789") not in LOADS]


@pytest.mark.thorough
def test_json_of_any_shape_comes_to_no_crash_no_hang_and_no_growth(server: Attacked):
    visitor = server.visitor(MOST)
    events = events_of(visitor)
    for event in events:  # what is made once is made
        visitor.post(event, visitor.data_of(event, {}), {})
    before = settled(server.server)
    server.crashes()
    wrong: dict[str, str] = {}  # of each kind one example

    @FUZZ
    @given(st.data())
    def fuzz(data: st.DataObject) -> None:
        event = data.draw(st.sampled_from(events))
        told = data.draw(JSON)
        values: Any = visitor.data_of(event, {})
        if data.draw(st.integers(0, 9)) == 0:
            values = data.draw(JSON)
        elif values:
            places = st.integers(0, len(values) - 1)
            for place, value in data.draw(st.dictionaries(places, JSON, max_size=3)).items():
                values[place] = value
        seen = visitor.post(event, values, told)
        judge(f"{event.target}.{event.name}", f"{told!r} with {values!r}", seen)

    @settings(FUZZ, max_examples=EXAMPLES // 6)
    @given(st.dictionaries(KEYS, JSON) | JSON)
    def serve(body: Any) -> None:
        reply = visitor.request("POST", f"{API}component_server", body)
        judge("component_server", repr(body), Seen(reply.status, reply.text))

    def judge(where: str, sent: str, seen: Seen) -> None:
        if crash := server.crashes():
            kind = [*raised(crash), crash][0]
        elif seen.status >= 500 or seen.error == "":
            kind = f"{seen.status} and {seen.error!r}"
        else:
            return
        wrong.setdefault(f"{where}: {kind[:200]}", sent[:400])

    fuzz()
    serve()
    if wrong:
        pytest.fail("\n".join(f"{kind} <- {sent}" for kind, sent in wrong.items()), pytrace=False)
    assert server.still_answers() == ""
    after = settled(server.server)
    assert after.memory - before.memory < MOST_MEMORY, f"{before} -> {after}"
    assert after.threads - before.threads <= MOST_THREADS, f"{before} -> {after}"
    assert after.files - before.files <= MOST_FILES, f"{before} -> {after}"
