"""The lanes: their number, their settings, and their events."""
