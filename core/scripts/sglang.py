"""A client of SGLang's server."""

from __future__ import annotations

from core.scripts.python_clients import OWN_CALLS, client, openai_options, revision, server_extras
from core.scripts.quoting import shell_word
from core.scripts.script import FLAT_TOOLS, Subject, Target, no_lfm3
from core.scripts.structured import (
    JSON_SCHEMA,
    begins_anew,
    choices_regex,
    from_the_first_token,
    not_sent,
    openai_tool_choice,
    own_spaces,
    response_format,
)


def _sglang(subject: Subject) -> str:
    extra = server_extras(subject, "sglang")
    extra.pop("add_generation_prompt", None)
    serve = (
        f"sglang serve --model-path {shell_word(subject.model_name)}{revision(subject)} "
        f"--dtype {subject.dtype} --port 30000"
    )
    if subject.call.tools:
        serve += f" --tool-call-parser {'lfm2' if subject.family == 'lfm2' else 'auto'}"
    constraint = subject.request.constraint
    options = openai_options(subject.params, "sglang") | response_format(constraint)
    options |= openai_tool_choice(subject.request.tool_choice)
    if subject.call.text is not None and "response_format" in options:
        extra["response_format"] = options.pop("response_format")
    if constraint and constraint.kind in ("choices", "regex"):
        extra["regex"] = constraint.text or choices_regex(constraint.choices)
    if constraint and constraint.kind in JSON_SCHEMA and not constraint.flexible_whitespace:
        serve += " --constrained-json-disable-any-whitespace"
    return client(subject, 30000, options, extra, serve)


SGLANG = Target(
    "SGLang", "python", "sglang_client.py", _sglang, (),
    {
        "seed": "SGLang reads the seed only with --enable-deterministic-inference; without it each "
        "request draws anew.",
        "prefill": "SGLang writes the prefill after the template's generation prompt: where that "
        "opens a thought, the prefill stands in the thought.",
        "flat": FLAT_TOOLS,
        "lfm3": no_lfm3("SGLang 0.5.23"),
        "spaces": own_spaces("SGLang"),
        "held_prefill": begins_anew("SGLang"),
        "held_thought": from_the_first_token(
            "SGLang", "With a reasoning parser SGLang does so, too."
        ),
        "tool_choice": OWN_CALLS.format("SGLang"),
    },
    {
        "budget": "SGLang takes no image budget in a request: the checkpoint's own is used.",
        **not_sent(
            "SGLang", "grammar", instead="It reads EBNF, and this one is in Lark's notation."
        ),
    },
    program="sglang", takes_ids=True,
)  # fmt: skip
