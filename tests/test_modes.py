"""The real server in each mode: who is answered at all, and who may do what."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

import app
from engine.scripted.scripted_engine import ScriptedEngine
from serving.users import entry_of
from tests.child import ROOT
from tests.hostile.driver import Visitor
from tests.serving import served_here, served_with

PASSWORD = "correct horse"
SPACE = {"SPACE_ID": "liquid/play", "SPACE_HOST": "liquid-play.hf.space"}
MODES = ("local", "shared", "demo", "space")
SAVE = {"act": "save", "name": "Mine", "holds": {}, "from_page": True}
Reply = tuple[int, dict[str, str], str]


def ask(url: str, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
    """One request with these headers, underscores as hyphens."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, found, answer.read().decode("utf-8", "replace")
    finally:
        connection.close()


def login(url: str, name: str, password: str = PASSWORD) -> str:
    """The cookie of a user; empty where the login was refused."""
    form = urllib.parse.urlencode({"username": name, "password": password}).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    _, headers, _ = ask(url, "POST", "/login", form, **kind)
    return "; ".join(
        part.split(";")[0] for part in headers.get("set-cookie", "").split(", ") if "=" in part
    )


@cache
def logged_in(url: str, name: str) -> dict[str, str]:
    """The headers of a user, who logs in once: logins are counted."""
    return {"Cookie": login(url, name)}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The address of a server of each mode."""
    users = tmp_path_factory.mktemp("users") / "users.txt"
    users.write_text(f"{entry_of('ann', PASSWORD, True)}\n{entry_of('bob', PASSWORD, False)}\n")
    scripted = ("--engine", "scripted")
    with (
        served_with(*scripted) as local,
        served_with(*scripted, "--auth", str(users)) as shared,
        served_with(*scripted, "--demo") as demo,
        pytest.MonkeyPatch.context() as environment,
    ):
        for name, value in SPACE.items():
            environment.setenv(name, value)
        with served_with(*scripted) as space:
            environment.undo()
            yield {"local": local, "shared": shared, "demo": demo, "space": space}


VISITORS = {
    "local": ("local", ""), "owner": ("shared", "ann"), "user": ("shared", "bob"),
    "stranger": ("shared", ""), "demo": ("demo", ""), "space": ("space", ""),
}  # fmt: skip

ACTS = {
    "generate": lambda v: v.call("generate", [{"role": "user", "content": "Hi"}], {}, 1),
    "list presets": lambda v: v.call("presets"),
    "load a model": lambda v: v.act("model-load", "click", **{"model-choice": "some/model"}),
    "add a server": lambda v: v.act("servers", "add_server", {"url": "ftp://a"}),
    "remove a server": lambda v: v.act("servers", "remove_server", {"name": "far"}),
    "save a preset": lambda v: v.act("presets", "own", SAVE),
    "save a session": lambda v: v.act("session", "save", {"name": "Work"}),
    "list sessions": lambda v: v.act("sessions", "look", {"act": "refresh"}),
}

ALLOWED = {
    "generate": {"local", "owner", "user", "demo", "space"},
    "list presets": {"local", "owner", "user", "demo", "space"},
    "load a model": {"local", "owner"},
    "add a server": {"local", "owner"},
    "remove a server": {"local", "owner"},
    "save a preset": {"local", "owner", "user"},
    "save a session": {"local", "owner", "user"},
    "list sessions": {"local", "owner", "user"},
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("who", VISITORS)
def test_who_may_call_what(servers: dict[str, str], who: str, act: str):
    mode, user = VISITORS[who]
    url = servers[mode]
    if who == "stranger":
        assert ask(url, "GET", "/config")[0] == 401
        body = json.dumps({"data": []}).encode()
        assert ask(url, "POST", "/gradio_api/call/presets", body)[0] == 401
        return
    visitor = Visitor(url, headers=logged_in(url, user) if user else None)
    seen = ACTS[act](visitor)
    refusal = seen.error or (seen.prop("presets", "reply") or {}).get("error", "")
    assert bool(not refusal) == (who in ALLOWED[act]), seen.text[:500]
    if refusal:
        assert "This is a demo, so" in refusal or "Only owners" in refusal


def test_only_owners_see_the_addresses_of_servers(servers: dict[str, str]):
    with served_here(ScriptedEngine()) as far:
        told = {"url": far, "name": "the far one", "key": "sk-of-nobody-else"}
        ann, bob = (
            Visitor(servers["shared"], headers=logged_in(servers["shared"], name))
            for name in ("ann", "bob")
        )
        assert "Added the far one" in ann.act("servers", "add_server", told).text
        opened = [visitor.act("page", "load").text for visitor in (ann, bob)]
        assert [far in text for text in opened] == [True, False]
        assert all("scripted at the far one" in text for text in opened)
        removed = ann.act("servers", "remove_server", {"name": "the far one"}).text
        assert not any("sk-of-nobody-else" in text for text in (*opened, removed))


def test_no_user_sees_what_another_keeps(servers: dict[str, str]):
    url = servers["shared"]
    ann, bob = (Visitor(url, headers=logged_in(url, name)) for name in ("ann", "bob"))
    ann.act("presets", "own", {**SAVE, "name": "Secret of Ann"})
    ann.act("session", "save", {"name": "Plans of Ann"})
    assert "Secret of Ann" in ann.call("presets").text
    assert "Secret of Ann" not in bob.call("presets").text
    assert "Plans of Ann" in ann.act("sessions", "look", {"act": "refresh"}).text
    assert "Plans of Ann" not in bob.act("sessions", "look", {"act": "refresh"}).text


def test_a_link_opens_the_review_for_other_users_and_nothing_else(servers: dict[str, str]):
    url = servers["shared"]
    ann, bob = (Visitor(url, headers=logged_in(url, name)) for name in ("ann", "bob"))
    says = [{"id": "m1", "role": "user", "text": "!say Hi {{a}}", "images": []}]
    made = ann.act("sheet", "run", {"act": "new", "text": "a\tb\n1\tx"}, messages=says)
    own = {"key": made.prop("sheet", "answer")["sheet"]["key"]}
    ann.act("sheet", "run", {**own, "act": "run"}, messages=says)
    end = monotonic() + 20
    while (
        shown := ann.act("review", "ask", {**own, "act": "open"}).data["review"]["props"]["answer"]
    ).get("refused") and monotonic() < end:
        sleep(0.05)
    by_link = {"key": shown["link"], "reviewer": "ann", "browser": "0" * 32}

    def review(act: str, **more: Any) -> dict[str, Any]:
        return bob.act("review", "ask", {**by_link, "act": act, **more}).prop("review", "answer")

    assert shown["link"] not in (own["key"], "")
    assert review("open")["user"] == "bob"
    seen = review("look")
    assert (seen["reviewer"], seen["item"]["texts"]) == ("bob", ["Hi 1"])
    assert own["key"] not in json.dumps({**seen, "name": ""})
    assert "ann" not in json.dumps(seen)
    assert review("judge", item=seen["item"]["token"], marks=[4])["done"] == 1
    ann.act("review", "ask", {**own, "act": "judge", "item": "x"})
    assert "ann has no judgement" in ann.act("review", "ask", {**own, "act": "undo"}).text
    for key in (own["key"], shown["link"]):
        for told in (
            ("sheet", "look", {"key": key, "act": "rows"}),
            ("sheet", "edit", {"key": key, "act": "cell", "number": 1, "column": "a"}),
            ("sheet", "edit", {"key": key, "act": "delete"}),
            ("sheet", "run", {"key": key, "act": "run"}),
            ("sheet", "save_as", {"key": key, "form": "csv"}),
            ("sheet", "open", {"key": key}),
        ):
            said = bob.act(*told).text
            assert "no longer exists" in said or '"gone": true' in said
            assert "Hi 1" not in said
    assert "no longer exists" in bob.act("review", "ask", {**own, "act": "look"}).text
    ann.act("sheet", "edit", {**own, "act": "delete"})
    assert "no longer opens a review" in review("look")["refused"]


def test_a_wrong_password_is_refused_and_many_are_slowed_down(servers: dict[str, str]):
    url = servers["shared"]
    assert login(url, "eve") == ""
    form = b"username=ann&password=wrong"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    replies = [ask(url, "POST", "/login", form, **kind) for _ in range(30)]
    assert {status for status, _, _ in replies} == {400, 429}
    assert "Try again in a minute" in replies[-1][2]


@pytest.mark.parametrize("mode", MODES)
def test_other_hosts_and_origins_are_refused_and_answers_carry_safe_headers(servers, mode):
    url = servers[mode]
    status, headers, text = ask(url, "GET", "/", Host="evil.test")
    assert (status, "--allow-host" in text) == (421, True)
    for foreign in (
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
    ):
        for path in ("/gradio_api/queue/join", "/gradio_api/upload", "/gradio_api/cancel"):
            status, headers, _ = ask(url, "POST", path, b"{}", **foreign)
            assert status == 403
            assert not [name for name in headers if name.startswith("access-control")]
    status, headers, _ = ask(url, "GET", "/")
    assert status == 200
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    ancestors = headers["content-security-policy"].rpartition("frame-ancestors ")[2]
    assert ancestors == ("'self' https://huggingface.co" if mode == "space" else "'self'")


def test_a_space_answers_to_its_own_name(servers: dict[str, str]):
    own = {"Host": "liquid-play.hf.space", "Origin": "https://liquid-play.hf.space"}
    assert ask(servers["space"], "GET", "/", **own)[0] == 200
    assert ask(servers["local"], "GET", "/", **own)[0] == 421


def test_a_body_that_is_too_large_is_refused_before_it_is_read(servers: dict[str, str]):
    status, _, text = ask(
        servers["local"], "POST", "/gradio_api/queue/join", b"", Content_Length="999999999"
    )
    assert (status, "larger than 16 MB" in text) == (413, True)


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [(["--host", "0.0.0.0"], "--auth FILE"), (["--host", "192.168.1.5"], "--open"),
     (["--auth", "no-such-file"], "can't be read")],
)  # fmt: skip
def test_a_server_that_others_can_reach_starts_only_with_a_choice(
    flags, sentence, monkeypatch, capsys
):
    monkeypatch.setattr("sys.argv", ["app.py", "--engine", "scripted", *flags])
    with pytest.raises(SystemExit) as refused:
        app.main()
    said = f"{refused.value} {capsys.readouterr().err}"
    assert sentence in said


def test_with_open_it_starts_and_answers_to_addresses_but_to_no_other_name():
    with served_with("--engine", "scripted", "--host", "0.0.0.0", "--open") as url:
        assert ask(url, "GET", "/", Host="10.9.8.7:7860")[0] == 200
        assert ask(url, "GET", "/", Host="evil.test")[0] == 421
        added = Visitor(url).act("servers", "add_server", {"url": "http://127.0.0.1:9"})
        assert "is in a private network" in added.text  # everybody there is an owner


def test_the_command_makes_an_entry(tmp_path: Path):
    code = (
        "import getpass, sys; getpass.getpass = lambda words: 'correct horse'\n"
        "sys.argv = ['users', 'ann', '--owner']\n"
        "from serving.users import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.startswith("ann:owner:")
