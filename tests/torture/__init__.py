"""Kills, races and floods: what must hold however a case is pulled about."""
