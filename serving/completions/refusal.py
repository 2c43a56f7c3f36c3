"""A refusal of /v1, in the form in which OpenAI's clients raise it."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from core.completions.body import NotAnswered, error_body


def refusal(error: Exception, status: int = 400) -> Response:
    """An error in OpenAI's form. status: where the error doesn't say its own."""
    known = error.status if isinstance(error, NotAnswered) else status
    headers = {"Retry-After": "5"} if known == 503 else None
    return JSONResponse(error_body(error, known), known, headers)
