"""The image budget, the Images tab, and the sample pictures."""
