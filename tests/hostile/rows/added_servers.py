"""Servers that a person adds on the page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.hostile.driver import Seen, Visitor
from tests.hostile.hostile_row import Row
from tests.hostile.rows.imports import MARKUP

SECRET = "sk-planted-key"
WRONG = "must be like http"


def add(visitor: Visitor, sent: Any) -> Seen:
    """What was refused stands below the form."""
    return _refused(visitor.act("servers", "add_server", sent))


def remove(visitor: Visitor, sent: Any) -> Seen:
    return _refused(visitor.act("servers", "remove_server", sent))


def _refused(seen: Seen) -> Seen:
    error = (seen.prop("servers", "answer") or {}).get("error")
    return replace(seen, error=error) if error else seen


ROWS = (
    Row("a server that is a file", add, {"url": "file:///etc/passwd"}, WRONG, never="root:"),
    Row("a server of another protocol", add, {"url": "gopher://127.0.0.1:70/_x"}, WRONG),
    Row("a server of a script", add, {"url": "javascript:alert(1)"}, WRONG),
    Row("a server of markup", add, {"url": MARKUP}, WRONG, never="<img"),
    Row("a server that is a list", add, {"url": ["http://a"]}, WRONG),
    Row("a server of nothing", add, None, WRONG),
    Row("a server of a million letters", add, lambda: {"url": "http://" + "a" * 1_000_000}, WRONG),
    Row("a server with a password", add, {"url": f"http://me:{SECRET}@127.0.0.1"}, WRONG,
        never=SECRET),
    Row("a server with its key after #", add, {"url": f"http://127.0.0.1#{SECRET}"}, WRONG,
        never=SECRET),
    Row("a server with its key in a query", add, {"url": f"http://127.0.0.1?key={SECRET}"}, WRONG,
        never=SECRET),
    Row("a server with a header in its URL", add, {"url": "http://127.0.0.1\r\nX: y"}, WRONG),
    Row("a key with a header in it", add,
        {"url": "http://127.0.0.1:9", "key": f"{SECRET}\r\nX: y"}, "printable ASCII", never=SECRET),
    Row("a key of a million letters", add,
        lambda: {"url": "http://127.0.0.1:9", "key": "k" * 1_000_000}, "at most 4,096"),
    Row("a key that names a variable", add, {"url": "http://127.0.0.1:9", "key": "$PATH"},
        "can't be reached", never="/usr/bin"),
    Row("a server whose name is markup", add, {"url": "http://127.0.0.1:9", "name": MARKUP},
        r"can't be reached|at most 40"),
    Row("a server whose name is an object", add, {"url": "http://127.0.0.1:9", "name": {}},
        "can't be reached"),
    Row("a server where a cloud keeps its secrets", add,
        {"url": "http://169.254.169.254/latest/meta-data", "key": SECRET}, "never called",
        never=SECRET),
    Row("the same as a number", add, {"url": "http://2852039166/"}, "never called"),
    Row("the same as IPv6", add, {"url": "http://[::ffff:169.254.169.254]/"}, "never called"),
    Row("a server that is everywhere", add, {"url": "http://0.0.0.0:80"}, "never called"),
    Row("a server that is removed and was never there", remove, {"name": MARKUP},
        "no server", never="Traceback"),
    Row("a server that is removed by a list", remove, {"name": []}, "no server"),
    Row("a server that is removed by nothing", remove, None, "no longer exists"),
)  # fmt: skip
