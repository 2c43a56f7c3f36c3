"""Calls /v1 of a running playground with clients that others wrote.

    python -m venv CLIENTS && CLIENTS/bin/pip install litellm llm
    python app.py --weights float32 --port 7870
    CLIENTS/bin/python -m tests.peers.clients http://127.0.0.1:7870/v1

Seen with LiteLLM 1.110.2 and llm 0.36. It prints what each said, and fails where their answers
differ. Imports nothing of the playground, whose own packages are not in that environment.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import urllib.request
from importlib import import_module
from pathlib import Path
from typing import Any

ASKED = "Extract the name and age from: John is 30 years old."
WEATHER = "What is the weather in Paris?"
SCHEMA = {
    "type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
}  # fmt: skip
PLACE = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": PLACE}}


def plain(url: str, model: str) -> str:
    """Without any client."""
    body = {"model": model, "messages": [{"role": "user", "content": ASKED}], "temperature": 0}
    headers = {"Content-Type": "application/json"}
    call = urllib.request.Request(f"{url}/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(call, timeout=120) as answer:
        return json.load(answer)["choices"][0]["message"]["content"]


def litellm(url: str, model: str) -> list[str]:
    """Whole and streamed answers; then one that is held to a schema, and a call."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it asks the network when imported
    package: Any = import_module("litellm")
    to = {"model": f"openai/{model}", "api_base": url, "api_key": "none", "temperature": 0}
    messages = [{"role": "user", "content": ASKED}]
    whole = package.completion(**to, messages=messages).choices[0].message.content
    chunks = package.completion(**to, messages=messages, stream=True)
    streamed = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    named = {"name": "person", "schema": SCHEMA, "strict": True}
    held = package.completion(
        **to, messages=messages, response_format={"type": "json_schema", "json_schema": named}
    )
    assert json.loads(held.choices[0].message.content).keys() == {"name", "age"}
    asked = [{"role": "user", "content": WEATHER}]
    called = package.completion(**to, messages=asked, tools=[TOOL], tool_choice="required")
    (call,) = called.choices[0].message.tool_calls
    assert json.loads(call.function.arguments).keys() == {"city"}
    return [whole, streamed]


def llm(url: str, model: str) -> list[str]:
    """By its configuration for servers of OpenAI's protocol."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LLM_USER_PATH"] = folder
        entry = {"model_id": "playground", "model_name": model, "api_base": url,
                 "supports_schema": True}  # fmt: skip
        Path(folder, "extra-openai-models.yaml").write_text(json.dumps([entry]), encoding="utf-8")
        package: Any = import_module("llm")
        known = package.get_model("playground")
        answers = [
            known.prompt(ASKED, temperature=0, stream=stream, key="none").text()
            for stream in (False, True)
        ]
        held = known.prompt(ASKED, temperature=0, schema=SCHEMA, key="none").text()
        assert json.loads(held).keys() == {"name", "age"}
        return answers


def main() -> None:
    url = sys.argv[1].rstrip("/")
    with urllib.request.urlopen(f"{url}/models", timeout=60) as answer:
        model = json.load(answer)["data"][0]["id"]
    wanted = plain(url, model)
    differing = 0
    for client in (litellm, llm):
        said = client(url, model)
        same = set(said) == {wanted}
        differing += not same
        print(f"{client.__name__}: {'the same answer' if same else f'{said!r}, not {wanted!r}'}")
    sys.exit(differing)


if __name__ == "__main__":
    main()
