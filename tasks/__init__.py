"""Work for people, and every way a case moves."""
