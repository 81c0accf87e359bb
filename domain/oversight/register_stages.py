"""When an entry of a register is called to mind: before its day, the morning after it, and up the layers (NM-22)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from domain import agenda, rules
from domain.clock import OFFICE_ZONE
from domain.oversight.register_rows import OPEN, RegisterEntry
from domain.policy_keys.terms import ESCALATION_DAYS
from domain.work import Work
from domain.workdays import Term, last_day

DUTY = "register.remind"
AT = time(8, 30)
SOON, LATE, DEPUTY, HEAD = STAGES = ("SOON", "LATE", "DEPUTY", "HEAD")
BEFORE = timedelta(days=3)


def plan(work: Work, entry: RegisterEntry) -> int:
    """Plan the stages of an open entry that has a day; how many are new.

    Safe to repeat: the keys name entry, day and stage. What lies in the past is left out, but for those of an entry
    that is late already: they come at once, one a morning.
    """
    if entry.state != OPEN or entry.due_on is None:
        return 0
    made = 0
    for place, (stage, day) in enumerate(days(work, entry, entry.due_on)):
        first = work.today + timedelta(days=place)
        if stage == SOON and day < work.today:
            continue
        key = f"{DUTY}:{entry.ref}:{entry.due_on.isoformat()}:{stage}"
        payload = {"stage": stage, "due": entry.due_on.isoformat()}
        made += agenda.put(work, DUTY, key, _at(max(day, first)), subject=entry.ref, payload=payload)
    return made


def days(work: Work, entry: RegisterEntry, due: date) -> list[tuple[str, date]]:
    """The day of each stage. The leader in charge and the principal leader are told after the working days of the
    policy `escalation_days` of the office, the last of them for both where it names one."""
    calendar = rules.current(work).calendar
    after = sorted(rules.value(work, entry.org_id, ESCALATION_DAYS.name)) or [1]
    first, second = (max(after[min(place, len(after) - 1)], 1) for place in (0, 1))
    climbs = [last_day(due, Term(length, "working"), calendar).day for length in (first, second)]
    return [(SOON, due - BEFORE), (LATE, due + timedelta(days=1)), (DEPUTY, climbs[0]), (HEAD, climbs[1])]


def _at(day: date) -> datetime:
    return datetime.combine(day, AT, OFFICE_ZONE)
