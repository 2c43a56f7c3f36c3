"""Writes a preset as YAML, such that reading it gives the same preset; prompts stay readable."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

import yaml

from core.errors import InvalidInput
from core.library.library import Preset, read_entry

# What stands in a block as it is: no other line break than \n, nothing that YAML would escape.
IN_A_BLOCK = re.compile(
    "[\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010fffe]*"
)
OTHER_BREAKS = re.compile("[\x85\u2028\u2029]")


def preset_text(preset: Preset) -> str:
    """The text of a preset's file; what is not part of the preset is left out."""
    optional = {
        "images": preset.images or None,
        "stop": preset.stop,
        "system": preset.system,
        "messages": preset.messages and [asdict(turn) for turn in preset.messages],
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
    return yaml.dump(fields, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**31)


def preset_of(text: str, file: str) -> Preset:
    """The preset of such a text. Raises InvalidInput, naming the file and the field."""
    entry = read_entry(text, file)
    if not isinstance(entry, Preset):
        raise InvalidInput(f"{file}, field kind: it is {entry.kind!r}; a preset has 'preset'.")
    return entry


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as `|` blocks, also where PyYAML would be more careful than needed."""

    def analyze_scalar(self, scalar: str) -> Any:
        analysis = super().analyze_scalar(scalar)
        analysis.allow_block = "\n" in scalar and IN_A_BLOCK.fullmatch(scalar) is not None
        return analysis

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text and IN_A_BLOCK.fullmatch(text) else None
    if OTHER_BREAKS.search(text):  # PyYAML would write them into quotes that fold them
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
