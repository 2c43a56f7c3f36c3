"""Kinds of servers: what each is sent, and how its answers are read.

`transformers serve` runs for real in the thorough tests. The others are played by a server that
gives answers in the form that their documentation shows.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep
from typing import Any

import pytest

from core.constraint import Constraint
from core.conversation import Conversation, Image, message
from core.errors import InvalidInput
from core.runs.engine import Loaded, ModelDescription
from core.sampling import SamplingParams
from core.vision import VisionBudget
from core.workspace import Request
from engine.local import LocalEngine
from engine.remote.kind import MOST_IDS, ids_of
from engine.remote.ollama import OllamaReader, ollama_models
from engine.remote.remote_engine import RemoteEngine
from engine.remote.remote_server import RemoteServer
from tests.amounts import every
from tests.child import ended, started
from tests.engine.conftest import POCKET
from tests.engine.remote import hostile_servers as bad
from tests.engine.remote.test_remote_engine import ANSWERS, answered, remote
from tests.engine.test_transformers_serve import ENVIRONMENT, SERVE, answers
from tests.hostile.rows.picture_files import png
from tests.serving import free_port

TOOL = {"type": "function", "function": {"name": "look", "parameters": {
    "type": "object", "properties": {"at": {"type": "string"}}}}}  # fmt: skip
TALK = Conversation((message("user", "Hi"),))
PREFILLED = Conversation((*TALK.messages, message("assistant", "Once ")))
ALL = {"temperature": 0.7, "top_k": 40, "top_p": 0.9, "min_p": 0.05, "typical_p": 0.95,
       "repetition_penalty": 1.1, "seed": 5, "stop": ("END",), "max_new_tokens": 20}  # fmt: skip


def listed(owner: str, **more: Any) -> dict[str, Any]:
    return {"/v1/models": {"data": [{"id": "far", "object": "model", "owned_by": owner, **more}]}}


def events(*chunks: Any) -> bytes:
    lines = [b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks]
    return b"".join(lines) + b"data: [DONE]\n\n"


def chunk(reason: str | None = None, delta: Any = None, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta or {}, "finish_reason": reason, **more}]}


def logprobs(*tokens: tuple[str, float], **more: Any) -> dict[str, Any]:
    return {"content": [{"token": text, "logprob": logprob, **more} for text, logprob in tokens]}


def llama_prompt(body: dict[str, Any]) -> dict[str, str]:
    """A template that continues a last assistant message."""
    first, *others = (turn["content"] for turn in body["messages"])
    return {"prompt": f"user: {first}\nassistant: {''.join(others)}"}


def llama_prompt_of_lfm2(body: dict[str, Any]) -> dict[str, str]:
    """What newer servers make of LFM2's template."""
    whole = llama_prompt(body)["prompt"]
    return {"prompt": whole.replace(": So", ": <think></think>So")}


OPENAI = events(
    chunk(delta={"role": "assistant"}), chunk(delta={"content": "Hel"}),
    chunk(delta={"content": "lo"}), chunk("stop"),
)  # fmt: skip
PLAYED: dict[str, tuple[dict[str, Any], str, bytes]] = {
    "OpenAI-compatible": (listed("somebody"), "/v1/chat/completions", OPENAI),
    "vLLM": (
        {
            **listed("vllm", max_model_len=2048), "/tokenize": {"count": 3, "tokens": [1, 2, 3]},
            "/v1/completions": {"choices": [{"prompt_logprobs": [
                None, {"6": {"logprob": -0.5}, "9": {"logprob": -1.0}}, {"7": {"logprob": -2}},
            ]}]},
        },
        "/v1/chat/completions",
        events(
            chunk(delta={"role": "assistant", "content": ""}),
            chunk(delta={"content": "Hel"}, token_ids=[7], logprobs=logprobs(("Hel", -0.5))),
            chunk(delta={"content": "lo"}, token_ids=[8], logprobs=logprobs(("lo", -0.25))),
            chunk("stop", stop_reason="END", token_ids=[9], logprobs=logprobs(("END", -1.0))),
        ),
    ),
    "SGLang": (
        listed("sglang", max_model_len=2048), "/v1/chat/completions",
        events(
            chunk(delta={"content": "Hel"}, logprobs=logprobs(("Hel", -0.5))),
            chunk(delta={"content": "lo"}, logprobs=logprobs(("lo", -0.25))),
            chunk("stop", matched_stop=2),
        ),
    ),
    "llama.cpp": (
        {
            **listed("llamacpp"),
            "/props": {"default_generation_settings": {"n_ctx": 2048},
                       "modalities": {"vision": True}},
            "/apply-template": llama_prompt, "/tokenize": {"tokens": [1, 2, 3]},
        },
        "/v1/chat/completions",
        events(
            chunk(delta={"content": "Hel"}, logprobs=logprobs(("Hel", -0.5), id=7)),
            chunk(delta={"content": "lo"}, logprobs=logprobs(("lo", -0.25), id=8)),
            chunk("stop"),
        ),
    ),
    "Ollama": (
        {
            **listed("library"), "/api/version": {"version": "0.13.0"},
            "/api/show": {"capabilities": ["completion", "tools", "vision"],
                          "model_info": {"lfm2.context_length": 2048},
                          "details": {"quantization_level": "Q4_K_M"}},
        },
        "/api/chat",
        b"".join(json.dumps(one).encode() + b"\n" for one in (
            {"message": {"role": "assistant", "content": "Hel"}, "done": False,
             "logprobs": [{"token": "Hel", "logprob": -0.5}]},
            {"message": {"role": "assistant", "content": "lo"}, "done": False,
             "logprobs": [{"token": "lo", "logprob": -0.25}]},
            {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"},
        )),
    ),
    "transformers serve": (
        {"/v1/models": {"data": []}, "/openapi.json": {"paths": {"/load_model": {"post": {}}}}},
        "/v1/chat/completions", OPENAI,
    ),
}  # fmt: skip
Bodies = list[tuple[str, dict[str, Any]]]


@contextmanager
def playing(kind: str) -> Iterator[tuple[RemoteEngine, Bodies]]:
    """A server of that kind, and what it was sent."""
    values, path, answer = PLAYED[kind]
    sent: Bodies = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._give(json.dumps(values[self.path]).encode() if self.path in values else None)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            sent.append((self.path, body))
            told = values.get(self.path)
            told = told(body) if callable(told) else told
            self._give(answer if self.path == path else told and json.dumps(told).encode())

        def _give(self, content: bytes | None) -> None:
            self.send_response(404 if content is None else 200)
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing to say."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    # Shutting down waits for the next look, which is half a second away unless told.
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield remote(f"http://127.0.0.1:{server.server_port}"), sent
    finally:
        server.shutdown()
        server.server_close()


def asked(talk: Conversation = TALK, **more: Any) -> Request:
    return Request("A", talk, SamplingParams(**{**ALL, **more.pop("params", {})}),
                   VisionBudget(), **more)  # fmt: skip


def model_of(engine: RemoteEngine) -> ModelDescription:
    assert engine.description
    return engine.description


KNOWN = {  # kind: what is not sent, ids of the answer, context
    "OpenAI-compatible": (("top_k", "min_p", "typical_p", "repetition_penalty", "prefill"),
                          (None, None)),
    "vLLM": (("typical_p",), (7, 8, 9)),
    "SGLang": (("typical_p", "seed"), (None, None)),
    "llama.cpp": ((), (7, 8)),
    "Ollama": ((), (None, None)),
    "transformers serve": (("prefill",), (None, None)),
}  # fmt: skip


@pytest.mark.parametrize("kind", KNOWN)
def test_a_kind_is_found_and_what_it_is_not_sent_is_named(kind):
    with playing(kind) as (engine, _):
        assert engine.kind == kind
        (run,) = answered(engine, asked(PREFILLED))
        assert (run.status, run.text) == ("done", "Hello"), run.error
        missing, ids = KNOWN[kind]
        assert run.not_sent == missing
        assert tuple(token.token_id for token in run.tokens) == ids
        told = model_of(engine).capabilities.logprobs
        assert [t.logprob for t in run.tokens][:2] == ([-0.5, -0.25] if told else [None, None])
        assert run.stop_reason == ("stop_string" if kind == "vLLM" else "end_of_sequence")


def test_a_prefill_that_llama_cpp_would_change_is_not_sent(monkeypatch):
    """Its server puts an empty thought before the prefill of a model with LFM2's template."""
    values, path, answer = PLAYED["llama.cpp"]
    changed = {**values, "/apply-template": llama_prompt_of_lfm2}
    monkeypatch.setitem(PLAYED, "llama.cpp", (changed, path, answer))
    with playing("llama.cpp") as (engine, sent):
        (run,) = answered(engine, asked(PREFILLED))
        assert run.not_sent == ("prefill",)
        assert [turn["role"] for turn in sent[-1][1]["messages"]] == ["user"]


SENT: dict[str, dict[str, Any]] = {
    "OpenAI-compatible": {"temperature": 0.7, "top_p": 0.9, "seed": 5, "stop": ["END"],
                          "max_tokens": 20},
    "vLLM": {"temperature": 0.7, "top_k": 40, "min_p": 0.05, "repetition_penalty": 1.1, "seed": 5,
             "continue_final_message": True, "add_generation_prompt": False, "logprobs": True},
    "SGLang": {"top_k": 40, "min_p": 0.05, "repetition_penalty": 1.1,
               "continue_final_message": True},
    "llama.cpp": {"top_k": 40, "min_p": 0.05, "typical_p": 0.95, "repeat_penalty": 1.1,
                  "repeat_last_n": 2**20, "seed": 5, "samplers": [
                      "penalties", "temperature", "top_k", "top_p", "min_p", "typ_p"]},
}  # fmt: skip


@pytest.mark.parametrize("kind", SENT)
def test_samplers_have_the_names_of_the_server(kind):
    with playing(kind) as (engine, sent):
        answered(engine, asked(PREFILLED))
        path, body = sent[-1]
        assert path == "/v1/chat/completions"
        assert {name: body.get(name) for name in SENT[kind]} == SENT[kind]
        assert body["messages"][0] == {"role": "user", "content": "Hi"}
        assert not {"top_k", "min_p"} & set(body) or kind != "OpenAI-compatible"


def test_ollama_and_transformers_serve_have_places_of_their_own_for_samplers():
    with playing("Ollama") as (engine, sent):
        answered(engine, asked())
        options = sent[-1][1]["options"]
        assert (options["top_k"], options["repeat_penalty"], options["seed"]) == (40, 1.1, 5)
        assert (options["num_predict"], options["repeat_last_n"]) == (20, -1)
        model = model_of(engine)
        assert (model.context_length, model.weights) == (2048, "Q4_K_M")
    with playing("transformers serve") as (engine, sent):
        answered(engine, asked())
        config = json.loads(sent[-1][1]["generation_config"])
        assert (config["do_sample"], config["typical_p"], config["max_new_tokens"]) == (
            True, 0.95, 20)  # fmt: skip
        assert "model" not in sent[-1][1]


def test_each_call_of_ollama_is_one_of_its_own():
    """They come in a chunk each; joined into one, they were no call at all."""
    reader, text = OllamaReader("far"), ""
    for city in ("Oslo", "Rome"):
        call = {"function": {"name": "look", "arguments": {"at": city}}}
        text += "".join(e.text for e in reader.read({"message": {"tool_calls": [call]}}, 0.0))
    text += "".join(e.text for e in reader.read({"done": True, "done_reason": "stop"}, 0.0))
    assert text == '<|tool_call_start|>[look(at="Oslo"), look(at="Rome")]<|tool_call_end|>'


def test_models_that_ollama_is_slow_to_show_are_listed_all_the_same():
    """Each could take two minutes, one after the other, before any server's model was known."""
    asked_for = []

    class Slow(RemoteServer):
        def post(self, path, body, lines=False, seconds=None):
            asked_for.append((body["model"], seconds))
            sleep(0.3)
            raise InvalidInput("far is slow.")

    models = [{"id": str(place)} for place in range(16)]
    shown = ollama_models(Slow("http://far"), models, most_seconds=0.5)
    assert [model.model for model in shown] == [one["id"] for one in models]
    assert 1 <= len(asked_for) <= 2
    assert all(0 < seconds <= 0.5 for _, seconds in asked_for)


@pytest.mark.parametrize("kind", ["vLLM", "llama.cpp"])
def test_a_server_that_tokenises_tells_the_prompts_ids(kind):
    with playing(kind) as (engine, _):
        assert engine.prompt_ids(asked()) == (1, 2, 3)


def test_vllm_tells_the_logprobs_of_given_ids():
    with playing("vLLM") as (engine, sent):
        assert engine.text_logprobs(asked(), [5, 6, 7]) == [None, -0.5, -2.0]
        path, body = sent[-1]
        assert (path, body["prompt"], body["max_tokens"]) == ("/v1/completions", [5, 6, 7], 1)
        with pytest.raises(InvalidInput, match="no logprob for each token"):
            engine.text_logprobs(asked(), [5, 6])


@pytest.mark.parametrize("logprob", ["x", True, float("nan")])
def test_a_logprob_of_given_ids_that_is_none_is_refused(logprob, monkeypatch):
    told = [{"prompt_logprobs": [{"5": {"logprob": logprob}}]}]
    monkeypatch.setitem(PLAYED["vLLM"][0], "/v1/completions", {"choices": told})
    with playing("vLLM") as (engine, _):
        with pytest.raises(InvalidInput, match="not a number|not JSON"):
            engine.text_logprobs(asked(), [5])


@pytest.mark.parametrize(("value", "count"), [(12, 12), (-1, None), ("x", None), (True, None)])
def test_a_prompts_tokens_are_counted_by_an_answer(value, count, monkeypatch):
    answer = json.dumps({"usage": {"prompt_tokens": value}}).encode()
    values, path, _ = PLAYED["SGLang"]
    monkeypatch.setitem(PLAYED, "SGLang", (values, path, answer))
    with playing("SGLang") as (engine, sent):
        assert engine.prompt_ids(asked()) is None
        assert engine.text_logprobs(asked(), [5]) is None
        assert engine.prompt_count(asked()) == count
        assert (sent[-1][1]["stream"], sent[-1][1]["max_tokens"]) == (False, 1)


@pytest.mark.parametrize("ids", [[-1], [2**31], [True], [1.5], ["1"], {}, [0] * (MOST_IDS + 1)])
def test_ids_of_a_prompt_are_bounded(ids):
    with pytest.raises(InvalidInput, match="sent a prompt"):
        ids_of(ids, RemoteServer("http://a"))


@pytest.mark.parametrize(
    ("kind", "held", "name", "value"),
    [("vLLM", Constraint("regex", "a+"), "structured_outputs", {"regex": "a+"}),
     ("SGLang", Constraint("choices", choices=("a", "b.")), "regex", r"a|b\."),
     ("llama.cpp", Constraint("choices", choices=("a",)), "grammar", 'root ::= "a"'),
     ("Ollama", Constraint("json_schema", '{"type": "string"}'), "format", {"type": "string"})],
)  # fmt: skip
def test_a_constraint_is_sent_in_the_servers_words(kind, held, name, value):
    with playing(kind) as (engine, sent):
        answered(engine, asked(constraint=held))
        assert sent[-1][1][name] == value


@pytest.mark.parametrize("kind", every(3, ("SGLang", "llama.cpp", "Ollama")))
def test_a_constraint_that_a_server_has_no_word_for_is_a_sentence(kind):
    with playing(kind) as (engine, _):
        (run,) = answered(engine, asked(constraint=Constraint("grammar", 'root ::= "a"')))
        assert "can't hold an answer" in run.error


def test_images_go_as_data(tmp_path):
    file = tmp_path / "red.png"
    file.write_bytes(png(30, 20, "red"))
    talk = Conversation((message("user", "What?", [Image(str(file), "red.png")]),))
    with playing("Ollama") as (engine, sent):
        answered(engine, asked(talk))
        (image,) = sent[-1][1]["messages"][0]["images"]
        assert base64.b64decode(image) == file.read_bytes()
    with playing("vLLM") as (engine, sent):
        answered(engine, asked(talk))
        assert "data:image/png" in json.dumps(sent[-1][1]["messages"])


OWNERS = {"vLLM": "vllm", "SGLang": "sglang", "llama.cpp": "llamacpp", "OpenAI-compatible": "x"}


BAD = ("endless tokens", "an endless line", "a list", "a number", "an end in the middle",
       "half a character")  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "name"), every(5, [(kind, name) for kind in OWNERS for name in BAD])
)
def test_a_server_that_behaves_badly_costs_a_lane_whatever_its_kind(kind, name):
    answer, _ = ANSWERS[name]
    with bad.serving(answer, listed(OWNERS[kind])["/v1/models"]) as url:
        (run,) = answered(remote(url, silence=1.0, line=0.5), asked())
        assert run.status == "failed"
        assert run.error.endswith((".", "…"))


@pytest.mark.thorough
def test_transformers_serve_gives_the_lanes_own_text():
    port = free_port()
    flags = ["models/pocket", "--dtype", "float32", "--device", "cpu", "--port", str(port)]
    process = started("-c", SERVE, "serve", *flags, env=ENVIRONMENT)
    try:
        assert answers(port, process)
        far = RemoteEngine(RemoteServer(f"http://127.0.0.1:{port}"))
        *_, loaded = far.load("")
        assert isinstance(loaded, Loaded), loaded
        assert far.kind == "transformers serve"
        here = LocalEngine(str(POCKET), device="cpu", weights="float32")
        talk = Conversation((message("user", "Tell me a short story about a fox."),))
        for params in ({"temperature": 0.0}, {"temperature": 1.1, "min_p": 0.02, "top_k": 60}):
            request = Request("A", talk, SamplingParams(seed=5, max_new_tokens=40, **params),
                              VisionBudget())  # fmt: skip
            (near,), (there,) = answered(here, request), answered(far, request)
            assert there.text == near.text, there.error
    finally:
        ended(process, 60)
