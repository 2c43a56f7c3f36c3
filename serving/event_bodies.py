"""Bodies of requests, checked before Gradio reads them: their shape, their depth, their files."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.blocks import Block, BlockFunction
from gradio.utils import get_function_params
from pydantic import ValidationError

from core.access.file_access import is_named_inside
from core.bounds import is_cut
from serving.routes import CALL, CANCEL, COMPONENT, JOIN, RUN

SESSION = re.compile(r"[\w-]{1,64}")
DEEPEST = 64
FILE_DATA = "gradio.FileData"


class BadRequest(ValueError):
    """The message is a sentence for the sender."""


def check_body(path: str, content: bytes, page: gr.Blocks, uploads: str) -> str:
    """Returns the session hash that the body names, or nothing. Raises BadRequest.

    uploads: the folder that files may be named in.
    """
    body = _read(content)
    session = body.get("session_hash")
    if session is not None and not (isinstance(session, str) and SESSION.fullmatch(session)):
        raise BadRequest("session_hash must be 1 to 64 letters, digits, _ or -.")
    inputs: list[Block] = []
    if path == JOIN or RUN.fullmatch(path):
        inputs = _check_event(body, page, queued=path == JOIN)
    elif path == CANCEL:
        for name in ("event_id", "session_hash"):
            if not isinstance(body.get(name), str):
                raise BadRequest(f"{name} must be text.")
    elif path == COMPONENT:
        _check_component(body, page)
    elif call := CALL.fullmatch(path):
        inputs = _check_call(call["name"], body, page)
    if inputs:
        for block, value in zip(inputs, body.get("data") or [], strict=False):
            _check_values(_name_of(block), value, uploads)
            _check_model(block, value)
    else:  # of a function of a component it may be any value
        _check_values("The data", body.get("data"), uploads)
    _check_values("The data of the event", body.get("event_data"), uploads)
    return session or ""


def completed(path: str, content: bytes, page: gr.Blocks) -> bytes:
    """A checked body, with the defaults of the values that a call left out: Gradio's client sends
    them, others need not.
    """
    if not (call := CALL.fullmatch(path)):
        return content
    body = _read(content)
    called = next(e for e in page.fns.values() if e.api_name == call["name"])
    if missing := len(called.inputs) - len(body["data"]):
        body["data"] += _defaults(called)[-missing:]
        return json.dumps(body).encode()
    return content


def _read(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadRequest("The body must be JSON in UTF-8, nested at most 64 deep.") from error
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object.")
    return body


def _check_event(body: Mapping[str, Any], page: gr.Blocks, queued: bool) -> list[Block]:
    """Returns the components that the event reads."""
    number = body.get("fn_index")
    event = page.fns.get(number) if type(number) is int else None
    if event is None or event.fn is None or (event.queue is not False) != queued:
        raise BadRequest("fn_index names no event of this page. Reload the page.")
    if not isinstance(body.get("session_hash"), str):
        raise BadRequest("session_hash is missing. Reload the page.")
    if type(body.get("trigger_id")) not in (int, type(None)):
        raise BadRequest("trigger_id must be a whole number or null.")
    _check_data(body, len(event.inputs))
    return [*event.inputs]


def _check_call(name: str, body: Mapping[str, Any], page: gr.Blocks) -> list[Block]:
    open_to_all = {str(e.api_name): e for e in page.fns.values() if e.api_visibility == "public"}
    if name not in open_to_all:
        raise BadRequest(f"Unknown endpoint. Use one of {', '.join(open_to_all)}.")
    if "session_hash" in body:
        raise BadRequest("A call has no session_hash. Remove it.")
    called = open_to_all[name]
    _check_data(body, len(called.inputs), len(_defaults(called)))
    return [*called.inputs]


def _defaults(called: BlockFunction) -> list[Any]:
    """The defaults of an endpoint's last values, which a call may leave out."""
    return (
        [value for _, has, value, _ in get_function_params(called.fn) if has] if called.fn else []
    )


def _check_data(body: Mapping[str, Any], count: int, optional: int = 0) -> None:
    data = body.get("data")
    if not isinstance(data, list) or not count - optional <= len(data) <= count:
        given = len(data) if isinstance(data, list) else "none"
        wanted = f"{count - optional} to {count}" if optional else count
        raise BadRequest(f"data must be a list of {wanted} values; there are {given}.")


def _check_component(body: Mapping[str, Any], page: gr.Blocks) -> None:
    number, name = body.get("component_id"), body.get("fn_name")
    block = page.blocks.get(number) if type(number) is int else None
    if not isinstance(name, str) or not hasattr(getattr(block, name, None), "_is_server_fn"):
        raise BadRequest("component_id and fn_name name no function of this page. Reload the page.")
    if not isinstance(body.get("session_hash"), str) or "data" not in body:
        raise BadRequest("session_hash and data are needed. Reload the page.")


def _check_values(name: str, value: Any, uploads: str) -> None:
    """Raises BadRequest for what no page sends: numbers beyond all bounds, half a character, deep
    nesting, and files that were not uploaded, which Gradio would copy to where they can be fetched.

    name: of what has the value.
    """
    level = [value]
    for _ in range(DEEPEST):
        below: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                _check_file(one, uploads)
                below += [*one, *one.values()]
            elif isinstance(one, list):
                below += one
            elif isinstance(one, float) and not math.isfinite(one):
                raise BadRequest(f"{name} is not a finite number. Use a number in its range.")
            elif isinstance(one, str) and is_cut(one):
                raise BadRequest(
                    f"{name}: half of a character, such as \\ud83d alone, can't be sent. Remove it."
                )
        if not below:
            return
        level = below
    raise BadRequest(f"{name} is nested more than {DEEPEST} deep.")


def _check_model(block: Block, value: Any) -> None:
    """Gradio reads the values of some components, such as a table, by a model of its own."""
    model = getattr(block, "data_model", None)
    if model is None or value is None:
        return
    try:
        model.model_validate(value)
    except ValidationError as error:
        raise BadRequest(f"{_name_of(block)} has the wrong form. Reload the page.") from error


def _name_of(block: Block) -> str:
    """As the page calls it."""
    name = str(getattr(block, "label", None) or block.elem_id or "A value").split(" · ")[0]
    return name[:1].upper() + name[1:]


def _check_file(value: Mapping[str, Any], uploads: str) -> None:
    meta = value.get("meta")
    if isinstance(meta, dict) and meta.get("_type") == FILE_DATA:
        path = value.get("path")
        if not is_named_inside(path, [Path(uploads)]):
            raise BadRequest("A file is not an upload. Upload it first, then name it.")
