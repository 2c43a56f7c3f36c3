"""The messages: their editor, and the few-shot helper."""
