"""What heads and those above them look at."""
