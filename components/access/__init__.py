"""Who uses the page, what they may do, and what belongs to them."""
