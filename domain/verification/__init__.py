"""The verification of one household: declaration to report and re-check."""
