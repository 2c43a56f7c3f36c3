"""Logprobs in the shape of OpenAI's chat completions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.runs.events import Token
from core.runs.traces import Candidate


def token_logprobs(tokens: Iterable[Token], top: int) -> list[dict[str, Any]]:
    """One entry for each token that the model chose and whose logprob is told; natural logarithms
    before any sampler. top: how many of the likeliest candidates come with it, where they are told.
    """
    return [_entry(token, top) for token in tokens if token.logprob is not None]


def _entry(token: Token, top: int) -> dict[str, Any]:
    if token.trace is None:
        utf8 = list(token.text.encode()) if token.text else None  # it may be a part of a character
        told = {"token": token.text, "logprob": token.logprob, "bytes": utf8}
        return {**told, "top_logprobs": []}
    candidates = token.candidates
    chosen = token.chosen(candidates)
    assert chosen  # a trace always has it
    return {**_named(chosen), "top_logprobs": [_named(one) for one in candidates[:top]]}


def _named(candidate: Candidate) -> dict[str, Any]:
    return {
        "token": candidate.text, "logprob": candidate.logprob, "bytes": candidate.utf8,
    }  # fmt: skip
