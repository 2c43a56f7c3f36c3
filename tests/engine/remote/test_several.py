"""The local model and those of servers side by side."""

from __future__ import annotations

import socket
import threading
from time import monotonic, sleep

import pytest

import app
from core.conversation import Conversation, message
from core.errors import InvalidInput
from core.runs.engine import Loaded
from core.runs.events import Failed, Finished, Token
from core.runs.run import Run, fold_all
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Request
from engine.remote.remote_engine import RemoteEngine
from engine.remote.remote_server import RemoteServer, named_server
from engine.remote.several import SeveralEngines, SeveralStreams
from engine.scripted.scripted_engine import ScriptedEngine
from tests.serving import free_port, served_here

TALK = Conversation((message("user", "Tell me a short story about a fox."),))
LONG = Conversation((message("user", "!endless"),))


def asked(lane: str, model: str = "", talk: Conversation = TALK) -> Request:
    return Request(lane, talk, SamplingParams(seed=5), VisionBudget(), model)


def several(*urls: str, local: bool = True, again: float = 15.0) -> SeveralEngines:
    servers = [RemoteEngine(RemoteServer(url, name=name), again)
               for name, url in zip(("near", "far"), urls, strict=False)]  # fmt: skip
    engine = SeveralEngines(ScriptedEngine() if local else None, servers)
    for _ in engine.load("scripted" if local else ""):
        pass
    return engine


def folded(requests: list[Request], items) -> dict[str, Run]:
    runs = {one.lane: Run(one) for one in requests}
    for lane, event in items:
        runs[lane] = fold_all(runs[lane], [event])
    return runs


def drained(stream) -> list:
    stream.start()
    items, ended = [], False
    while not ended:
        new, ended = stream.drain()
        items += new
        sleep(0.005)
    return items


@pytest.mark.parametrize("read", [list, drained])
def test_one_run_holds_the_local_model_and_two_servers(scripted_app, read):
    engine = several(scripted_app, scripted_app)
    here, near, far = (model.name for model in engine.models)
    assert (near, far) == (f"{here} at near", f"{here} at far")
    requests = [asked("A"), asked("B", near), asked("C", far), asked("D", here)]
    runs = folded(requests, read(engine.stream(requests)))
    assert [run.status for run in runs.values()] == ["done"] * 4
    assert [run.model for run in runs.values()] == [here, near, far, here]
    assert len({run.text for run in runs.values()}) == 1
    assert engine.render(requests[1]).tokens == engine.render(requests[0]).tokens


def test_a_lane_is_stopped_and_all_are_closed_wherever_they_run(scripted_app):
    engine = several(scripted_app)
    far = engine.models[1].name
    talk = Conversation((message("user", "word " * 2000),))
    stream = engine.stream([asked("A", talk=talk), asked("B", far, talk)])
    seen = []
    while {lane for lane, event in seen if isinstance(event, Token)} != {"A", "B"}:
        seen.append(next(stream))
    stream.stop("B")
    while not (seen[-1][0] == "B" and isinstance(seen[-1][1], Finished)):
        seen.append(next(stream))
    stream.close()
    assert list(stream) == []


def test_no_event_comes_after_several_streams_are_closed():
    """Those that had been read already still came."""
    engine = ScriptedEngine(tokens_per_second=2000)
    stream = SeveralStreams([(engine.stream([one]), [one]) for one in (asked("A"), asked("B"))])
    next(stream)
    while not stream._ready:
        stream._ready.extend(stream.drain()[0])
    stream.close()
    assert list(stream) == []


def test_using_a_servers_model_unloads_nothing_and_lanes_without_a_model_take_it(scripted_app):
    engine = several(scripted_app)
    here, far = (model.name for model in engine.models)
    *_, loaded = engine.load(far)
    assert isinstance(loaded, Loaded)
    assert [model.name for model in engine.models] == [far, here]
    requests = [asked("A"), asked("B", here)]
    runs = folded(requests, engine.stream(requests))
    assert [run.model for run in runs.values()] == [far, here]


def test_without_a_local_model_the_first_server_answers(scripted_app):
    engine = several(scripted_app, local=False)
    assert engine.description
    runs = folded([asked("A")], engine.stream([asked("A")]))
    assert runs["A"].model == engine.description.name
    *_, failed = engine.load("some/model")
    assert "--model none" in failed.message


def test_a_server_that_is_away_is_a_sentence_and_is_asked_again_when_somebody_looks():
    port = free_port()
    engine = several(f"http://127.0.0.1:{port}", again=0.2)
    (sentence,) = engine.trouble
    assert sentence.startswith("near can't be reached")
    requests = [asked("A"), asked("B", "scripted at near")]
    runs = folded(requests, engine.stream(requests))
    assert runs["A"].status == "done"
    assert "near can't be reached" in runs["B"].error
    with served_here(ScriptedEngine()) as url:
        engine._servers[0]._server._base = url.rstrip("/")  # as if it had started just now
        end = monotonic() + 20
        while len(engine.models) < 2 and monotonic() < end:
            sleep(0.05)
        assert engine.models[1].server == "near"
        assert not engine.trouble
    end = monotonic() + 20
    while not engine.trouble and monotonic() < end:
        assert len(engine.models) == 2  # what is known stays
        sleep(0.05)
    assert "near" in engine.trouble[0]


def test_looking_a_hundred_times_asks_once():
    """Once is two calls: where the list of models fails, another one tells the kind."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(2)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        engine = RemoteEngine(RemoteServer(address))
        for _ in range(100):
            engine.look()
        for _ in range(2):
            listening.accept()[0].close()
        end = monotonic() + 20
        while not engine.trouble and monotonic() < end:
            sleep(0.05)
        for _ in range(100):
            engine.look()
        with pytest.raises(TimeoutError):
            listening.accept()


def test_a_server_that_takes_long_to_tell_its_models_holds_nobody_up():
    """The local model waited for all of them."""
    held = threading.Event()

    class Slow(RemoteServer):
        def get(self, path):
            held.wait(60)
            raise InvalidInput("slow says no.")

    slow = RemoteEngine(Slow("http://slow"))
    engine = SeveralEngines(ScriptedEngine(), [slow], most_seconds=0.2)
    began = monotonic()
    *_, loaded = engine.load("scripted")
    assert isinstance(loaded, Loaded)
    *_, failed = SeveralEngines(None, [slow], most_seconds=0.2).load("")
    assert "not answered yet" in failed.message
    assert monotonic() - began < 30
    held.set()


@pytest.mark.parametrize(
    ("text", "name", "key"),
    [("http://a:1", "a:1", ""), ("far=http://a:1/v1", "far", ""), ("far=https://a#K", "far", "s3"),
     ("http://a/x=1#K", "a", "s3"), ("http://[::1]:8000/v1", "[::1]:8000", "")],
)  # fmt: skip
def test_a_server_has_a_name_and_its_key_comes_from_the_environment(text, name, key):
    server = named_server(text, {"K": "s3"})
    assert server.name == name
    assert server._client.headers.get("authorization", "") == (f"Bearer {key}" if key else "")
    assert "s3" not in server.url


@pytest.mark.parametrize("text", ["http://a#sk-secret", "far=http://a#sk_secret", "a#sk_secret"])
def test_a_key_in_the_place_of_its_variable_is_refused_and_not_told(text):
    with pytest.raises(InvalidInput) as error:
        named_server(text, {})
    assert "secret" not in str(error.value)


def test_flags_and_variable_name_servers_and_a_wrong_one_ends_the_start(monkeypatch, scripted_app):
    monkeypatch.setenv("LFM_SERVERS", f"near={scripted_app} far={scripted_app}")
    engine = app.make_engine(app.flags(["--engine", "scripted", "--model", "none"]))
    engine.start()
    *_, last = engine.load("")
    assert not isinstance(last, Failed)
    assert [model.server for model in engine.models] == ["near", "far"]
    with pytest.raises(InvalidInput, match="address"):
        app.make_engine(app.flags(["--server", "nothing"]))
