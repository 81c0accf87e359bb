"""What the database itself holds of the house's own records: the log of its upkeep (CK-17).

Installed by `domain.verification.guards`.
"""

from __future__ import annotations

from domain.verification.guarding import unchangeable

HOUSE = unchangeable("house_log", "CK-17: a line of the log stays as it was written")
