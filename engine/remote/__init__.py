"""Lanes answered by another playground, over HTTP."""
