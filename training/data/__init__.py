"""What the text part is taught: conversations drawn from a seed."""
