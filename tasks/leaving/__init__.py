"""Absences and departures: what somebody holds, and into whose hands it goes."""
