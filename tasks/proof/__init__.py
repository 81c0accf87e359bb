"""The nightly proof that separation of duties held."""
