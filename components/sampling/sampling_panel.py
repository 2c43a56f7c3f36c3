"""The sampling controls, made from the annotations of SamplingParams."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import gradio as gr

from components.client_component import text_of
from components.feature import Feature
from components.wiring import Wiring
from core.errors import InvalidInput
from core.sampling import SamplingParams, Setting, sampling_params, settings
from core.workspace import Workspace, fresh_seed

NEWLINE = "\\n"


class Sampling(Feature):
    """The controls are made with the defaults, because a slider's reset button returns to them."""

    def __init__(self) -> None:
        defaults = SamplingParams()
        controls: dict[str, gr.components.FormComponent] = {}
        with gr.Accordion(
            "Sampling", open=True, elem_classes=["panel", "sliders"], elem_id="sampling"
        ):
            for name, setting in settings().items():
                if name == "max_new_tokens":
                    break
                controls[name] = _slider(name, setting, getattr(defaults, name))
        with gr.Accordion(
            "Length and seed", open=True, elem_classes=["panel", "sliders"], elem_id="length"
        ):
            name = "max_new_tokens"
            controls[name] = _slider(name, settings()[name], defaults.max_new_tokens)
            seed = settings()["seed"]
            with gr.Row(elem_id="seed-row"):
                controls["seed"] = gr.Number(
                    value=None,
                    label=seed.label,
                    info=seed.help,
                    placeholder="random for each run",
                    precision=0,
                    minimum=seed.minimum,
                    maximum=seed.maximum,
                    interactive=True,
                    elem_id="parameter-seed",
                    min_width=120,
                )
                self.draw_seed = gr.Button(
                    "Random", size="sm", elem_id="seed-dice", min_width=56, scale=0
                )
            controls["stop"] = gr.Textbox(
                label="Stop strings",
                info="One per line. The answer ends before the first that appears. \\n is a line "
                "break. Off: empty.",
                lines=1,
                max_lines=4,
                interactive=True,
                elem_id="parameter-stop",
            )
        self.inputs = controls

    def read(self, values: Mapping[str, Any], workspace: Workspace, repair: bool) -> Workspace:
        own = {name: values[name] for name in self.inputs}
        return replace(workspace, params=params_of(own, repair))

    def write(self, workspace: Workspace) -> dict[str, Any]:
        return control_values(workspace.params)

    def value_events(self) -> list[Any]:
        return changed_by_hand(self.inputs.values())

    def wire(self, page: Wiring) -> None:
        page.act(self.draw_seed.click, lambda workspace, act: with_seed(workspace, fresh_seed()))


def changed_by_hand(controls: Iterable[Any]) -> list[Any]:
    """The events when a person changes a number: `release` for reset buttons, else `input`."""
    known = list(controls)
    events: list[Any] = [getattr(control, "input") for control in known]  # noqa: B009
    return events + [control.release for control in known if isinstance(control, gr.Slider)]


def with_seed(workspace: Workspace, seed: Any) -> Workspace:
    """The workspace with a seed from a browser. Raises InvalidInput."""
    checked = sampling_params({"seed": seed}).seed
    return replace(workspace, params=replace(workspace.params, seed=checked))


def _slider(name: str, setting: Setting, value: float) -> gr.Slider:
    known = setting.off is None or "Off:" in setting.help
    off = "" if known else f" Off: {setting.off:g}."
    return gr.Slider(
        setting.minimum,
        setting.maximum,
        value,
        step=setting.step,
        label=setting.label,
        info=setting.help + off,
        interactive=True,
        elem_id=f"parameter-{name.replace('_', '-')}",
    )


def params_of(values: Mapping[str, Any], repair: bool = False) -> SamplingParams:
    """Read the controls' raw values. Raises InvalidInput; with `repair`, takes the defaults."""
    stop = [line.replace(NEWLINE, "\n") for line in text_of(values.get("stop")).splitlines()]
    read = {**values, "stop": stop}
    if repair:
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
