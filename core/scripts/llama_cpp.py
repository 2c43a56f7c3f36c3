"""llama.cpp: one command with the whole prompt, and its server."""

from __future__ import annotations

from typing import Any

from core.sampling import SamplingParams
from core.scripts.python_clients import ANY_DRAWS
from core.scripts.quoting import (
    comment,
    fits_a_word,
    json_text,
    one_line,
    shell_post,
    shell_word,
)
from core.scripts.sampler_names import llama_order, their_values
from core.scripts.script import FLAT_TOOLS, Subject, Target, data_url, no_lfm3
from core.scripts.structured import (
    begins_anew,
    choices_gbnf,
    from_the_first_token,
    not_sent,
    own_spaces,
    schema,
)

BEGINS_ITSELF = "tokenizer.ggml.add_bos_token=bool:false"


def _completion(subject: Subject) -> str:
    if subject.call.pictures:
        return _with_pictures(subject)
    words = [
        "llama-completion", *_model(subject), "-no-cnv", "--no-display-prompt", "--no-escape",
        "--override-kv", BEGINS_ITSELF, *_sampling(subject.params), *_held(subject),
    ]  # fmt: skip
    if subject.call.tools:
        words.append("--special")
    for stop in subject.params.stop:
        words += ["-r", stop]
    prompt = subject.prompt.text if subject.prompt else ""
    return _command([*words, "-p", prompt])


def _with_pictures(subject: Subject) -> str:
    """One turn only: the program for images makes the prompt itself."""
    messages = subject.request.conversation.messages
    asked = [turn for turn in messages if turn.role == "user"]
    words = ["llama-mtmd-cli", *_model(subject), "--jinja", "--no-escape"]
    words += [*_sampling(subject.params), *_held(subject)]
    if messages[0].role == "system":
        words += ["-sys", messages[0].text]
    if "min_image_tokens" in subject.call.processor:
        budget = subject.request.budget
        words += ["--image-min-tokens", str(budget.min_image_tokens)]
        words += ["--image-max-tokens", str(budget.max_image_tokens)]
    words += ["--image", ",".join(f"./{picture.file}" for picture in subject.call.pictures)]
    return _command([*words, "-p", asked[-1].text if asked else ""])


def _model(subject: Subject) -> list[str]:
    if subject.gguf:
        return ["-hf", subject.gguf]
    projector = ["--mmproj", f"mmproj-{subject.gguf_file}"] if subject.call.pictures else []
    return ["-m", subject.gguf_file, *projector]


def _sampling(params: SamplingParams) -> list[str]:
    words = [] if params.greedy else ["--samplers", ";".join(llama_order())]
    for flag, value in their_values(params, "llama_cpp").items():
        words += [flag, repr(value)]
    if not params.greedy and params.seed is not None:
        words += ["-s", str(params.seed)]
    return [*words, "-n", str(params.max_new_tokens)]


def _held(subject: Subject) -> list[str]:
    constraint = subject.request.constraint
    if (known := schema(constraint)) is not None:
        return ["-j", json_text(known, indent=None)]
    if constraint is not None and constraint.kind == "choices":
        return ["--grammar", choices_gbnf(constraint.choices)]
    return []


def _command(words: list[str]) -> str:
    """One option a line, each with its value."""
    lines: list[str] = []
    for word in words:
        if not lines or (word.startswith("-") and not _is_number(word)):
            lines.append(shell_word(word))
        else:
            lines[-1] += f" {shell_word(word)}"
    return " \\\n  ".join(lines) + "\n"


def _is_number(word: str) -> bool:
    return word.lstrip("-").replace(".", "", 1).isdigit()


def _server(subject: Subject) -> str:
    params = subject.params
    body = subject.openai_prompt(data_url)
    body |= {} if params.greedy else {"samplers": llama_order()}
    body |= their_values(params, "llama_server")
    if not params.greedy and params.seed is not None:
        body["seed"] = params.seed
    body["max_tokens"] = params.max_new_tokens
    if params.stop:
        body["stop"] = list(params.stop)
    if subject.call.template_options:
        body["chat_template_kwargs"] = subject.call.template_options
    body |= _server_held(subject)
    serve = ["llama-server", *_model(subject), "--jinja", "--port", "8080"]
    if "min_image_tokens" in subject.call.processor:
        budget = subject.request.budget
        serve += ["--image-min-tokens", str(budget.min_image_tokens)]
        serve += ["--image-max-tokens", str(budget.max_image_tokens)]
    start = " ".join(map(shell_word, serve))
    return (
        f"{comment(['In another terminal:'])}{one_line(start)}"
        f"{shell_post(f'http://localhost:8080/v1/{subject.openai_path}', body)}"
    )


def _server_held(subject: Subject) -> dict[str, Any]:
    """With a constraint no call is looked for: the server refuses a grammar next to one."""
    constraint, choice = subject.request.constraint, subject.request.tool_choice
    if constraint is None:
        return {} if choice == "auto" else {"tool_choice": "required"}
    held: dict[str, Any] = {"tool_choice": "none"} if subject.call.tools else {}
    if (known := schema(constraint)) is not None:
        return {**held, "json_schema": known}
    if constraint.kind == "choices":
        return {**held, "grammar": choices_gbnf(constraint.choices)}
    return {}


def _notes(subject: Subject) -> list[str]:
    if subject.gguf:
        return [
            f"{subject.gguf} is quantised unless you name a file of full precision (:F16): other "
            "weights than the lane's, so other tokens."
        ]
    return ["Make the GGUF file with convert_hf_to_gguf.py --outtype f32: no weight changes."]


def _completion_notes(subject: Subject) -> list[str]:
    notes = _notes(subject)
    texts = [*subject.params.stop, subject.prompt.text if subject.prompt else ""]
    if not all(map(fits_a_word, texts)):
        notes.append("A character that no argument can hold is sent as U+FFFD.")
    if subject.prompt is None and not subject.call.pictures:
        notes.append("The prompt can't be built now, so it is empty here.")
    if subject.call.pictures:
        notes.append(
            "llama-mtmd-cli takes a system message, images and, after them, one question: other "
            "messages, a prefill, tools, stop strings and chat template options are left out. The "
            "server takes them."
        )
    elif subject.prompt:
        notes.append("-p is the whole prompt, control tokens and prefill included.")
    return notes + ([] if subject.call.pictures else _stop_notes(subject))


def _stop_notes(subject: Subject) -> list[str]:
    stop, notes = subject.params.stop, list[str]()
    if stop:
        notes.append("-r ends the answer at a stop string but prints it; the lane doesn't show it.")
    if len(stop) > 1:
        notes.append(
            "llama.cpp warns that only the last of several -r counts, but it obeys all of them."
        )
    if any(text.endswith(" ") for text in stop):
        notes.append("-r may miss a stop string that ends in a space; the server doesn't.")
    if subject.call.tools:
        notes.append("--special prints the marks of a call, and the token that ends the answer.")
    return notes


SAMPLER = (
    "llama.cpp applies the temperature last, Transformers first, so the same numbers are not the "
    "same sampler. Here the samplers are put into Transformers' order, the closest there is."
)
WINDOW = "llama.cpp looks for repetitions in the last 64 tokens; -1 looks at all, as the lane does."
OLD = no_lfm3("the llama.cpp of llama-cpp-python 0.3.36")
NO_TILES = "llama.cpp has no switch for image splitting, tile size and thumbnail: its own are used."
HELD = {
    "spaces": own_spaces("llama.cpp"), "held_prefill": begins_anew("llama.cpp"),
    "held_thought": from_the_first_token("llama.cpp"),
}  # fmt: skip
LACKS = {
    "budget": NO_TILES,
    **not_sent("llama.cpp", "regex"),
    **not_sent("llama.cpp", "grammar", instead="It reads GBNF, and this one is in Lark's notation. "
               "A build with llguidance takes it after a first line %llguidance {}."),
}  # fmt: skip
LLAMA_CPP = Target(
    "llama.cpp", "bash", "llama_cpp.sh", _completion, (WINDOW,),
    {"drawn": SAMPLER, "seed": ANY_DRAWS, "lfm3": OLD, **HELD},
    {**LACKS, **not_sent("llama.cpp's command", "tool_choice", instead="The server takes one.")},
    _completion_notes,
    program="llama_cpp",
)  # fmt: skip
LLAMA_SERVER = Target(
    "llama.cpp server", "bash", "llama_server.sh", _server, (WINDOW,),
    {
        "drawn": SAMPLER, "seed": ANY_DRAWS,
        "prefill": "The server continues a last assistant message; older versions don't where a "
        "template thinks.",
        "flat": FLAT_TOOLS, "lfm3": OLD, **HELD,
    },
    {
        **LACKS,
        "named": "llama.cpp takes no tool's name as tool_choice: it is sent as required, which "
        "allows the other tools, too.",
    },
    _notes,
    program="llama_server", takes_ids=True,
)  # fmt: skip
