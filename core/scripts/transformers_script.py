"""A short script of Transformers that gives the lane's own tokens."""

from __future__ import annotations

from typing import Any

from core.scripts.quoting import Code, keyword_arguments, python_literal
from core.scripts.script import Subject, Target
from core.scripts.transformers_call import Picture, TransformersCall
from core.scripts.transformers_constraint import ScriptConstraint

# `in_rgb` is the playground's own decoder, line by line (`engine/images/image_files.py`).
PICTURE = '''

def in_rgb(image: Image.Image) -> Image.Image:
    """Upright, transparent parts on white. Of 16 bits the upper 8, which Pillow would clip;
    floats from 0 to 1, or as they are where they go further.
    """
    image = ImageOps.exif_transpose(image)
    if image.mode[0] in "IF":
        values = grey = np.asarray(image)
        if image.mode == "F":
            grey = values * (255 if values.max(initial=0) <= 1 else 1)
        elif values.max(initial=0) > 255:
            grey = values >> 8
        grey = grey.clip(0, 255).astype(np.uint8)
        if "transparency" in image.info:
            grey[values == image.info["transparency"]] = 255
        image = Image.fromarray(grey)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert("RGB")


def picture(path):
    """The image; the first frame of an animation."""
    with Image.open(path) as file:
        return in_rgb(file)

'''
START = 'start = inputs["input_ids"].shape[1]\n'
BEGUN = """
# The answer begins with these tokens, which the model continues.
given = torch.tensor([{ids}], device=model.device)
for name, more in (("input_ids", given), ("attention_mask", torch.ones_like(given)),
                   ("mm_token_type_ids", torch.zeros_like(given))):
    if name in inputs:
        inputs[name] = torch.cat((inputs[name], more), dim=1)
"""
# The grammar reads them like what follows.
HELD_BEGUN = "constrained.length = start\n"
ANSWER = """
ids = output[0, start:].tolist()
# The text: without the token that ends an answer, special tokens otherwise kept.
written = output[0, :-1] if ids[-1] in ends else output[0]
before, text = (tokenizer.decode(part, clean_up_tokenization_spaces=False)
                for part in (output[0, :start], written))
"""
CUT = """# The lane shows what comes before a stop string; one may begin in what is given.
found = [text.find(end, max(0, len(KNOWN) - len(end) + 1)) for end in stop]
text = text[: min((place for place in found if place >= 0), default=len(text))]
"""
KNOWN = """known = tokenizer.decode(
    output[0, : start + given.shape[1]], clean_up_tokenization_spaces=False)
"""
PRINT = """print(text[len(before):])
print(len(ids), "tokens:", ids)
"""
IDS = """# Typed control tokens are text here: no option of Transformers gives these ids.
prompt_ids = torch.tensor([{ids}])
"""
PLACED = """inputs = {"input_ids": prompt_ids, "attention_mask": torch.ones_like(prompt_ids)}
inputs = {name: tensor.to(model.device) for name, tensor in inputs.items()}
"""
PLACED_KINDS = """inputs.update(input_ids=prompt_ids, attention_mask=torch.ones_like(prompt_ids))
if "mm_token_type_ids" in inputs:
    kinds = processor.create_mm_token_type_ids(prompt_ids.tolist())
    inputs["mm_token_type_ids"] = torch.tensor(kinds)
inputs = {name: tensor.to(model.device) for name, tensor in inputs.items()}
"""


def _body(subject: Subject) -> str:
    call, sees = subject.call, subject.model.capabilities.images
    auto = "AutoModelForImageTextToText" if sees else "AutoModelForCausalLM"
    reader = "AutoProcessor" if sees else "AutoTokenizer"
    held = ScriptConstraint(subject)
    arrays = "import llguidance.hf\n" if held else ""
    arrays += "import numpy as np\n" if call.pictures or held else ""
    more = ", LogitsProcessor, LogitsProcessorList" if held else ""
    pictures = "from PIL import Image, ImageOps\n" if call.pictures else ""
    revision = f", revision={subject.model.revision!r}" if subject.model.revision else ""
    device = subject.model.device
    placed = "" if device in ("", "cpu") else f".to({device!r})"
    asked = "processor" if sees else "tokenizer"
    return (
        f"{held.standard}{arrays}import torch\n{held.library}{pictures}"
        f"from transformers import {auto}, {reader}, GenerationConfig{more}\n"
        f"{PICTURE if call.pictures else ''}{held.classes}\n"
        f"model_id = {subject.model_name!r}\n"
        f"{asked} = {reader}.from_pretrained(model_id{revision})\n"
        + ("tokenizer = processor.tokenizer\n" if sees else "")
        + f"model = {auto}.from_pretrained(\n"
        f"    model_id{revision}, dtype=torch.{subject.dtype}\n){placed}.eval()\n"
        "\n# Where an answer ends; of the checkpoint's own sampling defaults the lane uses none.\n"
        "ends = model.generation_config.eos_token_id or tokenizer.eos_token_id\n"
        "ends = ends if isinstance(ends, list) else [ends]\n"
        "pad = model.generation_config.pad_token_id\n"
        "model.generation_config = GenerationConfig(eos_token_id=ends, pad_token_id=pad)\n\n"
        f"{_inputs(call, sees)}"
        f"{held.grammar}"
        f"{START}{_begun(call, bool(held))}"
        f"{_generate(subject, bool(held))}"
        f"{_printed(call)}"
    )


def _begun(call: TransformersCall, held: bool) -> str:
    if not call.begins_with:
        return ""
    return BEGUN.format(ids=list(call.begins_with)) + (HELD_BEGUN if held else "")


def _printed(call: TransformersCall) -> str:
    if not call.stop:
        return ANSWER + PRINT
    if call.begins_with:
        return ANSWER + KNOWN + CUT.replace("KNOWN", "known") + PRINT
    return ANSWER + CUT.replace("KNOWN", "before") + PRINT


def _inputs(call: TransformersCall, sees: bool) -> str:
    if call.route == "ids":
        return _given_ids(call)
    if call.route == "text":
        return (
            f"text = {python_literal(call.text)}\n"
            'inputs = tokenizer(text, return_tensors="pt").to(model.device)\n'
        )
    messages = f"messages = {python_literal(_with_pictures(call.messages))}\n"
    tools = f"tools = {python_literal(call.tools)}\n" if call.tools is not None else ""
    options = template_options(call)
    if call.tools is not None:
        options["tools"] = Code("tools")
    asked = "processor" if sees else "tokenizer"
    if call.route == "sanitised" and sees and not call.pictures:
        # The processor counts a typed placeholder as an image; the tokenizer doesn't.
        asked, options["chat_template"] = "tokenizer", Code("processor.chat_template")
    if call.processor:
        options["processor_kwargs"] = dict(call.processor)
    return (
        f"{messages}{tools}"
        f"inputs = {asked}.apply_chat_template(\n    messages,\n{keyword_arguments(options)})"
        ".to(model.device)\n"
    )


def template_options(call: TransformersCall) -> dict[str, Any]:
    """Arguments of `apply_chat_template`, without the tools and the processor's own."""
    options: dict[str, Any] = {
        "add_generation_prompt": not call.open_end, "continue_final_message": call.open_end,
        "tokenize": True, "return_dict": True, "return_tensors": "pt", **call.template_options,
    }  # fmt: skip
    return {**options, "sanitize_control_tokens": True} if call.route == "sanitised" else options


def _given_ids(call: TransformersCall) -> str:
    ids = IDS.format(ids=list(call.prompt_ids))
    if not call.pictures:
        return f"{ids}{PLACED}"
    pictures = [
        Code(f"picture({part['image'].file!r})")
        for turn in call.messages
        if isinstance(turn["content"], list)
        for part in turn["content"]
        if part["type"] == "image"
    ]
    options = keyword_arguments({"return_tensors": "pt", **call.processor})
    return (
        f"{ids}pictures = {python_literal(pictures)}\n"
        "inputs = dict(processor(\n"
        "    text=[processor.image_token * len(pictures)],\n"
        f"    images=[pictures],\n{options}))\n"
        f"{PLACED_KINDS}"
    )


def _with_pictures(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    def placed(part: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(part.get("image"), Picture):
            return part
        return {"type": "image", "image": Code(f"picture({part['image'].file!r})")}

    return [
        {
            **turn,
            "content": [placed(part) for part in turn["content"]]
            if isinstance(turn["content"], list)
            else turn["content"],
        }
        for turn in messages
    ]


def _generate(subject: Subject, held: bool) -> str:
    call = subject.call
    values = dict(call.generate)
    stop = ""
    if call.stop:
        stop = f"stop = {python_literal(call.stop)}\n"
        values |= {"stop_strings": Code("stop"), "tokenizer": Code("tokenizer")}
    if held:
        values["logits_processor"] = Code("LogitsProcessorList([constrained])")
    arguments = keyword_arguments(values).replace(
        "    top_k=0,\n", "    top_k=0,  # off; unset it would be 50\n", 1
    )
    seed = (
        f"torch.manual_seed({call.seed})"
        if call.seed is not None
        else "print('seed', torch.seed())"
    )
    return f"\n{stop}{seed}\noutput = model.generate(\n    **inputs,\n{arguments})\n"


def _notes(subject: Subject) -> list[str]:
    model, notes = subject.model, list[str]()
    if model.architecture == "Scripted":
        notes.append("The scripted engine answers without a model: no script can give its tokens.")
    elif not model.weights:
        notes.append(
            f"How {model.name} keeps its weights is not known: the script runs in {subject.dtype}, "
            "and its tokens may differ."
        )
    elif subject.dtype == "float32" and model.weights in ("float32", "float32, packed"):
        where = "a CPU" if model.device == "cpu" else model.device
        notes.append(f"Prints the lane's text and its token ids: float32 on {where}, the same.")
    elif subject.dtype in model.weights:
        notes.append(
            f"{subject.dtype} rounds, and another number of rows rounds differently: where two "
            "tokens are almost as likely, the script may choose the other. float32 doesn't."
        )
    else:
        notes.append(
            f"The lane's {model.weights} weights are the playground's own, not Transformers': the "
            f"script runs in {subject.dtype}, and its tokens may differ."
        )
    if subject.params.seed is None and not subject.greedy:
        notes.append("No seed is set: each run draws one and prints it, as the lane will.")
    if subject.greedy:
        notes.append("Temperature 0 is do_sample=False: the sampler's other values do nothing.")
    if subject.request.constraint or subject.request.tool_choice != "auto":
        notes.append("pip install llguidance, the library that the playground uses, too.")
    if subject.call.tools is not None:
        notes.append(
            "Some chat templates write today's date above the tools: such a prompt changes daily."
        )
    if subject.run and subject.run.stop_reason == "stopped":
        notes.append(
            f"The lane was stopped after {subject.run.token_count} tokens; the script goes on."
        )
    if subject.call.pictures:
        files = ", ".join(picture.file for picture in subject.call.pictures)
        notes.append(f"Save in the folder where it runs: {files}.")
    if subject.call.route == "ids":
        notes.append("The prompt is given as token ids; changing a message needs a new export.")
    return notes


TRANSFORMERS = Target(
    name="Transformers", language="python", file="lane.py", body=_body, more=_notes
)
