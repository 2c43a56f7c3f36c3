"""The checkpoint's chat template, rendered so that each character's origin is known afterwards.

Two kinds of invisible marks travel through the template with the contents of messages: around
control tokens that a person typed, and around the content itself. The marks are Unicode
noncharacters, which no text may hold; any that a message holds are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import jinja2

from core.conversation import Conversation, Image, Message, Text
from core.errors import InvalidInput
from core.tools.schemas import parse_tools

TYPED, TYPED_END, CONTENT, CONTENT_END = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3"
TOOLS, TOOLS_END = "\ufdd4", "\ufdd5"  # put around what the tools add, once it is known
DIGITS = "\ufde0\ufde1\ufde2\ufde3\ufde4\ufde5\ufde6\ufde7\ufde8\ufde9"
PLACE_LENGTH = 6
QUESTION, ANSWER = "zq", "zw"  # a trial conversation; letters that no template writes
TOOL = {
    "type": "function",
    "function": {
        "name": QUESTION,
        "description": ANSWER,
        "parameters": {"type": "object", "properties": {}, "required": []},
    },
}
MARKS = re.compile("[\ufdd0-\ufdef]")


def place_mark(place: int) -> str:
    """Opens the content of the message at `place`; read back by `read_place`."""
    return CONTENT + "".join(DIGITS[int(digit)] for digit in f"{place:0{PLACE_LENGTH}}")


def read_place(digits: str) -> int:
    return int("".join(str(DIGITS.index(digit)) for digit in digits))


def escaped(mark: str) -> str:
    """The mark as JSON that keeps to ASCII writes it."""
    return f"\\u{ord(mark):04x}"


class ChatTemplate:
    """One checkpoint's template. Safe to use from several threads.

    Which control tokens are neutralised: those that are special, and other added tokens that the
    template itself writes (Transformers' `sanitize_control_tokens` takes the same), and image
    placeholders. In the assistant's turns only those that could end a turn or stand for an image:
    a thinking or tool-call marker there was written by a model, or is meant as one.
    """

    def __init__(self, tokenizer: Any, source: str, image_token: str | None, ends: Iterable[str]):
        """ends: the tokens that end an answer. Raises nothing: a bad template fails in use."""
        self._tokenizer = tokenizer
        self._source = source
        added = list(tokenizer.added_tokens_decoder.values())
        self.control = {
            token.content
            for token in added
            if token.special or (token.content in source and not token.content.isspace())
        }
        always = {image_token, *ends} & {token.content for token in added}
        self.lists_only = False
        structure = {token for token in self.control if token in self._trial()}
        self.takes_tools = self._writes_tools()
        self._typed = _any_of(self.control | always)
        self._typed_by_assistant = _any_of(always | structure)

    def _trial(self) -> str:
        """A rendered question and answer; finds out whether contents have to be lists of parts."""
        turns = Message("user", (Text(QUESTION),)), Message("assistant", (Text(ANSWER),))
        for lists in (False, True):
            try:
                rendered = self._apply(_dicts(Conversation(turns), lists), open_end=False)
            except InvalidInput:
                continue
            if QUESTION in rendered and ANSWER in rendered:
                self.lists_only = lists
                return rendered
        return ""

    def _writes_tools(self) -> bool:
        """Whether a tool changes the prompt; some templates write it with a system message only."""
        question = Message("user", (Text(QUESTION),))
        for turns in ((question,), (Message("system", (Text(ANSWER),)), question)):
            messages = _dicts(Conversation(turns), self.lists_only)
            try:
                if self._apply(messages, False, [TOOL]) != self._apply(messages, False):
                    return True
            except InvalidInput:
                continue
        return False

    def render(self, conversation: Conversation, with_places: bool) -> tuple[str, tuple[str, ...]]:
        """The prompt with marks, and the typed control tokens that were marked.

        A last assistant message is left open (`continue_final_message`), else the header of an
        answer is added. The tools are handed over as they were typed. with_places: mark also where
        each message's content is. Raises InvalidInput with the template's own words.
        """
        found: dict[str, None] = {}
        messages = []
        for place, turn in enumerate(conversation.messages):
            pattern = self._typed_by_assistant if turn.role == "assistant" else self._typed
            parts = []
            for part in turn.parts:
                if isinstance(part, Text):
                    clean = MARKS.sub("", part.text)
                    found.update(dict.fromkeys(pattern.findall(clean)))
                    part = Text(pattern.sub(f"{TYPED}\\g<0>{TYPED_END}", clean))
                parts.append(part)
            if with_places:
                parts = _with_place(parts, place)
            messages.append(Message(turn.role, tuple(parts)))
        tools = [self._marked(t.given, found) for t in parse_tools(conversation.tools)] or None
        dicts = _dicts(replace(conversation, messages=tuple(messages)), self.lists_only)
        text = self._apply(dicts, conversation.prefill is not None, tools)
        if tools and escaped(TYPED) in text:
            raise InvalidInput(
                "The tools hold a control token that this model's chat template can't write as "
                f"plain text: one of {', '.join(found)}. Remove it from the tools."
            )
        return text, tuple(found)

    def _marked(self, value: Any, found: dict[str, None]) -> Any:
        """A part of the tools with marks around typed control tokens, which `found` collects."""
        if isinstance(value, str):
            clean = MARKS.sub("", value)
            found.update(dict.fromkeys(self._typed.findall(clean)))
            return self._typed.sub(f"{TYPED}\\g<0>{TYPED_END}", clean)
        if isinstance(value, dict):
            return {self._marked(k, found): self._marked(v, found) for k, v in value.items()}
        return [self._marked(item, found) for item in value] if isinstance(value, list) else value

    def _apply(
        self, messages: list[dict[str, Any]], open_end: bool, tools: list[Any] | None = None
    ) -> str:
        try:
            return self._tokenizer.apply_chat_template(
                messages,
                tools=tools,
                chat_template=self._source,
                tokenize=False,
                add_generation_prompt=not open_end,
                continue_final_message=open_end,
            )
        except (jinja2.TemplateError, TypeError, ValueError, KeyError, AttributeError) as error:
            if "continue_final_message" in str(error):
                raise InvalidInput(
                    "The model's chat template changes the last assistant message, so the answer "
                    "can't continue it. Remove that message, or end with a user message."
                ) from error
            roles = " then ".join(message["role"] for message in messages[:6])
            raise InvalidInput(
                f"The model's chat template refuses this conversation: {str(error).rstrip('.')}. "
                f"It got {roles}{' …' if len(messages) > 6 else ''}; change or remove a message."
            ) from error


def _any_of(tokens: Iterable[str]) -> re.Pattern[str]:
    """Longer tokens first, so that a token wins over one that it contains; none matches nothing."""
    return re.compile("|".join(map(re.escape, sorted(tokens, key=len, reverse=True))) or "(?!)")


def _with_place(parts: list[Text | Image], place: int) -> list[Text | Image]:
    """Wraps each text, but not the white space at its ends: templates trim that."""
    marked: list[Text | Image] = []
    for part in parts:
        if isinstance(part, Text) and part.text:
            core = part.text.strip() or part.text
            before, after = part.text.split(core, 1)
            part = Text(f"{before}{place_mark(place)}{core}{CONTENT_END}{after}")
        marked.append(part)
    return marked


def _dicts(conversation: Conversation, lists_only: bool) -> list[dict[str, Any]]:
    """Messages as templates take them; a content is a list where it has images."""
    dicts: list[dict[str, Any]] = []
    last = len(conversation.messages) - 1
    for place, turn in enumerate(conversation.messages):
        content: Any = turn.text
        if turn.images or lists_only:
            content = [_part(part) for part in turn.parts]
            open_end = place == last and turn.role == "assistant"
            if open_end and not (turn.parts and isinstance(turn.parts[-1], Text)):
                content.append({"type": "text", "text": ""})  # the place where the answer goes on
        dicts.append({"role": turn.role, "content": content})
    return dicts


def _part(part: Text | Image) -> dict[str, str]:
    return {"type": "image"} if isinstance(part, Image) else {"type": "text", "text": part.text}
