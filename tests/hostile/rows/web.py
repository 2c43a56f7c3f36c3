"""Requests below the page: hosts, origins, bodies, routes that Gradio has, and the wire itself."""

from __future__ import annotations

from tests.hostile.driver import API, JSON, multipart
from tests.hostile.entrances import Http, from_elsewhere, http, script, upload, wire
from tests.hostile.hostile_row import Row

EVIL = "http://evil.example"
ALLOWS_EVIL = "(?i)access-control-allow-origin[^,]*(evil|\\*|null)"
JOIN = f"{API}queue/join"
REFUSED = r"4\d\d: \S"
PART = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'


def get(path: str, **headers: str) -> Http:
    return Http("GET", path, None, {name.replace("_", "-"): one for name, one in headers.items()})


def post(path: str, body: object, **headers: str) -> Http:
    return Http("POST", path, body, {name.replace("_", "-"): v for name, v in headers.items()})


ROWS = (
    # From where, and to whom
    Row("a page under another host", http, get("", Host="evil.example"), r"4\d\d: .*(?i:host)"),
    Row("the settings under another host", http, get("config", Host="evil.example"),
        r"4\d\d: .*(?i:host)"),
    Row("a host with a port that is none", http, get("", Host="127.0.0.1:x"), REFUSED),
    Row("a host that begins as ours", http, get("", Host="127.0.0.1.evil.example"),
        r"4\d\d: .*(?i:host)"),
    Row("a host of an IPv6 address", http, get("", Host="[::ffff:7f00:1]"), r"\d\d\d"),
    Row("no host", wire, b"GET / HTTP/1.1\r\n\r\n", "400|403|421"),
    Row("a forwarded host", http, get("config", X_Forwarded_Host="evil.example"), "200|4",
        never=r"http://evil\.example"),
    Row("a run from another site", from_elsewhere, {"Origin": EVIL}, r"(?i)(site|origin|host)"),
    Row("a run from a file", from_elsewhere, {"Origin": "null"}, r"(?i)(site|origin|host)"),
    Row("a run as text from another site", from_elsewhere,
        {"Origin": EVIL, "Content-Type": "text/plain"}, r"(?i)(site|origin|host)"),
    Row("a run from the same name by another port", from_elsewhere,
        {"Origin": "http://127.0.0.1:9"}, r"(?i)(site|origin|host)"),
    Row("another host and its own origin", http,
        post(JOIN, {}, Host="evil.example", Origin=EVIL), REFUSED, never=ALLOWS_EVIL),
    Row("an upload from another site", upload,
        (PART + b"x\r\n--x--\r\n", {"Content-Type": "multipart/form-data; boundary=x",
            "Origin": EVIL}), r"4\d\d: .*(?i:site|origin|host)"),
    Row("a preflight from another site", http, Http("OPTIONS", JOIN, None, {"Origin": EVIL,
        "Access-Control-Request-Method": "POST"}), r"\d\d\d", never=ALLOWS_EVIL),
    Row("the page read from another site", http, get("config", Origin=EVIL), r"\d\d\d",
        never=ALLOWS_EVIL),
    # Bodies and headers
    Row("a body of 60 MB", http, lambda: post(JOIN, b"[" + b"0," * 30_000_000 + b"0]", **{
        "Content-Type": "application/json"}), r"413: .*\w", within=10.0),
    Row("a body that is longer than it says", wire,
        b"POST /gradio_api/queue/join HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n"
        b"Content-Type: application/json\r\n\r\n[] and more", "4"),
    Row("a body of minus one byte", wire, b"POST /gradio_api/queue/join HTTP/1.1\r\n"
        b"Host: 127.0.0.1\r\nContent-Length: -1\r\n\r\n", "4"),
    Row("a body that never comes", wire, b"POST /gradio_api/queue/join HTTP/1.1\r\n"
        b"Host: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n[", "nothing|4"),
    Row("a header of 200 kB", wire, b"GET /config HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "
        + b"x" * 200_000 + b"\r\n\r\n", "4|nothing"),
    Row("1,000 headers", http, get("config", **{f"X-{n}": "x" for n in range(1000)}), "4|200"),
    Row("a cookie of half a character", wire, b"GET /config HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Cookie: access-token=\xff\xfe\r\nConnection: close\r\n\r\n", "200|4"),
    Row("a body that is not JSON", http, post(JOIN, "{oops", **JSON), REFUSED),
    Row("a body that is a list", http, post(JOIN, [1]), REFUSED),
    Row("a body that is null", http, post(JOIN, "null", **JSON), REFUSED),
    Row("a body that is no text", http, post(JOIN, b"\xff\xfe", **JSON), REFUSED),
    Row("an empty body", http, post(JOIN, b"", **JSON), REFUSED),
    Row("a body nested deeply", http, lambda: post(JOIN, "[" * 100_000, **JSON), REFUSED),
    Row("a body of another kind", http, post(JOIN, b"a=1", **{
        "Content-Type": "application/x-www-form-urlencoded"}), REFUSED),
    Row("a body in an unknown alphabet", http, post(JOIN, b"{}", **{
        "Content-Type": "application/json; charset=utf-99"}), REFUSED),
    # Uploads
    Row("an upload without a boundary", upload, (PART, {"Content-Type": "multipart/form-data"}),
        REFUSED),
    Row("an upload that is JSON", upload, (b"{}", JSON), REFUSED),
    Row("an upload cut off", upload, (PART, {"Content-Type": "multipart/form-data; boundary=x"}),
        r"\d\d\d: "),
    Row("an upload of no file", upload, (b"--x--\r\n", {
        "Content-Type": "multipart/form-data; boundary=x"}), r"\d\d\d"),
    Row("an upload under NUL", upload, multipart("files", "a\0b.png", b"x"), r"\d\d\d: "),
    Row("an upload under no name", upload, multipart("files", "", b"x"), r"\d\d\d: "),
    Row("an upload in another field", upload, multipart("evil", "a.png", b"x"), r"\d\d\d: "),
    Row("an upload of 21 MB", upload, lambda: multipart("files", "a.bin", bytes(21_000_000)),
        r"413: .*(?i:size|large)"),
    # Files and addresses
    Row("a file of the server", http, get(f"{API}file=/etc/passwd"), REFUSED, never="root:"),
    Row("a file of the process", http, get(f"{API}file=/proc/self/environ"), REFUSED),
    Row("a device", http, get(f"{API}file=/dev/zero"), REFUSED),
    Row("a file upwards", http, get(f"{API}file=../../../../etc/passwd"), REFUSED, never="root:"),
    Row("a file upwards in disguise", http, get(f"{API}file=%2e%2e%2f%2e%2e%2fetc%2fpasswd"),
        REFUSED, never="root:"),
    Row("a file with NUL", http, get(f"{API}file=/etc/passwd%00.png"), REFUSED),
    Row("a file of half a character", http, get(f"{API}file=%ff%fe"), REFUSED),
    Row("a file on another machine", http, get(f"{API}file=//127.0.0.1/c$/x"), REFUSED),
    Row("a file by the old route", http, get(f"{API}file//etc/passwd"), REFUSED, never="root:"),
    Row("a name of 10,000 letters", http, get(f"{API}file=" + "x" * 10_000), REFUSED),
    Row("an address that the server would fetch", http, get(f"{API}file=https://127.0.0.1:9/x"),
        REFUSED),
    Row("a cloud's own address", http, get(f"{API}file=http://169.254.169.254/latest/"), REFUSED),
    Row("a proxy", http, get(f"{API}proxy=http://127.0.0.1:9/"), REFUSED),
    Row("a proxy to a Space", http, get(f"{API}proxy=https://evil.hf.space/"), REFUSED),
    Row("a style sheet upwards", http, get("static/..%2f..%2f..%2fetc%2fpasswd"), REFUSED),
    Row("a script upwards", http, get("assets/../../../routes.py"), REFUSED),
    Row("a template upwards", http, get("svelte/..%2f..%2froutes.py"), REFUSED),
    Row("a file of a component", http,
        get(f"{API}custom_component/x/client/component/..%2f..%2fx"), REFUSED),
    # Scripts: by exact name, of the version that is served
    Row("a script that there is not", script, "evil.js", "404"),
    Row("a script's folder", script, "", "404"),
    Row("a script upwards from its folder", script, "../serving/guard.py", "404"),
    Row("a script upwards in disguise", script, "..%2f..%2fapp.py", "404", never="import"),
    Row("a script twice in disguise", script, "%252e%252e/app.py", "404", never="import"),
    Row("a script by a Windows path", script, "..%5c..%5capp.py", "404", never="import"),
    Row("a script by a full path", script, "/etc/passwd", "404", never="root:"),
    Row("a script with NUL", script, "page.js%00", "404"),
    Row("a script in capitals", script, "PAGE.JS", "404"),
    Row("a template as a script", script, "prompt/prompt_view.html", "404", never="<"),
    Row("a script's source in Python", script, "prompt/prompt_view.py", "404", never="import"),
    Row("a script of another version", http, get("scripts/0000000000000000/page.js"), "404"),
    Row("a script without a version", http, get("scripts/page.js"), "404"),
    Row("a script of 10,000 letters", script, "x" * 10_000 + ".js", "404|414|431"),
    Row("a script that is written", http, post("scripts/0000000000000000/page.js", b"x"), REFUSED),
    Row("a script that is deleted", http, Http("DELETE", "scripts/0000000000000000/page.js"),
        REFUSED),
    # Routes that Gradio has and this page does not need
    Row("a link to what another one has", http, get(f"{API}deep_link?session_hash=x"), r"\d\d\d"),
    Row("what all visitors do", http, get("monitoring"), REFUSED),
    Row("what all visitors do in short", http, get("monitoring/summary"), REFUSED),
    Row("what all visitors do by a key", http, get("monitoring/x"), REFUSED),
    Row("runs of all visitors", http, get(f"{API}run-history/records"), REFUSED),
    Row("a history of runs", http, post(f"{API}run-history/connect", {}), REFUSED),
    Row("the page's program", http, get(f"{API}vibe-code"), REFUSED),
    Row("another program for the page", http, post(f"{API}vibe-code", {"code": "x"}), REFUSED),
    Row("an edit of the page's program", http, post(f"{API}vibe-edit", {"prompt": "x"}), REFUSED),
    Row("a recording", http, post(f"{API}process_recording", b"x"), REFUSED),
    Row("a recording that is one", http, lambda: Http("POST", f"{API}process_recording",
        *multipart("video", "x.mp4", bytes(1000))), REFUSED),
    Row("a reload of the program", http, get(f"{API}dev/reload"), REFUSED),
    Row("a token", http, get(f"{API}token"), r"\d\d\d"),
    Row("a login where there is none", http, post("login", b"username=a&password=b", **{
        "Content-Type": "application/x-www-form-urlencoded"}), r"302|4\d\d"),
    Row("a page that there is not", http, get("evil"), REFUSED),
    Row("a route that there is not", http, get(f"{API}evil"), REFUSED),
    Row("an endpoint that there is not", http, post(f"{API}call/evil", {"data": []}), REFUSED),
    Row("an endpoint by names that there is not", http, post(f"{API}call/v2/evil", {}), REFUSED),
    Row("an endpoint by wrong names", http, post(f"{API}call/v2/generate", {"evil": 1}), REFUSED),
    Row("an endpoint without the queue", http, post(f"{API}run/generate", {"data": []}), REFUSED),
    Row("a run that there is not", http, post(f"{API}run/evil", {"data": []}), REFUSED),
    Row("an answer that there is not", http, get(f"{API}call/generate/evil"), r"\d\d\d"),
    Row("a stream of nobody", http, get(f"{API}queue/data?session_hash=evil"), r"\d\d\d"),
    Row("a stream without a session", http, get(f"{API}queue/data"), REFUSED),
    Row("a media stream of nobody", http, post(f"{API}stream/evil", {"data": []}), r"4\d\d"),
    Row("a cancel of nothing", http, post(f"{API}cancel", {"session_hash": "x", "fn_index": 1,
        "event_id": "x"}), r"\d\d\d"),
    Row("a cancel of numbers", http, post(f"{API}cancel", {"session_hash": 1}), REFUSED),
    Row("an upload's progress that there is not", http,
        get(f"{API}upload_progress?upload_id=evil"), REFUSED),
    # Methods and the wire
    Row("DELETE", http, Http("DELETE", ""), REFUSED),
    Row("PUT", http, Http("PUT", JOIN, {}), REFUSED),
    Row("PATCH", http, Http("PATCH", "config", {}), REFUSED),
    Row("TRACE", http, Http("TRACE", "", None, {"X-Secret": "seen"}), REFUSED, never="seen"),
    Row("a method that there is not", http, Http("EVIL", "config"), REFUSED),
    Row("CONNECT", wire, b"CONNECT 127.0.0.1:9 HTTP/1.1\r\nHost: 127.0.0.1:9\r\n\r\n", "4"),
    Row("a web socket", wire, b"GET /gradio_api/queue/join HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eA==\r\n\r\n", "4"),
    Row("bytes that are no request", wire, bytes(range(256)), "400|nothing"),
    Row("two requests in one", wire, b"POST /gradio_api/queue/join HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /evil HTTP/1.1\r\n"
        b"Host: 127.0.0.1\r\n\r\n", "4"),
    Row("an encrypted greeting", wire, b"\x16\x03\x01\x02\x00\x01\x00", "400|nothing"),
)  # fmt: skip
