"""The Compare tab: what answers share, where and why they diverge, and the report."""
