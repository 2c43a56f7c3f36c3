"""The programs that a lane can be exported for, in the order in which the page shows them."""

from __future__ import annotations

from core.errors import InvalidInput
from core.runs.capabilities import in_words
from core.scripts.llama_cpp import LLAMA_CPP, LLAMA_SERVER
from core.scripts.offline import MLX, VLLM
from core.scripts.python_clients import OPENAI, SGLANG, TRANSFORMERS_SERVER, VLLM_SERVER
from core.scripts.quoting import comment
from core.scripts.records import RUN, WORKSPACE
from core.scripts.sampler_names import sampler_notes
from core.scripts.script import Script, Subject, Target
from core.scripts.shell import CURL, MODELFILE, OLLAMA
from core.scripts.transformers_script import TRANSFORMERS

TARGETS: dict[str, Target] = {
    "transformers": TRANSFORMERS,
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
        raise InvalidInput(f"There is no script for {key!r}; there are {', '.join(TARGETS)}.")
    target = TARGETS[key]
    notes = tuple(_notes(key, target, subject))
    heading = comment(_heading(target, subject, notes), target.comments) if target.comments else ""
    body = target.body(subject)
    gap = "\n" if heading else ""
    return Script(f"{heading}{gap}{body}", target.file, target.language, notes)


def _notes(key: str, target: Target, subject: Subject) -> list[str]:
    used = subject.used()
    notes = [*target.more(subject), *target.notes]
    notes += [sentence for name, sentence in target.traps.items() if name in used]
    notes += [sentence for name, sentence in target.lacks.items() if name in used]
    if target.program:
        notes += sampler_notes(subject.params, target.program)
    if subject.run and subject.run.not_sent:
        missing = in_words(subject.run.request, subject.run.not_sent)
        notes.append(f"{subject.run.model} was asked without {missing}: it does not take that.")
    if "typed" in used and key not in KEEPS_TYPED and subject.prompt:
        typed = ", ".join(subject.prompt.neutralised)
        notes.append(
            f"{typed} in the messages is sent as plain text by the playground; {target.name} may "
            "read it as a control token."
        )
    if key != FIRST and target.language == "python" and subject.recipe.pictures:
        files = ", ".join(picture.file for picture in subject.recipe.pictures)
        notes.append(f"Save in the folder where it runs: {files}.")
    return notes


def _heading(target: Target, subject: Subject, notes: tuple[str, ...]) -> list[str]:
    made = ", ".join(f"{name} {version}" for name, version in subject.versions)
    first = f"Lane {subject.request.lane} of LFM Playground, for {target.name}."
    return [first, *([f"Made with {made}."] if made else []), *notes]
