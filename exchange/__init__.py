"""How things leave the house and enter it: one file a transport."""
