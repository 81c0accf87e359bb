"""Time and background work."""
