"""Chunks of any server of OpenAI's protocol as events."""

from __future__ import annotations

from typing import Any

import pytest

from core.completions.chunks import ChunkReader
from core.errors import InvalidInput
from core.runs.events import Finished, Token


def read(*deltas: Any, reason: str = "stop") -> tuple[str, Any]:
    reader, text, last = ChunkReader("far"), "", None
    for place, delta in enumerate(deltas, start=1):
        ends = reason if place == len(deltas) else None
        for event in reader.read({"choices": [{"delta": delta, "finish_reason": ends}]}, 0.0):
            text += event.text if isinstance(event, Token | Finished) else ""
            last = event
    return text, last


def test_a_thought_that_the_server_took_out_is_written_back():
    text, _ = read({"reasoning_content": "Let "}, {"reasoning_content": "me."}, {"content": "Hi"})
    assert text == "<think>Let me.</think>Hi"
    assert read({"reasoning": "x"}, {}, reason="length")[0] == "<think>x</think>"


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
         "name": "f", "arguments": "["}}]}, "finish_reason": "tool_calls"}]}],
)  # fmt: skip
def test_what_is_no_chunk_is_a_sentence(chunk):
    with pytest.raises(InvalidInput, match="far"):
        list(ChunkReader("far").read(chunk, 0.0))
