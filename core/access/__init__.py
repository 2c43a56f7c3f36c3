"""Who may do what, how much, and with which files."""
