"""What Transformers makes of a conversation by a model's own template, the playground makes too."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.conversation import Conversation, Message, Text
from core.errors import InvalidInput
from core.runs.engine import ModelDescription
from core.sampling import SamplingParams
from core.scripts.transformers_call import template_call, transformers_call
from core.scripts.transformers_script import template_options
from core.vision import VisionBudget
from core.workspace import Request
from engine.images.image_reader import ReadImages
from engine.prompt.prompting import Prompt, Prompting
from engine.prompt.template import REFUSALS, ChatTemplate
from tests.engine.prompt.chat_templates import (
    CONVERSATIONS,
    SHIPPED,
    template_files,
    tiny_tokenizer,
)
from tests.model_capabilities import ALL

BUDGET = VisionBudget()
CHANGED = "changes the last assistant message"


class OneToken:
    """Stands for a processor whose images are one token each."""

    def __init__(self, token: str) -> None:
        self.token = token

    def read(self, images: Any, budget: VisionBudget, context_length: int) -> ReadImages:
        return ReadImages((self.token,) * len(images), ("digest",) * len(images))


class Model:
    """A template with a tiny tokenizer, asked by us and as Transformers' documentation does."""

    def __init__(self, path: Path) -> None:
        self.source = path.read_text(encoding="utf-8")
        self.tokenizer: Any = tiny_tokenizer(self.source)
        self.image_token = self._image_token()
        ends = [self.tokenizer.bos_token, self.tokenizer.eos_token]
        self.template = ChatTemplate(self.tokenizer, self.source, self.image_token, ends)
        images: Any = OneToken(self.image_token) if self.image_token else None
        self._prompting = Prompting(self.tokenizer, self.template, images, 4096, "tiny")

    def _image_token(self) -> str | None:
        text = {"type": "text", "text": "?"}
        without, having = (
            [{"role": "user", "content": content}]
            for content in ([text], [{"type": "image"}, text])
        )
        try:
            before, after = map(self._apply, (without, having))
        except REFUSALS:
            return None
        tokens = [
            t for t in self.tokenizer.added_tokens_encoder if after.count(t) > before.count(t)
        ]
        named = [t for t in tokens if re.search("image|pad", t) and not re.search("start|end", t)]
        return next(iter(named or tokens), None)

    def _apply(self, messages: list[dict[str, Any]], **options: Any) -> Any:
        options = {"tokenize": False, **options}
        return self.tokenizer.apply_chat_template(messages, chat_template=self.source, **options)

    def built(self, conversation: Conversation) -> Prompt | str:
        try:
            return self._prompting.build(conversation, BUDGET)
        except InvalidInput as error:
            return str(error)

    def ids(self, conversation: Conversation, typed: bool) -> list[int] | None:
        """None where Transformers or the template refuses."""
        last = conversation.prefill
        messages = [self._dict(turn, turn is last) for turn in conversation.messages]
        try:
            return self._apply(
                messages, tools=json.loads(conversation.tools or "null"), tokenize=True,
                return_dict=False, add_generation_prompt=last is None,
                continue_final_message=last is not None, sanitize_control_tokens=typed,
            )  # fmt: skip
        except REFUSALS:
            return None

    def scripts_ids(self, conversation: Conversation, prompt: Prompt) -> list[int]:
        description = ModelDescription(
            model="tiny", context_length=4096,
            capabilities=replace(ALL, images=self.image_token is not None),
            lists_only=self.template.lists_only, writes_calls=self.template.writes_calls,
        )  # fmt: skip
        request = Request("A", conversation, SamplingParams(seed=0), BUDGET)
        call = transformers_call(request, description, prompt.rendered)
        if call.route == "ids":
            return list(call.prompt_ids)
        options = {**template_options(call), "return_tensors": None, "return_dict": False}
        return self._apply(call.messages, tools=call.tools, **options)

    def _dict(self, turn: Message, is_prefill: bool) -> dict[str, Any]:
        calls = turn.calls if self.template.writes_calls and not is_prefill else ()
        rest = turn.without_calls if calls else turn.in_text
        content: Any = rest.text
        if rest.images or self.template.lists_only:
            texts = rest.parts or (Text(""),)
            content = [
                {"type": "text", "text": part.text} if isinstance(part, Text) else {"type": "image"}
                for part in texts
            ]
        message = {"role": turn.role, "content": content}
        if turn.tool_call_id:
            message["tool_call_id"] = turn.tool_call_id
        return {**message, "tool_calls": list(map(template_call, calls))} if calls else message


def outcome(model: Model, conversation: Conversation) -> str:
    """ "equal", "both refuse", or what differs."""
    prompt = model.built(conversation)
    typed = not isinstance(prompt, str) and bool(prompt.rendered.neutralised)
    wanted = model.ids(conversation, typed)
    if isinstance(prompt, str):
        plain = CHANGED in prompt or "The model's chat template refuses" in prompt
        return "both refuse" if wanted is None and plain else f"refused here: {prompt}"
    others = [turn.text for turn in conversation.messages if turn.role != "assistant"]
    if not all(any(token in text for text in others) for token in prompt.rendered.neutralised):
        return f"neutralised in an assistant's turn: {prompt.rendered.neutralised}"
    if list(prompt.rendered.token_ids) != wanted:
        return f"{prompt.rendered.text!r} is not {model.tokenizer.decode(wanted or [])!r}"
    if "".join(token.text for token in prompt.rendered.tokens) != prompt.rendered.text:
        return "its tokens are not its text"
    if not conversation.images and model.scripts_ids(conversation, prompt) != wanted:
        return "the script's prompt is another one"
    return "equal"


FILES = [
    pytest.param(path, id=path.stem, marks=() if path.parent == SHIPPED else pytest.mark.thorough)
    for path in template_files()
]


@pytest.mark.parametrize("path", FILES)
def test_each_conversation_has_transformers_ids_or_is_refused_by_both(path, record_property):
    model = Model(path)
    outcomes = {
        name: outcome(model, conversation)
        for name, conversation in CONVERSATIONS.items()
        if model.image_token or not conversation.images
    }
    assert len(outcomes) >= 40
    differ = {name: o for name, o in outcomes.items() if o not in ("equal", "both refuse")}
    assert not differ
    record_property("equal", sum(o == "equal" for o in outcomes.values()))
    record_property("both refuse", sum(o == "both refuse" for o in outcomes.values()))


@pytest.mark.parametrize("path", FILES)
def test_a_message_has_the_tokens_of_its_text_or_is_named(path):
    """Counts on the page add up to what is there; a message that can't be told apart says so."""
    model = Model(path)
    for name, conversation in CONVERSATIONS.items():
        prompt = model.built(conversation)
        texts = ["".join(turn.text.split()) for turn in conversation.messages]
        if isinstance(prompt, str) or len({*texts}) < len(texts):
            continue
        whole = "".join(prompt.rendered.text.split())
        for place, text in enumerate(texts):
            tokens = [t.text for t in prompt.rendered.tokens if t.message == place]
            if conversation.messages[place].calls:
                continue  # a template may write them as calls, or as a text of its own
            if len(text) > 3 and text in whole:
                assert text in "".join("".join(tokens).split()), (name, place)
            elif place in prompt.rendered.unplaced:
                assert not tokens, (name, place)
