"""The API as `gradio_client` sees it: typed endpoints, streaming, errors; all else is private."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from time import monotonic
from typing import Any

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from core.sampling import samplers
from tests.amounts import amount

ASKED = [{"role": "user", "content": "What is the capital of France?"}]
DATES = [
    {"role": "system", "content": "You are a helpful assistant that formats dates."},
    {"role": "user", "content": "2024-01-15"},
    {"role": "assistant", "content": "January 15, 2024"},
    {"role": "user", "content": "2024-12-25"},
    {"role": "assistant", "content": "December 25, 2024"},
    {"role": "user", "content": "2024-03-08"},
]


@pytest.fixture(scope="module")
def client(scripted_app: str) -> Iterator[Client]:
    client = Client(scripted_app, verbose=False)
    yield client
    client.close()


def test_only_the_documented_endpoints_are_public(client: Client):
    api = client.view_api(return_format="dict")
    assert set(api["named_endpoints"]) == {"/generate", "/render_prompt", "/score", "/presets"}
    assert api["unnamed_endpoints"] == {}


def test_generate_streams_and_its_last_value_is_whole(client: Client):
    job = client.submit(ASKED, {"temperature": 0.5, "max_new_tokens": 50}, 7, api_name="/generate")
    last = job.result(timeout=30)
    streamed = job.outputs()
    assert len(streamed) > 2
    assert streamed[-1] == last
    assert last["text"] == "The capital of France is Paris."
    assert last["stop_reason"] == "end_of_sequence"
    assert streamed[0]["stop_reason"] is None
    assert len(last["token_ids"]) > 3
    assert last["prompt_tokens"] > 5
    assert 0 <= last["cached_tokens"] <= last["prompt_tokens"]
    assert last["seconds"] > 0
    assert "place" not in last
    off = {name: row.setting.off for name, row in samplers().items()}
    assert last["parameters"] == {
        **off, "temperature": 0.5, "max_new_tokens": 50, "seed": 7, "stop": [],
    }  # fmt: skip


def test_a_run_that_waits_streams_its_place_in_the_queue(client: Client):
    asked = [{"role": "user", "content": "!queue"}]
    job = client.submit(asked, {"max_new_tokens": 3}, 7, api_name="/generate")
    last = job.result(timeout=30)
    places = [value["place"] for value in job.outputs() if "place" in value]
    assert list(dict.fromkeys(places)) == [2, 1]
    assert "place" not in last


def test_a_prompt_that_was_sent_before_comes_from_the_cache(client: Client):
    asked = [{"role": "user", "content": "The same prompt, sent two times."}]
    first, again = (client.predict(asked, {}, 7, api_name="/generate") for _ in range(2))
    assert first["cached_tokens"] < first["prompt_tokens"]
    assert again["cached_tokens"] == again["prompt_tokens"] == first["prompt_tokens"]
    assert again["text"] == first["text"]


def test_a_negative_seed_draws_one_and_tells_it(client: Client):
    last = client.predict(ASKED, {}, -1, api_name="/generate")
    assert last["parameters"]["seed"] >= 0


def test_template_options_are_applied_and_repeated(client: Client):
    given = {"template": {"enable_thinking": False, "old_option": 1}}
    plain = client.predict(ASKED, {}, 1, api_name="/generate")
    last = client.predict(ASKED, {}, 1, given, api_name="/generate")
    assert last["options"] == {"template": {"enable_thinking": False}}
    assert last["not_sent"] == ["template.old_option"]
    assert last["prompt_tokens"] > plain["prompt_tokens"]
    assert "options" not in plain
    with pytest.raises(AppError, match="It takes template, constraint, tools, tool_choice"):
        client.predict(ASKED, {}, 1, {"evil": 1}, api_name="/generate")


def test_a_constraint_and_tools_are_applied_repeated_and_an_answer_that_was_cut_says_so(
    pocket_app: str,
):
    with closing(Client(pocket_app, verbose=False)) as client:

        def ask(tokens: int, **options: Any) -> dict:
            asked = {"temperature": 0.5, "max_new_tokens": tokens}
            return client.predict(ASKED, asked, 7, options, api_name="/generate")

        given = {"choices": ["Paris, of course", "Rome"], "after_thought": False}
        whole, cut = (ask(tokens, constraint=given) for tokens in (40, 1))
        assert whole["text"] in given["choices"]
        assert (whole["incomplete"], cut["incomplete"]) == (False, True)
        assert whole["options"] == {"constraint": given}
        schema = {"type": "object", "properties": {"é": {"type": "boolean"}}, "required": ["é"]}
        closed = {"json_schema": {**schema, "additionalProperties": False}}
        assert set(json.loads(ask(40, constraint=closed)["text"])) == {"é"}
        tools = [{"name": "now", "parameters": {"type": "object", "properties": {}}}]
        called = ask(40, tools=tools, tool_choice="now")
        assert called["text"] == "<|tool_call_start|>[now()]<|tool_call_end|>"
        assert called["options"] == {"tools": tools, "tool_choice": "now"}
        assert "incomplete" not in ask(4)
        with pytest.raises(AppError, match="#/not: "):
            ask(4, constraint={"json_schema": {"not": {}}})


def test_logprobs_of_an_answer_are_those_of_its_text_as_it_is_scored(pocket_app: str):
    """Two ways through the model: one token after another, and all of them at once."""
    with closing(Client(pocket_app, verbose=False)) as client:
        asked = {"max_new_tokens": 12, "temperature": 0}
        last = client.predict(DATES, asked, 7, {"top_logprobs": 3}, api_name="/generate")
        found = client.predict(DATES, last["text"], api_name="/score")
        tokens = last["logprobs"][: len(found["token_ids"])]
        assert found["token_ids"] == last["token_ids"][: len(tokens)]
        assert len(tokens) > 5
        assert [token["logprob"] for token in tokens] == pytest.approx(found["logprobs"], abs=1e-4)
        assert bytes(sum((token["bytes"] for token in tokens), [])).decode() == last["text"]
        for token in tokens:
            top = [one["logprob"] for one in token["top_logprobs"]]
            assert len(top) == 3
            assert top == sorted(top, reverse=True)
            assert token["token"] == token["top_logprobs"][0]["token"]  # temperature 0
        with pytest.raises(AppError, match="0 to 20"):
            client.predict(DATES, {}, 1, {"top_logprobs": 21}, api_name="/generate")


def test_a_constraint_of_a_model_that_has_none_is_not_sent(client: Client):
    last = client.predict(ASKED, {}, 1, {"constraint": {"json": True}}, api_name="/generate")
    assert last["not_sent"] == ["constraint"]
    assert last["options"] == {"constraint": None}
    assert "incomplete" not in last


def test_a_last_assistant_message_is_a_prefill(client: Client):
    messages = [*ASKED, {"role": "assistant", "content": "It is "}]
    prompt = client.predict(messages, api_name="/render_prompt")
    assert prompt["text"].endswith("<|im_start|>assistant\nIt is ")
    assert len(prompt["token_ids"]) > 5


@pytest.mark.parametrize(
    ("messages", "parameters", "sentence"),
    [
        (ASKED, {"temperature": 3}, "temperature is 3; the allowed range is 0 to 2"),
        (ASKED, {"temprature": 1}, "Unknown sampling parameter 'temprature'"),
        ([{"role": "bot", "content": ""}], {}, "Message 1 has the role 'bot'"),
        ([], {}, "No message to answer"),
        (None, {}, "messages is None"),
        (ASKED, None, "parameters is None"),
        (ASKED, {"seed": 3}, "its own argument"),
        (ASKED, {"stop": ["x" * 201]}, "A stop string has 201 characters; 200 are allowed"),
        ([{"role": "user", "content": "x" * 1_048_577}], {}, "at most 1,048,576 are read"),
        (
            [{"role": "user", "content": [{"type": "image", "path": "/etc/passwd"}]}],
            {},
            "is not an upload",
        ),
    ],
)
def test_bad_input_is_named(client: Client, messages, parameters, sentence):
    with pytest.raises(AppError, match=sentence):
        client.predict(messages, parameters, 1, api_name="/generate")


def test_an_image_is_sent_by_handle_file(client: Client, tmp_path):
    picture = tmp_path / "red.png"
    Image.new("RGB", (64, 48), "red").save(picture)
    parts = [
        {"type": "image", "path": handle_file(str(picture))},
        {"type": "text", "text": "What is this?"},
    ]
    messages = [{"role": "user", "content": parts}]
    last = client.predict(messages, {}, 1, api_name="/generate")
    assert "I was shown 1 image." in last["text"]


def test_a_failure_of_the_engine_reaches_the_client(client: Client):
    with pytest.raises(AppError, match="The script was asked to fail"):
        client.predict([{"role": "user", "content": "!fail"}], {}, 1, api_name="/generate")


def test_presets_are_listed_with_their_source(client: Client):
    presets = {preset["key"]: preset for preset in client.predict(api_name="/presets")}
    assert presets["lfm2-text"]["values"] == {
        "temperature": 0.3,
        "min_p": 0.15,
        "repetition_penalty": 1.05,
    }
    assert repr(presets["lfm2.5-text"]["values"]["top_k"]) == "50"
    assert presets["lfm2-vl"]["values"]["max_image_tokens"] == 256
    assert all(preset["source"] and preset["date"] for preset in presets.values())


def test_the_shipped_model_answers_through_the_api(pocket_app: str):
    client = Client(pocket_app, verbose=False)
    greedy = {"temperature": 0, "max_new_tokens": 40}
    last = client.predict(DATES, greedy, 1, api_name="/generate")
    client.close()
    assert (last["text"], last["stop_reason"]) == ("March 8, 2024", "end_of_sequence")


VISITORS = amount(6, 16)


@contextmanager
def visitors(url: str) -> Iterator[list[Client]]:
    """So many clients, each a session of its own. Opening or closing one takes up to a second."""
    with ThreadPoolExecutor(VISITORS) as pool:
        clients = list(pool.map(lambda _: Client(url, verbose=False), range(VISITORS)))
        try:
            yield clients
        finally:
            list(pool.map(Client.close, clients))


def test_visitors_at_once_each_get_their_own_answer(pocket_app: str):
    """Token for token what each gets who asks alone, by the same seed."""
    warm = {"temperature": 0.7, "max_new_tokens": 40}

    def ask(client: Client, day: int) -> dict:
        asked = [*DATES[:-1], {"role": "user", "content": f"2024-03-{day:02}"}]
        return client.predict(asked, warm, day, api_name="/generate")

    days = range(1, VISITORS + 1)
    with visitors(pocket_app) as clients, ThreadPoolExecutor(VISITORS) as pool:
        alone = [ask(clients[0], day) for day in days]
        together = list(pool.map(ask, clients, days))
    assert [last["text"] for last in alone] == [f"March {day}, 2024" for day in days]
    for one, other in zip(alone, together, strict=True):
        assert (other["text"], other["token_ids"]) == (one["text"], one["token_ids"])
        assert other["stop_reason"] == "end_of_sequence"


@pytest.mark.thorough
def test_runs_are_answered_at_the_same_time(scripted_app: str):
    """At two tokens a second each takes three seconds; one after the other 16 take 48."""
    asked = [{"role": "user", "content": "!slow"}], {"max_new_tokens": 6}, 1
    with visitors(scripted_app) as clients:
        began = monotonic()
        jobs = [client.submit(*asked, api_name="/generate") for client in clients]
        answers = [job.result(timeout=60) for job in jobs]
        assert monotonic() - began < 12
    assert {len(last["token_ids"]) for last in answers} == {6}
