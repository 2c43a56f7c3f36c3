"""Chunks of any server of OpenAI's protocol as events."""

from __future__ import annotations

from typing import Any

import pytest

from core.completions.chunks import ChunkReader
from core.errors import InvalidInput
from core.runs.events import Finished, Token


def events(*deltas: Any, reason: str = "stop") -> list[Any]:
    reader, found = ChunkReader("far"), []
    for place, delta in enumerate(deltas, start=1):
        ends = reason if place == len(deltas) else None
        found += reader.read({"choices": [{"delta": delta, "finish_reason": ends}]}, 0.0)
    return found


def read(*deltas: Any, reason: str = "stop") -> tuple[str, Any]:
    found = events(*deltas, reason=reason)
    return "".join(event.text for event in found), found[-1]


def test_a_thought_that_the_server_took_out_is_written_back():
    text, _ = read({"reasoning_content": "Let "}, {"reasoning_content": "me."}, {"content": "Hi"})
    assert text == "<think>Let me.</think>Hi"
    assert read({"reasoning": "x"}, {})[0] == "<think>x</think>"


def test_what_is_written_back_is_no_token_and_what_was_cut_off_stays_open():
    """A thought of as many tokens as were asked for had one more, and its lane failed."""
    deltas = [{"reasoning_content": "a"}] * 4
    kinds = [type(event) for event in events(*deltas, {}, reason="length")]
    assert kinds == [Token] * 4 + [Finished]
    assert read(*deltas, {}, reason="length")[0] == "<think>aaaa"
    half = {"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": '{"a": "b'}}]}
    text, last = read(half, {}, reason="length")
    assert text == '<|tool_call_start|>[f({"a": "b'
    assert last.stop_reason == "max_new_tokens"


def test_calls_that_the_server_took_out_are_written_back():
    def call(**function: str) -> Any:
        return {"tool_calls": [{"index": 0, "function": function}]}

    deltas = call(name="look", arguments=""), call(arguments='{"at": '), call(arguments='"x"}')
    text, last = read(*deltas, reason="tool_calls")
    assert text == '<|tool_call_start|>[look(at="x")]<|tool_call_end|>'
    assert last.stop_reason == "end_of_sequence"


@pytest.mark.parametrize(
    "chunk",
    [7, [], {}, {"choices": 7}, {"choices": [1]}, {"choices": [{}, {}]},
     {"choices": [{"delta": {"content": 7}}]}, {"choices": [{"delta": {"content": "\ud83d"}}]},
     {"choices": [{"delta": 7}]}, {"choices": [{"delta": {"content": "x" * 20_000}}]},
     {"choices": [{"delta": {}, "finish_reason": "evil"}]},
     {"choices": [{"delta": {}, "finish_reason": {}}]},
     {"choices": [{"delta": {}, "token_ids": ["x"]}]},
     {"choices": [{"delta": {}, "token_ids": [True]}]},
     {"choices": [{"delta": {}, "logprobs": {"content": [{"logprob": float("nan")}]}}]},
     {"choices": [{"delta": {}, "logprobs": {"content": [{"id": 1}]}}]},
     {"choices": [{"delta": {"tool_calls": [{"index": 10**9, "function": {}}]}}]},
     {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"name": 7}}]}}]},
     {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {
         "name": "f", "arguments": "["}}]}, "finish_reason": "tool_calls"}]},
     {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {
         "name": "f", "arguments": '{"a": "\\ud83d"}'}}]}, "finish_reason": "tool_calls"}]}],
)  # fmt: skip
def test_what_is_no_chunk_is_a_sentence(chunk):
    with pytest.raises(InvalidInput, match="far"):
        list(ChunkReader("far").read(chunk, 0.0))


def test_a_playgrounds_end_has_its_own_word_and_text_that_was_held_back_is_no_token():
    reader = ChunkReader("far")
    token = {"choices": [{"delta": {"content": "a"}, "token_ids": [7], "finish_reason": None}]}
    end = {"delta": {"content": "fo"}, "token_ids": [], "finish_reason": "length",
           "ended_by": "context_length"}  # fmt: skip
    first, last = [*reader.read(token, 0.0), *reader.read({"choices": [end]}, 0.0)]
    assert (first.token_id, first.text) == (7, "a")
    assert (last.stop_reason, last.text) == ("context_length", "fo")
    with pytest.raises(InvalidInput):
        list(reader.read({"choices": [{**end, "ended_by": "evil"}]}, 0.0))
