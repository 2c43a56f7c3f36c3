"""The body of a call: JSON that whatever reads on can trust in its shape, and the errors' form."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from core.bounds import is_cut
from core.errors import InvalidInput

DEEPEST = 64  # lists and objects inside each other
KINDS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


class NotAnswered(InvalidInput):
    """A call that gets an error. status: of HTTP. code: OpenAI's word for it. param: what of the
    body is wrong.
    """

    def __init__(self, sentence: str, status: int = 400, code: str = "", param: str = "") -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.param = param


def error_body(error: Exception, status: int = 400) -> dict[str, Any]:
    """An error in OpenAI's form. status: where the error doesn't say its own."""
    known = error if isinstance(error, NotAnswered) else NotAnswered(str(error), status)
    usual = "server_error" if known.status >= 500 else "invalid_request_error"
    kind = KINDS.get(known.status, usual)
    return {
        "error": {
            "message": str(known), "type": kind, "param": known.param or None,
            "code": known.code or None,
        }
    }  # fmt: skip


def read_body(content: bytes) -> dict[str, Any]:
    """A JSON object of finite numbers and whole characters. Raises InvalidInput for all else."""
    try:
        body = json.loads(content, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            f"The body must be JSON in UTF-8, nested at most {DEEPEST} deep."
        ) from error
    if not isinstance(body, dict):
        raise InvalidInput("The body must be a JSON object.")
    _check(body)
    return body


def shown(value: Any) -> str:
    """A value inside of a sentence, cut where it is long."""
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def mapping(value: Any, name: str) -> Mapping[str, Any]:
    """An object of the body; None is an empty one. Raises NotAnswered."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise NotAnswered(f"{name} is {shown(value)}; it must be an object.", param=name)
    return value


def flag(body: Mapping[str, Any], name: str, default: bool = False) -> bool:
    """Raises NotAnswered for what is neither true nor false nor null."""
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise NotAnswered(f"{name} is {shown(value)}; it must be true or false.", param=name)
    return value


def whole_number(body: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    """Raises NotAnswered for what is not a whole number in the range."""
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise NotAnswered(
            f"{name} is {shown(value)}; it must be a whole number from {least} to {most}.",
            param=name,
        )
    return value


def _check(body: dict[str, Any]) -> None:
    level: list[Any] = [body]
    for _ in range(DEEPEST):
        below: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                below += [*one, *one.values()]
            elif isinstance(one, list):
                below += one
            elif isinstance(one, float) and not math.isfinite(one):
                raise InvalidInput(
                    "A number of the body is too large. Use numbers within their ranges."
                )
            elif isinstance(one, str) and is_cut(one):
                raise InvalidInput(
                    "The body holds half of a character, such as \\ud83d alone. Remove it."
                )
        if not below:
            return
        level = below
    raise InvalidInput(f"The body is nested more than {DEEPEST} deep. Use fewer levels.")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
