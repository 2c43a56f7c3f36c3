"""Chat templates as models ship them, tiny tokenizers with their control tokens, and conversations.

None of them is kept here. They are read from the folders that `CHAT_TEMPLATES` names, and from
TRL's package where it is installed (`pip download trl --no-deps` and unzipping it is enough).
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from core.conversation import Conversation, Image, Message, Part, Role, Text, ToolCall, message

VARIABLE = "CHAT_TEMPLATES"
SHIPPED = Path(__file__).parents[3] / "models" / "pocket"
TOKEN = re.compile(
    r"<\|?[a-zA-Z_/｜▁][\w/▁|｜ -]*\|?>|\[/?[A-Z][A-Z_]+\]|\[gMASK\]|<unused\d+>|<\|[^|>'\"]+\|?>"
)
MEANT = re.compile(r"</?(think|tool_|arg_|function|parameter|response|minimax|longcat)")
ENDS = ("<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<turn|>", "<|end|>", "<|END_OF_TURN_TOKEN|>")
CALLS = (ToolCall("123456789", "get_weather", '{"city": "Zürich", "days": [1, null]}'),)
TOOL = {
    "name": "get_weather",
    "description": "What the weather <is>.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string", "description": "A city."}},
        "required": ["city"],
    },
}
TOOLS = (json.dumps([{"type": "function", "function": TOOL}]), json.dumps([TOOL]))


def template_files() -> list[Path]:
    """The shipped model's, and those that are found; the folders' files are named `*.jinja`."""
    folders = [Path(name) for name in os.environ.get(VARIABLE, "").split(os.pathsep) if name]
    trl = importlib.util.find_spec("trl")
    folders += [
        Path(place) / "chat_templates" for place in (trl and trl.submodule_search_locations) or ()
    ]
    return [path for folder in (SHIPPED, *folders) for path in sorted(folder.glob("*.jinja"))]


def tiny_tokenizer(source: str) -> PreTrainedTokenizerFast:
    """Bytes, and the control tokens that the template writes; tags of thoughts and calls are
    ordinary added tokens, as Qwen and GLM have them.
    """
    found = dict.fromkeys((*TOKEN.findall(source), "<think>", "</think>", "<s>", "</s>"))
    end = next((token for token in ENDS if token in found), "</s>")
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    backend = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(letters)}, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_tokens(
        [AddedToken(t, special=not MEANT.match(t), normalized=False) for t in found | {end: None}]
    )
    return PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<s>", eos_token=end)


def turn(role: Role, *parts: str | Part) -> Message:
    return Message(role, tuple(Text(p) if isinstance(p, str) else p for p in parts))


def talk(*turns: Message | tuple[Role, str], tools: str = "") -> Conversation:
    return Conversation(tuple(t if isinstance(t, Message) else message(*t) for t in turns), tools)


SYSTEM: tuple[Role, str] = ("system", "Be brief.")
ASK: tuple[Role, str] = ("user", "What is 2 + 2?")
REPLY: tuple[Role, str] = ("assistant", "It is 4.")
MORE: tuple[Role, str] = ("user", "And 3 + 3?")
THOUGHT = "<think>\nTwo and two.\n</think>\n\nIt is 4."
PICTURE = Image("a.png", "a.png")
CALLED = turn("assistant", "Let me look. ", *CALLS)
RESULT = Message("tool", (Text('{"sky": "blue"}'),), tool_call_id="123456789")

PREFILLS = (
    "It is", " It is ", "\n", "", "\tIt is\n\n", "<think>", "<think>\n", "<think>\nTwo and",
    THOUGHT, "<think>\n\n</think>\n\n", "<think>a</think>b", "a</think>b", "</think>",
    "<think>a</think>", "  <think>\na\n</think>\n\nb  ", "{\n  \"a\": ",
)  # fmt: skip
CONVERSATIONS: dict[str, Conversation] = {
    "one question": talk(ASK),
    "a system message": talk(SYSTEM, ASK),
    "a system message alone": talk(SYSTEM),
    "a reply": talk(ASK, REPLY, MORE),
    "a system message and a reply": talk(SYSTEM, ASK, REPLY, MORE),
    "a system message in the middle": talk(ASK, REPLY, SYSTEM, MORE),
    "a system message at the end": talk(ASK, SYSTEM),
    "two system messages": talk(SYSTEM, SYSTEM, ASK),
    "two questions": talk(ASK, MORE),
    "two replies": talk(ASK, REPLY, REPLY, MORE),
    "a reply first": talk(REPLY, ASK),
    "only a prefill": talk(REPLY),
    "an empty question": talk(("user", "")),
    "an empty system message": talk(("system", ""), ASK),
    "an empty reply": talk(ASK, ("assistant", ""), MORE),
    "white space only": talk(("user", " \n"), ("assistant", "\t"), ("user", " ")),
    "white space at the ends": talk(("user", "  a  "), ("assistant", "\n b\n"), ("user", " c\n\n")),
    "other scripts": talk(("user", "中文 🎉 é \u200b"), ("assistant", "ß"), ("user", "ы")),
    "the roles as texts": talk(("user", "user"), ("assistant", "user"), ("user", "assistant")),
    "markup": talk(("user", "<b>{{ x }}</b> {% if %} </s> [INST] &amp; \\n"), REPLY, MORE),
    "a thought before": talk(ASK, ("assistant", THOUGHT), MORE),
    "a thought before, and a prefill": talk(ASK, ("assistant", THOUGHT), MORE, ("assistant", "6")),
    "an open thought before": talk(ASK, ("assistant", "<think>\nTwo"), MORE),
    "a closed thought before": talk(ASK, ("assistant", "Two\n</think>\n\n4"), MORE),
    "thoughts before": talk(ASK, ("assistant", THOUGHT), MORE, ("assistant", THOUGHT), MORE),
    "a thought in a question": talk(("user", "What is <think>x</think>?"), REPLY, MORE),
    "a result that nobody asked for": talk(ASK, ("tool", "4")),
    "a result as a text": talk(ASK, ("assistant", "[f()]"), ("tool", "4")),
    "a result at the end": talk(ASK, CALLED, RESULT, tools=TOOLS[0]),
    "tools": talk(ASK, tools=TOOLS[0]),
    "tools without a wrapper": talk(ASK, tools=TOOLS[1]),
    "tools and a system message": talk(SYSTEM, ASK, tools=TOOLS[0]),
    "tools and a prefill": talk(ASK, ("assistant", "It"), tools=TOOLS[0]),
    "a call": talk(ASK, CALLED, RESULT, REPLY, MORE, tools=TOOLS[0]),
    "a call without tools": talk(ASK, CALLED, RESULT, REPLY, MORE),
    "a call without a text": talk(ASK, turn("assistant", *CALLS), RESULT, tools=TOOLS[0]),
    "two calls": talk(ASK, turn("assistant", *CALLS, *CALLS), RESULT, RESULT, tools=TOOLS[0]),
    "a call after a thought": talk(
        ASK, turn("assistant", THOUGHT, *CALLS), RESULT, MORE, tools=TOOLS[0]
    ),
    "a call and a prefill": talk(ASK, CALLED, RESULT, ("assistant", "It"), tools=TOOLS[0]),
    "a call at the end": talk(ASK, CALLED, tools=TOOLS[0]),
    "a picture": talk(turn("user", PICTURE, "What is it?")),
    "a picture after the text": talk(turn("user", "What is it?", PICTURE)),
    "a picture alone": talk(turn("user", PICTURE)),
    "two pictures": talk(turn("user", PICTURE, "a", PICTURE, "b")),
    "a picture before": talk(SYSTEM, turn("user", PICTURE, "What is it?"), REPLY, MORE),
    "a picture and a prefill": talk(turn("user", PICTURE, "What is it?"), ("assistant", "A ")),
    "a picture and an empty prefill": talk(turn("user", PICTURE, "?"), ("assistant", "")),
    "a picture and a thought": talk(turn("user", PICTURE, "?"), ("assistant", THOUGHT), MORE),
    **{f"the prefill {text!r}": talk(ASK, ("assistant", text)) for text in PREFILLS},
}
