"""What is known of a case, read for whoever may follow it."""
