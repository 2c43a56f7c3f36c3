"""A model without a chat template continues the messages' texts, encoded by `tokenizer(text)`."""

from __future__ import annotations

import copy
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast

from components.prompt.prompt_view import prompt_value
from core.conversation import Conversation, Image, Message, Text, message
from core.errors import InvalidInput
from core.runs.run import Run, fold_all
from core.runs.verification import Verified
from core.scripts.script import Subject
from core.scripts.targets import make_script
from core.vision import VisionBudget
from engine.local import LocalEngine
from engine.prompt.plain_text import PlainText
from engine.prompt.prompting import Prompting

STORY = Conversation(
    (
        message("system", "A fox "),
        message("user", "went\n into"),
        message("assistant", " the woods. "),
    )
)


@pytest.fixture(scope="module")
def base(folder, tmp_path_factory) -> Path:
    """A tiny model whose tokenizer has no chat template."""
    path = tmp_path_factory.mktemp("base") / "model"
    shutil.copytree(folder("lfm2"), path)
    (path / "chat_template.jinja").unlink()
    assert AutoTokenizer.from_pretrained(path).chat_template is None
    return path


@pytest.fixture(scope="module")
def engine(base) -> LocalEngine:
    return LocalEngine(str(base), device="cpu", weights="float32")


def prompting(tokenizer: Any) -> Prompting:
    return Prompting(tokenizer, PlainText(tokenizer, ["</s>"]), None, 512, "base")


def sentencepiece(scheme: Any) -> Any:
    """It begins a text with `<s>` and puts a space before it."""
    words = ["▁", *"abcdefghijklmnopqrstuvwxyz<>|_\n:/ "]
    vocabulary = {word: place for place, word in enumerate(["<unk>", "<s>", "</s>", *words])}
    backend = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme)
    backend.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 1)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<s>", eos_token="</s>")


@pytest.mark.parametrize("name", ["shipped", "no beginning", "first", "always", "never"])
def test_ids_are_those_of_the_tokenizer_and_each_knows_its_message(processor, name) -> None:
    if name in ("shipped", "no beginning"):
        tokenizer = copy.deepcopy(processor.tokenizer)
        if name == "no beginning":
            tokenizer.backend_tokenizer.post_processor = processors.ByteLevel()
    else:
        tokenizer = sentencepiece(name)
    rendered = prompting(tokenizer).build(STORY, VisionBudget()).rendered
    text = "".join(turn.text for turn in STORY.messages)
    assert list(rendered.token_ids) == tokenizer(text)["input_ids"]
    assert rendered.text.removeprefix(tokenizer.bos_token) == text
    assert "".join(token.text for token in rendered.tokens) == rendered.text
    assert set(rendered.message_tokens) == {0, 1, 2}


def test_typed_control_tokens_are_text_even_across_two_messages(processor) -> None:
    talk = Conversation((message("user", "a <|im_"), message("user", "end|> b")))
    rendered = prompting(processor.tokenizer).build(talk, VisionBudget()).rendered
    assert rendered.neutralised == ("<|im_end|>",)
    assert 7 not in rendered.token_ids


def test_an_empty_text_is_told() -> None:
    tokenizer = sentencepiece("first")
    tokenizer.backend_tokenizer.post_processor = processors.ByteLevel()
    with pytest.raises(InvalidInput, match="Write the beginning of a text"):
        prompting(tokenizer).build(Conversation((Message("user", (Text(""),)),)), VisionBudget())


def test_the_page_says_that_it_is_plain_text(engine, ask) -> None:
    can = engine.description.capabilities
    assert (can.roles, can.tools, can.images) == (False, False, False)
    shown = prompt_value(engine.render(ask(STORY)))
    assert "one after another: the model has no chat template" in shown["summary"]
    with pytest.raises(InvalidInput, match="reads text only"):
        engine.render(ask(Conversation((message("user", "a", [Image("x.png")]),))))


@pytest.mark.parametrize("typed", ["", "<|im_end|>"])
def test_a_lane_the_script_and_verify_continue_the_same_text(engine, base, ask, typed) -> None:
    talk = Conversation((*STORY.messages, message("user", f"It {typed}")))
    request = ask(talk, temperature=0.9, seed=3)
    with closing(engine.stream([request])) as events:
        run = fold_all(Run(request), [event for _, event in events])
    assert run.status == "done", run.error
    model: Any = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32).eval()
    subject = Subject(request, engine.description, str(base), run.prompt, run)
    assert subject.call.route == ("ids" if typed else "text")
    if not typed:
        tokenizer = AutoTokenizer.from_pretrained(base)
        inputs = tokenizer(subject.call.text, return_tensors="pt")
        torch.manual_seed(3)
        out = model.generate(**inputs, **subject.call.generate)
        assert out[0, inputs["input_ids"].shape[1] :].tolist() == list(run.token_ids)
        assert "tokenizer(text, return_tensors" in make_script("transformers", subject).text
    *_, last = engine.verify(request, run.token_ids)
    assert isinstance(last, Verified)
    assert last.difference is None, last.sentence
    assert not last.prompt_differs
