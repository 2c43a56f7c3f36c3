"""What is said of an answer that was checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

State = Literal["valid", "invalid", "cut", "unchecked"]
MOST_PROBLEMS = 50  # that a verdict names
LONGEST = 1_000  # characters of each text
Line = Annotated[str, Field(max_length=LONGEST)]


@dataclass(frozen=True, slots=True)
class Verdict:
    """title, detail: sentences. problems: places of the JSON as JSON pointers, with what is wrong
    there as the rest of a sentence: "is missing."; empty where the answer is no JSON. Bounded, as a
    file may hold any of it.
    """

    state: State
    title: Line
    detail: Line = ""
    problems: Annotated[tuple[tuple[Line, Line], ...], Field(max_length=MOST_PROBLEMS)] = ()

    @property
    def in_words(self) -> str:
        return f"{self.title} {self.detail}".strip()
