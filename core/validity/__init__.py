"""Whether an answer fits what it is checked against, where it fails, and its JSON as a tree."""
