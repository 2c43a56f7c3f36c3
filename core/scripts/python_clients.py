"""Scripts with OpenAI's Python package, for servers that speak its protocol."""

from __future__ import annotations

from typing import Any

from core.sampler_row import Program
from core.sampling import SamplingParams, samplers
from core.scripts.quoting import (
    Code,
    comment,
    json_text,
    keyword_arguments,
    one_line,
    python_literal,
    shell_word,
)
from core.scripts.sampler_names import their_values
from core.scripts.script import FLAT_TOOLS, Subject, Target, mime_of, no_lfm3
from core.scripts.structured import (
    KINDS,
    begins_anew,
    from_the_first_token,
    not_sent,
    openai_tool_choice,
    own_spaces,
    response_format,
    vllm_config,
    vllm_outputs,
)
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
    """options: arguments next to the messages; they may replace the model and the tools. extra: the
    server's own. serve: its start.
    """
    pictures = bool(subject.call.pictures)
    text = subject.call.text
    name, value = ("messages", subject.openai_messages(picture_code)) if text is None else (
        "prompt", text
    )  # fmt: skip
    arguments: dict[str, Any] = {"model": subject.model_name, name: Code(name)}
    if subject.openai_tools:
        arguments["tools"] = subject.openai_tools
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
        f"{name} = {python_literal(value)}\n"
        f"answer = client.{'chat.' if text is None else ''}completions.create(\n"
        f"{keyword_arguments(arguments)})\n"
        f"{_printed(subject)}"
    )


def _printed(subject: Subject) -> str:
    if subject.call.text is not None:
        return "print(answer.choices[0].text)\n"
    if not subject.call.tools:
        return "print(answer.choices[0].message.content)\n"
    return (
        "message = answer.choices[0].message\n"
        'print(message.content or "")\n'
        "for call in message.tool_calls or ():\n"
        "    print(call.function.name, call.function.arguments)\n"
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
    """What vLLM and SGLang take in addition."""
    extra = _by_protocol(subject.params, program, own=False)
    if subject.call.open_end:
        extra |= {"add_generation_prompt": False, "continue_final_message": True}
    if subject.call.template_options:
        extra["chat_template_kwargs"] = subject.call.template_options
    if subject.ids:
        extra["skip_special_tokens"] = False  # the marks of a call, which the lane shows too
    return extra


def vllm_images(subject: Subject) -> dict[str, Any]:
    """The budget as vLLM takes it: no splitting is one tile at least and at most."""
    values = subject.call.processor
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
    options = openai_options(subject.params, "vllm")
    serve = f"vllm serve {shell_word(subject.model_name)}{revision(subject)}"
    serve += f" --dtype {subject.dtype}"
    constraint = subject.request.constraint
    if constraint is not None:
        extra["structured_outputs"] = vllm_outputs(constraint)
        config = json_text(vllm_config(constraint), indent=None)
        serve += f" --structured-outputs-config {shell_word(config)}"
    if subject.call.tools and subject.family == "lfm2":
        serve += " --enable-auto-tool-choice --tool-call-parser lfm2"
    elif subject.call.tools:
        options["tool_choice"] = "none"
        extra["skip_special_tokens"] = False
    options |= openai_tool_choice(subject.request.tool_choice)
    serve += " --generation-config vllm"
    return client(subject, 8000, options, extra, serve)


def _vllm_notes(subject: Subject) -> list[str]:
    unread = subject.call.tools and subject.family != "lfm2"
    return [UNREAD_CALLS] if unread and subject.request.tool_choice == "auto" else []


def revision(subject: Subject) -> str:
    return f" --revision {shell_word(subject.model.revision)}" if subject.model.revision else ""


def _transformers_serve(subject: Subject) -> str:
    sampling = _by_protocol(subject.params, "openai", own=True)
    # What is in the value that the server reads as a whole isn't said twice.
    options = {n: v for n, v in openai_options(subject.params).items() if n not in sampling}
    stop = options.pop("stop", None)
    config = {name: v for name, v in subject.call.generate.items() if name != "stop_strings"}
    extra: dict[str, Any] = {"generation_config": Code(f"json.dumps({python_literal(config, 8)})")}
    template: dict[str, Any] = {**subject.call.template_options}
    if subject.call.processor:
        template["processor_kwargs"] = subject.call.processor
    if template:
        extra["chat_template_kwargs"] = template
    if stop:
        options["stop"] = stop
    model = subject.model_name
    model += f"@{subject.model.revision}" if subject.model.revision else ""
    options["model"] = model
    if subject.call.tools:
        options["tools"] = subject.call.tools  # handed to the chat template as they come
    serve = f"transformers serve {shell_word(model)} --dtype {subject.dtype}"
    serve += f" --device {shell_word(subject.model.device)}" if subject.model.device else ""
    return client(subject, 8000, options, extra, serve)


def _serve_notes(subject: Subject) -> list[str]:
    return [UNMARKED_CALLS] if subject.call.tools and subject.family == "lfm2" else []


def _openai(subject: Subject) -> str:
    return client(subject, 8000, openai_options(subject.params) | openai_held(subject), {})


def openai_held(subject: Subject) -> dict[str, Any]:
    """Completions of a text take neither."""
    if subject.call.text is not None:
        return {}
    held = response_format(subject.request.constraint)
    return held | openai_tool_choice(subject.request.tool_choice)


def openai_notes(subject: Subject) -> list[str]:
    asks = response_format(subject.request.constraint) and subject.call.text is not None
    return [NO_FORMAT] if asks else []


NO_PREFILL = (
    "OpenAI's protocol has no prefill: most servers close the last assistant message and begin a "
    "new one. The others' own ways are in their tabs."
)
NO_BUDGET = "OpenAI's protocol has no image budget: the server's own is used."
SERVE_SAMPLES = (
    "`transformers serve` samples only where its generation_config says so; see its own tab."
)
UNREAD_CALLS = (
    "With tool_choice none vLLM gives calls as text, as the lane does. To have them read, name the "
    "form with --enable-auto-tool-choice --tool-call-parser, and leave tool_choice out."
)
UNMARKED_CALLS = (
    "`transformers serve` doesn't read LFM2's calls: they come as text, and without their marks, "
    "because it leaves out special tokens."
)
NO_TEMPLATE = (
    "OpenAI's protocol has no chat template options: the template's defaults are used. vLLM, "
    "SGLang, llama.cpp and `transformers serve` take them as chat_template_kwargs; see their tabs."
)
NO_FORMAT = "OpenAI's completions of a text take no JSON schema: it is not sent."
OWN_CALLS = (
    "{} makes a model write a forced call as JSON, the lane in the model's own form: other tokens."
)
OPENAI_LACKS = {
    "prefill": NO_PREFILL, "budget": NO_BUDGET, "template": NO_TEMPLATE,
    **not_sent("OpenAI's protocol", "choices", "regex", "grammar",
               instead="vLLM takes one; see its tab."),
}  # fmt: skip
OPENAI_HELD = {
    "spaces": own_spaces("The server"),
    "held_thought": "Some servers hold a thought to the constraint, too; the lane leaves it free.",
}
OPENAI = Target(
    "OpenAI Python", "python", "openai_client.py", _openai, ("pip install openai",),
    {"seed": ANY_DRAWS, "drawn": SERVE_SAMPLES, "flat": FLAT_TOOLS, **OPENAI_HELD}, OPENAI_LACKS,
    openai_notes, program="openai",
)  # fmt: skip
VLLM_LFM3 = no_lfm3("vLLM 0.33.0")
VLLM_HELD = {
    "spaces": "vLLM writes JSON without white space. The lane may write one space after a comma or "
    "a colon.",
    "held_prefill": begins_anew("vLLM"),
    "held_thought": from_the_first_token("vLLM", "With a reasoning parser vLLM does so, too."),
}
VLLM_TILES = "vLLM decides on tiles by min_tiles and max_tiles; 1 and 1 cut none."
VLLM_SERVER = Target(
    "vLLM server", "python", "vllm_client.py", _vllm,
    ("--generation-config vllm keeps the checkpoint's own sampling defaults out.",),
    {
        "seed": ANY_DRAWS, "budget": VLLM_TILES, "flat": FLAT_TOOLS,
        "lfm3": VLLM_LFM3, **VLLM_HELD, "tool_choice": OWN_CALLS.format("vLLM"),
    },
    more=_vllm_notes, program="vllm", takes_ids=True,
)  # fmt: skip
TRANSFORMERS_SERVER = Target(
    "Transformers server", "python", "serve_client.py", _transformers_serve,
    ("pip install 'transformers[serving]' openai. The server reads the sampling values only in "
     "generation_config, as JSON.",),
    {
        "seed": "The server sets torch's seed at each request: one request at a time repeats.",
    },
    {"prefill": "`transformers serve` always begins a new assistant message: the prefill is sent "
     "as a closed one, and the answer doesn't continue it.",
     **not_sent("`transformers serve`", *KINDS, "tool_choice")},
    _serve_notes,
)  # fmt: skip
