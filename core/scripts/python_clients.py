"""Scripts with OpenAI's Python package, for servers that speak its protocol."""

from __future__ import annotations

from typing import Any

from core.sampler_row import Program
from core.sampling import SamplingParams, samplers
from core.scripts.quoting import (
    Code,
    comment,
    keyword_arguments,
    one_line,
    python_literal,
    shell_word,
)
from core.scripts.sampler_names import their_values
from core.scripts.script import Subject, Target, mime_of
from core.scripts.transformers_call import Picture

ANY_DRAWS = "The seed is the same number, but every program draws in its own way."
DATA_URL = """
def data_url(path, kind):
    content = base64.b64encode(Path(path).read_bytes()).decode()
    return f"data:{kind};base64,{content}"

"""


def picture_code(picture: Picture) -> Code:
    return Code(f"data_url({picture.file!r}, {mime_of(picture)!r})")


def client(
    subject: Subject, port: int, options: dict[str, Any], extra: dict[str, Any], serve: str = ""
) -> str:
    """options: arguments beside the messages. extra: the server's own. serve: how it is started."""
    pictures = bool(subject.recipe.pictures)
    messages = subject.openai_messages(picture_code)
    arguments: dict[str, Any] = {"model": subject.model_name, "messages": Code("messages")}
    if subject.recipe.tools is not None:
        arguments["tools"] = subject.recipe.tools
    arguments |= options
    if extra:
        arguments["extra_body"] = extra
    modules = ["import base64", "from pathlib import Path"] if pictures else []
    modules += ["import json"] if "generation_config" in extra else []
    return (
        (comment(["Start the server:"]) + one_line(serve) + "\n" if serve else "")
        + "".join(
            f"{line}\n" for line in sorted(modules, key=lambda line: (line[:4] == "from", line))
        )
        + ("\n" if modules else "")
        + "from openai import OpenAI\n"
        + (DATA_URL if pictures else "")
        + f'\nclient = OpenAI(base_url="http://localhost:{port}/v1", api_key="none")\n'
        f"messages = {python_literal(messages)}\n"
        f"answer = client.chat.completions.create(\n{keyword_arguments(arguments)})\n"
        "print(answer.choices[0].message.content)\n"
    )


def openai_options(params: SamplingParams, program: Program = "openai") -> dict[str, Any]:
    """What OpenAI's own protocol has, with values that the program takes."""
    options = _by_protocol(params, program, own=True)
    if not params.greedy and params.seed is not None:
        options["seed"] = params.seed
    options["max_tokens"] = params.max_new_tokens
    if params.stop:
        options["stop"] = list(params.stop)
    return options


def _by_protocol(params: SamplingParams, program: Program, own: bool) -> dict[str, Any]:
    """own: the samplers that OpenAI's protocol has, or only those that it doesn't have."""
    named = {row.elsewhere.openai.name for row in samplers().values() if row.elsewhere.openai}
    values = their_values(params, program)
    return {name: value for name, value in values.items() if (name in named) == own}


def server_extras(subject: Subject, program: Program) -> dict[str, Any]:
    """What vLLM and SGLang take beside it."""
    extra = _by_protocol(subject.params, program, own=False)
    if subject.recipe.open_end:
        extra |= {"add_generation_prompt": False, "continue_final_message": True}
    return extra


def vllm_images(subject: Subject) -> dict[str, Any]:
    """The budget as vLLM takes it: no splitting is one tile at least and at most."""
    values = subject.recipe.processor
    if "do_image_splitting" not in values:
        return values
    bounds = {name: values[name] for name in ("min_image_tokens", "max_image_tokens")}
    split = values["do_image_splitting"]
    tiles = [values[name] if split else 1 for name in ("min_tiles", "max_tiles")]
    return {**bounds, "min_tiles": tiles[0], "max_tiles": tiles[1]}


def _vllm(subject: Subject) -> str:
    extra = server_extras(subject, "vllm")
    images = vllm_images(subject)
    if images:
        extra["mm_processor_kwargs"] = images
    revision = f" --revision {shell_word(subject.model.revision)}" if subject.model.revision else ""
    serve = f"vllm serve {shell_word(subject.model_name)}{revision} --dtype {subject.dtype}"
    tools = " --enable-auto-tool-choice --tool-call-parser lfm2"
    serve += tools if subject.recipe.tools is not None else ""
    serve += " --generation-config vllm"
    return client(subject, 8000, openai_options(subject.params, "vllm"), extra, serve)


def _sglang(subject: Subject) -> str:
    extra = server_extras(subject, "sglang")
    extra.pop("add_generation_prompt", None)
    revision = f" --revision {shell_word(subject.model.revision)}" if subject.model.revision else ""
    serve = (
        f"python -m sglang.launch_server --model-path {shell_word(subject.model_name)}{revision} "
        f"--dtype {subject.dtype} --port 30000"
    )
    serve += " --tool-call-parser lfm2" if subject.recipe.tools is not None else ""
    return client(subject, 30000, openai_options(subject.params, "sglang"), extra, serve)


def _transformers_serve(subject: Subject) -> str:
    sampling = _by_protocol(subject.params, "openai", own=True)
    # What is in the value that the server reads as a whole isn't said twice.
    options = {n: v for n, v in openai_options(subject.params).items() if n not in sampling}
    stop = options.pop("stop", None)
    config = {name: v for name, v in subject.recipe.generate.items() if name != "stop_strings"}
    extra: dict[str, Any] = {"generation_config": Code(f"json.dumps({python_literal(config, 8)})")}
    if subject.recipe.processor:
        extra["chat_template_kwargs"] = {"processor_kwargs": subject.recipe.processor}
    if stop:
        options["stop"] = stop
    serve = f"transformers serve {shell_word(subject.model_name)} --dtype {subject.dtype}"
    serve += f" --device {subject.model.device}" if subject.model.device else ""
    return client(subject, 8000, options, extra, serve)


def _openai(subject: Subject) -> str:
    return client(subject, 8000, openai_options(subject.params), {})


NO_PREFILL = (
    "OpenAI's protocol has no prefill: most servers close the last assistant message and begin a "
    "new one. The others' own ways are in their tabs."
)
NO_BUDGET = "OpenAI's protocol has no image budget: the server's own is used."
SERVE_SAMPLES = (
    "`transformers serve` samples only where its generation_config says so; see its own tab."
)
OPENAI_LACKS = {"prefill": NO_PREFILL, "budget": NO_BUDGET}
OPENAI = Target(
    "OpenAI Python", "python", "openai_client.py", _openai, ("pip install openai",),
    {"seed": ANY_DRAWS, "drawn": SERVE_SAMPLES}, OPENAI_LACKS,
    program="openai",
)  # fmt: skip
VLLM_TILES = "vLLM decides on tiles by min_tiles and max_tiles; 1 and 1 cut none."
VLLM_SERVER = Target(
    "vLLM server", "python", "vllm_client.py", _vllm,
    ("--generation-config vllm keeps the checkpoint's own sampling defaults out.",),
    {"seed": ANY_DRAWS, "budget": VLLM_TILES},
    program="vllm",
)  # fmt: skip
SGLANG = Target(
    "SGLang", "python", "sglang_client.py", _sglang, (),
    {"seed": ANY_DRAWS},
    {"budget": "SGLang takes no image budget in a request: the checkpoint's own is used."},
    program="sglang",
)  # fmt: skip
TRANSFORMERS_SERVER = Target(
    "Transformers server", "python", "serve_client.py", _transformers_serve,
    ("pip install 'transformers[serving]' openai. The server reads the sampling values only in "
     "generation_config, as JSON.",),
    {"seed": "The server sets torch's seed at each request: one request at a time repeats."},
    {"prefill": "`transformers serve` always begins a new assistant message: the prefill is sent "
     "as a closed one, and the answer doesn't continue it."},
)  # fmt: skip
