"""Messages become token ids, and each id knows its message."""
