"""The session bar and the Sessions tab, with import and export."""
