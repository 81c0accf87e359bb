"""The sweeper: stored files that no row names are removed (walls 9); what was on its way for a day is forgotten.

A file is durable before its row commits; when the act then fails, or its process is killed, the file is nobody's.
While a backup is made nothing is removed: its copy of the database may name what the rows of this moment do not.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from sqlalchemy import select

from domain import uploads
from domain.clock import machine_now
from domain.home import Home
from domain.logs import Event
from domain.parties import kept_forms
from domain.upkeep import NAMING, backup_running
from domain.work import SCHEDULER, unit_of_work

log = logging.getLogger("scheduler.orphans")

# longer than any act takes from the last byte of a file to the commit of its row
GRACE = timedelta(hours=1)
CHUNK = 500


def remove(home: Home) -> int:
    """Remove what was written before the grace and is named by no row, and what was never finished. How many."""
    _forget(home)
    before = machine_now() - GRACE
    removed = home.blobs.drop_unfinished(before)
    old = list(home.blobs.names(before=before))
    for start in range(0, len(old), CHUNK):
        chunk = old[start : start + CHUNK]
        for name in set(chunk) - _kept(home, chunk):
            home.blobs.delete(name)
            removed += 1
    if removed:
        log.info(Event("orphans.removed", count=removed))
    return removed


def _forget(home: Home) -> None:
    """Uploads nobody ended and forms nobody came back for: after a day they are nobody's."""
    with unit_of_work(home, SCHEDULER) as work:
        files, forms = uploads.drop_old(work), kept_forms.drop_old(work)
    if files or forms:
        log.info(Event("orphans.forgotten", uploads=files, forms=forms))


def _kept(home: Home, names: list[str]) -> set[str]:
    with unit_of_work(home, SCHEDULER, write=False) as work:
        if backup_running(work.session):
            return set(names)
        return {
            str(name) for column in NAMING for name in work.session.scalars(select(column).where(column.in_(names)))
        }
