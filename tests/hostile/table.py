"""The table: every hostile input with what the person who sent it reads."""

from __future__ import annotations

from tests.hostile.row import Row
from tests.hostile.rows import asked, events, imports, kept, web

TABLE: tuple[Row, ...] = (
    *imports.ROWS, *kept.ROWS, *asked.ROWS, *events.ROWS, *web.ROWS
)  # fmt: skip
