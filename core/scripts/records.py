"""A lane as JSON: the workspace it comes from, and its run by OpenTelemetry's names for GenAI."""

from __future__ import annotations

from typing import Any

from core.conversation import Conversation, Image, Message
from core.runs.run import Run
from core.sampling import SamplingParams, samplers
from core.saved_workspace import workspace_to_dict
from core.scripts.quoting import json_text
from core.scripts.script import Subject, Target

OWN = "lfm_playground"  # the names that OpenTelemetry doesn't have
FINISH = {
    "end_of_sequence": "stop", "stop_string": "stop", "max_new_tokens": "length",
    "context_length": "length", "stopped": "cancelled",
}  # fmt: skip


def _workspace(subject: Subject) -> str:
    value = workspace_to_dict(subject.workspace)
    files = {picture.path: picture.file for picture in subject.recipe.pictures}
    for turn in value["messages"]:
        for part in turn["content"] if isinstance(turn["content"], list) else ():
            if part["type"] == "image":
                part["path"] = files.get(part["path"], part.get("name", ""))
    for lane in value["lanes"]:
        lane["model"] = subject.model_name if lane["model"] == subject.model.name else lane["model"]
    return json_text(value) + "\n"


def _record(subject: Subject) -> str:
    return json_text(run_record(subject)) + "\n"


def run_record(subject: Subject) -> dict[str, Any]:
    """Attributes of a span of the operation `chat`; times in seconds. What only this program has
    stands under `lfm_playground`. Before a run: what would be asked.
    """
    params, run = subject.params, subject.run
    messages = subject.request.conversation.messages
    attributes: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": OWN,
        "gen_ai.request.model": subject.model_name,
        "gen_ai.request.max_tokens": params.max_new_tokens,
        "gen_ai.request.stop_sequences": list(params.stop),
        **_sampling(params),
        f"{OWN}.request.lane": subject.request.lane,
        f"{OWN}.request.images": subject.recipe.processor,
        "gen_ai.system_instructions": [
            _text(turn.text) for turn in messages if turn.role == "system"
        ],
        "gen_ai.input.messages": [
            {"role": turn.role, "parts": _parts(turn, subject)}
            for turn in _sent(subject.request.conversation)
        ],
        f"{OWN}.model": {
            "revision": subject.model.revision, "architecture": subject.model.architecture,
            "dtype": subject.model.dtype, "weights": subject.model.weights,
            "device": subject.model.device,
        },
        f"{OWN}.versions": dict(subject.versions),
    }  # fmt: skip
    if params.seed is not None:
        attributes["gen_ai.request.seed"] = params.seed
    if subject.recipe.tools is not None:
        attributes["gen_ai.tool.definitions"] = subject.recipe.tools
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
        "gen_ai.usage.input_tokens": run.prompt_tokens if run.prompt else None,
        "gen_ai.usage.output_tokens": len(run.tokens),
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
        f"{OWN}.not_sent": list(run.not_sent),
        f"{OWN}.prompt_token_ids": list(run.prompt.token_ids) if run.prompt else [],
        f"{OWN}.tokens": [
            {"id": t.token_id, "text": t.text, "logprob": t.logprob, "seconds": t.seconds}
            for t in run.tokens
        ],
    }
    if run.error:
        found["error.type"] = run.error
    return found


def _missing(subject: Subject) -> list[str]:
    """What the engine didn't tell of the run."""
    run, notes = subject.run, list[str]()
    if run is None or run.started_seconds is None:
        return notes
    untold = {
        "the prompt's tokens": run.prompt is None,
        "token ids": any(token.token_id is None for token in run.tokens),
        "logprobs": any(token.logprob is None for token in run.tokens),
    }
    if missing := [name for name, is_missing in untold.items() if is_missing]:
        *others, last = missing
        named = f"{', '.join(others)} and {last}" if others else last
        notes.append(f"{run.model} doesn't tell {named}: they are null or empty here.")
    return notes


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "content": text}


def _parts(turn: Message, subject: Subject) -> list[dict[str, str]]:
    files = {picture.path: picture.file for picture in subject.recipe.pictures}
    return [
        {"type": "file", "modality": "image", "file_id": files[part.path]}
        if isinstance(part, Image)
        else _text(part.text)
        for part in turn.parts
    ]


WORKSPACE = Target(
    "Workspace JSON", "json", "workspace.json", _workspace,
    ("All lanes and messages, for this playground. Images are names: keep the files beside it.",),
    comments="",
)  # fmt: skip
RUN = Target(
    "Run JSON", "json", "run.json", _record,
    ("Tokens, logprobs and times, by OpenTelemetry's GenAI names where it has one; the rest is "
     "under lfm_playground. Times are seconds from the moment the run was asked for.",),
    more=_missing, comments="",
)  # fmt: skip
