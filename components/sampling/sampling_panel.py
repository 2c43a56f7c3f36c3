"""The sampling controls, made from the annotations of SamplingParams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from components.client_component import text_of
from core.errors import InvalidInput
from core.sampling import SamplingParams, Setting, sampling_params, settings

NEWLINE = "\\n"


def sampling_panel() -> tuple[dict[str, gr.components.FormComponent], gr.Button]:
    """Draw the controls; returns them by parameter name, and the button that draws a seed.

    Their constructor values are the defaults, because the reset button of a slider returns there.
    """
    defaults = SamplingParams()
    controls: dict[str, gr.components.FormComponent] = {}
    with gr.Accordion("Sampling", open=True, elem_classes="panel", elem_id="sampling"):
        for name, setting in settings().items():
            if name == "max_new_tokens":
                break
            controls[name] = _slider(name, setting, getattr(defaults, name))
    with gr.Accordion("Length and seed", open=True, elem_classes="panel", elem_id="length"):
        name = "max_new_tokens"
        controls[name] = _slider(name, settings()[name], defaults.max_new_tokens)
        seed = settings()["seed"]
        with gr.Row(elem_id="seed-row"):
            controls["seed"] = gr.Number(
                value=None,
                label=seed.label,
                info=seed.help,
                placeholder="new for each run",
                precision=0,
                minimum=seed.minimum,
                maximum=seed.maximum,
                interactive=True,
                elem_id="parameter-seed",
                min_width=120,
            )
            dice = gr.Button("Draw", size="sm", elem_id="seed-dice", min_width=56, scale=0)
        controls["stop"] = gr.Textbox(
            label="Stop strings · off: empty",
            info="One a line; the answer ends before any of them. \\n is a line break.",
            lines=1,
            max_lines=4,
            interactive=True,
            elem_id="parameter-stop",
        )
    return controls, dice


def _slider(name: str, setting: Setting, value: float) -> gr.Slider:
    off = "" if setting.off is None else f" · off: {setting.off:g}"
    return gr.Slider(
        setting.minimum,
        setting.maximum,
        value,
        step=setting.step,
        label=setting.label + off,
        info=setting.help,
        interactive=True,
        elem_id=f"parameter-{name.replace('_', '-')}",
    )


def params_of(values: Mapping[str, Any], mend: bool = False) -> SamplingParams:
    """Read the controls' raw values. Raises InvalidInput or, to mend, takes the defaults."""
    stop = [line.replace(NEWLINE, "\n") for line in text_of(values.get("stop")).splitlines()]
    read = {**values, "stop": stop}
    if mend:
        read = {name: value for name, value in read.items() if _is_valid(name, value)}
    return sampling_params(read)


def _is_valid(name: str, value: Any) -> bool:
    try:
        sampling_params({name: value})
    except InvalidInput:
        return False
    return True


def control_values(params: SamplingParams) -> dict[str, Any]:
    """The inverse of `params_of`."""
    stop = "\n".join(string.replace("\n", NEWLINE) for string in params.stop)
    return {**{name: getattr(params, name) for name in settings()}, "stop": stop}
