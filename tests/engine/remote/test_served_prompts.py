"""The prompts of servers: what each kind tells, one question at a time, and bad answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic, sleep, thread_time
from typing import Any

import pytest

from core.completions.told_prompt import prompt_body, read_prompt
from core.conversation import Conversation, Image, message
from core.errors import InvalidInput, StillAsking
from core.prompt import PromptToken, RenderedPrompt
from core.workspace import Request
from engine.remote import served_prompts
from engine.remote.remote_server import RemoteServer
from engine.remote.served_prompts import ServedPrompts
from engine.remote.told_prompt import prompt_of_names, prompt_of_pieces
from tests.engine.remote import hostile_servers as bad
from tests.engine.remote.test_kinds import PLAYED, asked, playing
from tests.engine.remote.test_remote_engine import remote

SERVER = RemoteServer("http://far", name="far")
PIECES = [{"id": 6, "piece": "<s>"}, {"id": 7, "piece": [195]}, {"id": 8, "piece": [169, 33]}]
TOKENIZED = {"count": 4, "tokens": [6, 9, 7, 8], "token_strs": ["<s>", "ĠHi", "Ã", "©!"]}
VLLM_TEXT = {"prompt": "<s> Hié!"}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PLAYED["llama.cpp"][0], "/tokenize", {"tokens": PIECES})
    monkeypatch.setitem(PLAYED["vLLM"][0], "/tokenize", TOKENIZED)
    monkeypatch.setitem(PLAYED["vLLM"][0], "/detokenize", VLLM_TEXT)


def request(text: str) -> Request:
    return asked(Conversation((message("user", text),)))


def texts(prompt: RenderedPrompt) -> list[tuple[int, str]]:
    return [(token.token_id, token.text) for token in prompt.tokens]


def test_llama_cpp_and_vllm_tell_ids_with_their_texts(told):
    """A character that several tokens make is the text of the last one."""
    with playing("llama.cpp") as (engine, sent):
        prompt = engine.render(asked())
        assert texts(prompt) == [(6, "<s>"), (7, ""), (8, "é!")]
        assert (prompt.text, prompt.context_length, prompt.parts_known) == ("<s>é!", 2048, False)
        path, body = sent[-1]
        assert (path, body["content"]) == ("/tokenize", "user: Hi\nassistant: ")
    with playing("vLLM") as (engine, sent):
        prompt = engine.render(asked())
        assert texts(prompt) == [(6, "<s>"), (9, " Hi"), (7, ""), (8, "é!")]
        assert [path for path, _ in sent] == ["/tokenize", "/detokenize"]
        # Another name of a sampler in its body and vLLM refuses it.
        assert set(sent[0][1]) == {"model", "messages", "return_token_strs"}


@pytest.mark.parametrize(
    ("names", "text", "found"),
    [(["▁Hi", "<0xC3>", "<0xA9>"], "Hié", ["Hi", "", "é"]),
     (["▁Hi", "▁there"], "Hi there", ["Hi", " there"]),
     (["<｜begin｜>", "ĠHi"], "<｜begin｜> Hi", ["<｜begin｜>", " Hi"]),
     (["##x", "y"], "xy", ["##x", "y"]), ([], "", [])],
)  # fmt: skip
def test_names_of_tokens_are_read_so_that_they_make_the_text(names, text, found):
    prompt = prompt_of_names(tuple(range(len(names))), names, text, SERVER)
    assert [token.text for token in prompt.tokens] == found
    assert prompt.text == text


def test_a_server_without_a_tokenizer_says_so_and_images_are_not_guessed():
    with playing("SGLang") as (engine, _):
        with pytest.raises(InvalidInput, match="doesn't report its prompt"):
            engine.render(asked(), wait=False)
    talk = Conversation((message("user", "What?", [Image("red.png", "red.png")]),))
    with playing("llama.cpp") as (engine, _):
        with pytest.raises(InvalidInput, match="how many tokens an image takes"):
            engine.render(asked(talk))


HOSTILE_PIECES = (
    None, "x", 7, {}, ["x"], [1], [{"id": 1}], [{"id": -1, "piece": "a"}], [{"piece": "a"}],
    [{"id": True, "piece": "a"}], [{"id": 2**31, "piece": "a"}], [{"id": 1, "piece": [256]}],
    [{"id": 1, "piece": [-1]}], [{"id": 1, "piece": None}],
)  # fmt: skip
HOSTILE_NAMES = (None, "ab", ["a"], ["a", 7], {"0": "a"}, [["a"], "b"])
RIGHT = RenderedPrompt("ab", (PromptToken(1, "a", 0), PromptToken(2, "b", special=True)), 0)
HOSTILE_FACTS: tuple[dict[str, Any], ...] = (
    {"texts": ["a"]}, {"texts": "ab"}, {"texts": ["a", 7]}, {"messages": [1, None]},
    {"messages": [-1, None]}, {"messages": [True, None]}, {"messages": [0]}, {"special": [2]},
    {"special": [-1]}, {"image": None}, {"tools": {"0": 1}}, {"in_template": 1},
    {"neutralised": [7]}, {"neutralised": ["x"] * 101}, {"unplaced": [1]}, {"unplaced": "0"},
)  # fmt: skip
HOSTILE_BODIES: tuple[Any, ...] = (
    [], "x", 7, None, {}, {"playground": []}, {"playground": {}}, {"tokens": "x"},
)  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE_PIECES)
def test_pieces_that_are_none_end_in_a_sentence(value):
    with pytest.raises(InvalidInput, match=r"^far sent a .*\.$"):
        prompt_of_pieces(value, SERVER)


@pytest.mark.parametrize("value", HOSTILE_NAMES)
def test_names_that_are_none_end_in_a_sentence(value):
    with pytest.raises(InvalidInput, match="no name for each token"):
        prompt_of_names((1, 2), value, "ab", SERVER)


@pytest.mark.parametrize("value", [None, 7, ["ab"], {}])
def test_a_text_of_a_prompt_that_is_none_ends_in_a_sentence(value):
    with pytest.raises(InvalidInput, match="not a text"):
        prompt_of_names((1, 2), ["a", "b"], value, SERVER)


def test_a_playgrounds_prompt_comes_back_and_hostile_ones_end_in_a_sentence(subtests):
    body = json.loads(json.dumps(prompt_body(RIGHT, "m")))
    assert read_prompt(body, 1, "far") == RIGHT
    wrong = [{**body, "playground": {**body["playground"], **one}} for one in HOSTILE_FACTS]
    wrong += [{**body, "tokens": one} for one in ("x", [1], [-1, 2], [True, 2], [1.0, 2])]
    for value in (*wrong, *HOSTILE_BODIES, {**body, "prompt": 7}):
        with (
            subtests.test(value),
            pytest.raises(InvalidInput, match="sent a prompt in an unknown form"),
        ):
            read_prompt(value, 1, "far")


# -- questions ------------------------------------------------------------------------------------
class Asking:
    """Answers when it is let; counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.lets = threading.Semaphore(0)
        self.fails = False

    def __call__(self, one: Request) -> RenderedPrompt:
        text = one.conversation.messages[0].text
        self.asked.append(text)
        self.lets.acquire()
        if self.fails:
            raise InvalidInput("far broke off.")
        return RenderedPrompt(text, (), 9)


def now(prompts: ServedPrompts, one: Request) -> RenderedPrompt | str:
    try:
        return prompts.now(one)
    except StillAsking:
        return "asking"
    except InvalidInput as error:
        return str(error)


def eventually(prompts: ServedPrompts, one: Request) -> RenderedPrompt | str:
    end = monotonic() + 30
    while (found := now(prompts, one)) == "asking" and monotonic() < end:
        sleep(0.002)
    return found


def test_one_question_is_under_way_and_the_latest_comes_next(monkeypatch):
    """Whoever types sends a question at each pause; the server was asked all of them."""
    monkeypatch.setattr(served_prompts, "WANTED_SECONDS", 0.1)
    ask = Asking()
    prompts = ServedPrompts("far", ask)
    for text in ("a", "ab", "abc"):
        assert now(prompts, request(text)) == "asking"
    sleep(0.15)  # nobody wants "ab" any longer
    assert now(prompts, request("abc")) == "asking"
    ask.lets.release(2)
    found = eventually(prompts, request("abc"))
    assert isinstance(found, RenderedPrompt)
    assert found.text == "abc"
    assert ask.asked == ["a", "abc"]
    assert isinstance(now(prompts, request("a")), RenderedPrompt)  # kept


def test_questions_of_many_do_not_pile_up(monkeypatch):
    monkeypatch.setattr(served_prompts, "MOST_WANTED", 3)
    monkeypatch.setattr(served_prompts, "WANTED_SECONDS", 60.0)
    monkeypatch.setattr(served_prompts, "MOST_KEPT", 2)
    ask = Asking()
    prompts = ServedPrompts("far many", ask)
    now(prompts, request("0"))
    while not ask.asked:  # it no longer waits among the wanted ones
        sleep(0.002)
    for place in range(1, 200):
        now(prompts, request(str(place)))
    threads = [one for one in threading.enumerate() if one.name == "prompts of far many"]
    assert len(threads) == 1
    ask.lets.release(4)
    assert isinstance(eventually(prompts, request("3")), RenderedPrompt)
    assert ask.asked == ["0", "1", "2", "3"]
    ask.lets.release(9)
    assert now(prompts, request("0")) == "asking"  # two are kept


def test_a_failure_is_said_and_asked_again_later_and_a_slow_server_is_left_alone(monkeypatch):
    monkeypatch.setattr(served_prompts, "FAILED_SECONDS", 0.3)
    ask = Asking()
    ask.fails = True
    ask.lets.release(9)
    prompts = ServedPrompts("far", ask)
    assert eventually(prompts, request("a")) == "far broke off."
    assert eventually(prompts, request("b")) == "far broke off."
    assert now(prompts, request("a")) == "far broke off."
    assert ask.asked == ["a", "b"]
    monkeypatch.setattr(served_prompts, "SLOW_SECONDS", 0.0)
    assert eventually(prompts, request("c")) == "far broke off."
    assert now(prompts, request("d")) == "far broke off."
    assert ask.asked == ["a", "b", "c"]
    ask.fails = False
    sleep(0.35)
    assert isinstance(eventually(prompts, request("d")), RenderedPrompt)


def test_a_bug_in_reading_is_a_sentence_and_the_next_question_is_asked(caplog):
    def ask(one: Request) -> RenderedPrompt:
        if one.conversation.messages[0].text == "bad":
            raise KeyError("x")
        return RenderedPrompt("", (), 9)

    prompts = ServedPrompts("far", ask)
    assert eventually(prompts, request("bad")) == (
        "Reading the prompt of far failed: KeyError. See the log."
    )
    assert isinstance(eventually(prompts, request("good")), RenderedPrompt)


def test_an_answer_is_of_the_model_and_messages_that_were_asked():
    prompts = ServedPrompts("far", lambda one: RenderedPrompt(one.model, (), 9))
    first, other = replace(request("a"), model="m"), replace(request("a"), model="n")
    assert (prompts.wait(first).text, prompts.wait(other).text) == ("m", "n")


@contextmanager
def hostile(answer: Any) -> Iterator[Any]:
    with bad.serving(answer) as url:
        yield remote(url)


@pytest.mark.parametrize(
    ("answer", "said"),
    [(lambda: bad.status(500, b"no"), "status 500"), (lambda: bad.status(404), "status 404"),
     (lambda: bad.stream(b"not JSON"), "not JSON"), (bad.endless_line, "bytes at a time"),
     (lambda: bad.stream(b"[1, 2]"), "sent a prompt in an unknown form"),
     (lambda: bad.stream(b""), "not JSON")],
)  # fmt: skip
def test_a_server_that_behaves_badly_costs_the_prompt_only(answer, said):
    began = thread_time()
    with hostile(answer) as engine:
        with pytest.raises(InvalidInput, match=said):
            engine.render(asked())
        with pytest.raises(InvalidInput, match=said):
            engine.render(asked(), wait=False)
    assert thread_time() - began < 2.0


def test_a_silent_server_never_makes_the_page_wait(monkeypatch):
    monkeypatch.setattr("engine.remote.playground.WHOLE_SECONDS", 0.3)
    with hostile(bad.silence) as engine:
        began = monotonic()
        with pytest.raises(StillAsking):
            engine.render(asked(), wait=False)
        assert monotonic() - began < 0.25
        with pytest.raises(InvalidInput, match=r"sends too slowly|did not answer within"):
            engine.render(asked())
