"""Who was helped first is verified after, whatever becomes of the case that verifies (LF-14)."""

from __future__ import annotations

from domain import agenda
from domain.assistance import rescues
from domain.assistance.rescues import VERIFY
from domain.work import Work
from tasks import starting

DUTY = "rescue.look"
CHUNK = 25  # cases opened in one transaction


def open_verifications(work: Work) -> int:
    """Open the verification of paid rescues that have none, or whose case was ended; plans the rest. Returns how many.

    Killed anywhere the chunk is rolled back whole; one that has its case is not opened again.
    """
    found = rescues.unverified(work, CHUNK)
    for rescue in found:
        starting.verify_after(work, rescue)
    if len(found) == CHUNK:
        agenda.put(work, VERIFY, f"{VERIFY}:after:{found[-1].id}", work.now)
    return len(found)
