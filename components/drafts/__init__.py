"""The workspace as a whole: drafts, undo and redo, links."""
