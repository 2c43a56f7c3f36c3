"""The Export tab: a lane as a script, and whether it gives the same tokens."""
