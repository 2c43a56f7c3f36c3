"""The loop: who joins, how prompts are read, how rows step together, what is kept."""
