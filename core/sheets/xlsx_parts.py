"""The parts of an XLSX file that hold values: read piece by piece, and no more kept than rows need.

A library that makes objects of all elements takes a hundred times the memory of the file.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import IO
from xml.parsers import expat

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format

from core.bounds import MOST_ROWS, MOST_VARIABLES

PIECE = 1 << 16  # bytes
LONGEST_TAG = 1 << 18  # bytes, with its attributes
MOST_ELEMENTS = 4_000_000  # of all parts; the largest table that is read has two million
LONGEST_FORMAT = 255  # characters, as spreadsheets allow
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")  # a character that XML has no other way to write
LETTERS = re.compile("[A-Z]{1,3}")
Attributes = Mapping[str, str]


class TooMuch(Exception):
    """Says in a sentence, without its beginning, what is more than is read."""


@dataclass(frozen=True, slots=True)
class Link:
    """From one part to another. kind: the end of its type, such as "worksheet"."""

    kind: str
    part: str


@dataclass(frozen=True, slots=True)
class Raw:
    """A value as it is written. kind: as in the file ("n", "s" and so on). style: its number."""

    kind: str
    style: int
    text: str


class Parts:
    """Raises TooMuch, and whatever a broken file makes Python raise."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._elements = 0

    def links(self, part: str) -> dict[str, Link]:
        """The links of a part by their ids. part: "" for those of the whole file."""
        folder, name = posixpath.split(part)
        found: dict[str, Link] = {}

        def start(tag: str, given: Attributes) -> None:
            if tag == "Relationship":
                target = posixpath.normpath(posixpath.join("/", folder, given["Target"]))
                kind = given["Type"].rpartition("/")[2]
                found[given["Id"]] = Link(kind, target.lstrip("/"))

        self._read(posixpath.join(folder, "_rels", f"{name}.rels"), start)
        return found

    def book(self, part: str) -> tuple[list[str], bool]:
        """The ids of the links to its sheets, and whether its days are counted from 1904."""
        sheets: list[str] = []
        old: list[bool] = []

        def start(tag: str, given: Attributes) -> None:
            if tag == "sheet":
                sheets.extend(value for name, value in given.items() if name.endswith(":id"))
            elif tag == "workbookPr":
                old.append(given.get("date1904") in ("1", "true"))

        self._read(part, start)
        return sheets, any(old)

    def dates(self, part: str) -> dict[int, bool]:
        """The styles that show a number as a date or a time; True: as a span of time."""
        codes: dict[int, str] = dict(BUILTIN_FORMATS)
        used: list[int] = []
        inside: list[str] = []

        def start(tag: str, given: Attributes) -> None:
            if tag == "numFmt":
                codes[int(given["numFmtId"])] = given["formatCode"][:LONGEST_FORMAT]
            elif tag == "cellXfs":
                inside.append(tag)
            elif tag == "xf" and inside:
                used.append(int(given.get("numFmtId", 0)))

        self._read(part, start, lambda tag: inside.clear() if tag == "cellXfs" else None)
        spans = {number: is_timedelta_format(code) for number, code in codes.items()
                 if is_date_format(code)}  # fmt: skip
        return {style: spans[number] for style, number in enumerate(used) if number in spans}

    def strings(self, part: str) -> list[str]:
        """Those that cells share, without how they are pronounced."""
        found: list[str] = []
        text = _Text()

        def end(tag: str) -> None:
            text.end(tag)
            if tag == "si":
                found.append(text.taken())

        self._read(part, text.start, end, text.add)
        return found

    def lines(self, part: str, value_of: Callable[[Raw], str]) -> list[list[str]]:
        """Rows with a value, up to one more than are allowed, and so with columns."""
        lines = _Lines(value_of)
        with suppress(_Enough):
            self._read(part, lines.start, lines.end, lines.text.add)
        return lines.found

    def _read(
        self, part: str, start: Callable[[str, Attributes], None],
        end: Callable[[str], None] = lambda tag: None,
        text: Callable[[str], None] = lambda text: None,
    ) -> None:  # fmt: skip
        """Calls them with names without prefixes."""

        def started(name: str, given: Attributes) -> None:
            self._elements += 1
            if self._elements > MOST_ELEMENTS:
                raise TooMuch(f"has more than {MOST_ELEMENTS:,} elements")
            start(name.rpartition(":")[2], given)

        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = started
        parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])
        parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = _refuse_doctype
        with self._archive.open(part) as file:
            _feed(parser, file)


def _feed(parser: expat.XMLParserType, file: IO[bytes]) -> None:
    size = 0
    while piece := file.read(PIECE):
        size += len(piece)
        parser.Parse(piece, False)
        if size - parser.CurrentByteIndex > LONGEST_TAG:
            raise TooMuch(f"has a tag of more than {LONGEST_TAG:,} bytes")
    parser.Parse(b"", True)


def _refuse_doctype(*_: object) -> None:
    """Entities can make a line of XML as large as they like; no spreadsheet writes any."""
    raise TooMuch("has a part with a DOCTYPE")


class _Enough(Exception):
    pass


class _Text:
    """The text inside of elements `t` and `v`, but not inside of `rPh`, how it is pronounced."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._is_inside = self._is_spoken = False

    def start(self, tag: str, given: Attributes) -> None:
        if tag in ("t", "v"):
            self._is_inside = not self._is_spoken
        elif tag == "rPh":
            self._is_spoken = True

    def end(self, tag: str) -> None:
        if tag in ("t", "v"):
            self._is_inside = False
        elif tag == "rPh":
            self._is_spoken = False

    def add(self, text: str) -> None:
        if self._is_inside:
            self._parts.append(text)

    def taken(self) -> str:
        text = "".join(self._parts)
        self._parts.clear()
        return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


class _Lines:
    def __init__(self, value_of: Callable[[Raw], str]) -> None:
        self.found: list[list[str]] = []
        self.text = _Text()
        self._value_of = value_of
        self._line: list[str] = []
        self._column = 0
        self._kind, self._style = "n", 0

    def start(self, tag: str, given: Attributes) -> None:
        if tag == "c":
            self._column = _column(given["r"]) if "r" in given else self._column + 1
            self._kind, self._style = given.get("t", "n"), int(given.get("s", 0))
        elif tag == "row":
            self._line, self._column = [], 0
        else:
            self.text.start(tag, given)

    def end(self, tag: str) -> None:
        if tag == "c":
            if text := self.text.taken():
                self._put(self._value_of(Raw(self._kind, self._style, text)))
        elif tag == "row":
            if any(self._line):
                self.found.append(self._line)
            if len(self.found) > MOST_ROWS + 1:  # one may have the names of the columns
                raise _Enough
        else:
            self.text.end(tag)

    def _put(self, value: str) -> None:
        place = min(self._column, MOST_VARIABLES + 1) - 1
        self._line += [""] * (place + 1 - len(self._line))
        self._line[place] = value


def _column(reference: str) -> int:
    """Counted from 1, of a reference such as AB12."""
    found = LETTERS.match(reference)
    if not found:
        raise ValueError(reference)
    number = 0
    for letter in found[0]:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number
