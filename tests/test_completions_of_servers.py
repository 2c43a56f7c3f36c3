"""`/v1` over the local model and those of servers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.access.access import Access
from core.access.run_gate import LOCAL, RunGate
from core.completions.asked import read_chat
from core.runs.events import Finished, Token
from engine.remote.remote_engine import RemoteEngine
from engine.remote.remote_server import RemoteServer
from engine.remote.several import SeveralEngines
from engine.scripted.scripted_engine import ScriptedEngine
from serving.completions.answering import Answering
from serving.completions.caller import Callers
from serving.completions.routes import Completions
from tests.engine.remote import hostile_servers as bad

KEY = "a-key-of-20-letters."
HI = [{"role": "user", "content": "Hi"}]
FAR = {"data": [{**bad.MODELS["data"][0], "id": "scripted"}]}
PLAIN = {"data": [{"id": "plain"}]}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    """A local model, another playground's of the same name, and one of an unknown server."""

    def answer() -> bad.Pieces:
        return bad.stream(bad.token("Far"), bad.END)

    with bad.serving(answer, FAR) as near, bad.serving(answer, PLAIN) as plain:
        servers = [RemoteEngine(RemoteServer(url, name=name))
                   for url, name in ((near, "near"), (plain, "other"))]  # fmt: skip
        engine = SeveralEngines(ScriptedEngine(tokens_per_second=1000), servers)
        for _ in engine.load("scripted"):
            pass
        gate = RunGate(LOCAL)
        routes = Completions(engine, gate, Access(), Callers(KEY)).routes
        with TestClient(Starlette(routes=routes), headers={"Authorization": f"Bearer {KEY}"}) as it:
            yield it


def asked(client: TestClient, path: str = "chat/completions", **body: Any) -> dict[str, Any]:
    prompt = {"messages": HI} if path.startswith("chat") else {"prompt": "Hi"}
    return client.post(f"/v1/{path}", json={**prompt, **body}).json()


def test_the_model_that_is_named_answers(client):
    """A local model of the name that it has on its server answered in its place."""
    assert [one["id"] for one in client.get("/v1/models").json()["data"]] == [
        "scripted", "scripted at near", "plain at other",
    ]  # fmt: skip
    for name, far in (("scripted at near", True), ("plain at other", True), ("scripted", False)):
        told = asked(client, model=name)
        assert told["model"] == name
        assert (told["choices"][0]["message"]["content"] == "Far") == far


def test_what_a_server_does_not_tell_is_not_made_up(client):
    far = {"model": "scripted at near", "logprobs": True, "return_token_ids": True}
    told = asked(client, **far)
    assert told["usage"] is None
    assert told["prompt_token_ids"] is None
    assert told["choices"][0]["token_ids"] == [7]
    (entry,) = told["choices"][0]["logprobs"]["content"]
    assert (entry["token"], entry["logprob"], entry["bytes"]) == ("Far", -0.5, [70, 97, 114])
    here = asked(client, model="scripted", return_token_ids=True)
    assert here["usage"]["prompt_tokens"] == len(here["prompt_token_ids"]) > 0


@pytest.mark.parametrize(
    ("body", "param"),
    [({"model": "plain at other", "logprobs": True}, "logprobs"),
     ({"model": "scripted at near", "logprobs": True, "top_logprobs": 3}, "top_logprobs")],
)  # fmt: skip
def test_logprobs_that_a_server_does_not_tell_are_refused(client, body, param):
    error = asked(client, **body)["error"]
    assert (error["param"], body["model"] in error["message"]) == (param, True)


def test_a_text_to_be_continued_is_not_sent_to_a_server_as_a_message(client):
    error = asked(client, "completions", model="scripted at near")["error"]
    assert "/v1/chat/completions" in error["message"]


def test_a_prompts_ids_are_told_once(client):
    """Each chunk of a text repeated all of them."""
    body = {"model": "scripted", "prompt": ["a b", "c"], "max_tokens": 4, "stream": True,
            "return_token_ids": True}  # fmt: skip
    lines = client.post("/v1/completions", json=body).text.split("\n\n")
    chunks = [
        json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: {")
    ]
    for place in (0, 1):
        told = [one for chunk in chunks for one in chunk["choices"] if one["index"] == place]
        assert len(told) >= 2
        assert ["prompt_token_ids" in one for one in told] == [True] + [False] * (len(told) - 1)
        assert told[0]["prompt_token_ids"]
    whole = asked(client, "completions", **{**body, "stream": False})
    assert all(one["prompt_token_ids"] for one in whole["choices"])


def test_text_that_was_held_back_comes_with_the_end_where_ids_are_told():
    """Alone it had no ids, and another playground took that for no part of an answer."""
    body = {"messages": HI, "return_token_ids": True, "stream": True}
    asked = read_chat(body, ScriptedEngine().description)
    answering, told = Answering(ScriptedEngine().stream([]), asked, None, no_call, no_call), []
    for event in (Token(7, "a", -0.5, 0.0), Finished("max_new_tokens", "fo", 0.0)):
        (choice,) = answering._choices
        lines = answering._chunks(choice, choice.take([event]))
        told += [json.loads(line.removeprefix(b"data: "))["choices"][0] for line in lines]
    assert [(one["delta"]["content"], one["token_ids"], one["finish_reason"]) for one in told] == [
        ("a", [7], None), ("fo", [], "length"),
    ]  # fmt: skip


async def no_call(*_: Any) -> Any:
    raise AssertionError("nothing is sent here")
