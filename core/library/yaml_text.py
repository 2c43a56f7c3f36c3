"""YAML as values of plain types, what is wrong as one sentence, and values as YAML to be read."""

from __future__ import annotations

import re
from typing import Any

import yaml

from core.errors import InvalidInput

# What PyYAML raises: its own, and whatever a wrong value does to Python's constructors.
PARSING = (yaml.YAMLError, ValueError, TypeError, KeyError, AttributeError, RecursionError)

# What stands in a block as it is: no other line break than \n, nothing that YAML would escape.
IN_A_BLOCK = re.compile(
    "[\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010fffe]*"
)
OTHER_BREAKS = re.compile("[\x85\u2028\u2029]")


def read_yaml(text: str) -> Any:
    """Raises InvalidInput with the line and the column."""
    try:
        return yaml.safe_load(text)
    except PARSING as error:
        raise InvalidInput(f"This is not YAML: {yaml_problem(error)}.") from error


def yaml_problem(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, yaml.MarkedYAMLError) and error.problem and error.problem_mark:
        mark = error.problem_mark
        return f"{error.problem}, line {mark.line + 1}, column {mark.column + 1}"
    return str(error).split(";")[0].split("\n")[0].removesuffix(".")


def write_yaml(value: Any) -> str:
    """Names stay in their order; texts of several lines are blocks."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**31)


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
