"""Texts of people as literals of Python, JSON and a shell, and as comments; never pasted as is."""

from __future__ import annotations

import base64
import json
import re
import shlex
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

WIDTH = 96
SURROGATES = re.compile("[\ud800-\udfff]")
INTEGERS = re.compile(r"\[\n\s+\d+(?:,\n\s+\d+)*\n\s*\]")  # no text of JSON has line breaks


class Code(str):
    """An expression inside of a value that becomes a Python literal."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def python_literal(value: Any, indent: int = 0) -> str:
    """`value` as Python source; lists and dictionaries go over several lines where one is short."""
    flat = repr(value)
    if isinstance(value, str) and not isinstance(value, Code):
        lines = value.splitlines(keepends=True)
        if len(lines) < 2 or len(flat) + indent <= WIDTH:
            return flat
        pad = " " * (indent + 4)
        return "(\n" + "".join(f"{pad}{line!r}\n" for line in lines) + " " * indent + ")"
    if len(flat) + indent <= WIDTH or not value or not isinstance(value, list | dict):
        return flat
    if isinstance(value, list) and all(isinstance(one, int) for one in cast(list[Any], value)):
        return textwrap.fill(flat, WIDTH, subsequent_indent=" " * (indent + 4))
    pad = " " * (indent + 4)
    if isinstance(value, list):
        items = [python_literal(item, indent + 4) for item in cast(list[Any], value)]
        inside, ends = (f"{pad}{item},\n" for item in items), "[]"
    else:
        pairs = cast(dict[str, Any], value).items()
        inside = (f"{pad}{key!r}: {python_literal(item, indent + 4)},\n" for key, item in pairs)
        ends = "{}"
    return f"{ends[0]}\n{''.join(inside)}{' ' * indent}{ends[1]}"


def keyword_arguments(values: dict[str, Any], indent: int = 4) -> str:
    """`name=value,` one a line, as between the parentheses of a call."""
    pad = " " * indent
    return "".join(f"{pad}{name}={python_literal(v, indent)},\n" for name, v in values.items())


def comment(sentences: Iterable[str], mark: str = "# ") -> str:
    """Each sentence on its own lines after `mark`; nothing in it can end the comment."""
    lines: list[str] = []
    for sentence in sentences:
        clean = "".join(letter if letter.isprintable() else " " for letter in sentence)
        lines += textwrap.wrap(
            clean, WIDTH - len(mark), initial_indent=mark, subsequent_indent=f"{mark}  "
        ) or [mark.rstrip()]
    return "".join(f"{line}\n" for line in lines)


def one_line(command: str) -> str:
    """A command as a comment of one line, to be copied from there."""
    return f"# {''.join(letter if letter.isprintable() else ' ' for letter in command)}\n"


def json_text(value: Any, default: Any = None, indent: int | None = 2) -> str:
    """Readable JSON, with token ids on one line; halves of characters, which no file can hold, are
    escaped.
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=default)
    text = INTEGERS.sub(lambda ids: f"[{' '.join(ids[0][1:-1].split())}]", text)
    return SURROGATES.sub(lambda half: f"\\u{ord(half[0]):04x}", text)


def shell_word(text: str) -> str:
    """One word for a POSIX shell. What no argument can hold becomes U+FFFD; see `fits_a_word`."""
    return shlex.quote(SURROGATES.sub("\ufffd", text.replace("\0", "\ufffd")))


def fits_a_word(text: str) -> bool:
    return "\0" not in text and not SURROGATES.search(text)


@dataclass(frozen=True, slots=True)
class FileText:
    """In a JSON body for a shell: `before`, then the base64 of a file next to the script."""

    file: str
    before: str = ""


def shell_post(url: str, body: Any) -> str:
    """A `curl` that posts `body` as JSON. It comes through a pipe: arguments are bounded."""
    files: list[str] = []
    mark = _unused(json_text(body, lambda one: one.before))

    def placed(one: FileText) -> str:
        files.append(one.file)
        return one.before + mark

    head, *rest = json_text(body, placed).split(mark)
    words = [shlex.quote(head)]
    for file, piece in zip(files, rest, strict=True):
        words += [f"\"$(base64 < {shell_word(file)} | tr -d '\\n')\"", shlex.quote(piece)]
    printed = " \\\n  ".join(["printf '%s'", *words])
    return (
        f"{printed} |\n"
        f"curl -sS {shlex.quote(url)} -H 'Content-Type: application/json' --data-binary @-\n"
    )


def _unused(text: str) -> str:
    """A word that `text` doesn't hold."""
    return next(word for word in _words() if word not in text)


def _words() -> Iterator[str]:
    number = 0
    while True:
        yield base64.b32encode(f"file-{number}".encode()).decode().rstrip("=")
        number += 1
