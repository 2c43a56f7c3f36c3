"""What the scripted engine answers: written by hand, the same for the same request."""

from __future__ import annotations

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


def reply(request: Request) -> str:
    """The whole answer to `request`, before any limit or stop string."""
    messages = request.conversation.messages
    asked = next((turn.text for turn in reversed(messages) if turn.role == "user"), "").strip()
    prefill = request.conversation.prefill
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


def _long() -> str:
    """More than LONG_TOKENS tokens of paragraphs and numbered items."""
    parts = []
    for number in range(1, 31):
        parts.append(f"Paragraph {number} says that a long answer must stay easy to read.")
        parts.append(f"{number}. Item {number} of the list follows, with a few words of its own.")
    return "\n\n".join(parts)
