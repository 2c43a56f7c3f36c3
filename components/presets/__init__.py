"""Presets, shipped and own: buttons, menu, form, and what they do to the messages."""
