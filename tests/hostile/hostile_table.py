"""The table: every hostile input with what the person who sent it reads."""

from __future__ import annotations

from tests.hostile.hostile_row import Row
from tests.hostile.rows import (
    added_servers,
    asked,
    completions,
    held,
    imports,
    kept,
    page_events,
    sheets,
    token_events,
    web,
)

TABLE: tuple[Row, ...] = (
    *imports.ROWS,
    *kept.ROWS,
    *asked.ROWS,
    *held.ROWS,
    *page_events.ROWS,
    *token_events.ROWS,
    *sheets.ROWS,
    *web.ROWS,
    *completions.ROWS,
    *added_servers.ROWS,
)
