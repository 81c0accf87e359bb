"""Other services: which are known, by which devices, what came from them, and what became of what was sent."""
