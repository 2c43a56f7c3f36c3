"""Scenarios: complete examples as cards."""
