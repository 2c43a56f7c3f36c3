"""Visitors of a running page that speak its protocol as a browser does, and worse.

    visitor = Visitor(url)                                   # a session of its own
    seen = visitor.act("sessions", "look", {"act": "refresh"})
    seen = visitor.act("run-1", "click", parameter_temperature=3)   # an input by its name
    seen = visitor.call("generate", messages, {}, 1)         # the public API
    reply = visitor.request("GET", "gradio_api/file=secret") # any request at all

`Seen.text` is what the person reads. Names of components are their elem_ids, else their labels.
"""

from __future__ import annotations

import copy
import http.client
import json
import secrets
from collections import deque
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from gradio_client.utils import apply_diff

JSON = {"Content-Type": "application/json"}
PATIENCE = 30.0  # seconds without a byte before a visitor calls it a hang
API = "gradio_api/"
RAW = (str, bytes)


@dataclass(frozen=True)
class Reply:
    """One HTTP answer. headers: in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Seen:
    """What an act came to. status: of HTTP. error: the sentence of a refusal, "" where there is
    none to read, None where the act went well. data: what the outputs show, by name.
    """

    status: int
    error: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    seconds: float = 0.0

    @property
    def text(self) -> str:
        """The refusal, or all that is shown."""
        if self.error is not None:
            return self.error
        return json.dumps(self.data, ensure_ascii=False)

    def prop(self, output: str, name: str) -> Any:
        """A prop that the act changed, as the component's script sees it; None where it did not."""
        value = self.data.get(output)
        return value.get("props", {}).get(name) if isinstance(value, dict) else None


@dataclass(frozen=True)
class Event:
    """One private event. inputs, outputs: names of components."""

    index: int
    target: str
    name: str
    api_name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    queued: bool


@dataclass(frozen=True)
class PageFacts:
    """What `/config` tells: the events that the server answers, and the values that a page shows.

    ids: of the components, by name.
    """

    events: tuple[Event, ...]
    values: Mapping[str, Any]
    ids: Mapping[str, int]

    def event(self, target: str, name: str) -> Event:
        for event in self.events:
            if (event.target, event.name) == (target, name):
                return event
        known = ", ".join(f"{event.target}.{event.name}" for event in self.events)
        raise LookupError(f"There is no event {target}.{name} in {known}.")


def page_facts(config: Mapping[str, Any]) -> PageFacts:
    parts = {part["id"]: part for part in config["components"]}
    names = {number: _name_of(part) for number, part in parts.items()}
    events = [
        Event(
            index=one["id"], target=names.get(target, "page"), name=name,
            api_name=one["api_name"], queued=one["queue"] is not False,
            inputs=tuple(names[n] for n in one["inputs"]),
            outputs=tuple(names[n] for n in one["outputs"]),
        )
        for one in config["dependencies"] if one["backend_fn"]
        for target, name in one["targets"] or [(None, "")]
    ]  # fmt: skip
    values = {names[number]: part["props"].get("value") for number, part in parts.items()}
    return PageFacts(tuple(events), values, {name: number for number, name in names.items()})


def _name_of(part: Mapping[str, Any]) -> str:
    props = part["props"]
    return str(props.get("elem_id") or props.get("label") or f"{part['type']}-{part['id']}")


class Visitor:
    """A session of the page. address: that it comes from, any of 127.0.0.0/8 on Linux.

    headers: with each request; None as a value leaves one out. May be used by one thread.
    """

    def __init__(
        self, url: str, address: str = "127.0.0.1", headers: Mapping[str, str] | None = None,
        patience: float = PATIENCE,
    ) -> None:  # fmt: skip
        self.url = url
        self.session = secrets.token_hex(8)
        self._address = address
        self._headers = dict(headers or {})
        self._patience = patience

    @cached_property
    def page(self) -> PageFacts:
        return page_facts(self.request("GET", "config").json)

    # -- any request ---------------------------------------------------------------------------
    def request(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """body: bytes and texts as they are, anything else as JSON. Reads to the end."""
        with self.answer(method, path, body, headers) as answer:
            return Reply(answer.status, _headers(answer), answer.read())

    @contextmanager
    def answer(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        """The same before its body is read; leaving the context hangs up, as a closed tab does."""
        where = urlsplit(self.url)
        sent = {**(JSON if body is not None and not isinstance(body, bytes) else {}),
                **self._headers, **(headers or {})}  # fmt: skip
        content = body if body is None or isinstance(body, RAW) else json.dumps(body)
        content = content.encode() if isinstance(content, str) else content
        connection = http.client.HTTPConnection(
            where.hostname or "", where.port, self._patience, (self._address, 0)
        )
        with closing(connection):
            connection.request(method, f"{where.path}{path}", content, sent)
            answer = connection.getresponse()
            with closing(answer):
                yield answer

    def upload(self, name: str, content: bytes) -> str:
        """The path under which the server keeps it. Raises PermissionError where it refuses."""
        reply = self.request("POST", f"{API}upload", *multipart("files", name, content))
        if reply.status != 200:
            raise PermissionError(f"{reply.status}: {reply.text}")
        return reply.json[0]

    # -- events of the page --------------------------------------------------------------------
    def act(self, target: str, name: str, event_data: Any = None, **inputs: Any) -> Seen:
        """An event with the values of a fresh page, but for `inputs`: by name, "_" for "-"."""
        return self.send(self.page.event(target, name), event_data, **inputs)

    def send(self, event: Event, event_data: Any = None, **inputs: Any) -> Seen:
        return self.post(event, self.data_of(event, inputs), event_data)

    def data_of(self, event: Event, inputs: Mapping[str, Any]) -> list[Any]:
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        known = {name.replace(" ", "-"): name for name in event.inputs}
        if unknown := given.keys() - known:
            raise LookupError(f"{event.target}.{event.name} has no input {', '.join(unknown)}.")
        return [given.get(key, self.page.values[name]) for key, name in known.items()]

    def post(self, event: Event, data: Any, event_data: Any = None) -> Seen:
        """An event with any data at all, by the route that the page takes for it."""
        began = monotonic()
        body = {"data": data, "fn_index": event.index, "event_data": event_data,
                "session_hash": self.session}  # fmt: skip
        if not event.queued:
            reply = self.request("POST", f"{API}run/{event.api_name}", body)
            return _of_reply(reply, event.outputs, monotonic() - began)
        joined = self.request("POST", f"{API}queue/join", body)
        if joined.status != 200:
            return _of_reply(joined, (), monotonic() - began)
        with self.stream() as messages:
            return _last(_shown(messages, event.outputs), began)

    def join(self, event: Event, event_data: Any = None, **inputs: Any) -> Reply:
        """Puts an event into the queue; `stream` tells how it goes."""
        body = {"data": self.data_of(event, inputs), "fn_index": event.index,
                "event_data": event_data, "session_hash": self.session}  # fmt: skip
        return self.request("POST", f"{API}queue/join", body)

    @contextmanager
    def stream(self) -> Iterator[Iterator[dict[str, Any]]]:
        """The messages of this session's events; leaving the context hangs up."""
        with self.answer("GET", f"{API}queue/data?session_hash={self.session}") as answer:
            yield _messages(answer)

    def updates(
        self, event: Event, event_data: Any = None, **inputs: Any
    ) -> Generator[Seen, None, None]:
        """The same as `send`, each time that something new is shown."""
        joined = self.join(event, event_data, **inputs)
        if joined.status != 200:
            yield _of_reply(joined, (), 0.0)
            return
        with self.stream() as messages:
            yield from _shown(messages, event.outputs)

    # -- the public API ------------------------------------------------------------------------
    def call(self, name: str, *data: Any) -> Seen:
        """An endpoint to its end; its value is `data["value"]`."""
        began = monotonic()
        return _last(self.called(name, *data), began)

    def called(self, name: str, *data: Any) -> Generator[Seen, None, None]:
        """The same, each time that a value comes; closing it hangs up."""
        joined = self.request("POST", f"{API}call/{name}", {"data": data})
        if joined.status != 200:
            yield _of_reply(joined, (), 0.0)
            return
        event_id = joined.json["event_id"]
        with self.answer("GET", f"{API}call/{name}/{event_id}") as answer:
            kind = ""
            for line in answer:
                field_name, _, value = line.decode().strip().partition(": ")
                if field_name == "event":
                    kind = value
                elif field_name == "data" and kind in ("generating", "complete"):
                    value = json.loads(value)
                    yield Seen(200, None, {"value": value[0] if value else None})
                elif field_name == "data" and kind == "error":
                    yield Seen(200, _sentence(json.loads(value)))


def multipart(field: str, name: str, content: bytes) -> tuple[bytes, dict[str, str]]:
    """Body and headers of an upload."""
    edge = secrets.token_hex(8)
    head = f'Content-Disposition: form-data; name="{field}"; filename="{name}"'
    body = f"--{edge}\r\n{head}\r\n\r\n".encode() + content + f"\r\n--{edge}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={edge}"}


def _headers(answer: http.client.HTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.getheaders()}


def _messages(lines: Iterator[bytes] | http.client.HTTPResponse) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.startswith(b"data: "):
            message = json.loads(line.removeprefix(b"data: "))
            yield message
            if message["msg"] == "close_stream":
                return


def _shown(messages: Iterator[dict[str, Any]], outputs: tuple[str, ...]) -> Iterator[Seen]:
    """Of one event: after the first value Gradio sends differences."""
    data: list[Any] = []
    for message in messages:
        output = message.get("output") or {}
        if message["msg"] == "process_generating" and message["success"]:
            data = _values(data, output["data"])
            yield Seen(200, None, dict(zip(outputs, copy.deepcopy(data), strict=False)))
        elif message["msg"] == "process_completed" and message["success"]:
            if output.get("data") is not None:
                data = _values(data, output["data"])
            yield Seen(200, None, dict(zip(outputs, data, strict=False)))
        elif message["msg"] == "process_completed":
            yield Seen(200, _sentence(output))
        elif message["msg"] == "unexpected_error":
            yield Seen(200, message.get("message") or "")


def _last(updates: Iterator[Seen], began: float) -> Seen:
    """The last update, which nobody but an empty stream leaves out."""
    last = next(iter(deque(updates, maxlen=1)), Seen(200, ""))
    return replace(last, seconds=monotonic() - began)


def _values(old: list[Any], new: list[Any]) -> list[Any]:
    if not old:
        return new
    return [
        apply_diff(before, after) if _is_diff(after) else after
        for before, after in zip(old, new, strict=False)
    ]


def _is_diff(value: Any) -> bool:
    """Whether these are edits; the last value of a run comes as edits too, or whole."""
    return isinstance(value, list) and all(
        isinstance(one, list) and len(one) == 3 and isinstance(one[1], list) for one in value
    )


def _of_reply(reply: Reply, outputs: tuple[str, ...], seconds: float) -> Seen:
    try:
        value = reply.json
    except ValueError:
        value = {"error": reply.text}
    if reply.status == 200 and isinstance(value, dict) and "data" in value:
        return Seen(200, None, dict(zip(outputs, value["data"], strict=False)), seconds)
    return Seen(reply.status, _sentence(value), {}, seconds)


def _sentence(value: Any) -> str:
    """Of an error in any of the forms that Gradio and FastAPI give it."""
    if isinstance(value, Mapping):
        value = value.get("error", value.get("detail"))
    if isinstance(value, list):
        value = "; ".join(str(one.get("msg", one)) for one in value)
    return value if isinstance(value, str) else ""
