"""Reads a Modelfile rune by rune as Ollama does, quirks included."""

from __future__ import annotations

import unicodedata

COMMANDS = ("from", "license", "template", "system", "adapter", "parameter", "message")
ROLES = ("system", "user", "assistant")
UNPRINTABLE = ("C", "Z")  # classes of characters that Ollama drops, but for the blank of ASCII


def read_modelfile(text: str) -> list[tuple[str, str]]:
    """Commands in order, each with its value. Raises ValueError where Ollama refuses the file."""
    found: list[tuple[str, str]] = []
    state, buffer, name, role = "nil", "", "", ""
    for letter in f"{text}\n":
        following = _next(state, letter)
        if following != state:
            match state:
                case "name":
                    name = buffer.lower()
                    if name not in COMMANDS:
                        raise ValueError(f"{buffer!r} is no command")
                    following = name if name in ("parameter", "message") else following
                case "parameter":
                    name = buffer
                case "message":
                    role = buffer
                    if role not in ROLES:
                        raise ValueError(f"{buffer!r} is no role")
                case "value":
                    value = _unquoted(buffer.strip())
                    if value is None or letter in " \t":
                        buffer += letter
                        continue
                    found.append((f"{name} {role}".strip(), value))
                    role = ""
                case _:
                    pass
            state, buffer = following, ""
            if letter in " \t\n\r#":
                continue
        if letter == " " or unicodedata.category(letter)[0] not in UNPRINTABLE:
            buffer += letter
    if state != "nil":
        raise ValueError(f"the file ends within {buffer!r}")
    return found


def _next(state: str, letter: str) -> str:
    newline = letter in "\n\r"
    blank = letter in " \t"
    match state:
        case "nil":
            return "comment" if letter == "#" else "nil" if blank or newline else "name"
        case "comment":
            return "nil" if newline else "comment"
        case "value":
            return "nil" if blank or newline else "value"
        case _:
            if blank:
                return "value"
            if newline or not (letter.isalnum() or letter == "_"):
                raise ValueError(f"{letter!r} in the word of a command")
            return state


def _unquoted(text: str) -> str | None:
    """None where a closing quotation mark is missing still."""
    for mark in ('"""', '"'):
        if text.startswith(mark):
            closed = len(text) >= 2 * len(mark) and text.endswith(mark)
            return text[len(mark) : -len(mark)] if closed else None
    return text
