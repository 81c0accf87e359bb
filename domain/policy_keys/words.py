"""Words that parameters of several rooms share."""

from __future__ import annotations

SCOPES = ("COUNTY", "CITY", "PROVINCE", "NATIONWIDE")
CASE_TYPES = ("NEW", "DYNAMIC", "RECHECK", "RESCUE", "IDENTITY", "SUPPORTER", "OTHER_UNIT")
# LN-02: the departments that may entrust, and "other" for whoever needs a legal basis of its own (LN-37)
CIVIL_AFFAIRS, OTHER_UNIT = "civil_affairs", "other"
ENTRUSTING = (CIVIL_AFFAIRS, "health", "medical_insurance", "education", "housing", "labour", "disabled")
OFFICE_TYPES = (*ENTRUSTING, OTHER_UNIT)
