"""Calls of OpenAI's protocol with what no client should send."""

from __future__ import annotations

import base64
import json

from tests.hostile.entrances import Http, chat, continued_text, http, hung_up, tokenized
from tests.hostile.hostile_row import Row
from tests.hostile.rows import picture_files
from tests.hostile.rows.imports import MARKUP, nested

PATH = "v1/chat/completions"
MANY = 100_000


def with_image(url: object, **more: object) -> dict[str, object]:
    part = {"type": "image_url", "image_url": {"url": url, **more}}
    return {"messages": [{"role": "user", "content": [part, {"type": "text", "text": "?"}]}]}


def data_url(content: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def turns(*contents: object, role: str = "user") -> dict[str, object]:
    return {"messages": [{"role": role, "content": content} for content in contents]}


def tool(name: object, parameters: object) -> dict[str, object]:
    return {"tools": [{"type": "function", "function": {"name": name, "parameters": parameters}}]}


def held(**outputs: object) -> dict[str, object]:
    return {"structured_outputs": outputs}


ROWS = (
    # Bodies
    Row("a completion without a body", chat, b"", "JSON"),
    Row("a completion that is a list", chat, b"[]", "JSON object"),
    Row("a completion nested deeply", chat, nested(60_000).encode(), "64 deep"),
    Row("a completion with a deep parameter", chat, {"user": json.loads(nested(100))}, "64 deep"),
    Row("a completion with NaN", chat, b'{"temperature": NaN}', "JSON"),
    Row("a completion with 10,000 digits", chat, b'{"seed": ' + b"9" * 10_000 + b"}", "JSON"),
    Row("a completion with 1e999", chat, b'{"temperature": 1e999}', "too large"),
    Row("a completion with half a character", chat, turns("\ud83d"), "half of a character"),
    Row("a completion that is not UTF-8", chat, b'{"model": "\xff"}', "UTF-8"),
    Row("a completion of 60 MB", http,
        lambda: Http("POST", PATH, b" " * 60_000_000), "413: .*larger", within=10.0),
    Row("an unknown route of the API", http, Http("POST", "v1/embeddings", {}), "404: .*error"),
    Row("a completion by GET", http, Http("GET", PATH), "404: .*error"),
    Row("a model with a path upwards", http, Http("GET", "v1/models/../../etc/passwd"), "404"),
    Row("a model of markup", http, Http("GET", "v1/models/%3Cimg%20src=x%3E"),
        "404: .*error"),
    Row("a completion from another site", http,
        Http("POST", PATH, {}, {"Origin": "http://evil.example"}), "403: .*websites"),
    Row("a completion under another host", http,
        Http("POST", PATH, {}, {"Host": "evil.example"}), "421: .*host"),
    Row("a completion through a proxy", http,
        Http("POST", PATH, {}, {"X-Forwarded-For": "127.0.0.1"}), "403: .*--api-key"),
    Row("models through a proxy", http,
        Http("GET", "v1/models", None, {"Forwarded": "for=127.0.0.1"}), "403: .*--api-key"),
    # Parameters
    Row("a parameter that nobody knows", chat, {"evil": 1}, "evil"),
    Row("a parameter of markup", chat, {MARKUP: 1}, "not known"),
    Row("a parameter with a name of 100,000", chat, {"x" * MANY: 1}, "not known"),
    Row("a penalty that there is not", chat, {"frequency_penalty": 2}, "frequency_penalty is 2"),
    Row("a temperature of 99 in a completion", chat, {"temperature": 99}, "temperature is 99"),
    Row("a temperature of text in a completion", chat, {"temperature": "hot"}, "temperature"),
    Row("max_tokens of 10**30", chat, {"max_tokens": 10**30}, "max_tokens is 10"),
    Row("max_tokens of minus one", chat, {"max_tokens": -1}, "max_tokens is -1"),
    Row("a million choices", chat, {"n": 10**6}, "n is 1000000"),
    Row("a stream that is a list", chat, {"stream": [1]}, "stream is"),
    Row("stream options that are text", chat, {"stream": True, "stream_options": "x"},
        "stream_options"),
    Row("100,000 stop strings", chat, {"stop": ["x" + str(n) for n in range(MANY)]}, "stop"),
    Row("a stop string of 100,000", chat, {"stop": "x" * MANY}, "stop string"),
    Row("a stop of lists", chat, {"stop": [[]]}, "stop"),
    Row("10**9 logprobs", chat, {"logprobs": True, "top_logprobs": 10**9}, "top_logprobs"),
    Row("template options that are a list", chat, {"chat_template_kwargs": [1]}, "(?i)options"),
    Row("10,000 template options", chat,
        {"chat_template_kwargs": {f"a{n}": 1 for n in range(10_000)}}, "template options"),
    Row("an image budget of 10**9", chat, {"mm_processor_kwargs": {"max_image_tokens": 10**9}},
        "(?i)image tokens"),
    Row("an image budget with a patch of zero", chat,
        {"mm_processor_kwargs": {"encoder_patch_size": 0}}, "encoder_patch_size"),
    Row("a model that is a list by /v1", chat, {"model": ["x"]}, "not in memory"),
    Row("a model by its path", chat, {"model": "/etc/passwd"}, "not in memory"),
    # Messages
    Row("messages that are text by /v1", chat, {"messages": "Hi"}, "messages must be a list"),
    Row("100,000 messages", chat, lambda: turns(*["x"] * MANY), "100,000 messages"),
    Row("a message of 15 MB", chat, lambda: turns("x" * 15_000_000), "characters"),
    Row("a message with a role of markup", chat, turns("x", role=MARKUP), "role"),
    Row("a message that is a number by /v1", chat, {"messages": [7]}, r"messages\[0\] is 7"),
    Row("a content of 100,000 parts", chat,
        lambda: turns([{"type": "text", "text": "x"}] * MANY), "parts"),
    Row("a part without a type by /v1", chat, turns([{}]), "type"),
    Row("a part of a video", chat, turns([{"type": "video_url"}]), "video_url"),
    Row("calls that are text", chat,
        {"messages": [{"role": "assistant", "tool_calls": "x"}]}, "tool_calls"),
    Row("a call with arguments nested deeply", chat, {"messages": [{"role": "assistant",
        "tool_calls": [{"function": {"name": "f", "arguments": nested(20_000, "[]")}}]}]},
        "tool call"),
    Row("a prefill that nobody announced", chat, turns("x", role="assistant"),
        "continue_final_message"),
    # Images
    Row("a completion with a file of the server", chat, with_image("file:///etc/passwd"),
        "data URL"),
    Row("a completion with a path", chat, with_image("/etc/passwd"), "data URL"),
    Row("a completion with an address", chat, with_image("http://169.254.169.254/latest"),
        "data URL"),
    Row("a completion with a detail", chat, with_image(data_url(b""), detail="high"), "detail"),
    Row("a completion with an image that is HTML", chat, with_image("data:text/html,<script>"),
        "(?i)image"),
    Row("a completion with an SVG", chat, with_image(data_url(picture_files.svg(), "svg+xml")),
        "(?i)image"),
    Row("a completion with an empty image", chat, with_image(data_url(b"")), "(?i)image"),
    Row("a completion with a cut image", chat,
        lambda: with_image(data_url(picture_files.png(400, 400)[:150])),
        "(?i)(image|answer)", shipped=True),
    Row("a completion with a bomb", chat,
        lambda: with_image(data_url(picture_files.bomb(20_032))), "(?i)(too large|image|answer)",
        shipped=True),
    Row("a completion with 100 images", chat,
        lambda: {"messages": with_image(data_url(picture_files.png()))["messages"] * 100},
        "100 images"),
    # Tools and constraints
    Row("a tool choice of nothing", chat, {"tool_choice": {}}, "tool_choice"),
    Row("a tool choice without tools", chat, {"tool_choice": "required"}, "no tools"),
    Row("a tool that is a number by /v1", chat, {"tools": [7]}, "Tool 1"),
    Row("a tool with a name of lists", chat, tool([], {}), "name"),
    Row("1,000 tools", chat,
        {"tools": [{"name": f"f{n}", "parameters": {}} for n in range(1_000)]}, "1,000 tools"),
    Row("a forced tool that refers to itself", chat,
        {**tool("f", {"type": "object", "properties": {"a": {"$ref": "#/properties/a"}}}),
         "tool_choice": "required"}, "(?i)(tool|constraint|answer|schema)", shipped=True),
    Row("a format that there is not", chat, {"response_format": {"type": "xml"}}, "xml"),
    Row("a schema that is text", chat,
        {"response_format": {"type": "json_schema", "json_schema": {"schema": 3}}}, "JSON schema"),
    Row("two constraints", chat, held(regex="a", choice=["b"]), "one of"),
    Row("an expression that explodes in a completion", chat, held(regex="(a{1000}){1000}"),
        "(?i)(expression|constraint)", within=20.0, shipped=True),
    Row("a grammar that is none in a completion", chat, held(grammar="start: ("), "(?i)grammar|con",
        shipped=True),
    Row("choices that are numbers by /v1", chat, held(choice=[1]), "choices"),
    # Texts
    Row("a prompt of no messages", tokenized, {"messages": 7}, "messages"),
    Row("a prompt of a text", tokenized, {"prompt": "Hi"}, "prompt"),
    Row("a prompt of another model", tokenized, {"model": "x"}, "not in memory"),
    Row("a text of lists", continued_text, {"prompt": [[1]]}, "prompt"),
    Row("an empty text", continued_text, {"prompt": ""}, "prompt"),
    Row("1,000 texts", continued_text, {"prompt": ["x"] * 1_000}, "up to 16"),
    Row("a text with messages", continued_text, {"messages": []}, "messages"),
    Row("a text of control tokens", continued_text,
        {"prompt": "<image><|im_start|><|im_end|><|pad|>" * 20}, "answer|choices", shipped=True),
    Row("a text of 15 MB by /v1", continued_text, lambda: {"prompt": "x" * 15_000_000},
        "characters"),
    # Clients that go
    Row("20 streams that nobody reads", hung_up, 20, "choices", within=15.0),
)  # fmt: skip
