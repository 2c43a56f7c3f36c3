"""No path that a browser sends opens a file outside of the page's own stores, at any event."""

from __future__ import annotations

import asyncio
import inspect
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any, get_type_hints

import gradio as gr
import pytest
from gradio.blocks import BlockFunction

import app
from engine.scripted.scripted_engine import ScriptedEngine
from serving.server import Serving
from tests.hostile.planted import Planted, plant, workspace_with
from tests.waiting import steps

PATIENCE = 5.0  # seconds for what takes milliseconds: this machine may be busy
IN_FLIGHT = 8  # as many runs as one page may have
ACTS = (
    "refresh", "compare", "export", "save", "save_as", "rename", "label", "duplicate", "delete",
    "undelete", "import", "open", "restore",
)  # fmt: skip


@dataclass(frozen=True)
class Page:
    blocks: gr.Blocks
    planted: Planted

    def events(self) -> list[BlockFunction]:
        """Of equal ones, such as what follows every edit, the first."""
        found: dict[Any, BlockFunction] = {}
        for fn in self.blocks.fns.values():
            if fn.fn is not None:
                found.setdefault(f"{fn.fn} {[block._id for block in fn.inputs]}", fn)
        return list(found.values())

    def values(self, fn: BlockFunction, editor: Any, other: Any = None) -> list[Any]:
        """What a browser sends: these messages, and for the rest what the page begins with or,
        where it is given, `other`.
        """
        return [self._value(block, editor, other) for block in fn.inputs]

    def _value(self, block: Any, editor: Any, other: Any) -> Any:
        match block.elem_id:
            case "messages":
                return editor
            case "session":
                bar = file_data(self.planted.paths[1])
                return {**bar, "key": "talk", "name": bar, "number": 1}
            case _:
                first = getattr(block, "value", None)
                return first if other is None or isinstance(block, gr.State) else other


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Iterator[Page]:
    planted = plant(tmp_path_factory.mktemp("server"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(planted.uploads))
        library = app.read_library(app.ROOT / "presets")
        engine = ScriptedEngine(tokens_per_second=10_000)
        yield Page(app.build_page(engine, library, data=planted.data), planted)


def file_data(path: str) -> dict[str, Any]:
    """What Gradio takes for a file, and would copy into its public folder out of an answer."""
    return {"path": path, "url": path, "orig_name": "x", "meta": {"_type": "gradio.FileData"}}


def rows(paths: Any) -> list[dict[str, Any]]:
    images = [{**file_data(path), "name": "x"} for path in paths]
    return [{"id": file_data("/x"), "role": "user", "text": "!see", "images": images}]


def without_files(value: Any, *signs: str) -> Any:
    """The same where Gradio's own checks find no file, so that it reaches the event's handler.

    signs: what it knows a file by: "meta" among an event's inputs, in what comes with it "path".
    """
    match value:
        case dict():
            kept = {name: one for name, one in value.items() if name not in signs}
            return {name: without_files(one, *signs) for name, one in kept.items()}
        case list():
            return [without_files(one, *signs) for one in value]
        case _:
            return value


def asked(page: Page, path: str, act: str = "open") -> dict[str, Any]:
    """All that any event reads of what a click sends."""
    workspace = workspace_with([path], files={"x": path, path: path})
    return {
        "act": act, "file": path, "name": "x.json", "key": "talk", "number": 2, "form": "page",
        "images": True, "lane": "A", "program": "transformers", "question": file_data(path),
        "workspace": json.dumps(workspace), "draft": json.dumps({"messages": rows([path])}),
        "gone": path, "run": 1,
        "results": [file_data(path)], "pair": ["A", "A"], "query": path, "unfold": "talk",
        "files": [{"name": path, "text": path, "error": file_data(path)}], "keep": True,
        "rule": path, "text": "", "label": path, "holds": {"images": True, "messages": True},
    }  # fmt: skip


def _texts(path: str) -> list[str]:
    """Files of every kind that name another file, as pasted texts; without one, the upload."""
    url = [{"type": "image_url", "image_url": {"url": path}}]
    own = workspace_with(["x"], files={"x": path})
    versions = [{"time": "2026-01-31T12:00:00", "workspace": workspace_with(["x", path])}]
    session = {
        "format": "lfm-playground-session-file", "version": 1, "name": "s", "versions": versions,
    }  # fmt: skip
    found = [own, workspace_with([path]), {**session, "files": {"x": path}}, session,
             {"messages": [{"role": "user", "content": url}]}]  # fmt: skip
    return ["", *map(json.dumps, found)]


def within(seconds: float, what: str, work: Callable[[], Any]) -> Any:
    """What it gives, or its exception as a text. Fails where it takes longer, as with a pipe."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(work())
        except Exception as error:
            found.append(f"{error} {error.__cause__}")

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    assert found, f"{what} did not end within {seconds} s"
    return found[0]


def called(fn: BlockFunction, values: list[Any], event: dict[str, Any]) -> Any:
    """All that the event's handler gives, without Gradio's own checks in front of it."""
    request = gr.Request(
        session_hash="page", query_params={}, headers={}, client=SimpleNamespace(host="127.0.0.1")
    )
    given = iter([dict(zip(fn.inputs, values, strict=True))] if fn.inputs_as_dict else values)
    own = {gr.Request: request, gr.EventData: gr.EventData(None, event)}
    answer = fn.fn(*(own.get(hint) or next(given) for hint in _hints(fn.fn)))  # type: ignore[misc]
    if inspect.iscoroutine(answer):
        return asyncio.run(answer)  # each call has a thread of its own
    if inspect.isasyncgen(answer):
        return list(steps(answer))
    return list(answer) if inspect.isgenerator(answer) else answer


def _hints(function: Any) -> list[Any]:
    hints = get_type_hints(function)
    return [hints.get(name) for name in inspect.signature(function).parameters]


def files_in(answer: Any) -> Iterator[dict[str, Any]]:
    """What Gradio would take for files of the server, and copy where a browser can read them."""
    match answer:
        case dict() if "path" in answer and "meta" in answer:
            yield answer
        case dict():
            for one in answer.values():
                yield from files_in(one)
        case list() | tuple():
            for one in answer:
                yield from files_in(one)
        case _:
            pass


def clicks(page: Page, fn: BlockFunction) -> list[dict[str, Any]]:
    """What is sent with an event, for each path where that may name one."""
    paths = page.planted.paths
    name = getattr(fn.fn, "__qualname__", "")
    if gr.EventData not in _hints(fn.fn):
        return [asked(page, path) for path in paths[:2]]
    if name == "SessionsTab._open":
        opened = [asked(page, paths[0], act) for act in ("open", "restore")]
        files = [asked(page, path, "import") for path in paths]
        return opened + [file | {"text": text} for file in files for text in _texts(file["file"])]
    if "SessionsTab" in name:
        return [asked(page, paths[0], act) for act in ACTS]
    return [asked(page, path) for path in paths]


def test_no_handler_tells_what_stands_in_a_file_elsewhere(page: Page):
    planted = page.planted
    for fn in page.events():
        several = clicks(page, fn)
        every = [(page.values(fn, rows([click["file"]])), click) for click in several]
        every.append((page.values(fn, rows(planted.paths)), several[0]))
        for path in planted.paths[:4]:
            every.append((page.values(fn, rows([path]), file_data(path)), several[0]))
        for values, click in every:
            said = f"{getattr(fn.fn, '__qualname__', fn.fn)} with {json.dumps(click)[:300]}"
            answer = within(PATIENCE, said, partial(called, fn, values, click))
            assert not planted.seen_in(repr(answer)), said
            assert list(files_in(answer)) == [], said
            if "Session" in said:
                assert planted.leaked_files() == [], said
    assert planted.leaked_files() == []


def sent(page: Page) -> Iterator[dict[str, Any]]:
    """Bodies for every event of the page, as anybody can post them who reaches the port."""
    paths = page.planted.paths[:2]
    for fn in page.events():
        several = [click for click in clicks(page, fn) if not click or click["file"] in paths]
        for click in several:
            values = without_files(page.values(fn, rows(paths)), "meta")
            told = without_files(click, "meta", "path")
            yield {"fn_index": fn._id, "data": values, "event_data": told}
        for path in paths:
            hostile = page.values(fn, rows([path]), file_data(path))
            yield {"fn_index": fn._id, "data": hostile, "event_data": several[0]}


def answered(url: str, page: Page, bodies: list[dict[str, Any]]) -> str:
    """All that the server says to these events."""
    session = f"hostile{id(bodies)}"
    waiting: set[str] = set()
    heard: list[str] = []
    for body in bodies:
        event = page.blocks.fns[body["fn_index"]]
        queued = event.queue is not False
        content = json.dumps({**body, "session_hash": session}).encode()
        route = "queue/join" if queued else f"run/{event.api_name}"
        asked = urllib.request.Request(
            f"{url}gradio_api/{route}", content, {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
                text = answer.read().decode()
        except urllib.error.HTTPError as error:  # refused at the door
            heard.append(error.read().decode())
            continue
        if queued:
            waiting.add(json.loads(text)["event_id"])
        else:
            heard.append(text)
    if waiting:
        events = f"{url}gradio_api/queue/data?session_hash={session}"
        with urllib.request.urlopen(events, timeout=PATIENCE) as stream:
            for line in stream:
                heard.append(line.decode())
                if b'"process_completed"' in line:
                    waiting.discard(json.loads(line.removeprefix(b"data:"))["event_id"])
                if not waiting:
                    break
    return "".join(heard)


def test_no_event_over_http_answers_with_a_file_from_elsewhere(page: Page):
    planted, bodies = page.planted, list(sent(page))
    engine = ScriptedEngine(tokens_per_second=10_000)
    server = app.make_server(engine, planted.data, Serving(port=0))  # its page has the same events
    server.start()
    heard = ""
    try:
        for place in range(0, len(bodies), IN_FLIGHT):
            said = answered(server.url, page, bodies[place : place + IN_FLIGHT])
            heard += said
            assert said
            assert not planted.seen_in(said)
    finally:
        server.close()
    # The handlers were asked, and not only the door.
    for words in ("was not uploaded", '"missing":true'):
        assert words in heard.replace(": ", ":"), words
    assert planted.leaked_files() == []
