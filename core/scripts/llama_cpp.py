"""llama.cpp: one command with the whole prompt, and its server."""

from __future__ import annotations

from typing import Any

from core.sampling import SamplingParams
from core.scripts.python_clients import ANY_DRAWS
from core.scripts.quoting import comment, fits_a_word, one_line, shell_post, shell_word
from core.scripts.sampler_names import llama_order, their_values
from core.scripts.script import Subject, Target, data_url

BEGINS_ITSELF = "tokenizer.ggml.add_bos_token=bool:false"


def _completion(subject: Subject) -> str:
    if subject.recipe.pictures:
        return _with_pictures(subject)
    words = [
        "llama-completion", *_model(subject), "-no-cnv", "--no-display-prompt", "--no-escape",
        "--override-kv", BEGINS_ITSELF, *_sampling(subject.params),
    ]  # fmt: skip
    for stop in subject.params.stop:
        words += ["-r", stop]
    prompt = subject.prompt.text if subject.prompt else ""
    return _command([*words, "-p", prompt])


def _with_pictures(subject: Subject) -> str:
    """One turn only: the program for images makes the prompt itself."""
    asked = [turn for turn in subject.request.conversation.messages if turn.role == "user"]
    words = ["llama-mtmd-cli", *_model(subject), *_sampling(subject.params)]
    if "min_image_tokens" in subject.recipe.processor:
        budget = subject.request.budget
        words += ["--image-min-tokens", str(budget.min_image_tokens)]
        words += ["--image-max-tokens", str(budget.max_image_tokens)]
    for picture in subject.recipe.pictures:
        words += ["--image", f"./{picture.file}"]
    return _command([*words, "-p", asked[-1].text if asked else ""])


def _model(subject: Subject) -> list[str]:
    if subject.gguf:
        return ["-hf", subject.gguf]
    projector = ["--mmproj", f"mmproj-{subject.gguf_file}"] if subject.recipe.pictures else []
    return ["-m", subject.gguf_file, *projector]


def _sampling(params: SamplingParams) -> list[str]:
    words = [] if params.greedy else ["--samplers", ";".join(llama_order())]
    for flag, value in their_values(params, "llama_cpp").items():
        words += [flag, repr(value)]
    if not params.greedy and params.seed is not None:
        words += ["-s", str(params.seed)]
    return [*words, "-n", str(params.max_new_tokens)]


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
    body: dict[str, Any] = {"messages": subject.openai_messages(data_url)}
    if subject.recipe.tools is not None:
        body["tools"] = subject.recipe.tools
    body |= {} if params.greedy else {"samplers": llama_order()}
    body |= their_values(params, "llama_server")
    if not params.greedy and params.seed is not None:
        body["seed"] = params.seed
    body["max_tokens"] = params.max_new_tokens
    if params.stop:
        body["stop"] = list(params.stop)
    serve = ["llama-server", *_model(subject), "--jinja", "--port", "8080"]
    if "min_image_tokens" in subject.recipe.processor:
        budget = subject.request.budget
        serve += ["--image-min-tokens", str(budget.min_image_tokens)]
        serve += ["--image-max-tokens", str(budget.max_image_tokens)]
    start = " ".join(map(shell_word, serve))
    return (
        f"{comment(['In a terminal of its own:'])}{one_line(start)}"
        f"{shell_post('http://localhost:8080/v1/chat/completions', body)}"
    )


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
    if subject.prompt is None and not subject.recipe.pictures:
        notes.append("The prompt can't be built now, so it is empty here.")
    if subject.recipe.pictures:
        notes.append(
            "llama-mtmd-cli takes images and one question: other messages, a prefill, tools and "
            "stop strings are left out. The server takes them."
        )
    elif subject.prompt and not subject.recipe.pictures:
        notes.append("-p is the whole prompt, control tokens and prefill included.")
    return notes


SAMPLER = (
    "llama.cpp applies the temperature last, Transformers first, so the same numbers are not the "
    "same sampler. Here the samplers are put into Transformers' order, the closest there is."
)
WINDOW = "llama.cpp looks for repetitions in the last 64 tokens; -1 looks at all, as the lane does."
NO_TILES = "llama.cpp has no switch for image splitting, tile size and thumbnail: its own are used."
LLAMA_CPP = Target(
    "llama.cpp", "bash", "llama_cpp.sh", _completion, (WINDOW,),
    {
        "drawn": SAMPLER, "seed": ANY_DRAWS,
        "stop": "-r ends the answer at a stop string but prints it; the lane doesn't show it.",
    },
    {"budget": NO_TILES},
    _completion_notes,
    program="llama_cpp",
)  # fmt: skip
LLAMA_SERVER = Target(
    "llama.cpp server", "bash", "llama_server.sh", _server, (WINDOW,),
    {
        "drawn": SAMPLER, "seed": ANY_DRAWS,
        "prefill": "The server continues a last assistant message; not where a template thinks.",
    },
    {"budget": NO_TILES},
    _notes,
    program="llama_server",
)  # fmt: skip
