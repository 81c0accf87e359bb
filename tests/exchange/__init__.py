"""Packages between services, their transports and the taking-in."""
