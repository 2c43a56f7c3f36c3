"""Many visitors at the real server for minutes: what breaks, waits or grows."""
