"""Words that parameters of several rooms share."""

from __future__ import annotations

SCOPES = ("COUNTY", "CITY", "PROVINCE", "NATIONWIDE")
CASE_TYPES = ("NEW", "DYNAMIC", "RECHECK", "RESCUE", "IDENTITY", "SUPPORTER", "OTHER_UNIT")
