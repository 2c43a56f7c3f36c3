"""Actions on own presets: save, edit, duplicate, delete, export, import."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import gradio as gr

from components.event_data import sent
from components.feature import QUICK, Changes, Services, Values
from components.images.budget_panel import ADVANCED, NETWORK, budget_values, own_budget
from components.presets.preset_bar import own_props
from components.presets.preset_messages import system_of, turns_of
from components.wiring import Wiring
from core.errors import InvalidInput
from core.library.library import Preset
from core.library.own_presets import NameIsTaken, OwnPresets
from core.sampling import settings
from core.variables import variables
from core.vision import VisionBudget
from core.workspace import Workspace

SOURCE = "Saved in LFM Playground"
MOST_FILES = 100
Answer = dict[str, Any]


class OwnPresetActs:
    def __init__(self, services: Services, bar: gr.HTML, page: Wiring) -> None:
        self._engine = services.engine
        self._library_now = services.library_now
        self._stores = services.stores
        self._visitors = services.visitors
        self._bar = bar
        self._page = page
        self._acts: Mapping[str, Callable[[Values, gr.EventData], Answer]] = {
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

    def wire(self) -> None:
        event, several = self._bar.own, {"trigger_mode": "multiple", **QUICK}
        self._page.after_act(event(self.act, self._page.inputs(), [self._bar], **several))

    def act(self, values: Values, request: gr.Request, event: gr.EventData) -> Changes:
        """Errors appear next to the buttons. The form stays open, with everything typed in it."""
        try:
            self._visitors.of(request).refuse_in_demo("presets can't be saved here")
            name = _text(event, "act")
            if (act := self._acts.get(name)) is None:
                raise InvalidInput(f"Unknown action {name!r}. Reload the page.")
            answer = act(values, event)
        except InvalidInput as error:
            answer = {"error": str(error), "taken": isinstance(error, NameIsTaken)}
        active = {"value": answer.pop("active")} if "active" in answer else {}
        reply = {"error": "", "notes": [], **answer, "number": secrets.token_hex(4)}
        bar = gr.update(reply=reply, **own_props(self._library_now()), **active)
        return {self._bar: bar}

    def _save(self, values: Values, event: gr.EventData) -> Answer:
        """A new preset from the page, or an edited one, with or without the page's values."""
        key, name = _text(event, "key"), _text(event, "name").strip()
        if not name:
            raise InvalidInput("The name is empty. Give the preset a name.")
        note = _text(event, "note")
        if sent(event, "from_page", bool, True):
            holds = sent(event, "holds", dict, {})
            preset = self._of_page(
                self._page.read(values), name, note, holds if isinstance(holds, dict) else {}
            )
            return {"saved": True, "active": self._own.save(preset, key, _replaces(event))}
        preset = replace(self._own.get(key), name=name, description=note)
        self._own.save(preset, key, _replaces(event))
        return {"saved": True}

    def _of_page(
        self, workspace: Workspace, name: str, note: str, holds: Mapping[str, Any]
    ) -> Preset:
        """holds: which of images, system and messages it has in addition to the parameters."""
        talk = workspace.conversation.messages
        system = system_of(talk) if holds.get("system") else None
        turns = turns_of(talk) if holds.get("messages") else None
        named = variables([system or "", *(turn.content for turn in turns or ())])
        params, images = workspace.params, _images(workspace.budget, own_budget(self._engine))
        numbers = {n: getattr(params, n) for n in settings() if getattr(params, n) is not None}
        return Preset(
            kind="preset", name=name, order=1, description=note, source=SOURCE, date=date.today(),
            sampling=numbers, stop=list(params.stop),
            images=images if holds.get("images") else {},
            system=system, messages=turns,
            variables={name: text for name, text in workspace.variables if name in named},
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
        return {"notes": [f"“{name}” was restored."]}

    def _export(self, values: Values, event: gr.EventData) -> Answer:
        name, text = self._own.export(_text(event, "key"))
        return {"file": {"name": name, "text": text}}

    def _import(self, values: Values, event: gr.EventData) -> Answer:
        """Import each file separately: a bad file is reported, and the others are imported."""
        files = [one for one in sent(event, "files", list, []) if isinstance(one, dict)]
        names: list[str] = []
        wrong = [f"Only the first {MOST_FILES} of {len(files)} files were read."]
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
    """The person's values; values of the model's processor only if they were changed."""
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
