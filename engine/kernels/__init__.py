"""Layers of a network in memory: packed, of fewer bits, fused."""
