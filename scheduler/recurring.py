"""Recurring work as agenda rows planned ahead, one a unit, programme and period (model 2.8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import select

from domain import agenda, rules
from domain.agenda import AgendaItem
from domain.clock import OFFICE_ZONE
from domain.home import HomeRow
from domain.parties.organisations import Organisation
from domain.policy_kinds import ReviewOpening
from domain.work import Work

AHEAD = timedelta(days=400)


def plan(work: Work, row: HomeRow, *, until: datetime | None = None) -> int:
    """Write the openings that are not planned yet, up to 400 days ahead. Returns how many.

    An opening before a unit's `reviews_from` is never planned: a new office does not catch up on old reviews;
    one that lies in the past because the machine was down is planned, and so opened late (BX-22).
    """
    horizon = max(work.now, until or work.now) + AHEAD
    if row.planned_until is not None and row.planned_until >= horizon - timedelta(days=30) and until is None:
        return 0
    wanted = {key: (due, payload) for key, due, payload in _openings(work, horizon)}
    known = set(work.session.scalars(select(AgendaItem.key).where(AgendaItem.key.in_(wanted))))
    for key in sorted(wanted.keys() - known):
        due, payload = wanted[key]
        agenda.put(work, "campaign.open", key, due, payload=payload)
    row.planned_until = horizon
    return len(wanted.keys() - known)


def forget_plan(row: HomeRow) -> None:
    """Plan anew at the next tick: a unit was added or the review calendar changed."""
    row.planned_until = None


def _openings(work: Work, horizon: datetime) -> Iterator[tuple[str, datetime, dict[str, object]]]:
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
                        yield f"campaign.open:{period}:{programme}:{unit.code}", due, payload


def opening_instant(opening: ReviewOpening, year: int) -> datetime:
    """Local wall-clock time of an opening in a year, working day or not."""
    return datetime(year, opening.month, opening.day, opening.at.hour, opening.at.minute, tzinfo=OFFICE_ZONE)
