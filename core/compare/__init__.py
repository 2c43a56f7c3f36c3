"""Where answers differ, why, and a comparison as a file."""
