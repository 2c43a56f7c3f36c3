"""Scripts that ask other programs what a lane was asked, and the values that they are call of."""
