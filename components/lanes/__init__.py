"""The lanes: how many, what each changes, and what their events do."""
