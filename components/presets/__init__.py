"""Presets, shipped and own: buttons, menu, form, and their effect on the messages."""
