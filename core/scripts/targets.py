"""The programs that a lane can be exported for, in the order in which the page shows them."""

from __future__ import annotations

from dataclasses import replace

from core.errors import InvalidInput
from core.runs.capabilities import in_words
from core.scripts.llama_cpp import LLAMA_CPP, LLAMA_SERVER
from core.scripts.offline import MLX, VLLM
from core.scripts.outlines import OUTLINES
from core.scripts.python_clients import OPENAI, TRANSFORMERS_SERVER, VLLM_SERVER
from core.scripts.quoting import comment
from core.scripts.records import RUN, WORKSPACE
from core.scripts.sampler_names import sampler_notes
from core.scripts.script import Script, Subject, Target
from core.scripts.sglang import SGLANG
from core.scripts.shell import CURL, MODELFILE, OLLAMA
from core.scripts.transformers_script import TRANSFORMERS

TARGETS: dict[str, Target] = {
    "transformers": TRANSFORMERS,
    "outlines": OUTLINES,
    "transformers-server": TRANSFORMERS_SERVER,
    "vllm": VLLM,
    "vllm-server": VLLM_SERVER,
    "sglang": SGLANG,
    "llama-cpp": LLAMA_CPP,
    "llama-server": LLAMA_SERVER,
    "ollama": OLLAMA,
    "modelfile": MODELFILE,
    "mlx": MLX,
    "openai": OPENAI,
    "curl": CURL,
    "workspace": WORKSPACE,
    "run": RUN,
}
FIRST = "transformers"
KEEPS_TYPED = ("transformers", "workspace", "run")  # typed control tokens as text, or as typed


def make_script(key: str, subject: Subject) -> Script:
    """Raises InvalidInput for another target, or where the tools can't be read."""
    if key not in TARGETS:
        raise InvalidInput(f"Unknown script {key!r}; use one of {', '.join(TARGETS)}.")
    target = TARGETS[key]
    subject = _continued(target, subject)
    notes = tuple(_notes(key, target, subject))
    heading = comment(_heading(target, subject, notes), target.comments) if target.comments else ""
    body = target.body(subject)
    gap = "\n" if heading else ""
    return Script(f"{heading}{gap}{body}", target.file, target.language, notes)


def _continued(target: Target, subject: Subject) -> Subject:
    """A branch as ids where the program takes them, and goes on as the lane does."""
    request, prompt = subject.request, subject.prompt
    if not (target.takes_ids and request.begins_with and prompt) or subject.call.pictures:
        return subject
    if request.constraint is not None or request.tool_choice != "auto":
        return subject  # it would hold only what follows
    return replace(subject, ids=(*prompt.token_ids, *request.begins_with))


def _notes(key: str, target: Target, subject: Subject) -> list[str]:
    used = subject.used()
    notes = [*target.more(subject), *target.notes]
    notes += [sentence for name, sentence in target.traps.items() if name in used]
    notes += [sentence for name, sentence in target.lacks.items() if name in used]
    if program := target.program_for(subject):
        notes += sampler_notes(subject.params, program)
    if subject.run and subject.run.not_sent:
        missing = in_words(subject.run.request, subject.run.not_sent)
        notes.append(f"{subject.run.model} was asked without {missing}, which it does not take.")
    if subject.ids:
        notes.append(
            f"The lane's answer is a branch: its first {len(subject.request.begins_with)} tokens "
            "are given as ids, after those of the prompt. What follows them is printed."
        )
    elif subject.request.begins_with and key not in (FIRST, "run"):
        notes.append(
            "The lane's answer is a branch: it begins with tokens of another answer. They are not "
            "sent, so this begins anew."
        )
    if "typed" in used and key not in KEEPS_TYPED and subject.prompt:
        typed = ", ".join(subject.prompt.neutralised)
        notes.append(
            f"{typed} in the messages is sent as plain text by the playground; {target.name} may "
            "read it as a control token."
        )
    if key != FIRST and target.language == "python" and subject.call.pictures:
        files = ", ".join(picture.file for picture in subject.call.pictures)
        notes.append(f"Save in the folder where it runs: {files}.")
    return notes


def _heading(target: Target, subject: Subject, notes: tuple[str, ...]) -> list[str]:
    call = ", ".join(f"{name} {version}" for name, version in subject.versions)
    first = f"Lane {subject.request.lane} of LFM Playground, for {target.name}."
    return [first, *([f"Made with {call}."] if call else []), *notes]
