"""Advice on the page: a model's recipe, findings of the linter, quick fixes."""
