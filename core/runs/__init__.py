"""What an engine is asked, what it says while it works, and what becomes of that."""
