"""A Hub id or a folder becomes a checkpoint in memory."""
