"""What is watched over: review campaigns and the archive."""
