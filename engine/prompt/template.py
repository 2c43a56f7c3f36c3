"""The checkpoint's chat template, rendered so that each character's origin is known afterwards.

Two kinds of invisible marks travel through the template with the contents of messages: around
control tokens that a person typed, and around the content itself. The marks are Unicode
noncharacters, which no text may hold; any that a message holds are dropped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

import jinja2

from core.conversation import Conversation, Message, Part, Text, ToolCall
from core.errors import InvalidInput
from core.scripts.transformers_call import template_call
from core.template_options import OptionValue, OptionValues, in_short
from core.tools.schemas import parse_tools
from engine.prompt.template_options import template_options
from engine.prompt.template_syntax import literal_text

TYPED, TYPED_END, CONTENT, CONTENT_END = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3"
TOOLS, TOOLS_END = "\ufdd4", "\ufdd5"  # put around what the tools add, once it is known
DIGITS = "\ufde0\ufde1\ufde2\ufde3\ufde4\ufde5\ufde6\ufde7\ufde8\ufde9"
PLACE_LENGTH = 6
QUESTION, ANSWER, CALLED = "zq", "zw", "zx"  # a trial conversation; letters that no template writes
TOOL = {
    "type": "function",
    "function": {
        "name": QUESTION,
        "description": ANSWER,
        "parameters": {"type": "object", "properties": {}, "required": []},
    },
}
NOTHING = {"type": "text", "text": ""}
MARKS = re.compile("[\ufdd0-\ufdef]")
NO_OPTIONS: Mapping[str, OptionValue] = MappingProxyType({})

# What a template may raise for a conversation that it doesn't take.
REFUSALS = (
    jinja2.TemplateError, TypeError, ValueError, LookupError, AttributeError, ArithmeticError,
    RecursionError,
)  # fmt: skip


def place_marks(place: int) -> tuple[str, str]:
    """Around the content of the message at `place`; read back by `read_place`. Both name it, as a
    template may keep only one.
    """
    digits = "".join(DIGITS[int(digit)] for digit in f"{place:0{PLACE_LENGTH}}")
    return CONTENT + digits, CONTENT_END + digits


def read_place(digits: str) -> int:
    return int("".join(str(DIGITS.index(digit)) for digit in digits))


def escaped(mark: str) -> str:
    """The mark as JSON that keeps to ASCII writes it."""
    return f"\\u{ord(mark):04x}"


class ChatTemplate:
    """One checkpoint's template. Safe to use from several threads.

    Which control tokens are neutralised: those that are special, and other added tokens that the
    template itself writes (Transformers' `sanitize_control_tokens` takes the same), and image
    placeholders. In the assistant's turns only those that could begin or end a turn or stand for an
    image: a thinking or tool-call marker there was written by a model, or is meant as one, even
    where the template writes the same marker.
    """

    def __init__(self, tokenizer: Any, source: str, image_token: str | None, ends: Iterable[str]):
        """ends: the tokens that end an answer. Raises nothing: a bad template fails in use."""
        self._tokenizer = tokenizer
        self._source = source
        self.options = template_options(source)
        added = {token.content: token.special for token in tokenizer.added_tokens_decoder.values()}
        self.control = _control_tokens(tokenizer, source, added)
        always = {image_token, *ends} & added.keys()
        self.lists_only = False
        around, between = self._trial()
        structure = {t for t in self.control if t in around or (added[t] and t in between)}
        self.takes_tools = self._writes_tools()
        self.writes_calls = self._writes_calls()
        self._typed = any_of(self.control | always)
        self.typed_by_assistant = any_of(always | structure)

    def _trial(self) -> tuple[str, str]:
        """What is written around a question and its answer, and what between the two, where
        markers of a thought stand too. Finds out whether contents have to be lists of parts.
        """
        question = Message("user", (Text(QUESTION),))
        turns = question, Message("assistant", (Text(ANSWER),)), question
        for lists in (False, True):
            try:
                rendered = self._apply(_dicts(Conversation(turns), lists), open_end=False)
            except InvalidInput:
                continue
            if QUESTION in rendered and ANSWER in rendered:
                self.lists_only = lists
                asked, _, answered = rendered.partition(ANSWER)
                before, _, between = asked.partition(QUESTION)
                return f"{before}\0{answered.partition(QUESTION)[0]}", between
        return "", ""

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

    def _writes_calls(self) -> bool:
        """Whether a call that is given as a value is in the prompt, and a text next to it too."""
        call = ToolCall("123456789", CALLED, json.dumps({QUESTION: QUESTION}))
        turns = (
            Message("user", (Text("?"),)),
            Message("assistant", (Text(ANSWER), call)),
            Message("tool", (Text("!"),), tool_call_id=call.id),
        )
        try:
            rendered = self._apply(_dicts(Conversation(turns), self.lists_only), open_end=False)
        except InvalidInput:
            return False
        return CALLED in rendered and QUESTION in rendered and ANSWER in rendered

    def render(
        self, conversation: Conversation, with_places: bool, options: OptionValues = ()
    ) -> tuple[str, tuple[str, ...]]:
        """The prompt with marks, and the typed control tokens that were marked.

        A last assistant message is left open (`continue_final_message`), else the header of an
        answer is added. The tools are handed over as they were typed. with_places: mark also where
        each message's content is. options: those that the template doesn't read are left out.
        Raises InvalidInput with the template's own words.
        """
        found: dict[str, None] = {}
        messages = []
        for place, turn in enumerate(conversation.messages):
            if not self.writes_calls or turn is conversation.prefill:
                turn = turn.in_text
            pattern = self.typed_by_assistant if turn.role == "assistant" else self._typed
            mark = partial(_marked, pattern=pattern, found=found)
            parts = [_changed(part, mark) for part in turn.parts]
            if with_places:
                parts = [_changed(part, partial(_placed, place=place)) for part in parts]
            messages.append(replace(turn, parts=tuple(parts), tool_call_id=mark(turn.tool_call_id)))
        mark = partial(_marked, pattern=self._typed, found=found)
        tools = [_each_text(t.given, mark) for t in parse_tools(conversation.tools)] or None
        dicts = _dicts(replace(conversation, messages=tuple(messages)), self.lists_only)
        read = {option.name for option in self.options}
        given = {name: _each_text(value, mark) for name, value in options if name in read}
        text = self._apply(dicts, conversation.prefill is not None, tools, given)
        if escaped(TYPED) in text and (tools or given or any(turn.calls for turn in messages)):
            raise InvalidInput(
                "The tools, calls or options hold a control token that this chat template can't "
                f"write as plain text: one of {', '.join(found)}. Remove it from them."
            )
        return text, tuple(found)

    def _apply(
        self,
        messages: list[dict[str, Any]],
        open_end: bool,
        tools: list[Any] | None = None,
        options: Mapping[str, OptionValue] = NO_OPTIONS,
    ) -> str:
        try:
            return self._tokenizer.apply_chat_template(
                messages,
                tools=tools,
                chat_template=self._source,
                tokenize=False,
                add_generation_prompt=not open_end,
                continue_final_message=open_end,
                **options,
            )
        except REFUSALS as error:
            if options and self._takes(messages, open_end, tools):
                named = ", ".join(f"{name} {in_short(value)}" for name, value in options.items())
                raise InvalidInput(
                    f"The model's chat template refuses these options: {MARKS.sub('', named)}. It "
                    f"says: {MARKS.sub('', str(error)).rstrip('.! ')}. Change them, or set them to "
                    "the template's default."
                ) from error
            if "continue_final_message" in str(error):
                raise InvalidInput(
                    "The model's chat template changes the last assistant message, so the answer "
                    "can't continue it. Remove that message, or end with a user message."
                ) from error
            wrapped = (
                'If a tool lacks it, write {"type": "function", "function": {...}}. '
                if tools and isinstance(error, jinja2.UndefinedError)
                else ""
            )
            roles = " then ".join(message["role"] for message in messages[:6])
            raise InvalidInput(
                f"The model's chat template refuses this conversation: {str(error).rstrip('.! ')}. "
                f"{wrapped}It got {roles}{' …' if len(messages) > 6 else ''}; change or remove a "
                "message."
            ) from error

    def _takes(
        self, messages: list[dict[str, Any]], open_end: bool, tools: list[Any] | None
    ) -> bool:
        """Whether it takes them without options."""
        try:
            self._apply(messages, open_end, tools)
        except InvalidInput:
            return False
        return True


def _control_tokens(tokenizer: Any, source: str, added: Mapping[str, bool]) -> set[str]:
    """added: whether each is special. A tokenizer may list the others that are control tokens."""
    listed = getattr(tokenizer, "chat_control_tokens", None)
    written = literal_text(source)
    meant = {t for t in added if t in written and not t.isspace()} if listed is None else {*listed}
    return {token for token, special in added.items() if special or token in meant}


def any_of(tokens: Iterable[str]) -> re.Pattern[str]:
    """Longer tokens first, so that a token wins over one that it contains; none matches nothing."""
    return re.compile("|".join(map(re.escape, sorted(tokens, key=len, reverse=True))) or "(?!)")


def _marked(text: str, pattern: re.Pattern[str], found: dict[str, None]) -> str:
    """With marks around typed control tokens, which `found` collects."""
    clean = MARKS.sub("", text)
    found.update(dict.fromkeys(pattern.findall(clean)))
    return pattern.sub(f"{TYPED}\\g<0>{TYPED_END}", clean)


def _placed(text: str, place: int) -> str:
    """With marks around it, but not around the white space at its ends: templates trim that."""
    if not text:
        return text
    core = text.strip() or text
    before, after = text.split(core, 1)
    return f"{before}{core.join(place_marks(place))}{after}"


def _changed(part: Part, change: Callable[[str], str]) -> Part:
    """The part with other texts; of a call, its name and the texts in its arguments."""
    match part:
        case Text():
            return Text(change(part.text))
        case ToolCall():
            arguments = _each_text(json.loads(part.arguments), change)
            return replace(
                part, name=change(part.name), arguments=json.dumps(arguments, ensure_ascii=False)
            )
    return part


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    """A JSON value with other texts, keys too."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(key): _each_text(item, change) for key, item in value.items()}
    return [_each_text(item, change) for item in value] if isinstance(value, list) else value


def _dicts(conversation: Conversation, lists_only: bool) -> list[dict[str, Any]]:
    """Messages as templates take them; a content is a list where it has images."""
    dicts: list[dict[str, Any]] = []
    last = len(conversation.messages) - 1
    for place, turn in enumerate(conversation.messages):
        parts = turn.without_calls.parts
        content: Any = turn.without_calls.text
        if turn.images or lists_only:
            content = [_part(part) for part in parts]
            open_end = place == last and turn.role == "assistant"
            if not parts or (open_end and not isinstance(parts[-1], Text)):
                content.append(NOTHING)  # templates look at the first part; an answer continues it
        message = {"role": turn.role, "content": content}
        if turn.tool_call_id:
            message["tool_call_id"] = turn.tool_call_id
        if turn.calls:
            message["tool_calls"] = list(map(template_call, turn.calls))
        dicts.append(message)
    return dicts


def _part(part: Part) -> dict[str, str]:
    return {"type": "text", "text": part.text} if isinstance(part, Text) else {"type": "image"}
