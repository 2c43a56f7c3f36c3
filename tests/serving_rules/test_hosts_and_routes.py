"""Who is answered, on which routes, and with what in a request's body."""

import json

import gradio as gr
import pytest

from serving.event_bodies import BadRequest, check_body, completed
from serving.hosts import Hosts, is_loopback, is_same_origin
from serving.routes import JOIN, is_open

UPLOADS = "/uploads"
RUN = "/gradio_api/run/predict"


@pytest.mark.parametrize(
    ("bound", "names", "header", "trusted"),
    [
        ("127.0.0.1", (), "127.0.0.1:7860", True),
        ("127.0.0.1", (), "localhost:7860", True),
        ("127.0.0.1", (), "[::1]:7860", True),
        ("127.0.0.1", (), "LOCALHOST", True),
        ("127.0.0.1", (), "evil.test", False),
        ("127.0.0.1", (), "localhost.evil.test", False),
        ("127.0.0.1", (), "evil.test@127.0.0.1", True),  # its host is what follows the @
        ("127.0.0.1", (), "192.168.1.5", False),
        ("127.0.0.1", (), "", False),
        ("127.0.0.1", (), "[::1", False),
        ("127.0.0.1", ("Play.Example",), "play.example", True),
        ("192.168.1.5", (), "192.168.1.5:80", True),
        ("192.168.1.5", (), "192.168.1.6", False),
        ("0.0.0.0", (), "10.1.2.3:7860", True),
        ("0.0.0.0", (), "evil.test", False),
    ],
)
def test_only_trusted_hosts_are_answered(bound, names, header, trusted):
    assert Hosts(bound, names).trusts(header) is trusted


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://127.0.0.1:7860", "127.0.0.1:7860", True),
        ("https://space.hf.space", "space.hf.space", True),
        ("http://127.0.0.1:7861", "127.0.0.1:7860", False),
        ("http://evil.test", "127.0.0.1:7860", False),
        ("null", "127.0.0.1:7860", False),
        ("", "", False),
        ("http://[", "127.0.0.1", False),
    ],
)
def test_a_page_of_another_origin_is_told_apart(origin, host, same):
    assert is_same_origin(origin, host) is same


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("localhost", True), ("::1", True),
     ("0.0.0.0", False), ("::", False), ("192.168.1.5", False), ("example.org", False)],
)  # fmt: skip
def test_an_address_that_others_can_reach_is_known(host, loopback):
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    ("method", "path", "open_"),
    [
        ("GET", "/", True),
        ("GET", "/config", True),
        ("GET", "/assets/index.js", True),
        ("GET", "/scripts/0f9a/prompt/prompt_view.js", True),
        ("GET", "/scripts/0f9a/../app.py", False),
        ("GET", "/scripts/page.js", False),
        ("POST", "/scripts/0f9a/page.js", False),
        ("GET", f"/gradio_api/file={UPLOADS}/a/b.png", True),
        ("GET", "/gradio_api/file=/etc/passwd", False),
        ("GET", f"/gradio_api/file={UPLOADS}/../etc/passwd", False),
        ("GET", f"/gradio_api/file={UPLOADS}", False),
        ("GET", "/gradio_api/file=https://evil.test/", False),
        ("GET", "/gradio_api/file=//evil.test/share", False),
        ("GET", "/gradio_api/file=\\\\evil.test\\share", False),
        ("GET", "/gradio_api/proxy=https://x.hf.space/", False),
        ("GET", "/gradio_api/deep_link", False),
        ("GET", "/gradio_api/token", False),
        ("GET", "/monitoring", False),
        ("POST", "/gradio_api/queue/join", True),
        ("POST", "/gradio_api/call/generate", True),
        ("POST", "/gradio_api/vibe-edit", False),
        ("POST", "/gradio_api/process_recording", False),
        ("PUT", "/gradio_api/queue/join", False),
        ("OPTIONS", "/gradio_api/queue/join", False),
    ],
)
def test_only_routes_that_the_page_needs_are_open(method, path, open_):
    assert is_open(method, path, UPLOADS) is open_


def echo(value: str) -> str:
    return value


def join(value: str, request: gr.Request, options: dict | None = None) -> str:
    return value


@pytest.fixture(scope="module")
def page() -> gr.Blocks:
    with gr.Blocks() as page:
        text = gr.Textbox()
        text.submit(lambda value: value, text, text, api_visibility="private")
        text.blur(lambda value: value, text, text, api_visibility="private", queue=False)
        gr.api(echo, api_name="echo")
        gr.api(join, api_name="join")
    return page


def check(page: gr.Blocks, path: str, **body) -> str:
    body = {"fn_index": 0, "data": ["x"], "session_hash": "abc", **body}
    return check_body(path, json.dumps(body).encode(), page, UPLOADS)


def test_what_the_page_sends_is_let_through(page):
    file = {"path": f"{UPLOADS}/a.png", "meta": {"_type": "gradio.FileData"}}
    assert check(page, JOIN, data=[[file, {"text": "Hi", "number": 1.5}]]) == "abc"
    assert check(page, RUN, fn_index=1) == "abc"
    body = json.dumps({"data": ["x"]}).encode()
    assert check_body("/gradio_api/call/echo", body, page, UPLOADS) == ""


def test_a_call_may_leave_out_its_last_values(page):
    path = "/gradio_api/call/join"
    for data, sent in ((["x"], ["x", None]), (["x", {}], ["x", {}])):
        body = json.dumps({"data": data}).encode()
        assert check_body(path, body, page, UPLOADS) == ""
        assert json.loads(completed(path, body, page))["data"] == sent
    with pytest.raises(BadRequest, match="a list of 1 to 2 values; there are 3"):
        check_body(path, json.dumps({"data": [1, 2, 3]}).encode(), page, UPLOADS)


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        (JOIN, {"fn_index": 99}, "names no event of this page"),
        (JOIN, {"fn_index": True}, "names no event of this page"),
        (RUN, {"fn_index": 0}, "names no event of this page"),  # past the queue
        (JOIN, {"fn_index": 1}, "names no event of this page"),
        (JOIN, {"data": []}, "a list of 1 values; there are 0"),
        (JOIN, {"data": {}}, "there are none"),
        (JOIN, {"session_hash": "../x"}, "1 to 64 letters"),
        (JOIN, {"session_hash": None}, "session_hash is missing"),
        (JOIN, {"data": [1e999]}, "not a finite"),
        (JOIN, {"data": ["x"], "trigger_id": "x"}, "trigger_id"),
        (
            JOIN,
            {"data": [{"a": [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}]}]},
            "not an upload",
        ),
        (
            JOIN,
            {"event_data": {"path": "http://x/", "meta": {"_type": "gradio.FileData"}}},
            "not an upload",
        ),
        ("/gradio_api/call/nothing", {}, "Use one of echo, join"),
        ("/gradio_api/call/echo", {}, "A call has no session_hash"),
        ("/gradio_api/cancel", {}, "event_id must be text"),
        ("/gradio_api/component_server", {"component_id": 1, "fn_name": "__init__"}, "no function"),
        ("/gradio_api/component_server", {"component_id": 99, "fn_name": "x"}, "no function"),
    ],
)
def test_what_no_page_sends_is_refused_with_a_sentence(page, path, body, sentence):
    with pytest.raises(BadRequest, match=sentence):
        check(page, path, **body)


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"data": ' + b"[" * 70 + b"]" * 70 + b"}"],
)
def test_a_body_that_is_no_request_is_refused(page, content):
    with pytest.raises(BadRequest):
        check_body(JOIN, content, page, UPLOADS)


def test_deep_values_are_refused(page):
    value: list = []
    for _ in range(70):
        value = [value]
    with pytest.raises(BadRequest, match="more than 64 deep"):
        check(page, JOIN, data=[value])
