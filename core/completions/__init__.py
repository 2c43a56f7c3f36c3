"""OpenAI's completions with vLLM's parameters: a body becomes requests, events become an answer."""
