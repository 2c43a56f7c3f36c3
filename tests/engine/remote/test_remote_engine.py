"""Lanes answered by a server: by our own, token for token, and by servers that behave badly."""

import threading
from collections.abc import Iterator
from time import monotonic, sleep, thread_time

import psutil
import pytest

from core.constraint import Constraint
from core.conversation import Conversation, Image, message
from core.errors import InvalidInput
from core.runs.engine import Loaded
from core.runs.events import Failed, Finished
from core.runs.run import Run, fold_all
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Request
from engine.local import LocalEngine
from engine.remote.remote_engine import RemoteEngine
from engine.remote.remote_server import RemoteServer
from engine.scripted.scripted_engine import ScriptedEngine
from tests.amounts import every
from tests.engine.conftest import POCKET
from tests.engine.remote import hostile_servers as bad
from tests.hostile.rows.picture_files import png
from tests.serving import served_here

STORY = Conversation((message("user", "Tell me a short story about a fox."),))
TOOLS = '[{"name": "f", "parameters": {"type": "object", "properties": {}}}]'


def remote(url: str, **options) -> RemoteEngine:
    engine = RemoteEngine(RemoteServer(url, **options))
    *_, last = engine.load("")
    assert isinstance(last, Loaded), last
    return engine


def asked(talk: Conversation = STORY, lane: str = "A", **more) -> Request:
    params = {"seed": 5, "max_new_tokens": 30, **more.pop("params", {})}
    return Request(lane, talk, SamplingParams(**params), more.pop("budget", VisionBudget()), **more)


def answered(engine, *requests: Request) -> list[Run]:
    runs = {one.lane: Run(one) for one in requests}
    for lane, event in engine.stream(requests):
        runs[lane] = fold_all(runs[lane], [event])
    return list(runs.values())


@pytest.fixture(scope="module")
def local() -> LocalEngine:
    return LocalEngine(str(POCKET), device="cpu", weights="float32")


@pytest.fixture(scope="module")
def url(local: LocalEngine) -> Iterator[str]:
    with served_here(local) as address:
        yield address


CASES = {
    "all samplers": asked(params={
        "temperature": 1.1, "top_k": 60, "top_p": 0.95, "min_p": 0.01, "typical_p": 0.97,
        "repetition_penalty": 1.05, "stop": ("fox",),
    }),
    "greedy prefill": asked(
        Conversation((*STORY.messages, message("assistant", "Once "))), params={"temperature": 0.0}
    ),
    "schema": asked(constraint=Constraint("json_schema", '{"type": "object", "properties": '
        '{"a": {"enum": ["x", "y"]}}, "required": ["a"]}')),
    "choices": asked(constraint=Constraint("choices", choices=("yes", "no"))),
    "forced call": asked(Conversation(STORY.messages, TOOLS), tool_choice="f"),
}  # fmt: skip


@pytest.mark.parametrize("case", every(3, tuple(CASES)))
def test_the_servers_tokens_are_the_lanes_own(local, url, case):
    here, there = answered(local, CASES[case])[0], answered(remote(url), CASES[case])[0]
    assert there.status == here.status == "done", there.error
    assert there.token_ids == here.token_ids
    assert there.text == here.text
    assert there.stop_reason == here.stop_reason
    assert [t.logprob for t in there.tokens] == pytest.approx([t.logprob for t in here.tokens])
    assert there.not_sent == ()


@pytest.mark.thorough
def test_an_image_and_its_budget_are_sent(local, url, tmp_path):
    file = tmp_path / "red.png"
    file.write_bytes(png(300, 200, "red"))
    talk = Conversation((message("user", "What is this?", [Image(str(file), "red.png")]),))
    budget = local.models[0].budget
    request = asked(talk, budget=budget, params={"temperature": 0.0})
    (here,), (there,) = answered(local, request), answered(remote(url), request)
    assert there.token_ids == here.token_ids


@pytest.mark.thorough
def test_four_lanes_answer_together_and_stopping_one_leaves_the_others(local, url):
    engine = remote(url)
    lanes = [asked(lane=label, params={"seed": seed, "max_new_tokens": 60})
             for seed, label in enumerate("ABCD")]  # fmt: skip
    assert [run.token_ids for run in answered(engine, *lanes)] == [
        run.token_ids for run in answered(local, *lanes)
    ]


def test_stop_and_close_end_the_work_on_the_server(local, url):
    engine = remote(url)
    long = Constraint("regex", "[a-z ]{3900,4000}")
    stream = engine.stream([
        asked(lane=lane, params={"max_new_tokens": 4000}, constraint=long) for lane in "AB"
    ])  # fmt: skip
    seen = [next(stream) for _ in range(8)]
    stream.stop("A")
    while not isinstance(seen[-1][1], Finished):
        seen.append(next(stream))
    assert seen[-1] == ("A", seen[-1][1])
    assert seen[-1][1].stop_reason == "stopped"
    stream.close()
    end = monotonic() + 20
    while local.worker.has_work() and monotonic() < end:
        sleep(0.05)
    assert not local.worker.has_work()


def test_what_a_model_can_do_comes_from_the_server(local, url):
    far, near = remote(url).models[0], local.models[0]
    assert (far.context_length, far.budget) == (near.context_length, near.budget)
    can = far.capabilities
    assert (can.prefill, can.images, can.tools, can.constraints) == (True, True, True, True)
    assert not any((can.exact_prompt, can.scores, can.verification, can.candidates))
    assert can.samplers == near.capabilities.samplers


def test_another_playground_tells_the_prompt_as_it_is_here(local, url):
    """With the places of messages and tools, and what was typed as text."""
    talk = Conversation(
        (message("system", "Be brief."), message("user", "é 🦊 <|im_end|>"),
         message("assistant", "Once ")), TOOLS,
    )  # fmt: skip
    here, there = local.render(asked(talk)), remote(url).render(asked(talk))
    assert there == here
    assert all((there.neutralised, there.tool_tokens, there.message_tokens[2]))


def test_what_cannot_be_done_there_is_a_sentence(url):
    engine = remote(url)
    for readable in (engine.verify(asked(), [1]), engine.score(asked(), "x"),
                     engine.distribution(asked(), [1])):  # fmt: skip
        (failed,) = readable
        assert isinstance(failed, Failed)
        assert failed.message.endswith(".")
    held = Constraint("json", flexible_whitespace=True)
    assert "white space" in answered(engine, asked(constraint=held))[0].error
    *_, failed = engine.load("another")
    assert "another" in failed.message


@pytest.mark.thorough
def test_a_key_is_sent_and_a_wrong_one_is_told(tmp_path):
    key = "a-key-of-20-letters."
    with served_here(ScriptedEngine(), key=key) as url:
        assert answered(remote(url, key=key), asked())[0].status == "done"
        *_, failed = RemoteEngine(RemoteServer(url)).load("")
        assert "key" in failed.message
        assert key not in failed.message


def test_a_lane_that_fails_there_says_why(scripted_app):
    talk = Conversation((message("user", "!fail"),))
    (run,) = answered(remote(scripted_app), asked(talk))
    assert run.status == "failed"
    assert run.error.endswith(".")


@pytest.mark.parametrize(
    "address",
    ["", "127.0.0.1:80", "ftp://a", "http://", "http://me:secret@a", "file:///etc", "gopher://a",
     "http://:secret@a", "http://secret@a", "http://a/?key=secret", "http://a/#secret",
     "http://a#secret", "http://a:secret", "http://a:99999", "http://[::1", "http://[a",
     "http://a/\0", "http://a\n.b", "http://a b", "http://ä", f"http://{'a' * 2000}"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(InvalidInput, match="address") as error:
        RemoteServer(address)
    assert "secret" not in str(error.value)


def test_a_server_that_is_not_there_is_told():
    *_, failed = RemoteEngine(RemoteServer("http://127.0.0.1:9")).load("")
    assert "can't be reached" in failed.message


ANSWERS = {
    "endless tokens": (bad.endless, "doesn't end its answer"),
    "endless nothing": (bad.endless_nothing, "doesn't end its answer"),
    "an endless line": (bad.endless_line, "more than 4,000,000 bytes"),
    "a slow drip": (bad.drip, "too slowly"),
    "silence": (bad.silence, "silent"),
    "a 500": (lambda: bad.status(500, b"<html>"), "status 500"),
    "a 500 with a body of the wrong kind": (lambda: bad.status(500, b'{"error": 3}'), "status 500"),
    "a sentence": (lambda: bad.status(400, b'{"error": {"message": "No."}}'), "says: No."),
    "a redirect": (lambda: bad.status(302, b"", b"Location: http://10.0.0.1/"), "elsewhere"),
    "no HTTP": (lambda: iter([b"hello\r\n\r\n"]), "can't be reached"),
    "nothing": (lambda: iter([]), "can't be reached"),
    "broken JSON": (lambda: bad.stream(b"data: {\n\n"), "not JSON"),
    "deep JSON": (lambda: bad.stream(b"data: " + b"[" * 100_000 + b"\n\n"), "not JSON"),
    "a list": (lambda: bad.stream(b"data: []\n\n"), "not a part"),
    "a number": (lambda: bad.stream(b"data: 7\n\n"), "not a part"),
    "wrong ids": (lambda: bad.stream(bad.token(token_id="x")), "not a part"),
    "a true id": (lambda: bad.stream(bad.token(token_id=True)), "not a part"),
    "a logprob of text": (lambda: bad.stream(bad.token(logprob="x")), "not a part"),
    "a logprob that is not finite": (lambda: bad.stream(bad.token(logprob=float("nan"))),
                                     "not a part"),
    "half a character": (lambda: bad.stream(bad.token("\ud83d")), "not JSON"),
    "half a character in a refusal": (
        lambda: bad.status(400, b'{"error": {"message": "\\ud83d"}}'), "status 400"),
    "a text of 20,000": (lambda: bad.stream(bad.token("x" * 20_000)), "not a part"),
    "an unknown end": (lambda: bad.stream(bad.line(finish_reason="stop", ended_by="evil")),
                       "not a part"),
    "an end in the middle": (lambda: bad.stream(bad.token()), "broke off"),
    "an error in the stream": (
        lambda: bad.stream(bad.token(), b'data: {"error": {"message": "Out of memory."}}\n\n'),
        "Out of memory",
    ),
    "an error that is a list": (lambda: bad.stream(b'data: {"error": [1]}\n\n'), "no reason"),
}  # fmt: skip


@pytest.mark.parametrize("name", every(3, tuple(ANSWERS)))
def test_a_server_that_behaves_badly_costs_a_lane_and_no_memory(name):
    answer, said = ANSWERS[name]
    with bad.serving(answer) as url:
        engine = remote(url, silence=1.0, line=0.5)
        before, began = psutil.Process().memory_info().rss, thread_time()
        (run,) = answered(engine, asked())
        assert run.status == "failed"
        assert said in run.error, run.error
        assert run.error.endswith((".", "…"))
        assert thread_time() - began < 5
        assert psutil.Process().memory_info().rss - before < 100_000_000


def test_a_good_answer_of_such_a_server_is_read():
    with bad.serving(lambda: bad.stream(bad.token("Hi"), bad.END)) as url:
        (run,) = answered(remote(url), asked(params={"top_p": 0.5}))
        assert (run.text, run.token_ids, run.stop_reason) == ("Hi", (7,), "end_of_sequence")
        assert run.not_sent == ("top_p",)


def test_a_stream_without_a_space_after_its_colons_is_read():
    lines = (bad.token("Hi") + bad.END).replace(b"data: ", b"data:").replace(b"\n", b"\r\n")
    with bad.serving(lambda: bad.stream(b": a comment\nid: 3\n\n", lines)) as url:
        (run,) = answered(remote(url), asked())
        assert (run.text, run.status) == ("Hi", "done")


def test_closing_ends_a_read_that_waits():
    with bad.serving(bad.silence) as url:
        stream = remote(url).stream([asked()])
        next(stream), next(stream)
        closing = threading.Timer(0.3, stream.close)
        closing.start()
        began = monotonic()
        assert list(stream) == []
        assert monotonic() - began < 10


@pytest.mark.parametrize(
    "models",
    [{}, [], {"data": []}, {"data": [7]}, {"data": [{"id": 3}]}, {"data": [{"id": "x" * 999}]},
     {"data": [{"owned_by": "vllm"}]}, {"data": [{"owned_by": "sglang", "id": []}]},
     {"data": [{"owned_by": "llamacpp", "id": None}]}, {"data": [{"owned_by": {}, "id": 1.5}]},
     {"version": "1", "data": [{"id": {}}]}, {"paths": {"/load_model": 1}, "data": [{"id": 1}]},
     {"data": [{"id": "x", "max_model_len": -1, "playground": {}}]},
     {"data": [{"id": "", "max_model_len": 1, "playground": {}}]},
     {"data": [{"id": "x", "max_model_len": 9, "playground": {"budget": {"tile_size": 3}}}]},
     {"data": [{"id": "x", "max_model_len": 9, "playground": {"template_options": [{}]}}]},
     {"data": [{"id": "x", "max_model_len": 9, "playground": {"template_options": [
         {"name": [], "kind": "text"}]}}]}],
)  # fmt: skip
def test_models_that_are_none_are_refused(models):
    with bad.serving(lambda: iter([]), models) as url:
        *_, failed = RemoteEngine(RemoteServer(url)).load("")
        assert isinstance(failed, Failed)
        assert failed.message.endswith(".")


def test_a_bug_in_reading_models_is_a_sentence_and_is_not_asked_again_at_once():
    """Every look at the models began a thread that ended with a traceback."""
    asked_for = []

    class Broken(RemoteServer):
        def get(self, path):
            asked_for.append(path)
            raise TypeError("unhashable")

    engine = RemoteEngine(Broken("http://far"))
    engine.ask()
    assert engine.trouble == ("Reading the models of far failed: TypeError. See the log.",)
    engine.look()
    assert asked_for == ["/v1/models"]
    *_, failed = engine.load("")
    assert isinstance(failed, Failed)
