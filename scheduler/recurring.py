"""Recurring work as agenda rows planned ahead, one a unit, programme and period (model 2.8), or one an office day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import select

from domain import agenda, rules
from domain.agenda import AgendaItem
from domain.clock import OFFICE_ZONE, office_day
from domain.errors import Conflict
from domain.home import HomeRow
from domain.oversight import monitoring
from domain.parties.organisations import Organisation
from domain.policy_keys.reviews import MONITORING_CALENDAR
from domain.policy_kinds import Monitored, ReviewOpening
from domain.work import Work
from tasks.desk.rerouting import RIGHTS_OF_THE_DAY
from tasks.proof.proof import PROOF_OF_THE_DAY
from tasks.renewals import DUTY as AUTHORISATIONS_OF_THE_DAY
from tasks.rescues import DUTY as RESCUES_OF_THE_DAY
from tasks.supply.keeping import PURGE_OF_THE_DAY
from tasks.terms.agreement_reminders import DUTY as AGREEMENTS_OF_THE_DAY

AHEAD = timedelta(days=400)
LISTS_AT = time(0, 20)
# kinds of the agenda that are done once an office day, and when
DAILY: dict[str, time] = {
    RIGHTS_OF_THE_DAY: time(0, 1),
    PROOF_OF_THE_DAY: time(2, 30),
    PURGE_OF_THE_DAY: time(3, 30),
    AGREEMENTS_OF_THE_DAY: time(7, 0),
    AUTHORISATIONS_OF_THE_DAY: time(7, 10),
    RESCUES_OF_THE_DAY: time(7, 20),
}


@dataclass(frozen=True, slots=True)
class Planned:
    """A row of the agenda that lies ahead: its unique key, kind, instant and what its duty needs."""

    key: str
    kind: str
    due: datetime
    payload: dict[str, object]


def plan(work: Work, row: HomeRow, *, until: datetime | None = None) -> int:
    """Write the openings that are not planned yet, up to 400 days ahead. Returns how many.

    An opening before a unit's `reviews_from` is never planned: a new office does not catch up on old reviews;
    one that lies in the past because the machine was down is planned, and so opened late (BX-22).
    """
    _plan_days(work, until)
    horizon = max(work.now, until or work.now) + AHEAD
    if row.planned_until is not None and row.planned_until >= horizon - timedelta(days=30) and until is None:
        return 0
    wanted = {one.key: one for planner in PLANNERS for one in planner(work, horizon)}
    known = set(_planned(work, sorted(wanted)))
    for key in sorted(wanted.keys() - known):
        one = wanted[key]
        agenda.put(work, one.kind, key, one.due, payload=one.payload)
    row.planned_until = horizon
    return len(wanted.keys() - known)


def _plan_days(work: Work, until: datetime | None) -> None:
    """What is done once an office day, for today and tomorrow, on a stopped clock until it is moved to.

    A day's row is there before the day begins: what a machine was down for is done late, once. Days on which it did
    not run at all have no row; each of these duties looks back as far as it has to. Uses uq_agenda_item_key.
    """
    last = office_day(max(work.now, until or work.now)) + timedelta(days=1)
    days = [work.today + timedelta(days=number) for number in range((last - work.today).days + 1)]
    wanted = {
        f"{kind}:{day.isoformat()}": (kind, datetime.combine(day, at, OFFICE_ZONE))
        for kind, at in DAILY.items()
        for day in days
        if datetime.combine(day, at, OFFICE_ZONE) > work.now
    }
    keys = sorted(wanted)
    for start in range(0, len(keys), 500):
        chunk = keys[start : start + 500]
        known = set(work.session.scalars(select(AgendaItem.key).where(AgendaItem.key.in_(chunk))))
        for key in (one for one in chunk if one not in known):
            kind, due = wanted[key]
            agenda.put(work, kind, key, due)


def forget_plan(row: HomeRow) -> None:
    """Plan anew at the next tick: a unit was added or the review calendar changed."""
    row.planned_until = None


def _openings(work: Work, horizon: datetime) -> Iterator[Planned]:
    units = work.session.scalars(select(Organisation).where(Organisation.reviews_from.is_not(None)))
    for unit in units:
        since = unit.reviews_from
        if since is None:
            continue
        for year in range(since.astimezone(OFFICE_ZONE).year, horizon.astimezone(OFFICE_ZONE).year + 1):
            calendar: tuple[ReviewOpening, ...] = rules.value(work, unit.id, "review_calendar")
            for opening in calendar:
                due = opening_instant(opening, year)
                if since <= due <= horizon:
                    for programme in opening.programmes:
                        period = f"{year}-{opening.month:02d}"
                        payload = {"period": period, "programme": programme, "unit_id": unit.id}
                        key = f"campaign.open:{period}:{programme}:{unit.code}"
                        yield Planned(key, "campaign.open", due, payload)


def _lists(work: Work, horizon: datetime) -> Iterator[Planned]:
    """Lists of the monitoring calendar of every unit, from the day it began on (NM-10)."""
    for unit in work.session.scalars(select(Organisation).where(Organisation.reviews_from.is_not(None))):
        since = unit.reviews_from
        if since is None:
            continue
        try:
            calendar: tuple[Monitored, ...] = rules.value(work, unit.id, MONITORING_CALENDAR.name)
        except Conflict:  # rules deployed by an earlier release name none
            continue
        for one in monitoring.openings(calendar, office_day(since), office_day(horizon)):
            due = datetime.combine(one.on, LISTS_AT, OFFICE_ZONE)
            if due >= since:
                payload: dict[str, object] = {
                    "category": one.category, "first": one.first.isoformat(), "last": one.last.isoformat(),
                    "unit_id": unit.id,
                }  # fmt: skip
                key = f"{monitoring.ISSUE}:{one.category}:{one.first}:{unit.code}"
                yield Planned(key, monitoring.ISSUE, due, payload)


def _planned(work: Work, keys: Sequence[str]) -> Iterator[str]:
    for start in range(0, len(keys), 500):
        yield from work.session.scalars(select(AgendaItem.key).where(AgendaItem.key.in_(keys[start : start + 500])))


def opening_instant(opening: ReviewOpening, year: int) -> datetime:
    """Local wall-clock time of an opening in a year, working day or not."""
    return datetime(year, opening.month, opening.day, opening.at.hour, opening.at.minute, tzinfo=OFFICE_ZONE)


# what is planned ahead; a slice adds its own
PLANNERS: tuple[Callable[[Work, datetime], Iterator[Planned]], ...] = (_openings, _lists)
