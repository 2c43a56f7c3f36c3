"""Who is at the page, what they may do, what is theirs, and what demo mode hides."""
