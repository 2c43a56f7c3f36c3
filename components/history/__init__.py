"""The History tab: runs of this visit."""
