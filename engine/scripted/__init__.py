"""The engine without a model. Imports no torch."""
