"""Tables of people's work: what is mapped, and nothing that acts."""
