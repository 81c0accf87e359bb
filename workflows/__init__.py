"""What happens next: the process, not the people."""
