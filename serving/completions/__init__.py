"""The routes of OpenAI's completions below /v1."""
