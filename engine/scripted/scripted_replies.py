"""What the scripted engine answers: written by hand, the same for the same request."""

from __future__ import annotations

import json
from typing import Any

from core.tools.schemas import Tool, parse_tools
from core.workspace import Request

KNOWN = {
    "Hi": "Hello! What shall we try?",
    "What is C. elegans?": (
        "C. elegans is a small, transparent roundworm that lives in soil. It is about one "
        "millimetre long and is widely studied because its 302 neurons are fully mapped."
    ),
    "What is the capital of France?": "The capital of France is Paris.",
}

MARKDOWN = """# A heading

A paragraph with **bold**, *italic* and `code`.

- first item
- second item

```python
def greet(name: str) -> str:
    return f"Hello, {name}!"
```

Raw HTML must stay text: <b>not bold</b>, and a lone </s> too."""

LONG_TOKENS = 600
SAY = "!say"
THOUGHT = (
    "The person wants something. A thought should be folded away, because it is long and not the "
    "answer. I know enough now, so I will answer in one sentence."
)


def reply(request: Request) -> str:
    """The whole answer to `request`, before any limit or stop string."""
    messages = request.conversation.messages
    asked = next((turn.text for turn in reversed(messages) if turn.role == "user"), "").strip()
    answer = _answer(request, asked)
    if not dict(request.template_options).get("enable_thinking", True):
        return answer
    if "!opened" in asked and messages[-1].role == "user":  # its tag stands in the prompt
        return f"{THOUGHT}</think>\n\n{answer}"
    return f"<think>{THOUGHT}</think>\n\n{answer}" if "!think" in asked else answer


def _answer(request: Request, asked: str) -> str:
    messages = request.conversation.messages
    if messages[-1].role == "tool":
        results = (turn.text for turn in messages[-2:] if turn.role == "tool")
        return f"The tool answered {' and '.join(results)}, and that is what I pass on."
    tools = parse_tools(request.conversation.tools)
    if tools and messages[-1].role == "user":
        return f"<|tool_call_start|>[{_call(tools[0])}]<|tool_call_end|>I have asked a tool."
    prefill = request.conversation.prefill
    if said := next((turn.text for turn in messages if turn.text.startswith(SAY)), ""):
        return said.removeprefix(SAY).strip()
    if "!markdown" in asked:
        return MARKDOWN
    if "!long" in asked:
        return _long()
    if prefill is not None and prefill.text:
        return f"and so it goes on, at temperature {request.params.temperature:g}."
    if asked in KNOWN:
        return KNOWN[asked]
    about = f"“{asked}”" if len(asked) <= 80 else f"“{asked[:80]}…”"
    images = len(request.conversation.images)
    seen = f" I was shown {images} image{'s' if images > 1 else ''}." if images else ""
    return (
        f"This is a scripted answer, no model wrote it. You said {about}.{seen} "
        f"The temperature is {request.params.temperature:g} and the seed is {request.params.seed}, "
        "so a real model would choose its words accordingly."
    )


def _call(tool: Tool) -> str:
    """A Pythonic call with every required argument."""
    arguments = (f"{name}={json.dumps(_example(tool, name))}" for name in tool.required)
    return f"{tool.name}({', '.join(arguments)})"


def _example(tool: Tool, name: str) -> Any:
    listed = tool.properties[name].get("enum") if isinstance(tool.properties[name], dict) else None
    if isinstance(listed, list) and listed:
        return listed[0]
    by_type: dict[str, Any] = {"integer": 3, "number": 2.5, "array": ["one"], "object": {"key": 1}}
    return by_type.get(tool.type_of(name), "Paris")


def _long() -> str:
    """More than LONG_TOKENS tokens of paragraphs and numbered items."""
    parts = []
    for number in range(1, 31):
        parts.append(f"Paragraph {number} says that a long answer must stay easy to read.")
        parts.append(f"{number}. Item {number} of the list follows, with a few words of its own.")
    return "\n\n".join(parts)
