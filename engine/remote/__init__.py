"""Lanes answered by servers: another playground, vLLM, SGLang, llama.cpp, Ollama and others."""
