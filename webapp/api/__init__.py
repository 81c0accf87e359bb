"""What other programs speak to: no session, no cookie, no page."""
