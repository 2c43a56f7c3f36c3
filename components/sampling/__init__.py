"""The sampling controls."""
