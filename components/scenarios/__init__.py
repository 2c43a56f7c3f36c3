"""Whole examples as cards."""
