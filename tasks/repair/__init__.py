"""Repairs of cases that went wrong or run on an old version."""
