"""Reminders of a list of key monitoring before its fifteenth day, and who is told once it is late (NM-11).

One agenda item a list and stage, so that each is told once. Before the day and on it: the towns whose rows have no
record, and the department's clerks. Late: the department's heads, then the city.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from domain import agenda, rules
from domain.clock import OFFICE_ZONE, office_day
from domain.errors import NotFound
from domain.oversight import monitoring
from domain.oversight.monitoring import ISSUED, MonitoringItem, MonitoringList
from domain.parties.organisations import Organisation
from domain.policy_keys.terms import CASE_REMINDER_DAYS, ESCALATION_DAYS
from domain.text import gettext as _
from domain.verification.recipient_rows import RecipientDoubt
from domain.work import Work
from domain.workdays import Term, last_day
from tasks.terms import ladder
from tasks.terms.notifications import notify

DUTY = "monitoring.remind"
AT = time(8, 30)
SOON, TODAY, LATE, CITY = "SOON", "TODAY", "LATE", "CITY"
KINDS: Mapping[str, str] = {
    SOON: "monitoring.soon", TODAY: "monitoring.today", LATE: "monitoring.overdue", CITY: "monitoring.escalated",
}  # fmt: skip


def plan(work: Work, found: MonitoringList) -> int:
    """Plan the stages of a list that was issued; how many are new. Safe to repeat: the keys name list and stage."""
    if found.due_at is None:
        return 0
    made = 0
    for stage, day in _days(work, found, office_day(found.due_at)):
        if day > office_day(found.issued_at):
            key = f"{DUTY}:{found.ref}:{stage}:{day.isoformat()}"
            at = datetime.combine(day, AT, OFFICE_ZONE)
            made += agenda.put(work, DUTY, key, at, subject=found.ref, payload={"stage": stage})
    return made


def climb(work: Work, ref: str, payload: Mapping[str, Any]) -> int:
    """Do one stage; how many were told. 0 for a list that was reported meanwhile. Raises NotFound."""
    found = work.session.scalars(select(MonitoringList).where(MonitoringList.ref == ref)).first()
    if found is None:
        raise NotFound(_("There is no such list."))
    if found.state != ISSUED or found.due_at is None:
        return 0
    stage, day = str(payload["stage"]), office_day(found.due_at).isoformat()
    office = work.session.get_one(Organisation, found.unit_id)
    key = f"{KINDS[stage]}:{found.ref}:{work.today.isoformat()}"
    return notify(
        work, _people(work, found, stage), KINDS[stage], key=key, category=found.data_type, office=office.code, day=day,
        left=monitoring.open_rows(work, found), list=found.ref,
    )  # fmt: skip


def _days(work: Work, found: MonitoringList, due: date) -> Iterator[tuple[str, date]]:
    calendar = rules.current(work).calendar
    for before in rules.value(work, found.unit_id, CASE_REMINDER_DAYS.name):
        if before:
            yield SOON, due - timedelta(days=before)
    yield TODAY, due
    yield LATE, due + timedelta(days=1)
    after = sorted(rules.value(work, found.unit_id, ESCALATION_DAYS.name)) or [1]
    yield CITY, last_day(due, Term(max(after[-1], 1), "working"), calendar).day


def _people(work: Work, found: MonitoringList, stage: str) -> set[int]:
    if stage == CITY:
        return set(ladder.above(work, found.unit_id, 1))
    told = set(ladder.of_offices(work, [found.unit_id], ("department_clerk",)))
    if stage == LATE:
        return told | set(ladder.of_offices(work, [found.unit_id], ladder.HEADS))
    return told | set(ladder.of_offices(work, _towns(work, found), ("town_post",)))


def _towns(work: Work, found: MonitoringList) -> list[int]:
    """Towns with rows that have no record yet. Uses uq_monitoring_item_list_id_doubt_id."""
    wanted = (
        select(RecipientDoubt.town_id)
        .join(MonitoringItem, MonitoringItem.doubt_id == RecipientDoubt.id)
        .where(MonitoringItem.list_id == found.id, RecipientDoubt.finding.is_(None))
        .distinct()
    )
    return list(work.session.scalars(wanted))
