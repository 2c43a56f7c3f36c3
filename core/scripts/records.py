"""A lane as JSON: the workspace it comes from, and its run by OpenTelemetry's names for GenAI."""

from __future__ import annotations

import json
import math
from typing import Any

from core.constraint import constraint_to_dict
from core.conversation import Conversation, Image, Message, Part, Text, ToolCall
from core.runs.events import Token
from core.runs.run import Run
from core.runs.traces import TOP, Candidate
from core.sampling import SamplingParams, samplers
from core.scripts.quoting import json_text
from core.scripts.script import Subject, Target
from core.scripts.structured import JSON_SCHEMA
from core.workspace_json import workspace_to_dict

OWN = "lfm_playground"  # the names that OpenTelemetry doesn't have
TOKENS = f"{OWN}.tokens"
CANDIDATES = 10_000  # of all tokens together, in addition to the tokens themselves
FINISH = {
    "end_of_sequence": "stop", "stop_string": "stop", "max_new_tokens": "length",
    "context_length": "length", "stopped": "cancelled",
}  # fmt: skip


def _workspace(subject: Subject) -> str:
    value = workspace_to_dict(subject.workspace)
    files = {picture.path: picture.file for picture in subject.call.pictures}
    for turn in value["messages"]:
        for part in turn["content"] if isinstance(turn["content"], list) else ():
            if part["type"] == "image":
                part["path"] = files.get(part["path"], part.get("name", ""))
    for lane in value["lanes"]:
        lane["model"] = subject.model_name if lane["model"] == subject.model.name else lane["model"]
    return json_text(value) + "\n"


def _record(subject: Subject) -> str:
    record = run_record(subject)
    tokens = record.pop(TOKENS, None)
    text = json_text(record)
    if tokens is not None:  # a line each
        lines = ",\n".join(f"    {json_text(token, indent=None)}" for token in tokens)
        text = text.removesuffix("\n}") + f',\n  "{TOKENS}": [\n{lines}\n  ]\n}}'
    return text + "\n"


def run_record(subject: Subject) -> dict[str, Any]:
    """Attributes of a span of the operation `chat`; times in seconds. What only this program has
    stands under `lfm_playground`. Before a run: what would be asked.
    """
    params, run, constraint = subject.params, subject.run, subject.request.constraint
    messages = subject.request.conversation.messages
    attributes: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": OWN,
        "gen_ai.request.model": subject.model_name,
        "gen_ai.request.max_tokens": params.max_new_tokens,
        "gen_ai.request.stop_sequences": list(params.stop),
        **_sampling(params),
        f"{OWN}.request.lane": subject.request.lane,
        f"{OWN}.request.images": subject.call.processor,
        f"{OWN}.request.template_options": subject.call.template_options,
        f"{OWN}.request.tool_choice": subject.request.tool_choice,
        f"{OWN}.request.constraint": constraint and constraint_to_dict(constraint),
        f"{OWN}.request.begins_with": list(subject.request.begins_with),
        "gen_ai.system_instructions": [
            _text(turn.text) for turn in messages if turn.role == "system"
        ],
        "gen_ai.input.messages": [
            {"role": turn.role, "parts": _parts(turn, subject)}
            for turn in _sent(subject.request.conversation)
        ],
        f"{OWN}.model": {
            "revision": subject.model.revision,
            "architecture": subject.model.architecture,
            "dtype": subject.model.dtype,
            "weights": subject.model.weights,
            "device": subject.model.device,
        },
        f"{OWN}.versions": dict(subject.versions),
    }
    if constraint is not None:
        attributes["gen_ai.output.type"] = "json" if constraint.kind in JSON_SCHEMA else "text"
    if params.seed is not None:
        attributes["gen_ai.request.seed"] = params.seed
    if subject.call.tools is not None:
        attributes["gen_ai.tool.definitions"] = subject.call.tools
    return attributes | (_answered(run) if run else {})


def _sampling(params: SamplingParams) -> dict[str, Any]:
    """All samplers, off or on; what OpenTelemetry has no name for under Transformers' own."""
    theirs = {name: row.elsewhere.opentelemetry for name, row in samplers().items()}
    return {
        f"gen_ai.request.{known.name}" if known else f"{OWN}.request.{name}": getattr(params, name)
        for name, known in theirs.items()
    }


def _sent(conversation: Conversation) -> list[Message]:
    return [turn for turn in conversation.messages if turn.role != "system"]


def _answered(run: Run) -> dict[str, Any]:
    ended = FINISH.get(run.stop_reason or "", "error" if run.error else "")
    text = run.prefill_text + run.text
    found: dict[str, Any] = {
        "gen_ai.response.model": run.model,
        "gen_ai.response.finish_reasons": [ended] if ended else [],
        "gen_ai.usage.input_tokens": run.prompt_tokens or None,
        "gen_ai.usage.output_tokens": run.token_count,
        "gen_ai.usage.cache_read.input_tokens": run.cached_tokens,
        "gen_ai.output.messages": [
            {"role": "assistant", "parts": [_text(text)], "finish_reason": ended}
        ],
        "gen_ai.client.operation.duration": run.seconds,
        "gen_ai.response.time_to_first_chunk": run.time_to_first_token,
        f"{OWN}.waited": run.waited_seconds,
        f"{OWN}.prefill_duration": run.prefill_seconds,
        f"{OWN}.decode_duration": run.decode_seconds,
        f"{OWN}.stop_reason": run.stop_reason,
        f"{OWN}.incomplete": run.incomplete,
        f"{OWN}.not_sent": list(run.not_sent),
        f"{OWN}.prompt_token_ids": list(run.prompt.token_ids) if run.prompt else [],
        TOKENS: [_token(token, _top(run)) for token in run.tokens],
    }
    if run.error:
        found["error.type"] = run.error
    return found


def _top(run: Run) -> int:
    """How many of each token's likeliest candidates are in the file."""
    return min(TOP, CANDIDATES // max(1, len(run.tokens)))


def _token(token: Token, top: int) -> dict[str, Any]:
    """Logprobs and entropy by the natural logarithm and before any sampler, probabilities after all
    of them. text: what became visible with it. bytes: its own. What isn't told is None.
    """
    trace, candidates = token.trace, token.candidates
    chosen = token.chosen(candidates)
    kept = [one for place, one in enumerate(candidates) if place < top or one is chosen]
    return {
        "id": token.token_id,
        "text": token.text,
        "bytes": chosen and chosen.utf8,
        "logprob": _number(token.logprob),
        "rank": trace and trace.rank,
        "entropy": _number(trace and trace.entropy),
        "seconds": _number(token.seconds),
        "given": token.given,
        "candidates": [_candidate(one) for one in kept] if trace else None,
    }


def _candidate(one: Candidate) -> dict[str, Any]:
    return {
        "id": one.token_id,
        "text": one.text,
        "logprob": _number(one.logprob),
        "probability": _number(one.probability),
        "removed_by": one.removed_by or None,
    }


def _number(value: float | None) -> float | None:
    """Six digits, which is what 32 bits hold."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.6g}")


def _missing(subject: Subject) -> list[str]:
    """What the engine didn't tell of the run."""
    run, notes = subject.run, list[str]()
    if run is None or run.started_seconds is None:
        return notes
    chosen = [token for token in run.tokens if not token.given]
    is_saved = len(run.tokens) < run.token_count
    untold = {
        "the prompt's tokens": run.prompt is None,
        "token ids": len(run.token_ids) < run.token_count,
        "logprobs": is_saved or any(token.logprob is None for token in chosen),
        "candidates": is_saved or (chosen and not any(token.trace for token in chosen)),
    }
    if missing := [name for name, is_missing in untold.items() if is_missing]:
        *others, last = missing
        named = f"{', '.join(others)} and {last}" if others else last
        who = run.model if run.tokens else "A saved answer"
        notes.append(f"{who} doesn't report {named}: they are null or empty here.")
    if _top(run) < TOP and any(token.trace for token in run.tokens):
        notes.append(
            f"To stay small, the file has the {_top(run)} likeliest of each token's {TOP} "
            "candidates, and the token itself."
        )
    return notes


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "content": text}


def _parts(turn: Message, subject: Subject) -> list[dict[str, Any]]:
    files = {picture.path: picture.file for picture in subject.call.pictures}

    def record(part: Part) -> dict[str, Any]:
        match part:
            case Text():
                return _text(part.text)
            case Image():
                return {"type": "file", "modality": "image", "file_id": files[part.path]}
            case ToolCall():
                return {
                    "type": "tool_call",
                    "id": part.id or None,
                    "name": part.name,
                    "arguments": json.loads(part.arguments),
                }

    return [record(part) for part in turn.parts]


WORKSPACE = Target(
    "Workspace JSON", "json", "workspace.json", _workspace,
    ("All lanes and messages, for this playground. Images are only named: keep their files next "
        "to it.",),
    comments="",
)  # fmt: skip
RUN = Target(
    "Run JSON", "json", "run.json", _record,
    ("Tokens, their candidates and times, by OpenTelemetry's GenAI names where it has one; the "
     "rest is under lfm_playground. Times are seconds from the moment the run was asked for.",
     "A token's logprob, rank and entropy are of the model's own distribution, before any sampler; "
     "logarithms are natural. A candidate's probability is after all samplers; removed_by names "
     "the one that took it out."),
    more=_missing, comments="",
)  # fmt: skip
