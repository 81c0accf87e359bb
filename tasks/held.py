"""A case on hold: what comes due for it waits, in order, and is delivered when it goes on. Nothing is lost.

Legal terms run on: holding a case back is the office's own affair and moves no date that a law has set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from domain import agenda
from domain.cases import Case
from domain.errors import Conflict
from domain.text import gettext as _
from domain.work import Work
from tasks import line
from tasks.rows.repair_models import CaseHeld


def must_go_on(case: Case) -> None:
    """Raises Conflict while the case is on hold."""
    if case.suspended_at is None:
        return
    since = line.local_time(case.suspended_at)
    if case.suspended_until is not None:
        until = line.local_time(case.suspended_until)
        raise Conflict(_("This case is on hold since %(since)s, until %(until)s.", since=since, until=until))
    raise Conflict(_("This case is on hold since %(since)s. Whoever put it on hold lets it go on.", since=since))


def keep(work: Work, case: Case, kind: str, payload: Mapping[str, Any]) -> bool:
    """Keep what came due for a case on hold. False when the case is not on hold: it is to be delivered now."""
    if case.suspended_at is None:
        return False
    known = work.session.scalars(select(CaseHeld).where(CaseHeld.case_id == case.id, CaseHeld.kind == kind))
    if kind == "case.deliver" or not any(row.payload == dict(payload) for row in known):
        work.session.add(CaseHeld(case_id=case.id, kind=kind, payload=dict(payload), held_at=work.now))
        work.session.flush()
    return True


def deliver(work: Work, case: Case) -> int:
    """Plan everything that was kept, now and in the order it came. Returns how many. Uses ix_case_held_case_id."""
    rows = work.session.scalars(select(CaseHeld).where(CaseHeld.case_id == case.id).order_by(CaseHeld.id)).all()
    for row in rows:
        key = f"held:{case.ref}:{row.id}"
        agenda.put(work, row.kind, key, work.now, subject=case.ref, payload=row.payload)
        work.session.delete(row)
    work.session.flush()
    return len(rows)


def waiting(work: Work, case: Case) -> int:
    """How many things wait for the case to go on."""
    return len(work.session.scalars(select(CaseHeld.id).where(CaseHeld.case_id == case.id)).all())
