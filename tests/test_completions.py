"""`/v1` with OpenAI's own client, over the engine without a model and over the shipped one."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep

import openai
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletion
from pydantic import BaseModel

import app
from core.conversation import Conversation, Image, message
from core.runs.run import Run, fold_all
from core.sampling import SamplingParams
from core.workspace import Request
from engine.local import LocalEngine
from engine.scripted.scripted_engine import ScriptedEngine
from tests.engine.conftest import POCKET
from tests.engine.test_transformers_serve import printed, subject
from tests.hostile.driver import Visitor
from tests.hostile.rows.picture_files import png
from tests.serving import served_here, served_with

HI = [{"role": "user", "content": "Hi"}]
STORY = [{"role": "user", "content": "Tell me a short story about a fox."}]
JOHN = [{"role": "user", "content": "Extract the name and age from: John is 30 years old."}]
WEATHER = [{"role": "user", "content": "What is the weather in Paris?"}]
TOOLS = [
    {"type": "function", "function": {
        "name": "get_weather", "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}},
                       "required": ["city"]}}}
]  # fmt: skip
KEY = "a-key-of-20-letters."


class Person(BaseModel):
    name: str
    age: int


def client_of(url: str, key: str = "none") -> OpenAI:
    return OpenAI(base_url=f"{url}v1", api_key=key, max_retries=0, timeout=60)


@pytest.fixture(scope="module")
def scripted(scripted_app: str) -> OpenAI:
    return client_of(scripted_app)


def say(text: str):
    return [{"role": "user", "content": f"!say {text}"}]


def streamed(client: OpenAI, **asked) -> tuple[str, str, list, list[str]]:
    """Text, thought, calls and reasons of a stream's only choice."""
    text, thought, calls, reasons = "", "", list[object](), list[str]()
    for chunk in client.chat.completions.create(model="scripted", stream=True, **asked):
        for choice in chunk.choices:
            text += choice.delta.content or ""
            thought += getattr(choice.delta, "reasoning_content", None) or ""
            calls += choice.delta.tool_calls or []
            reasons += [choice.finish_reason] if choice.finish_reason else []
    return text, thought, calls, reasons


# -- without a model -------------------------------------------------------------------------------
@pytest.mark.thorough
def test_models_are_listed_and_looked_up(scripted: OpenAI):
    assert [model.id for model in scripted.models.list()] == ["scripted"]
    assert scripted.models.retrieve("scripted").id == "scripted"
    with pytest.raises(openai.NotFoundError, match="not in memory"):
        scripted.models.retrieve("LiquidAI/none")


def test_the_prompt_of_a_chat_is_told_without_an_answer(scripted: OpenAI):
    asked = {"messages": HI, "max_tokens": 1, "return_token_ids": True}
    answered = scripted.post("/chat/completions", body=asked, cast_to=dict)
    told = scripted.post("/tokenize", body={"messages": HI}, cast_to=dict)
    assert told["tokens"] == answered["prompt_token_ids"]
    assert (told["count"], "Hi" in told["prompt"]) == (answered["usage"]["prompt_tokens"], True)
    assert told["playground"]["messages"].count(0) == 1


def test_a_thought_is_told_apart_whole_and_streamed(scripted: OpenAI):
    asked = {"messages": [{"role": "user", "content": "!think Hi"}]}
    whole = scripted.chat.completions.create(model="scripted", seed=1, **asked).choices[0].message
    text, thought, _, reasons = streamed(scripted, seed=1, **asked)
    assert whole.model_extra["reasoning_content"] == thought != ""
    assert (whole.content, reasons) == (text, ["stop"])
    assert text.startswith("This is")
    raw, none, *_ = streamed(scripted, seed=1, **asked, extra_body={"skip_special_tokens": False})
    assert raw == f"<think>{thought}</think>\n\n{text}"
    assert none == ""


def test_a_call_is_read_and_its_result_goes_back(scripted: OpenAI):
    (choice,) = scripted.chat.completions.create(
        model="scripted", messages=WEATHER, tools=TOOLS).choices  # fmt: skip
    (call,) = choice.message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == (
        "get_weather", {"city": "Paris"},
    )  # fmt: skip
    assert choice.finish_reason == "tool_calls"
    _, _, (told,), reasons = streamed(scripted, messages=WEATHER, tools=TOOLS)
    assert told.function.arguments == call.function.arguments
    assert reasons == ["tool_calls"]
    result = {"role": "tool", "tool_call_id": call.id, "content": "rain"}
    turns = [*WEATHER, choice.message, result]
    answer = scripted.chat.completions.create(model="scripted", messages=turns, tools=TOOLS)
    assert "rain" in answer.choices[0].message.content


@pytest.mark.thorough
def test_usage_comes_last_where_it_is_asked_for(scripted: OpenAI):
    *_, last = scripted.chat.completions.create(
        model="scripted", messages=HI, stream=True, stream_options={"include_usage": True}
    )
    whole = scripted.chat.completions.create(model="scripted", messages=HI).usage
    assert last.choices == []
    assert last.usage.completion_tokens == whole.completion_tokens > 0
    assert whole.prompt_tokens_details.cached_tokens > 0


@pytest.mark.thorough
def test_an_answer_that_fails_has_a_status_or_ends_its_stream_with_an_error(scripted: OpenAI):
    asked = {"model": "scripted", "messages": [{"role": "user", "content": "!fail"}]}
    with pytest.raises(openai.InternalServerError):
        scripted.chat.completions.create(**asked)
    with pytest.raises(openai.APIError):
        list(scripted.chat.completions.create(**asked, stream=True))


@pytest.mark.thorough
def test_one_that_waits_in_the_queue_is_answered(scripted: OpenAI):
    text, *_ = streamed(scripted, messages=[{"role": "user", "content": "!queue"}])
    assert text


@pytest.mark.thorough
def test_what_the_model_cannot_be_given_is_refused():
    with served_here(ScriptedEngine()) as url:
        with pytest.raises(openai.BadRequestError, match="the JSON schema"):
            client_of(url).chat.completions.parse(
                model="scripted", messages=JOHN, response_format=Person
            )


def test_calls_share_the_bounds_of_all_runs():
    with served_here(ScriptedEngine(tokens_per_second=2), demo=True) as url:
        client = client_of(url)
        held = [client.chat.completions.create(model="scripted", messages=HI, stream=True)
                for _ in range(4)]  # fmt: skip
        with pytest.raises(openai.RateLimitError, match="network address"):
            client.chat.completions.create(model="scripted", messages=HI)
        for stream in held:
            stream.close()
        end = monotonic() + 20
        while monotonic() < end:
            try:
                client.completions.create(model="scripted", prompt="a", max_tokens=1)
                return
            except openai.RateLimitError:
                sleep(0.1)
        pytest.fail("A client that hung up still holds its place.")


def test_the_key_is_needed_and_no_api_closes_all(tmp_path: Path):
    with served_with("--engine", "scripted", "--api-key", KEY) as url:
        with pytest.raises(openai.AuthenticationError):
            client_of(url).models.list()
        assert client_of(url, KEY).chat.completions.create(model="scripted", messages=HI).choices
        assert Visitor(url).request("GET", "v1/models").json["error"]["code"] == "invalid_api_key"
    with served_with("--engine", "scripted", "--no-api") as url:
        visitor = Visitor(url)
        assert visitor.request("GET", "v1/models").status == 404
        assert visitor.call("presets").status == 404
        assert visitor.request("GET", "").status == 200


def test_the_flags_error_does_not_repeat_the_key(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        app.flags(["--api-key", "guess-me"])
    assert "guess-me" not in capsys.readouterr().err


# -- the shipped model -----------------------------------------------------------------------------
@pytest.fixture(scope="module")
def engine() -> LocalEngine:
    return LocalEngine(str(POCKET), device="cpu", weights="float32")


@pytest.fixture(scope="module")
def url(engine: LocalEngine) -> Iterator[str]:
    with served_here(engine) as address:
        yield address


@pytest.fixture(scope="module")
def client(url: str) -> OpenAI:
    return client_of(url)


def name_of(engine: LocalEngine) -> str:
    return engine.models[0].name


def of_the_page(engine: LocalEngine, *turns, images=(), **params) -> Run:
    talk = Conversation(tuple(message(role, text) for role, text in turns))
    if images:
        talk = Conversation((message("user", turns[0][1], images),))
    budget = engine.models[0].budget
    request = Request("A", talk, SamplingParams(**params), budget)
    run = fold_all(Run(request), [event for _, event in engine.stream([request])])
    assert run.status == "done", run.error
    return run


def ids_of(answer: ChatCompletion) -> tuple[int, ...]:
    return tuple(answer.choices[0].model_extra["token_ids"])


IDS = {"return_token_ids": True}


@pytest.mark.parametrize(
    "params",
    [
        pytest.param({"temperature": 0.0}, marks=pytest.mark.thorough),
        {"temperature": 0.9, "top_p": 0.95, "seed": 7},
    ],
)
def test_tokens_are_the_pages_and_those_of_generate(engine, client, params):
    answer = client.chat.completions.create(
        model=name_of(engine), messages=STORY, max_tokens=40, **params, extra_body=IDS
    )
    run = of_the_page(engine, ("user", STORY[0]["content"]), max_new_tokens=40,
                      **{"seed": 1, **params})  # fmt: skip
    assert ids_of(answer) == run.token_ids
    assert tuple(answer.model_extra["prompt_token_ids"]) == run.prompt.token_ids
    assert answer.choices[0].message.content == run.text
    verified = list(engine.verify(run.request, ids_of(answer)))[-1]
    assert verified.difference is None
    assert not verified.prompt_differs


@pytest.mark.thorough
def test_all_samplers_at_once_and_a_stop_string_give_the_pages_tokens(engine, client):
    values = {"temperature": 1.2, "top_p": 0.9, "seed": 3}
    extra = {"top_k": 40, "min_p": 0.01, "typical_p": 0.95, "repetition_penalty": 1.1}
    answer = client.chat.completions.create(
        model=name_of(engine), messages=STORY, max_tokens=40, stop=["fox"], **values,
        extra_body=extra | IDS,
    )  # fmt: skip
    run = of_the_page(engine, ("user", STORY[0]["content"]), max_new_tokens=40, stop=("fox",),
                      **values, **extra)  # fmt: skip
    assert ids_of(answer) == run.token_ids


def test_a_prefill_is_continued_byte_for_byte(engine, client):
    turns = [*JOHN, {"role": "assistant", "content": '{\n  "name": '}]
    answer = client.chat.completions.create(
        model=name_of(engine), messages=turns, temperature=0, max_tokens=30,
        extra_body={"continue_final_message": True, "add_generation_prompt": False, **IDS},
    )  # fmt: skip
    run = of_the_page(engine, ("user", JOHN[0]["content"]), ("assistant", '{\n  "name": '),
                      temperature=0.0, max_new_tokens=30)  # fmt: skip
    assert (ids_of(answer), answer.choices[0].message.content) == (run.token_ids, run.text)


def test_an_image_is_read_from_a_data_url(engine, client, tmp_path):
    file = tmp_path / "red.png"
    file.write_bytes(png(96, 64, "red"))
    data = f"data:image/png;base64,{base64.b64encode(file.read_bytes()).decode()}"
    parts = [{"type": "image_url", "image_url": {"url": data}},
             {"type": "text", "text": "What is this?"}]  # fmt: skip
    answer = client.chat.completions.create(
        model=name_of(engine), messages=[{"role": "user", "content": parts}], temperature=0,
        max_tokens=20, extra_body=IDS,
    )  # fmt: skip
    run = of_the_page(engine, ("user", "What is this?"), images=[Image(str(file))],
                      temperature=0.0, max_new_tokens=20)  # fmt: skip
    assert ids_of(answer) == run.token_ids
    assert answer.usage.prompt_tokens == run.prompt_tokens


def test_an_answer_is_parsed_into_a_class(engine, client):
    asked = {"model": name_of(engine), "messages": JOHN, "temperature": 0}
    parsed = client.chat.completions.parse(**asked, response_format=Person)
    assert parsed.choices[0].message.parsed == Person(name="John", age=30)
    chosen = client.chat.completions.create(
        **asked, extra_body={"structured_outputs": {"choice": ["yes", "no"]}}
    )
    assert chosen.choices[0].message.content in ("yes", "no")


@pytest.mark.thorough
def test_a_call_is_held_to_the_named_tool(engine, client):
    named = {"type": "function", "function": {"name": "get_weather"}}
    answer = client.chat.completions.create(
        model=name_of(engine), messages=WEATHER, tools=TOOLS, tool_choice=named, temperature=0
    )
    (call,) = answer.choices[0].message.tool_calls
    assert json.loads(call.function.arguments).keys() == {"city"}


@pytest.mark.thorough
def test_logprobs_are_those_before_the_samplers(engine, client):
    answer = client.chat.completions.create(
        model=name_of(engine), messages=STORY, temperature=0, max_tokens=4, logprobs=True,
        top_logprobs=3,
    )  # fmt: skip
    run = of_the_page(engine, ("user", STORY[0]["content"]), temperature=0.0, max_new_tokens=4)
    told = answer.choices[0].logprobs.content
    assert [one.logprob for one in told] == pytest.approx([one.logprob for one in run.tokens])
    assert all(len(one.top_logprobs) == 3 for one in told)


def test_a_text_is_continued_as_it_is_with_control_tokens(engine, client):
    run = of_the_page(engine, ("user", STORY[0]["content"]), temperature=0.0, max_new_tokens=20)
    checkpoint = engine.worker.checkpoint
    begin = checkpoint.prompting.decode(list(run.prompt.token_ids[:1]))
    answer = client.completions.create(
        model=name_of(engine), prompt=run.prompt.text.removeprefix(begin), temperature=0,
        max_tokens=20, logprobs=1, extra_body=IDS,
    )  # fmt: skip
    (choice,) = answer.choices
    assert tuple(choice.model_extra["token_ids"]) == run.token_ids
    assert choice.text == run.text
    assert len(choice.logprobs.tokens) == 20


def test_many_async_streams_share_one_batch_and_each_has_its_own_tokens(engine, url):
    async def answers() -> list[str]:
        async with openai.AsyncOpenAI(base_url=f"{url}v1", api_key="none") as many:

            async def one(seed: int) -> str:
                stream = await many.chat.completions.create(
                    model=name_of(engine), messages=STORY, max_tokens=20, seed=seed, stream=True
                )
                return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

            return await asyncio.gather(*map(one, range(6)))

    alone = [of_the_page(engine, ("user", STORY[0]["content"]), max_new_tokens=20, seed=seed).text
             for seed in range(6)]  # fmt: skip
    assert asyncio.run(answers()) == alone


def test_a_client_that_hangs_up_frees_its_rows(engine, client):
    stream = client.chat.completions.create(
        model=name_of(engine), messages=STORY, max_tokens=4000, temperature=2, n=4, stream=True,
        extra_body={"structured_outputs": {"regex": "[a-z ]{3900,4000}"}},
    )  # fmt: skip
    next(iter(stream))
    assert engine.worker.has_work()
    stream.close()
    end = monotonic() + 20
    while engine.worker.has_work() and monotonic() < end:
        sleep(0.05)
    assert not engine.worker.has_work()


@pytest.mark.thorough
@pytest.mark.parametrize(
    "params", [{"temperature": 0.8, "min_p": 0.02, "top_k": 50}, {"temperature": 0.0}]
)
def test_the_script_for_vllm_prints_the_lanes_answer(engine, url, tmp_path, params):
    """Its prefill, samplers and seed are all understood, and nothing else is in it."""
    turns = (message("user", JOHN[0]["content"]), message("assistant", '{\n  "name": '))
    what = replace(subject(engine, Conversation(turns), **params), model_name=name_of(engine))
    port = int(url.rstrip("/").rpartition(":")[2])
    assert printed("vllm-server", what, port, tmp_path) == f"{what.run.text}\n"
