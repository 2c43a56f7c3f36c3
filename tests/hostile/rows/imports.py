"""Files and pasted texts that are imported."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.hostile.entrances import import_file, import_path, import_text, open_link, reopen_draft
from tests.hostile.hostile_row import Row
from tests.hostile.rows.picture_files import png, svg

MARKUP = "<img src=x onerror=alert(1)>"
NOT_EMBEDDED = r"(?i)image"  # named as one that isn't there, or that can't be read


def page(messages: Any = (), **fields: Any) -> dict[str, Any]:
    """A workspace file."""
    return {"format": "lfm-playground-workspace", "version": 1, "messages": [*messages], **fields}


ANSWER = {"lane": "A", "text": "Hi"}


def session(answers: Any) -> dict[str, Any]:
    """A file of a session whose only version has these answers."""
    version = {"time": "2026-01-01T00:00:00", "workspace": page(), "answers": answers}
    return {"format": "lfm-playground-session-file", "version": 1, "name": "Talk",
            "versions": [version]}  # fmt: skip


def with_file(content: str) -> dict[str, Any]:
    shown = [{"role": "user", "content": [{"type": "image", "path": "x"}]}]
    return page(shown, files={"x": content})


def asked(content: Any = "Hi", **fields: Any) -> dict[str, Any]:
    """A conversation in OpenAI's form."""
    return {"messages": [{"role": "user", "content": content}], **fields}


def embedded(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def linked(url: str) -> dict[str, Any]:
    return asked([{"type": "image_url", "image_url": {"url": url}}])


def nested(depth: int, text: str = "[]") -> str:
    return text[0] * depth + text[1] * depth


ROWS = (
    # Files of the server, and of anybody else
    Row("a page with a path of the server", import_file, with_file("/etc/passwd"), NOT_EMBEDDED),
    Row("a page with a path of the process", import_file, with_file("/proc/self/environ"),
        NOT_EMBEDDED),
    Row("a page with an endless file", import_file, with_file("/dev/zero"), NOT_EMBEDDED),
    Row("a page with a path upwards", import_file, with_file("../../../etc/passwd"), NOT_EMBEDDED),
    Row("a page with a file: address", import_file, with_file("file:///etc/passwd"), NOT_EMBEDDED),
    Row("a page with an address elsewhere", import_file, with_file("http://127.0.0.1:9/x.png"),
        NOT_EMBEDDED),
    Row("a page with a path of another machine", import_file, with_file(r"\\127.0.0.1\c$\x.png"),
        NOT_EMBEDDED),
    Row("an imported path that is no upload", import_path, "/etc/passwd", "not uploaded"),
    Row("an imported path with NUL", import_path, "/etc/\0passwd", "not uploaded"),
    Row("an imported device", import_path, "/dev/zero", "not uploaded"),
    Row("an imported path that is a list", import_path, ["/etc/passwd"], r"(?i)not uploaded"),
    # Embedded images
    Row("an embedded SVG", import_file, linked(embedded("image/svg+xml", svg())), NOT_EMBEDDED),
    Row("an embedded page", import_file, linked(embedded("text/html", b"<b>")), NOT_EMBEDDED),
    Row("an SVG that calls itself PNG", import_file, linked(embedded("image/png", svg())),
        NOT_EMBEDDED),
    Row("an embedded image that is no base64", import_file, linked("data:image/png;base64,!!!"),
        NOT_EMBEDDED),
    Row("an embedded image of 19 MB", import_file,
        lambda: linked(embedded("image/png", png() + bytes(14_000_000))),
        r"(?i)(large|MB|bytes|imported)"),
    Row("an image of OpenAI's form elsewhere", import_file, linked("https://example.invalid/x.png"),
        "only images in the file itself are read"),
    # What is no conversation
    Row("an empty file", import_file, b"", "is empty"),
    Row("a file of NUL bytes", import_file, bytes(100), r"(?i)(NUL|text|imported)"),
    Row("NUL in a message", import_file, asked("a\0b"), r"(?i)(NUL|imported)"),
    Row("bytes that are no text", import_file, b"\xff\xfe\xfa\x00\xd8", r"(?i)UTF-"),
    Row("a picture as a conversation", import_file, png, r"(?i)UTF-8"),
    Row("JSON cut off", import_file, '{"messages": [{"role":', r"(?i)JSON"),
    Row("JSON nested deeply", import_file, nested(100_000), r"(?i)deep"),
    Row("objects nested deeply", import_text, '{"a":' * 50_000 + "1" + "}" * 50_000, r"(?i)deep"),
    Row("a number of 10,000 digits", import_file, f'[{"9" * 10_000}]', r"(?i)(digits|JSON)"),
    Row("a bare number in a list", import_text, [1], "no `messages`"),
    Row("a bare null in a list", import_text, [None], "no `messages`"),
    Row("an empty list", import_text, [], "empty list"),
    Row("messages that are a number", import_text, {"messages": 7}, r"(?i)messages.*list"),
    Row("a message that is a number", import_text, {"messages": [7]}, "message 1"),
    Row("a role that is a list", import_text, {"messages": [{"role": []}]}, "`role`"),
    Row("content that is a number", import_text, asked(7), "`content`"),
    Row("a part without a type", import_text, asked([{"text": "x"}]), "`type`"),
    Row("tool calls that are text", import_text,
        {"messages": [{"role": "assistant", "content": "", "tool_calls": "x"}]}, "`tool_calls`"),
    Row("imported calls whose arguments are nested deeply", import_text,
        {"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f",
         "arguments": '{"a": ' + nested(50_000) + "}"}}]}]}, "`tool_calls`"),
    Row("a page with a call that is a number", import_text, page([{"role": "assistant",
        "content": [{"type": "tool_call", "name": 7, "arguments": "{}"}]}]), "Message 1"),
    Row("a page with a call of a user", import_text, page([{"role": "user",
        "content": [{"type": "tool_call", "name": "f", "arguments": "{}"}]}]), "Message 1"),
    Row("tools that are a number", import_text, asked(tools=7), "`tools`"),
    Row("a temperature of 1e999", import_text, '{"temperature": 1e999, "messages": []}',
        r"(?i)(temperature|imported)"),
    Row("a temperature that is text", import_text, asked(temperature="hot"),
        r"(?i)(temperature|imported)"),
    Row("JSONL with one broken line", import_file, json.dumps(asked()) + "\n{oops", "line 2"),
    Row("ShareGPT with an unknown speaker", import_text,
        {"conversations": [{"from": "bot", "value": "x"}]}, "`from`"),
    Row("ShareGPT with a number as text", import_text,
        {"conversations": [{"from": "human", "value": 7}]}, "`value`"),
    Row("ShareGPT as a number", import_text, {"conversations": 7}, r"(?i)conversations.*list"),
    Row("a lone surrogate", import_text, '{"messages": [{"role": "user", "content": "\\ud83d"}]}',
        r"(?i)(imported|half of a character|surrogate)"),
    Row("markup as a title", import_text, asked(title=MARKUP), "Imported"),
    Row("20,000 messages", import_file,
        lambda: {"messages": [{"role": "user", "content": "x"}] * 20_000}, r"(?i)messages"),
    Row("a file over 20 MB", import_file, lambda: "x" * 21_000_000, r"(?i)(size|large|MB)"),
    Row("a text of 15 MB", import_file, lambda: "User: " + "x " * 7_500_000,
        r"(?i)(characters|large|MB|imported)"),
    Row("10,000 conversations", import_file, lambda: [asked()] * 10_000, "first 200"),
    Row("a place that is not in the file", lambda v, sent: v.act("sessions", "open", sent),
        {"act": "import", "text": json.dumps([asked(), asked()]), "place": 99},
        "no conversation 100"),
    # Pages and sessions
    Row("a page of the future", import_text, page(version=99), "version 99"),
    Row("a page without messages", import_text, {"format": "lfm-playground-workspace",
        "version": 1}, "no list of messages"),
    Row("a page with five lanes", import_text, page(lanes=[{}] * 5), r"lanes"),
    Row("a page with 1e999 lanes", import_text, '{"format": "lfm-playground-workspace", '
        '"version": 1, "messages": [], "lane_count": 1e999}', "lane_count"),
    Row("a page with a constraint that is text", import_text, page(constraint="x"),
        "constraint must be an object"),
    Row("a page with a constraint of an unknown kind", import_text,
        page(lanes=[{"constraint": {"kind": "yaml"}}]), "use one of none, json"),
    Row("a page with a choice of a tool that is a number", import_text, page(tool_choice=7),
        "tool_choice must be"),
    Row("a page with NaN as temperature", import_text, page(sampling={"temperature": float("nan")}),
        "temperature"),
    Row("a page with an unknown sampler", import_text, page(sampling={"evil": 1}), "evil"),
    Row("a page that divides by zero", import_text, page(images={"downsample_factor": 0}),
        "downsample_factor"),
    Row("a page with patches of minus one", import_text, page(images={"encoder_patch_size": -1}),
        "encoder_patch_size"),
    Row("a page with infinite tolerance", import_text,
        page(images={"max_pixels_tolerance": float("inf")}), "max_pixels_tolerance"),
    Row("a page with template options that are a list", import_text, page(template_options=[1]),
        r"Template options are \[1\]"),
    Row("a page with 40 template options", import_text,
        page(template_options={f"a{n}": True for n in range(40)}), "32 are allowed"),
    Row("a page whose files are a list", import_text, page(files=["x"]), "`files`"),
    Row("a session without versions", import_text,
        {"format": "lfm-playground-session-file", "version": 1, "versions": []}, "`versions`"),
    Row("a session whose version is a number", import_text,
        {"format": "lfm-playground-session-file", "version": 1, "versions": [7]}, "version 1"),
    Row("a session with a name of markup", import_text,
        {"format": "lfm-playground-session-file", "version": 1, "name": MARKUP * 20,
         "versions": [{"time": "2026-01-01T00:00:00", "workspace": page()}]}, r"(?i)name"),
    Row("a session whose answers are a number", import_text, session(7), "Answers"),
    Row("a session with five answers", import_text, session([ANSWER] * 5), "Answers"),
    Row("a session with an answer in a lane that there is not", import_text,
        session([{**ANSWER, "lane": "__proto__"}]), "lane"),
    Row("a session with an answer of 10^30 tokens", import_text,
        session([{**ANSWER, "tokens": 10**30}]), "tokens"),
    Row("a session with an answer that took NaN seconds", import_text,
        session([{**ANSWER, "seconds": float("nan")}]), "seconds"),
    Row("a session with an answer of a template option that is an object", import_text,
        session([{**ANSWER, "template_options": {"x": {"__proto__": 1}}}]), "template option x"),
    Row("a session with an answer that begins with token ids of 10^30", import_text,
        session([{**ANSWER, "begins_with": [10**30]}]), "begins_with"),
    Row("a session with an answer that begins with a million token ids", import_text,
        lambda: session([{**ANSWER, "begins_with": [1] * 1_000_000}]), "begins_with"),
    Row("a session with an answer of markup", import_text,
        session([{**ANSWER, "text": MARKUP, "error": MARKUP, "model": MARKUP}]), "Imported"),
    Row("a session with an answer about a file of the server", import_text,
        session([{**ANSWER, "conversation": page([{"role": "user", "content": [
            {"type": "image", "path": "/etc/passwd"}]}])}]), "Imported", never="/etc/passwd"),
    Row("a session with a verdict that nobody gives", import_text,
        session([{**ANSWER, "verdict": {"state": MARKUP, "title": "x"}}]), "verdict"),
    Row("a session with a verdict of 1,000 problems", import_text,
        session([{**ANSWER, "verdict": {"state": "invalid", "title": "x",
                                        "problems": [["/a", MARKUP]] * 1_000}}]), "verdict"),
    Row("a session with an answer checked against a hostile schema", import_text,
        session([{**ANSWER, "text": nested(900), "checked_against": {
            "kind": "json_schema", "text": '{"$ref": "#", "items": {"$ref": "#"}}'}}]), "Imported"),
    Row("a session with an answer of 8,000 calls", import_text,
        lambda: session([{**ANSWER, "text": "é<tool_call></tool_call>" * 8_000}]), "Imported"),
    Row("a session with an answer of a megabyte", import_text,
        lambda: session([{**ANSWER, "text": "x" * 1_000_000}]), "200000"),
    # Links and earlier drafts
    Row("a link that holds a number", open_link, 7, r"(?i)workspace"),
    Row("a link that holds null", open_link, None, r"(?i)workspace"),
    Row("a link with a path of the server", open_link,
        page([{"role": "user", "content": [{"type": "image", "path": "/etc/passwd"}]}]),
        r'"missing": true'),
    Row("a link that divides by zero", open_link, page(images={"downsample_factor": 0}),
        "downsample_factor"),
    Row("a link with a template option of 2,000 characters", open_link,
        page(template_options={"x": "y" * 2000}), "2,000 characters"),
    Row("a link with a template option of markup", open_link,
        page(template_options={MARKUP: True}), "letters, digits", never="<img"),
    Row("a draft with template options that are text", reopen_draft,
        {"messages": [], "template_options": "x"}, "messages"),
    Row("a draft that is a list", reopen_draft, [], r"(?i)draft"),
    Row("a draft with wrong numbers", reopen_draft,
        {"messages": 7, "temperature": "x", "lane_A": [], "downsample_factor": 0}, "messages"),
    Row("a draft with a path of the server", reopen_draft,
        {"messages": [{"role": "user", "images": [{"path": "/etc/passwd"}]}]}, r'"missing": true'),
)  # fmt: skip
