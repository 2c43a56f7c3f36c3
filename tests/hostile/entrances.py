"""The ways into the server that rows name: each sends one thing and says what the person reads."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

from tests.hostile.driver import JSON, Seen, Visitor

PICTURE = "picture.png"


# -- imports and what is kept ----------------------------------------------------------------------
def import_file(visitor: Visitor, sent: Any) -> Seen:
    """sent: the content of a file; a value becomes JSON."""
    content = (
        sent
        if isinstance(sent, bytes)
        else (sent if isinstance(sent, str) else json.dumps(sent)).encode("utf-8", "surrogatepass")
    )
    try:
        path = visitor.upload("chat.json", content)
    except PermissionError as refused:
        return Seen(400, str(refused))
    return visitor.act("sessions", "open", {"act": "import", "file": path, "name": "chat.json"})


def import_text(visitor: Visitor, sent: Any) -> Seen:
    text = sent if isinstance(sent, str) else json.dumps(sent)
    return visitor.act("sessions", "open", {"act": "import", "text": text})


def import_path(visitor: Visitor, sent: Any) -> Seen:
    return visitor.act("sessions", "open", {"act": "import", "file": sent, "name": "chat.json"})


def import_preset(visitor: Visitor, sent: str) -> Seen:
    return own_preset(visitor, {"act": "import", "files": [{"name": "mine.yaml", "text": sent}]})


def own_preset(visitor: Visitor, sent: Mapping[str, Any], **inputs: Any) -> Seen:
    """An act with a preset; its answer is next to the buttons."""
    seen = visitor.act("presets", "own", sent, **inputs)
    reply = seen.prop("presets", "reply") or {}
    return replace(seen, error=reply["error"]) if reply.get("error") else seen


def save_preset(visitor: Visitor, sent: Mapping[str, Any]) -> Seen:
    """sent: inputs of the page that becomes a preset, and its `name`."""
    inputs = dict(sent)
    named = {"act": "save", "name": inputs.pop("name", "hostile"), "replaces": True}
    return own_preset(visitor, {**named, "holds": {"images": True, "system": True}}, **inputs)


def keep_session(visitor: Visitor, sent: Mapping[str, Any]) -> Seen:
    """An act that writes sessions. sent: what the click tells, and `inputs` of the page."""
    told = dict(sent)
    return visitor.act("sessions", "edit", told, **told.pop("inputs", {}))


def open_session(visitor: Visitor, sent: Any) -> Seen:
    return visitor.act("sessions", "open", sent)


def look_at_sessions(visitor: Visitor, sent: Any) -> Seen:
    return visitor.act("sessions", "look", sent)


def open_link(visitor: Visitor, sent: Any) -> Seen:
    return visitor.act("work-bar", "open_link", {"workspace": json.dumps(sent)})


def reopen_draft(visitor: Visitor, sent: Any) -> Seen:
    return visitor.act("work-bar", "reopen", {"draft": json.dumps(sent)})


def open_page(visitor: Visitor, sent: Any) -> Seen:
    """sent: what the browser kept of an earlier visit."""
    return visitor.act("page", "load", None, work_bar=sent)


# -- runs ------------------------------------------------------------------------------------------
def run(visitor: Visitor, sent: Mapping[str, Any]) -> Seen:
    """The Run button. sent: inputs of the page; the message is "Hi" where it names none."""
    seen = visitor.act("run-1", "click", None, **{"messages": [row()], **sent})
    return _of_lane(seen)


def run_two(visitor: Visitor, sent: Mapping[str, Any]) -> Seen:
    """Two lanes, where each has settings of its own; what is read is lane A."""
    inputs = {"messages": [row()], "lane_count": 2, **sent}
    return _of_lane(visitor.act("run-2", "click", None, **inputs))


def edit(visitor: Visitor, sent: Mapping[str, Any]) -> Seen:
    """What follows from the page's inputs, as after each key."""
    return visitor.act("messages", "edit", None, **{"messages": [row()], **sent})


def run_picture(visitor: Visitor, sent: tuple[str, bytes]) -> Seen:
    """An image of this name and content, uploaded and asked about."""
    return run_pictures(visitor, [sent])


def run_pictures(visitor: Visitor, sent: list[tuple[str, bytes]], **inputs: Any) -> Seen:
    """Several in one message; equal ones are uploaded once."""
    try:
        once = {content: visitor.upload(name, content) for name, content in dict.fromkeys(sent)}
    except PermissionError as refused:
        return Seen(400, str(refused))
    images = [_image(once[content]) for _, content in sent]
    return run(visitor, {"messages": [row(images=images)], **inputs})


def run_path(visitor: Visitor, sent: Any) -> Seen:
    """An image that the browser says lies at this path."""
    return run(visitor, {"messages": [row(images=[_image(sent)])]})


@dataclass(frozen=True)
class Budgeted:
    """One picture and what the sliders of the image budget say."""

    content: bytes
    inputs: Mapping[str, Any] = field(default_factory=dict[str, Any])


def run_budget(visitor: Visitor, sent: Budgeted) -> Seen:
    return run_pictures(visitor, [(PICTURE, sent.content)], **sent.inputs)


def new_sheet(visitor: Visitor, sent: Mapping[str, Any]) -> Seen:
    """sent: what a new sheet is made of."""
    return _refused(visitor.act("sheet", "run", {**sent, "act": "new"}, messages=[row()]))


def sheet_of_file(visitor: Visitor, sent: bytes) -> Seen:
    """sent: the content of an XLSX file."""
    path = visitor.upload("rows.xlsx", sent)
    return new_sheet(visitor, {"file": path, "name": "rows.xlsx"})


def sheet(visitor: Visitor, sent: tuple[Any, ...]) -> Seen:
    """A new sheet of two rows. sent: its event, what that tells, and inputs where they matter."""
    name, told, *inputs = sent
    made = new_sheet(visitor, {"text": "a\tb\n1\tx\n2\ty"}).prop("sheet", "answer")
    told = {"key": made["sheet"]["key"], **told}
    return _refused(visitor.act("sheet", name, told, **(inputs[0] if inputs else {})))


def kept_sheet(visitor: Visitor, sent: tuple[Any, ...]) -> Seen:
    """The same as `sheet`, for what is refused: adds whether the sheet is still as it was."""
    name, told, *inputs = sent
    made = new_sheet(visitor, {"text": "a\tb\n1\tx\n2\ty"}).prop("sheet", "answer")
    key = {"key": made["sheet"]["key"]}
    seen = _refused(visitor.act("sheet", name, {**key, **told}, **(inputs[0] if inputs else {})))
    now = visitor.act("sheet", "look", {**key, "act": "rows"}).prop("sheet", "answer")
    parts = ("sheet", "rows", "progress")
    same = all(made[part] == now[part] for part in parts)
    return replace(seen, error=f"{seen.error} The sheet {'stayed' if same else 'changed'}.")


def judged(visitor: Visitor, sent: str) -> Seen:
    """What a judge makes of the only answer of a new sheet. sent: the name of its model."""
    made = new_sheet(visitor, {"text": "a\n1"}).prop("sheet", "answer")
    key = {"key": made["sheet"]["key"]}
    check = {"kind": "judge", "value": "{{answer}}", "model": sent}
    visitor.act("sheet", "edit", {**key, "act": "checks", "checks": [check]})
    visitor.act("sheet", "run", {**key, "act": "run"}, messages=[row("!say Hi")])
    end = monotonic() + 4
    while monotonic() < end:
        seen = visitor.act("sheet", "look", {**key, "act": "rows"})
        if "judge failed" in seen.text or "judge's answer" in seen.text:
            return seen
        sleep(0.05)
    raise TimeoutError("The answer was not judged.")


def sheet_images(visitor: Visitor, sent: Mapping[str, bytes]) -> Seen:
    """Files that are uploaded, each content once, and then named as images of a sheet's rows."""
    try:
        files = [{"file": visitor.upload("x", one), "name": name} for name, one in sent.items()]
    except PermissionError as refused:
        return Seen(400, str(refused))
    return sheet(visitor, ("edit", {"act": "images", "files": files}))


def review(visitor: Visitor, sent: Mapping[str, Any]) -> Seen:
    """What a reviewer sends about the only answer of a new sheet. sent: `item` where it is not the
    token of that.
    """
    made = new_sheet(visitor, {"text": "a\tb\n1\tx"}).prop("sheet", "answer")
    key = {"key": made["sheet"]["key"]}
    visitor.act("sheet", "run", {**key, "act": "run"}, messages=[row("!say Hi")])
    end = monotonic() + 4
    while monotonic() < end:
        who = {"reviewer": "Ann", "browser": "0" * 32}
        seen = visitor.act("review", "ask", {**key, "act": "look", **who})
        if shown := (seen.prop("review", "answer") or {}).get("item"):
            told = {**key, "act": "judge", **who, "item": shown["token"], "marks": [3]}
            began = monotonic()
            seen = _refused(visitor.act("review", "ask", {**told, **sent}), "review")
            return replace(seen, seconds=monotonic() - began)
        sleep(0.05)
    raise TimeoutError("The sheet was not answered.")


def _refused(seen: Seen, view: str = "sheet") -> Seen:
    """The tab says what was refused."""
    answer = seen.prop(view, "answer") or {}
    return replace(seen, error=answer["refused"]) if answer.get("refused") else seen


def row(text: str = "Hi", role: str = "user", images: Any = ()) -> dict[str, Any]:
    """A message as the editor sends it."""
    return {"id": "m1", "role": role, "text": text, "images": list(images)}


def _image(path: Any) -> dict[str, Any]:
    return {"path": path, "url": f"gradio_api/file={path}", "name": PICTURE}


def _of_lane(seen: Seen) -> Seen:
    """A lane that failed says why in its pane."""
    lane = seen.data.get("lane-a") or {}
    return replace(seen, error=lane["error"]) if lane.get("status") == "failed" else seen


# -- the API ---------------------------------------------------------------------------------------
def generate(visitor: Visitor, sent: list[Any]) -> Seen:
    """sent: messages, parameters and seed, or what a client thinks they are."""
    return visitor.call("generate", *sent)


def render_prompt(visitor: Visitor, sent: list[Any]) -> Seen:
    return visitor.call("render_prompt", *sent)


def score(visitor: Visitor, sent: list[Any]) -> Seen:
    """sent: messages and the text, or what a client thinks they are."""
    return visitor.call("score", *sent)


def presets(visitor: Visitor, sent: list[Any]) -> Seen:
    return visitor.call("presets", *sent)


def never_read(visitor: Visitor, sent: int) -> Seen:
    """So many slow answers are asked for and nobody reads them; then somebody else asks."""
    slow = [[{"role": "user", "content": "!slow"}], {}, 1]
    began, said = monotonic(), ""
    with ExitStack() as held:
        for _ in range(sent):
            joined = visitor.request("POST", "gradio_api/call/generate", {"data": slow})
            if joined.status != 200:
                said = joined.text
                continue
            path = f"gradio_api/call/generate/{joined.json['event_id']}"
            held.enter_context(visitor.answer("GET", path))
        meanwhile = Visitor(visitor.url, "127.0.0.2", patience=10.0)
        seen = _of_lane(meanwhile.act("run-1", "click", None, messages=[row()]))
        stop = meanwhile.act("stop", "click")
    then = {"queue": said, "run": seen.data or seen.error, "stop": stop.data or stop.error}
    return Seen(max(seen.status, stop.status), None, then, monotonic() - began)


# -- events and requests of any shape --------------------------------------------------------------
def event(visitor: Visitor, sent: tuple[Any, ...]) -> Seen:
    """sent: the component, its event, what the event tells, and inputs where they matter."""
    target, name, told, *inputs = sent
    return visitor.act(target, name, told, **(inputs[0] if inputs else {}))


def values(visitor: Visitor, sent: tuple[str, str, Any]) -> Seen:
    """sent: the component, its event, and its values as they are, of whatever number."""
    target, name, data = sent
    return visitor.post(visitor.page.event(target, name), data)


@dataclass(frozen=True)
class Http:
    """A request. body: bytes and texts as they are, anything else as JSON."""

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


def http(visitor: Visitor, sent: Http) -> Seen:
    began = monotonic()
    reply = visitor.request(sent.method, sent.path, sent.body, sent.headers)
    text = f"{reply.status}: {reply.text}"
    refused = reply.status >= 400
    said = {"headers": json.dumps(dict(reply.headers)), "body": text}
    return Seen(reply.status, text if refused else None, said, monotonic() - began)


def script(visitor: Visitor, sent: str) -> Seen:
    """sent: the name of a script, of the version that the page asks for."""
    version = re.search(rb"scripts/(\w+)/page\.js", visitor.request("GET", "").body)
    assert version, "The page loads no scripts."
    return http(visitor, Http("GET", f"scripts/{version[1].decode()}/{sent}"))


def join(visitor: Visitor, sent: Mapping[str, Any]) -> Seen:
    """sent: what is in the body of a click on Run instead of what belongs there."""
    clicked = visitor.page.event("run-1", "click")
    usual = {"data": visitor.data_of(clicked, {"messages": [row()]}), "fn_index": clicked.index}
    body = {**usual, "session_hash": visitor.session, **sent}
    return http(visitor, Http("POST", "gradio_api/queue/join", body))


def from_elsewhere(visitor: Visitor, sent: Mapping[str, str]) -> Seen:
    """A whole run whose requests have these headers."""
    stranger = Visitor(visitor.url, headers=sent)
    stranger.page = visitor.page
    return _of_lane(stranger.act("run-1", "click", None, messages=[row()]))


def wire(visitor: Visitor, sent: bytes) -> Seen:
    """Bytes on the wire; what comes back within a second, and no wait for more."""
    where, began = urlsplit(visitor.url), monotonic()
    with closing(socket.create_connection((where.hostname or "", where.port or 80), 5)) as wired:
        wired.settimeout(1)
        wired.sendall(sent)
        try:
            back = wired.recv(4096).decode("utf-8", "replace")
        except OSError:
            back = "nothing"
    status = int(back.split()[1]) if back.startswith("HTTP/") else 400
    refusal = (back or "nothing") if status >= 400 else None
    return Seen(status, refusal, {"back": back}, monotonic() - began)


def upload(visitor: Visitor, sent: tuple[bytes, Mapping[str, str]]) -> Seen:
    body, headers = sent
    return http(visitor, Http("POST", "gradio_api/upload", body, headers))


def component_server(visitor: Visitor, sent: Mapping[str, Any]) -> Seen:
    body = {"session_hash": visitor.session, "fn_name": "x", "component_id": 1, "data": [], **sent}
    return http(visitor, Http("POST", "gradio_api/component_server", body, JSON))


def markdown(visitor: Visitor, sent: Any) -> Seen:
    """A function of a component that a page calls: an answer as HTML."""
    pane = visitor.page.ids["lane-a"]
    asked = {"component_id": pane, "fn_name": "render_markdown", "data": sent}
    return component_server(visitor, asked)


def code(visitor: Visitor, sent: Any) -> Seen:
    """Another one: an address as a QR code."""
    asked = {"component_id": visitor.page.ids["demo"], "fn_name": "qr_code", "data": sent}
    return component_server(visitor, asked)


def check(visitor: Visitor, sent: Any) -> Seen:
    """A constraint, asked about while a person types."""
    asked = {"component_id": visitor.page.ids["structured"], "fn_name": "check", "data": sent}
    return component_server(visitor, asked)


def lane_check(visitor: Visitor, sent: Any) -> Seen:
    asked = {"component_id": visitor.page.ids["settings-a"], "fn_name": "check", "data": sent}
    return component_server(visitor, asked)


def example(visitor: Visitor, sent: Any) -> Seen:
    """An example whose schema is wanted."""
    page = visitor.page.ids["structured"]
    asked = {"component_id": page, "fn_name": "schema_of_example", "data": sent}
    return component_server(visitor, asked)


# -- OpenAI's protocol -----------------------------------------------------------------------------
def chat(visitor: Visitor, sent: Any) -> Seen:
    """sent: the body of a call; a mapping has a message unless it says so itself."""
    if isinstance(sent, Mapping):
        sent = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 4, **sent}
    return _completion(visitor, "v1/chat/completions", sent)


def continued_text(visitor: Visitor, sent: Mapping[str, Any]) -> Seen:
    """sent: the body of a text completion, or a part of it."""
    return _completion(visitor, "v1/completions", {"prompt": "Hi", "max_tokens": 4, **sent})


def tokenized(visitor: Visitor, sent: Mapping[str, Any]) -> Seen:
    """sent: a part of the body of a chat whose prompt is asked for."""
    body = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 4, **sent}
    return _completion(visitor, "v1/tokenize", body)


def _completion(visitor: Visitor, path: str, sent: Any) -> Seen:
    began = monotonic()
    reply = visitor.request("POST", path, sent)
    if reply.status == 200:
        return Seen(200, None, {"answer": reply.text}, monotonic() - began)
    return Seen(reply.status, reply.json["error"]["message"], {}, monotonic() - began)


def hung_up(visitor: Visitor, sent: int) -> Seen:
    """So many streams are begun and left; then somebody asks as many again, and reads."""
    body = {"messages": [{"role": "user", "content": "!slow"}], "stream": True}
    began = monotonic()
    for _ in range(sent):
        with visitor.answer("POST", "v1/chat/completions", body) as answer:
            answer.readline()
    return replace(chat(visitor, {}), seconds=monotonic() - began)
