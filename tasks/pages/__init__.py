"""What pages show, read at once."""
