"""Importing Gradio in half the time: without the type stubs that it writes for its components."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def not_written() -> Iterator[None]:
    """Import Gradio inside.

    It parses the source of each component's class to write a `.pyi` next to it, which its package
    contains already: 1.4 of the 3 seconds that its import takes. It leaves out a class that has no
    file, so that is what its classes are told to be meanwhile.
    """
    getfile = inspect.getfile

    def no_file_of_components(thing: Any) -> str:
        if type(thing).__name__ == "ComponentMeta":
            raise OSError("Its stub is not written.")
        return getfile(thing)

    inspect.getfile = no_file_of_components
    try:
        yield
    finally:
        inspect.getfile = getfile
