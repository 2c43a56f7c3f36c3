"""The linter: what is wrong with a lane before it runs, and what one click can do."""
