"""The API as `gradio_client` sees it: typed endpoints, streaming, errors; all else is private."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from core.sampling import samplers

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
    assert set(api["named_endpoints"]) == {"/generate", "/render_prompt", "/presets"}
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


def test_a_last_assistant_message_is_a_prefill(client: Client):
    messages = [*ASKED, {"role": "assistant", "content": "It is "}]
    prompt = client.predict(messages, api_name="/render_prompt")
    assert prompt["text"].endswith("<|im_start|>assistant\nIt is ")
    assert len(prompt["token_ids"]) > 5


@pytest.mark.parametrize(
    ("messages", "parameters", "sentence"),
    [
        (ASKED, {"temperature": 3}, "temperature is 3; the allowed range is 0 to 2"),
        (ASKED, {"temprature": 1}, "There is no sampling parameter 'temprature'"),
        ([{"role": "bot", "content": ""}], {}, "Message 1 has the role 'bot'"),
        ([], {}, "There is no message to answer"),
        (None, {}, "messages is None"),
        (ASKED, None, "parameters is None"),
        (ASKED, {"seed": 3}, "an argument of its own"),
        (ASKED, {"stop": ["x" * 201]}, "A stop string has 201 characters; 200 are allowed"),
        ([{"role": "user", "content": "x" * 1_048_577}], {}, "1,048,576 are read at most"),
        (
            [{"role": "user", "content": [{"type": "image", "path": "/etc/passwd"}]}], {},
            "is not an upload",
        ),
    ],
)  # fmt: skip
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
        "temperature": 0.3, "min_p": 0.15, "repetition_penalty": 1.05,
    }  # fmt: skip
    assert repr(presets["lfm2.5-text"]["values"]["top_k"]) == "50"
    assert presets["lfm2-vl"]["values"]["max_image_tokens"] == 256
    assert all(preset["source"] and preset["date"] for preset in presets.values())


def test_the_shipped_model_answers_through_the_api(pocket_app: str):
    client = Client(pocket_app, verbose=False)
    greedy = {"temperature": 0, "max_new_tokens": 40}
    last = client.predict(DATES, greedy, 1, api_name="/generate")
    client.close()
    assert (last["text"], last["stop_reason"]) == ("March 8, 2024", "end_of_sequence")


VISITORS = 16


@contextmanager
def visitors(url: str) -> Iterator[list[Client]]:
    """Sixteen clients, each a session of its own. Opening or closing one takes up to a second."""
    with ThreadPoolExecutor(VISITORS) as pool:
        clients = list(pool.map(lambda _: Client(url, verbose=False), range(VISITORS)))
        try:
            yield clients
        finally:
            list(pool.map(Client.close, clients))


def test_sixteen_visitors_at_once_each_get_their_own_answer(pocket_app: str):
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


def test_sixteen_runs_are_answered_at_the_same_time(scripted_app: str):
    """At two tokens a second each takes three seconds; one after the other they'd take 48."""
    asked = [{"role": "user", "content": "!slow"}], {"max_new_tokens": 6}, 1
    with visitors(scripted_app) as clients:
        began = monotonic()
        jobs = [client.submit(*asked, api_name="/generate") for client in clients]
        answers = [job.result(timeout=60) for job in jobs]
        assert monotonic() - began < 12
    assert {len(last["token_ids"]) for last in answers} == {6}
