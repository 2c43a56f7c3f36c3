"""A script of Outlines, which holds a Transformers model to an output type."""

from __future__ import annotations

from typing import Any

from core.constraint import Constraint
from core.scripts.quoting import Code, keyword_arguments, python_literal
from core.scripts.script import Subject, Target
from core.scripts.structured import from_the_first_token, not_sent, own_spaces, schema
from core.scripts.transformers_call import Picture


def _body(subject: Subject) -> str:
    call, sees = subject.call, subject.model.capabilities.images
    auto = "AutoModelForImageTextToText" if sees else "AutoModelForCausalLM"
    reader, asked = ("AutoProcessor", "processor") if sees else ("AutoTokenizer", "tokenizer")
    revision = f", revision={subject.model.revision!r}" if subject.model.revision else ""
    device = subject.model.device
    placed = "" if device in ("", "cpu") else f".to({device!r})"
    plain = call.text is not None
    prompt, value = ("text", call.text) if plain else ("messages", _messages(subject))
    values = dict(call.generate)
    constraint = subject.request.constraint
    if constraint is not None:
        values["backend"] = "llguidance"
    if call.stop:
        values["tokenizer"] = Code("processor.tokenizer" if sees else "tokenizer")
    return (
        "import outlines\nimport torch\n"
        + ("" if plain else "from outlines.inputs import Chat\n")
        + ("from PIL import Image\n" if call.pictures else "")
        + f"from transformers import {auto}, {reader}\n\n"
        f"model_id = {subject.model_name!r}\n"
        f"{asked} = {reader}.from_pretrained(model_id{revision})\n"
        "model = outlines.from_transformers(\n"
        f"    {auto}.from_pretrained(\n"
        f"        model_id{revision}, dtype=torch.{subject.dtype}\n    ){placed}.eval(),\n"
        f"    {asked},\n)\n\n"
        f"{prompt} = {python_literal(value)}\n"
        + (f"output_type = {_output_type(constraint)}\n" if constraint else "")
        + (f"torch.manual_seed({call.seed})\n" if call.seed is not None else "")
        + f"answer = model(\n    {prompt if plain else 'Chat(messages)'},\n"
        + ("    output_type,\n" if constraint else "")
        + f"{keyword_arguments(values)})\nprint(answer)\n"
    )


def _messages(subject: Subject) -> list[dict[str, Any]]:
    def placed(part: dict[str, Any]) -> dict[str, Any]:
        picture = part.get("image")
        if not isinstance(picture, Picture):
            return part
        return {"type": "image", "image": Code(f"outlines.Image(Image.open({picture.file!r}))")}

    return [
        {**turn, "content": [placed(part) for part in turn["content"]]}
        if isinstance(turn["content"], list)
        else turn
        for turn in subject.call.messages
    ]


def _output_type(constraint: Constraint) -> str:
    if (known := schema(constraint)) is not None:
        return f"outlines.json_schema({python_literal(known)})"
    if constraint.kind == "choices":
        return f"outlines.types.Choice({python_literal(list(constraint.choices))})"
    function = "cfg" if constraint.kind == "grammar" else "regex"
    return f"outlines.{function}({python_literal(constraint.text)})"


BACKEND = "Outlines' own backend, outlines_core, doesn't read LFM2's tokenizer; llguidance does."
OUTLINES = Target(
    "Outlines", "python", "outlines_lane.py", _body,
    ("pip install outlines llguidance transformers",
     "Outlines tokenizes the template's text anew: a tokenizer that adds a token at the start adds "
     "it a second time."),
    {
        **dict.fromkeys(("json", "json_schema", "choices", "regex", "grammar"), BACKEND),
        "images": "Outlines takes images as Pillow opens them: photos may lie on their side.",
        "spaces": own_spaces("Outlines"), "held_thought": from_the_first_token("Outlines"),
    },
    {
        "prefill": "Outlines has no prefill: it closes the last assistant message and begins a new "
        "one.",
        "tools": "Outlines gives no tools to the chat template: they are left out.",
        "template": "Outlines takes no chat template options: the template's defaults are used.",
        "budget": "Outlines takes no image budget: the checkpoint's own is used.",
        **not_sent("Outlines", "tool_choice"),
    },
)  # fmt: skip
