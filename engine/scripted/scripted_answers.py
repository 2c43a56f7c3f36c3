"""The answers of the engine without a model, token by token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from time import perf_counter

from core.prompt import RenderedPrompt
from core.runs.events import Event, Failed, Finished, StopReason, Token
from core.workspace import Request
from engine.sampling.stopping import HeldBack
from engine.scripted.scripted_candidates import UNKNOWN, traced
from engine.scripted.scripted_prompt import PIECE, SPECIAL, token_id
from engine.scripted.scripted_replies import LONG_TOKENS, reply

END = SPECIAL["<|im_end|>"]


def answer(
    request: Request, prompt: RenderedPrompt, texts: Mapping[int, str], began: float
) -> Iterator[Event]:
    """The lane's tokens and its last event, one at each `next`. What the request begins it with
    takes the place of as many of its own. texts: of ids given out so far.
    """
    params, asked = request.params, asked_by(request)
    held = HeldBack(params.stop, prompt.text)
    pieces = PIECE.findall(reply(request))[len(request.begins_with) :]
    if "!long" in asked:
        pieces = pieces[:LONG_TOKENS]
    text = ""
    for given in request.begins_with:
        text += texts.get(given, UNKNOWN)
        shown = held.push(texts.get(given, UNKNOWN))
        yield Token(given, shown, None, perf_counter() - began, given=True)
    known = len(text)
    for count, piece in enumerate(pieces, start=1):
        if "!fail" in asked and count > 3:
            yield Failed("The script was asked to fail. Remove !fail.", perf_counter() - began)
            return
        text += piece
        stopped = any(string in text[max(0, known - len(string) + 1) :] for string in params.stop)
        shown = held.end(piece, True) if stopped else held.push(piece)
        logprob, trace = traced(piece, params)
        yield Token(token_id(piece), shown, logprob, perf_counter() - began, trace)
        if stopped or count == params.max_new_tokens:
            reason: StopReason = "stop_string" if stopped else "max_new_tokens"
            rest = "" if stopped else held.end("", False)
            yield Finished(reason, rest, perf_counter() - began)
            return
    yield Token(END, "", -0.01, perf_counter() - began)
    yield Finished("end_of_sequence", held.end("", False), perf_counter() - began)


def asked_by(request: Request) -> str:
    messages = request.conversation.messages
    return next((turn.text for turn in reversed(messages) if turn.role == "user"), "")
