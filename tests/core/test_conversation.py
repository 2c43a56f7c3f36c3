"""Messages as values, and the `{"role", "content"}` form that files and the API use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.conversation import (
    ROLES,
    Conversation,
    Image,
    Message,
    Text,
    ToolCall,
    conversation_from_dicts,
    conversation_to_dicts,
    message,
)
from core.errors import InvalidInput

IMAGES = st.builds(Image, st.text(min_size=1), st.text())
TURNS = st.builds(message, st.sampled_from(ROLES), st.text(), st.lists(IMAGES, max_size=2))
CONVERSATIONS = st.builds(Conversation, st.lists(TURNS, max_size=4).map(tuple))


@given(CONVERSATIONS)
def test_a_conversation_written_as_dicts_reads_back_as_the_same_conversation(conversation):
    assert conversation_from_dicts(conversation_to_dicts(conversation)) == conversation


@given(st.lists(st.one_of(st.builds(Text, st.text()), IMAGES), max_size=5).map(tuple))
def test_text_is_kept_byte_for_byte_and_images_keep_their_order(parts):
    before = Conversation((Message("user", parts),))
    after = conversation_from_dicts(conversation_to_dicts(before))
    assert after.messages[0].text == before.messages[0].text
    assert after.images == before.images


def test_a_message_puts_its_images_before_its_text():
    photo = Image("cat.png")
    assert message("user", "What is it?", [photo]).parts == (photo, Text("What is it?"))


def test_an_empty_message_has_no_parts():
    assert message("assistant", "").parts == ()


def test_plain_content_is_written_where_a_message_has_no_image():
    conversation = Conversation((Message("user", (Text("a"), Text("b"))),))
    assert conversation_to_dicts(conversation) == [{"role": "user", "content": "ab"}]


def test_content_is_a_list_of_parts_where_a_message_has_an_image():
    conversation = Conversation((message("user", "Read it.", [Image("page.png", "page")]),))
    assert conversation_to_dicts(conversation) == [
        {
            "role": "user",
            "content": [
                {"type": "image", "path": "page.png", "name": "page"},
                {"type": "text", "text": "Read it."},
            ],
        }
    ]


def test_a_last_assistant_message_is_the_prefill():
    ending = message("assistant", '{"name": ')
    assert Conversation((message("user", "Extract."), ending)).prefill == ending


def test_an_assistant_message_before_the_last_one_is_no_prefill():
    turns = (message("user", "a"), message("assistant", "b"), message("user", "c"))
    assert Conversation(turns).prefill is None


def test_an_empty_conversation_has_no_prefill():
    assert Conversation().prefill is None


def test_equal_conversations_have_equal_hashes():
    assert hash(Conversation((message("user", "a"),))) == hash(
        Conversation((message("user", "a"),))
    )


@pytest.mark.parametrize("content", [None, "", []])
def test_content_may_be_missing_or_empty(content):
    assert conversation_from_dicts([{"role": "user", "content": content}]).messages == (
        Message("user", ()),
    )


USER = {"role": "user", "content": "a"}
CALL = {"type": "tool_call", "id": "1", "name": "f", "arguments": '{"a": [1, "x"], "b": null}'}


def test_a_call_is_a_part_and_reads_as_lfm_models_write_it():
    asked = {"role": "assistant", "content": [{"type": "text", "text": "So: "}, CALL, CALL]}
    result = {"role": "tool", "content": "9", "tool_call_id": "1"}
    conversation = conversation_from_dicts([asked, result])
    turn = conversation.messages[0]
    assert turn.parts[1:] == (ToolCall("1", "f", CALL["arguments"]),) * 2
    call = 'f(a=[1, "x"], b=None)'
    assert turn.text == f"So: <|tool_call_start|>[{call}, {call}]<|tool_call_end|>"
    assert turn.in_text == Message(
        "assistant", (Text("So: "), Text(turn.text.removeprefix("So: ")))
    )
    assert conversation_to_dicts(conversation) == [asked, result]


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("hello", ["Message 2", "'hello'", "role", "content"]),
        ({"content": "a"}, ["Message 2", "None", "system, user, assistant, tool"]),
        ({"role": "robot", "content": "a"}, ["Message 2", "'robot'", "assistant"]),
        ({"role": "user", "content": "a", "name": "Ann"}, ["Message 2", "'name'"]),
        ({"role": "user", "content": 5}, ["Message 2", "int", "list of parts"]),
        ({"role": "user", "content": ["a"]}, ["Message 2", "'a'", "'type': 'text'"]),
        ({"role": "user", "content": [{"type": "text"}]}, ["Message 2", "'text'"]),
        ({"role": "user", "content": [{"type": "image"}]}, ["Message 2", "'path'"]),
        ({"role": "user", "content": [CALL]}, ["Message 2", "'tool_call'"]),
        ({"role": "assistant", "content": [{**CALL, "arguments": "[]"}]}, ["Message 2", "'[]'"]),
        ({"role": "assistant", "content": [{**CALL, "name": 1}]}, ["Message 2", "tool_call"]),
        ({"role": "user", "content": "a", "tool_call_id": "1"}, ["Message 2", "'tool_call_id'"]),
        ({"role": "tool", "content": "a", "tool_call_id": 1}, ["Message 2", "tool_call_id 1"]),
        ({"role": "user", "content": [{"type": "sound", "path": "a"}]}, ["Message 2", "'sound'"]),
    ],
)
def test_a_message_that_cannot_be_read_is_named_by_its_place(bad, words):
    with pytest.raises(InvalidInput) as caught:
        conversation_from_dicts([USER, bad])
    for word in words:
        assert word in str(caught.value)
