"""Progress of downloads and weights, taken from the bars that the libraries would draw.

The same hook is where loading is cancelled: it raises `Cancelled` inside the library's loop.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from huggingface_hub.utils import tqdm as hub_tqdm
from transformers.utils import logging as transformers_logging

Report = Callable[[float | None], None]
_hook_in_use = threading.Lock()  # Transformers has one hook for the whole process


class Cancelled(BaseException):
    """Raised where `check` finds that nobody waits any more; no library's `except` stops it."""


def download_bars(total: int, report: Report, check: Callable[[], None]) -> type:
    """A class for `snapshot_download(tqdm_class=...)` that draws nothing and reports bytes.

    report: gets the share of the `total` bytes that are on disk; if that is 0, nothing is reported.
    check: called at each update, from the download's threads; may raise Cancelled.
    """

    class Bar(hub_tqdm):
        def __init__(self, *args: Any, **options: Any) -> None:
            self._counts = options.get("name") == "huggingface_hub.snapshot_download"
            options["disable"] = False  # a disabled bar counts nothing
            super().__init__(*args, **options)

        def display(self, *args: Any, **options: Any) -> None:
            return None

        def update(self, n: float | None = 1) -> bool | None:
            check()
            drawn = super().update(n)
            if self._counts and total:
                report(min(1.0, self.n / total))
            return drawn

    return Bar


@contextmanager
def weight_bars(report: Report, check: Callable[[], None]) -> Iterator[None]:
    """While this is open, weights that this thread loads with Transformers are reported."""
    mine = threading.get_ident()

    def hook(factory: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        if threading.get_ident() != mine or not args:
            return factory(*args, **options)
        return _counted(args[0], report, check)

    with _hook_in_use:
        before = transformers_logging.set_tqdm_hook(hook)
        try:
            yield
        finally:
            transformers_logging.set_tqdm_hook(before)


def _counted(items: Any, report: Report, check: Callable[[], None]) -> Iterator[Any]:
    total = len(items) if hasattr(items, "__len__") else 0
    for done, item in enumerate(items):
        check()
        report(done / total if total else None)
        yield item
