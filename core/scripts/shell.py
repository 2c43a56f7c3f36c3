"""Requests by curl: OpenAI's protocol and Ollama's; and Ollama's Modelfile."""

from __future__ import annotations

import re
from typing import Any

from core.conversation import Message
from core.scripts.python_clients import (
    ANY_DRAWS,
    OPENAI_HELD,
    OPENAI_LACKS,
    SERVE_SAMPLES,
    openai_held,
    openai_notes,
    openai_options,
)
from core.scripts.quoting import FileText, json_text, shell_post
from core.scripts.sampler_names import their_values
from core.scripts.script import FLAT_TOOLS, Subject, Target, data_url
from core.scripts.structured import (
    KINDS,
    begins_anew,
    from_the_first_token,
    not_sent,
    own_spaces,
    schema,
)

OLLAMA_CONTEXT = 4096  # tokens; its own choice where memory is small
# Ollama drops what Go's tables call unprintable before it looks for the quotation marks that end a
# text: at the end of a line, blanks aside. Which characters those are changes with Unicode, so any
# beyond ASCII may be one.
DROPPED = r"[^\t\n\r -~]*"
CLOSES = re.compile(rf'"{DROPPED}"{DROPPED}"{DROPPED}(?:[ \t]{DROPPED})*[\n\r]')


def _curl(subject: Subject) -> str:
    body: dict[str, Any] = {
        "model": subject.model_name,
        **subject.openai_prompt(data_url),
        **openai_options(subject.params),
        **openai_held(subject),
    }
    return shell_post(f"http://localhost:8000/v1/{subject.openai_path}", body)


def _ollama_options(subject: Subject) -> dict[str, Any]:
    params = subject.params
    options = their_values(params, "ollama")
    if not params.greedy and params.seed is not None:
        options["seed"] = params.seed
    return {**options, "num_ctx": _num_ctx(subject), "num_predict": params.max_new_tokens}


def _num_ctx(subject: Subject) -> int:
    """A power of two that holds prompt and answer, not the model's whole context: its memory is
    reserved.
    """
    whole = subject.model.context_length
    if subject.prompt is None:
        return whole
    needed = len(subject.prompt.tokens) + subject.params.max_new_tokens
    return min(whole, max(OLLAMA_CONTEXT, 1 << (needed - 1).bit_length()))


def _ollama_model(subject: Subject) -> str:
    return f"hf.co/{subject.gguf}" if subject.gguf else f"./{subject.gguf_file}"


def _ollama(subject: Subject) -> str:
    options = _ollama_options(subject)
    if subject.params.stop:
        options["stop"] = list(subject.params.stop)
    body: dict[str, Any] = {
        "model": _ollama_model(subject) if subject.gguf else subject.gguf_file.rsplit(".", 1)[0],
        "stream": False,
        "options": options,
    }
    if (known := schema(subject.request.constraint)) is not None:
        body["format"] = known
    if subject.call.text is not None:
        body |= {"prompt": subject.call.text, "raw": True}  # without Ollama's own template
        return shell_post("http://localhost:11434/api/generate", body)
    body["messages"] = [_ollama_message(subject, turn) for turn in _turns(subject)]
    if subject.openai_tools:
        body["tools"] = subject.openai_tools
    return shell_post("http://localhost:11434/api/chat", body)


def _turns(subject: Subject) -> tuple[Message, ...]:
    return subject.request.conversation.messages


def _ollama_message(subject: Subject, turn: Message) -> dict[str, Any]:
    files = {picture.path: picture.file for picture in subject.call.pictures}
    images = [FileText(files[image.path]) for image in turn.images]
    return {
        "role": turn.role,
        "content": turn.text,
        **({"images": images} if images else {}),
    }


def _modelfile(subject: Subject) -> str:
    lines = [f"FROM {_ollama_model(subject)}"]
    lines += [f"PARAMETER {name} {value}" for name, value in _ollama_options(subject).items()]
    lines += [f"PARAMETER stop {_quoted(stop)}" for stop in subject.params.stop if _fits(stop)]
    for place, turn in enumerate(_turns(subject)[: -1 if _asks(subject) else None]):
        if not _fits(turn.text) or turn.role == "tool":
            continue
        first = place == 0 and turn.role == "system"  # of several SYSTEM lines the last one counts
        verb = "SYSTEM" if first else f"MESSAGE {turn.role}"
        lines.append(f"{verb} {_quoted(turn.text)}")
    return "\n".join(lines) + "\n"


def _asks(subject: Subject) -> bool:
    """Whether the last message is the question, which `ollama run` is given."""
    return bool(_turns(subject)) and _turns(subject)[-1].role == "user"


def _quoted(text: str) -> str:
    return f'"""{text}"""'


def _fits(text: str) -> bool:
    return not CLOSES.search(text)


def _loses(text: str) -> bool:
    return any(not letter.isprintable() for letter in re.sub("[\t\n\r]", "", text))


def _modelfile_notes(subject: Subject) -> list[str]:
    notes = [
        "Use it: ollama create lane -f Modelfile, then ollama run lane"
        + (" and type the last message." if _asks(subject) else ".")
    ]
    if _asks(subject):
        notes.append(f"The last message: {json_text(_turns(subject)[-1].text, indent=None)}")
    texts = [*subject.params.stop, *(turn.text for turn in _turns(subject))]
    if not all(map(_fits, texts)):
        notes.append(
            'A text with """ at the end of a line can\'t be quoted in a Modelfile and is left out; '
            "Ollama's API takes it."
        )
    if any(map(_loses, texts)):
        notes.append(
            "Ollama drops invisible characters, such as zero-width spaces, from a Modelfile."
        )
    if any(turn.role == "tool" for turn in _turns(subject)):
        notes.append(
            "A Modelfile has no tool messages: they are left out; Ollama's API takes them."
        )
    return notes + _ollama_notes(subject)


def _ollama_notes(subject: Subject) -> list[str]:
    if subject.gguf:
        return ["The GGUF weights are quantised: other weights than the lane's, so other tokens."]
    return [f"Make {subject.gguf_file} with llama.cpp's convert_hf_to_gguf.py."]


CONTEXT = (
    "num_ctx holds prompt and answer: unless set, Ollama may keep 4,096 tokens and cut longer "
    "prompts without a warning."
)
WINDOW = "Ollama looks at the last 64 tokens for repetitions; -1 looks at the whole context."
OWN_ORDER = (
    "Ollama's sampler works in an order of its own, which no option changes: the same numbers "
    "aren't the same sampler."
)
NO_TEMPLATE = "Ollama has its own templates, without chat template options: none is sent."
NO_BUDGET = "Ollama has no image budget: the model's own is used."
CURL = Target(
    "curl", "bash", "request.sh", _curl, (),
    {"seed": ANY_DRAWS, "drawn": SERVE_SAMPLES, "flat": FLAT_TOOLS, **OPENAI_HELD}, OPENAI_LACKS,
    openai_notes, program="openai",
)  # fmt: skip
OLLAMA = Target(
    "Ollama API", "bash", "ollama.sh", _ollama, (WINDOW, CONTEXT),
    {
        "drawn": OWN_ORDER, "seed": ANY_DRAWS,
        "prefill": "Ollama continues a last assistant message.", "flat": FLAT_TOOLS,
        "spaces": own_spaces("Ollama"), "held_prefill": begins_anew("Ollama"),
        "held_thought": from_the_first_token("Ollama"),
    },
    {
        "budget": NO_BUDGET, "template": NO_TEMPLATE,
        **not_sent("Ollama", "choices", "regex", "grammar", "tool_choice"),
    },
    _ollama_notes,
    program="ollama",
)  # fmt: skip
MODELFILE = Target(
    "Ollama Modelfile", "modelfile", "Modelfile", _modelfile, (WINDOW, CONTEXT),
    {"drawn": OWN_ORDER, "seed": ANY_DRAWS},
    {
        "prefill": "A Modelfile has no prefill: the assistant's message is history here. Ollama's "
        "API continues it.",
        "images": "A Modelfile holds no images: name them after the question in `ollama run`.",
        "tools": "A Modelfile holds no tools: Ollama's API takes them.",
        "budget": NO_BUDGET, "template": NO_TEMPLATE,
        **not_sent("A Modelfile", *KINDS, "tool_choice"),
    },
    _modelfile_notes,
    program="ollama",
)  # fmt: skip
