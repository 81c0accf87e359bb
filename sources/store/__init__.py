"""The columnar store of deliveries: sealed parts, found by blind index (walls 12, decision 0043)."""

from sources.store.found import DropCertificate, MatchedRow, MatchKind, StoredDelivery, StoredPart, Wanted
from sources.store.parts import PART_ROWS, day_of
from sources.store.store import Store

__all__ = [
    "PART_ROWS",
    "DropCertificate",
    "MatchKind",
    "MatchedRow",
    "Store",
    "StoredDelivery",
    "StoredPart",
    "Wanted",
    "day_of",
]
