"""Demo mode: one example at a time, for a room that looks on."""
