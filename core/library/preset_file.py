"""Writes a preset as YAML, such that reading it gives the same preset; prompts stay readable."""

from __future__ import annotations

from dataclasses import asdict

from core.errors import InvalidInput
from core.library.library import Preset, read_entry
from core.library.yaml_text import write_yaml


def preset_text(preset: Preset) -> str:
    """The text of a preset's file; what is not part of the preset is left out."""
    optional = {
        "images": preset.images or None,
        "stop": preset.stop,
        "system": preset.system,
        "messages": preset.messages and [asdict(turn) for turn in preset.messages],
        "variables": preset.variables or None,
    }
    fields = {
        "kind": preset.kind,
        "name": preset.name,
        "order": preset.order,
        "description": preset.description,
        "source": preset.source,
        "date": preset.date,
        "sampling": preset.whole,
        **{name: value for name, value in optional.items() if value is not None},
    }
    return write_yaml(fields)


def preset_of(text: str, file: str) -> Preset:
    """The preset of such a text. Raises InvalidInput, naming the file and the field."""
    entry = read_entry(text, file)
    if not isinstance(entry, Preset):
        raise InvalidInput(f"{file}, field kind: it is {entry.kind!r}; a preset has 'preset'.")
    return entry
