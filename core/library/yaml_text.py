"""YAML as values: of plain types only, and what is wrong as one sentence."""

from __future__ import annotations

from typing import Any

import yaml

from core.errors import InvalidInput

# What PyYAML raises: its own, and whatever a wrong value does to Python's constructors.
PARSING = (yaml.YAMLError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


def read_yaml(text: str) -> Any:
    """Raises InvalidInput with the line and the column."""
    try:
        return yaml.safe_load(text)
    except PARSING as error:
        raise InvalidInput(f"This is not YAML: {_problem(error)}.") from error


def _problem(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, yaml.MarkedYAMLError) and error.problem and error.problem_mark:
        mark = error.problem_mark
        return f"{error.problem}, line {mark.line + 1}, column {mark.column + 1}"
    return str(error).split(";")[0].split("\n")[0].removesuffix(".")
