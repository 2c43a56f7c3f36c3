"""What is done with own presets: save, edit, duplicate, delete, export, import."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import gradio as gr

from components.access.user_stores import UserStores
from components.access.visitors import Visitors
from components.controls import Changes, Controls, Values
from components.event_data import sent
from components.images.budget_panel import ADVANCED, NETWORK, budget_values, own_budget
from components.page_state import PageState
from components.presets.preset_bar import own_props
from components.presets.preset_messages import system_of, turns_of
from components.wiring import QUICK, Wiring
from core.errors import InvalidInput
from core.library.library import Preset
from core.library.own_presets import NameIsTaken, OwnPresets
from core.runs.engine import Engine
from core.sampling import settings
from core.vision import VisionBudget

SOURCE = "Saved in LFM Playground"
MOST_FILES = 100
Answer = dict[str, Any]


class OwnPresetHandlers:
    def __init__(
        self, engine: Engine, controls: Controls, stores: UserStores, visitors: Visitors
    ) -> None:
        self._engine = engine
        self._controls = controls
        self._stores = stores
        self._visitors = visitors
        self._acts: Mapping[Any, Callable[[Values, gr.EventData], Answer]] = {
            "save": self._save,
            "duplicate": self._duplicate,
            "delete": self._delete,
            "restore": self._restore,
            "export": self._export,
            "import": self._import,
        }

    @property
    def _own(self) -> OwnPresets:
        return self._stores.presets

    def wire(self, wiring: Wiring) -> None:
        bar = self._controls.presets
        done = bar.own(self.act, self._controls.inputs(), [bar], trigger_mode="multiple", **QUICK)
        wiring.after_act(done)

    def act(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        """What went wrong stands beside the buttons: the form stays, with all that was typed."""
        try:
            self._visitors.of(request).refuse_in_demo("presets are not kept here")
            if (act := self._acts.get(_text(event, "act"))) is None:
                raise InvalidInput("There is no such act with a preset.")
            answer = act(values, event)
        except InvalidInput as error:
            answer = {"error": str(error), "taken": isinstance(error, NameIsTaken)}
        active = {"value": answer.pop("active")} if "active" in answer else {}
        reply = {"error": "", "notes": [], **answer, "number": secrets.token_hex(4)}
        bar = gr.update(reply=reply, **own_props(self._controls.library_now()), **active)
        return {self._controls.presets: bar}

    def _save(self, values: Values, event: gr.EventData) -> Answer:
        """A new preset of what the page has, or an edited one with or without that."""
        key, name = _text(event, "key"), _text(event, "name").strip()
        if not name:
            raise InvalidInput("The name is empty. Give the preset a name.")
        note = _text(event, "note")
        if sent(event, "from_page", bool, True):
            holds = sent(event, "holds", dict, {})
            preset = self._of_page(
                self._controls.read(values), name, note, holds if isinstance(holds, dict) else {}
            )
            return {"saved": True, "active": self._own.save(preset, key, _replaces(event))}
        preset = replace(self._own.get(key), name=name, description=note)
        self._own.save(preset, key, _replaces(event))
        return {"saved": True}

    def _of_page(self, state: PageState, name: str, note: str, holds: Mapping[str, Any]) -> Preset:
        """holds: which of images, system and messages are part of it beside the parameters."""
        params = state.params
        numbers = {n: getattr(params, n) for n in settings() if getattr(params, n) is not None}
        return Preset(
            kind="preset", name=name, order=1, description=note, source=SOURCE, date=date.today(),
            sampling=numbers, stop=list(params.stop),
            images=_images(state.budget, own_budget(self._engine)) if holds.get("images") else {},
            system=system_of(state.rows) if holds.get("system") else None,
            messages=turns_of(state.rows) if holds.get("messages") else None,
        )  # fmt: skip

    def _duplicate(self, values: Values, event: gr.EventData) -> Answer:
        copy = self._own.get(self._own.duplicate(_text(event, "key")))
        return {"notes": [f"“{copy.name}” was added."]}

    def _delete(self, values: Values, event: gr.EventData) -> Answer:
        key = _text(event, "key")
        name = self._own.get(key).name
        return {"notes": [f"“{name}” was deleted."], "gone": self._own.delete(key)}

    def _restore(self, values: Values, event: gr.EventData) -> Answer:
        name = self._own.get(self._own.restore(_text(event, "gone"))).name
        return {"notes": [f"“{name}” is back."]}

    def _export(self, values: Values, event: gr.EventData) -> Answer:
        name, text = self._own.export(_text(event, "key"))
        return {"file": {"name": name, "text": text}}

    def _import(self, values: Values, event: gr.EventData) -> Answer:
        """Every file by itself: a bad one is named and the others are taken."""
        files = [one for one in sent(event, "files", list, []) if isinstance(one, dict)]
        names: list[str] = []
        wrong = [f"Of {len(files)} files the first {MOST_FILES} were read."]
        wrong = wrong if len(files) > MOST_FILES else []
        for file in files[:MOST_FILES]:
            given = str(file.get("name") or "file")[:200]
            try:
                if not isinstance(text := file.get("text"), str):
                    raise InvalidInput(f"{given}: {file.get('error') or 'it has no text.'}")
                names.append(self._own.get(self._own.take_in(given, text)).name)
            except InvalidInput as error:
                wrong.append(" ".join(str(error).split()))
        taken = [f"Imported: {', '.join(f'“{name}”' for name in names)}."] if names else []
        return {"notes": taken, "error": "\n".join(wrong)}


def _images(budget: VisionBudget, own: VisionBudget) -> dict[str, Any]:
    """What a person sets; what the model's processor brings along only where it was changed."""
    values, usual = budget_values(budget), budget_values(own)
    return {
        name: value
        for name, value in values.items()
        if name not in NETWORK and (name not in ADVANCED or value != usual[name])
    }


def _text(event: gr.EventData, name: str) -> str:
    return sent(event, name, str, "")


def _replaces(event: gr.EventData) -> bool:
    return sent(event, "replaces", bool, False)
