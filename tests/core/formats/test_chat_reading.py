"""Files that others wrote: what each becomes, and what is said about what it can't become."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.conversation import Image, ToolCall, message
from core.errors import InvalidInput
from core.formats.chat_files import read_chats
from tests.core.formats.test_chat_round_trips import JSON, PNG

HI = {"role": "user", "content": "Hi"}


def read(value) -> tuple:
    return read_chats(json.dumps(value), "a.json")


def roles_and_texts(chat) -> list[tuple[str, str]]:
    return [(turn.role, turn.text) for turn in chat.conversation.messages]


def test_openai_parts_roles_and_values():
    url = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    (chat,) = read(
        {
            "model": "some-model",
            "messages": [
                {"role": "developer", "content": "Be brief."},
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "a"},
                        {"type": "image_url", "image_url": {"url": url}},
                        {"type": "image_url", "image_url": {"url": "https://a.org/b.png"}},
                        {"type": "text", "text": "b"},
                        {"type": "input_audio", "input_audio": {}},
                    ],
                },
                {"role": "assistant", "content": None, "name": "Bob"},
            ],
            "temperature": 0.5,
            "max_tokens": 100,
            "top_p": 7,
            "stop": "END",
            "n": 2,
        }
    )
    assert chat.conversation.messages == (
        message("system", "Be brief."),
        message("user", "ab", [Image(url)]),
        message("assistant", ""),
    )
    assert chat.sampling == {"temperature": 0.5, "max_new_tokens": 100, "stop": ("END",)}
    assert chat.notes == (
        "Message 2: an image is left out: only images in the file itself are read.",
        "Message 2: a part of type `input_audio` is left out.",
        "Message 3: `name` is left out.",
        "`top_p` is 7; the allowed range is 0 to 1. The page's own value stays.",
        "Not read: model, n.",
    )


def test_tools_and_tool_calls_are_kept_and_read_as_an_lfm_model_writes_them():
    tools = [{"type": "function", "function": {"name": "weather", "parameters": {}}}]
    call = {
        "name": "weather",
        "arguments": '{"city": "Zü\\"rich", "days": 3, "now": true, "x": [null]}',
    }
    (chat,) = read(
        {
            "messages": [
                HI,
                {
                    "role": "assistant",
                    "content": "Let me see.",
                    "tool_calls": [{"id": "1", "function": call}],
                },
                {"role": "tool", "tool_call_id": "1", "content": "sunny"},
            ],
            "tools": tools,
        }
    )
    assert json.loads(chat.conversation.tools) == tools
    assert roles_and_texts(chat)[1:] == [
        (
            "assistant",
            'Let me see.<|tool_call_start|>[weather(city="Zü\\"rich", days=3, now=True, x=[None])]'
            "<|tool_call_end|>",
        ),
        ("tool", "sunny"),
    ]
    asked, answered = chat.conversation.messages[1:]
    assert asked.calls == (ToolCall("1", "weather", call["arguments"]),)
    assert asked.without_calls.text == "Let me see."
    assert answered.tool_call_id == "1"
    assert chat.notes == ()


def test_halves_of_characters_in_a_call_are_replaced():
    arguments = '{"a": "\\ud83d"}'
    call = {"id": "\ud83d", "function": {"name": "f", "arguments": arguments}}
    (chat,) = read({"messages": [HI, {"role": "assistant", "tool_calls": [call]}]})
    (kept,) = chat.conversation.messages[1].calls
    assert kept == ToolCall("�", "f", '{"a": "�"}')
    assert chat.notes == ("Message 2: halves of characters (lone surrogates) became �.",)


def test_several_conversations_are_several():
    values = [
        {"messages": [HI], "id": "first"},
        {"conversations": [{"from": "human", "value": "Yo"}]},
    ]
    for text in (json.dumps(values), "\n".join(map(json.dumps, values)) + "\r\n\n"):
        first, second = read_chats(text, "a.jsonl")
        assert (first.title, roles_and_texts(first)) == ("first", [("user", "Hi")])
        assert roles_and_texts(second) == [("user", "Yo")]


def test_a_line_of_a_batch_is_read():
    line = {"custom_id": "r-1", "method": "POST", "body": {"messages": [HI], "seed": 3}}
    (chat,) = read(line)
    assert (chat.title, chat.sampling) == ("r-1", {"seed": 3})


@pytest.mark.parametrize("text", [json.dumps([HI, HI]), f"{json.dumps(HI)}\n{json.dumps(HI)}"])
def test_messages_without_an_object_around_them_are_one_conversation(text: str):
    (chat,) = read_chats(text, "a")
    assert roles_and_texts(chat) == [("user", "Hi")] * 2


def test_sharegpt_names_of_roles_system_and_tools():
    call = json.dumps({"name": "add", "arguments": {"a": 1}})
    turns = [("human", "Hi"), ("function_call", call), ("function_call", "add it"),
             ("observation", "2"), ("gpt", "Two.")]  # fmt: skip
    (chat,) = read(
        {
            "conversations": [{"from": a, "value": b} for a, b in turns],
            "system": "Be brief.",
            "tools": '[{"name": "add"}]',
            "images": ["a.png"],
        }
    )
    assert roles_and_texts(chat) == [
        ("system", "Be brief."), ("user", "Hi"),
        ("assistant", "<|tool_call_start|>[add(a=1)]<|tool_call_end|>"), ("assistant", "add it"),
        ("tool", "2"), ("assistant", "Two."),
    ]  # fmt: skip
    assert chat.conversation.tools == '[{"name": "add"}]'
    assert "Not read: images." in chat.notes


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("just a text\n", [("user", "just a text")]),
        ("user: a\nASSISTANT: b", [("user", "a"), ("assistant", "b")]),
        (
            "System:\nBe brief.\n\nHuman: Hi\n\nmore\n\nAI: Yo\n",
            [("system", "Be brief."), ("user", "Hi\n\nmore"), ("assistant", "Yo")],
        ),
        ("User: a\r\n\r\nAssistant: b\r\n", [("user", "a"), ("assistant", "b")]),
        ("My notes\nSystem: Linux\n", [("user", "My notes\nSystem: Linux")]),
        ("\ufeffUser: a", [("user", "a")]),
        ("Users: a", [("user", "Users: a")]),
    ],
)
def test_plain_text_with_and_without_headings(text: str, wanted: list):
    for content in (text, text.encode("utf-8"), text.encode("utf-16")):
        (chat,) = read_chats(content, "a.json")  # the ending says nothing
        assert roles_and_texts(chat) == wanted


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "a.x is empty"),
        (" \n", "a.x is empty"),
        ("[]", "a.x is an empty list"),
        ('{"messages": [}', "a.x, line 1, column 15"),
        ('{"messages": []}\n{"messages": [', "a.x, line 2, column 15"),
        ('{"messages": []}\n{"other": 1}', "a.x, line 2 has 'other' and no `messages`"),
        ('{"messages": 3}', "a.x: `messages` must be a list"),
        ('{"messages": [3]}', "a.x, message 1 is 3"),
        ('{"messages": [{"role": "bot"}]}', "a.x, message 1: `role` is 'bot'; use one of system"),
        ('{"messages": [{"role": ["user"]}]}', "`role` is"),
        ('[{"messages": [{"role": "user", "content": 3}]}]', "a.x, conversation 1, message 1:"),
        ('{"messages": [{"role": "user", "content": [{"type": "text"}]}]}', "part 1 of `content`"),
        ('{"messages": [{"role": "assistant", "tool_calls": [{}]}]}', "`tool_calls` must have"),
        ('{"messages": [], "tools": "x"}', "`tools` must be a list"),
        ('{"conversations": [{"from": "me", "value": ""}]}', "a.x, message 1: `from` is 'me'"),
        ('{"conversations": [{"from": "human", "value": 3}]}', "a.x, message 1: `value` is 3"),
        ('{"format": "lfm-playground-workspace", "version": 99}', "a.x: This workspace has"),
        ('{"format": "lfm-playground-session-file", "version": 1}', "`versions` must be a list"),
        ("[" * 200_000, "is nested too deeply"),
        ("[" + "9" * 5000 + "]", "too many digits"),
        ('{"a":' * 5 + "[]" + "}" * 5, "has 'a' and no `messages`"),
    ],
)
def test_errors_name_the_file_the_place_and_the_field(text: str, named: str):
    with pytest.raises(InvalidInput) as error:
        read_chats(text, "a.x")
    assert named in str(error.value)


def test_a_file_that_is_no_utf_8_is_named_with_its_line():
    with pytest.raises(InvalidInput, match="a.txt, line 2: it is not UTF-8"):
        read_chats(b"User: a\nb\xff", "a.txt")


def test_halves_of_characters_are_replaced_and_said():
    (chat,) = read_chats('[{"role": "user", "content": "a\\ud83db"}]', "a.json")
    assert roles_and_texts(chat) == [("user", "a�b")]
    assert chat.notes == ("Message 1: halves of characters (lone surrogates) became �.",)


KEYS = st.sampled_from(
    [
        "messages",
        "conversations",
        "role",
        "content",
        "from",
        "value",
        "tools",
        "tool_calls",
        "function",
        "name",
        "arguments",
        "format",
        "body",
        "versions",
        "files",
        "temperature",
    ]
)
VALUES = st.sampled_from(
    ["user", "human", "lfm-playground-workspace", "lfm-playground-session-file", 1]
)
HOSTILE = st.recursive(
    VALUES | JSON,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)


def complaint(text: str) -> str:
    """Empty where the text is read."""
    try:
        return "" if read_chats(text, "a.json") else "nothing"
    except InvalidInput as error:
        return str(error)


@given(HOSTILE)
def test_any_json_is_read_or_named(value):
    said = complaint(json.dumps(value))
    assert not said or said.startswith("a.json")
