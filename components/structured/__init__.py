"""Structured output: the editor of what answers are held to, and its check while one types."""
