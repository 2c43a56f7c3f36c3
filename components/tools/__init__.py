"""The tools editor, and cards of calls."""
