"""Servers added on the page: which addresses they may have, and where their keys do not go."""

import json
import socket

import httpx
import pytest

from core.conversation import Conversation, message
from core.errors import InvalidInput
from core.runs.engine import Loaded
from core.runs.servers import MOST_SERVERS
from engine.remote.reach import check_address, check_host, checking
from engine.remote.remote_engine import RemoteEngine
from engine.remote.remote_server import RemoteServer
from engine.remote.servers import RemoteServers
from engine.remote.several import SeveralEngines
from engine.scripted.scripted_engine import ScriptedEngine
from tests.engine.remote import hostile_servers as bad
from tests.engine.remote.test_several import asked, folded

HI = Conversation((message("user", "Hi"),))
KEY = "sk-very-secret-1234"


def test_a_server_that_is_added_answers_and_one_that_is_removed_does_not(scripted_app):
    servers = RemoteServers()
    engine = SeveralEngines(ScriptedEngine(), servers)
    added = servers.add(scripted_app, " far ", KEY, True)
    assert (added.name, added.kind, added.models) == ("far", "LFM Playground", ("scripted",))
    requests = [asked("A", talk=HI), asked("B", "scripted at far", HI)]
    runs = folded(requests, engine.stream(requests))
    assert [run.model for run in runs.values()] == ["scripted", "scripted at far"]
    stream = engine.stream(requests)
    next(stream)
    servers.remove("far")
    assert {run.status for run in folded(requests, stream).values()} == {"done"}
    assert [model.name for model in engine.models] == ["scripted"]
    (run,) = folded([requests[1]], engine.stream([requests[1]])).values()
    assert "neither in memory nor on a server" in run.error
    with pytest.raises(InvalidInput, match="server 'far' no longer exists"):
        servers.remove("far")


def test_without_a_local_engine_what_is_added_is_used():
    servers = RemoteServers()
    engine = SeveralEngines(None, servers, "torch can't be imported.")
    *_, failed = engine.load("some/model")
    assert failed.message == "torch can't be imported."
    with bad.serving(lambda: iter([]), {"data": [{"id": "m", "owned_by": "vllm"}]}) as url:
        servers.add(url, "far", "", True)
        *_, loaded = engine.load("")
        assert isinstance(loaded, Loaded)
        assert engine.models[0].name == "m at far"


def test_a_name_is_used_once_and_servers_are_bounded(scripted_app):
    engines = [RemoteEngine(RemoteServer(scripted_app, name=f"s{n}")) for n in range(MOST_SERVERS)]
    servers = RemoteServers(engines[:-1])
    with pytest.raises(InvalidInput, match="already a server named s0"):
        servers.add(scripted_app, "s0", "", True)
    servers.add(scripted_app, "", "", True)
    with pytest.raises(InvalidInput, match=f"the limit is {MOST_SERVERS}"):
        servers.add(scripted_app, "another", "", True)


@pytest.mark.parametrize(
    ("url", "name", "key", "said"),
    [("ftp://a", "", "", "must be like http"), (f"http://a#{KEY}", "", "", "must be like http"),
     (f"http://{KEY}@a", "", "", "must be like http"), ("http://127.0.0.1:9", "", KEY, "reached"),
     ("http://127.0.0.1:9", "n" * 41, "", "41 characters; at most 40"),
     ("http://127.0.0.1:9", "a\nb", "", "one line"), ("http://a", "", f"{KEY}\nX: y", "printable"),
     ("http://a", "", f"{KEY}ä", "printable"), ("http://a", "", KEY * 999, "at most 4,096"),
     ("http://no.such.host.invalid", "", KEY, "No address is known"),
     ("http://169.254.169.254", "", KEY, "never called")],
)  # fmt: skip
def test_what_can_not_be_added_is_a_sentence_without_the_key(url, name, key, said):
    servers = RemoteServers()
    with pytest.raises(InvalidInput, match=said) as error:
        servers.add(url, name, key, True)
    assert KEY not in str(error.value)
    assert not servers


NEVER = ["169.254.169.254", "fe80::1", "fe80::1%eth0", "0.0.0.0", "::", "224.0.0.1", "ff02::1",
         "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::"]  # fmt: skip
INNER = ["127.0.0.1", "::1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd00:ec2::254",
         "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:a00:1::"]  # fmt: skip


@pytest.mark.parametrize("address", NEVER + INNER)
def test_inner_addresses_are_for_owners_and_some_for_nobody(address):
    with pytest.raises(InvalidInput, match="address"):
        check_address(address, inner=False)
    if address in INNER:
        check_address(address, inner=True)
    else:
        with pytest.raises(InvalidInput, match="never called"):
            check_address(address, inner=True)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "64:ff9b::101:101"])
def test_public_addresses_are_for_all(address):
    check_address(address, inner=False)


def test_a_name_counts_by_its_addresses():
    with pytest.raises(InvalidInput, match=r"127\.0\.0\.1|::1"):
        check_host("localhost", inner=False)
    with pytest.raises(InvalidInput, match=r"127\.0\.0\.1"):
        check_host("2130706433", inner=False)  # the same as one number


@pytest.mark.parametrize("inner", [False, True])
def test_a_name_that_leads_elsewhere_meanwhile_is_sent_nothing(inner):
    with socket.create_server(("127.0.0.1", 0)) as listening, httpx.Client(timeout=1) as client:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        wrong = httpx.TimeoutException if inner else InvalidInput
        with pytest.raises(wrong):
            client.post(url, headers={"X": KEY}, extensions={"trace": checking(inner)})
        connection, _ = listening.accept()
        with connection:
            assert (KEY.encode() in connection.recv(4096)) == inner


def test_a_key_that_a_server_repeats_is_not_told():
    told = json.dumps({"error": {"message": f"Incorrect key {KEY}."}}).encode()
    models = {"data": [{"id": "far", "owned_by": "vllm"}]}
    for answer in (
        lambda: bad.status(401, told),
        lambda: bad.status(200, b"data: " + told + b"\n\n"),
    ):
        with bad.serving(answer, models) as url:
            servers = RemoteServers()
            servers.add(url, "far", KEY, True)
            engine = SeveralEngines(None, servers)
            (run,) = folded([asked("A")], engine.stream([asked("A")])).values()
            assert "Incorrect key [key]." in run.error
            assert KEY not in repr(servers.listed())
