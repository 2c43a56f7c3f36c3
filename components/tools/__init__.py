"""The tools editor, and cards for tool calls."""
