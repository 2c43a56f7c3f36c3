"""Files of conversations: OpenAI, ShareGPT, plain text and our own, read and written."""
