"""What the page advises: a model's recipe, findings of the linter, quick fixes."""
