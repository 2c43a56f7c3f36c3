"""The Compare tab: what answers share, where they part and why, and the report."""
