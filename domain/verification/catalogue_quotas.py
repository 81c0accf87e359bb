"""Quotas (LN-35): how many people an agency may ask about at an item in a period, spent without overspending."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sqlalchemy import select, update

from domain import journal
from domain.base import insert_once, new_ref
from domain.errors import Conflict, InvalidAnswers
from domain.parties.organisations import Organisation
from domain.text import gettext as _
from domain.verification import catalogue_scope
from domain.verification.catalogue_rows import (
    MONTH,
    PERIODS,
    QUARTER,
    QUEUE,
    REFUSE,
    YEAR,
    Quota,
    QuotaUse,
    Resource,
)
from domain.work import Work
from domain.workdays import add_months

_MONTHS = {MONTH: 1, QUARTER: 3, YEAR: 12}


def period_start(period: str, on: date) -> date:
    """The first day of the period that `on` lies in."""
    length = _MONTHS[period]
    return date(on.year, (on.month - 1) // length * length + 1, 1)


def next_period(period: str, on: date) -> date:
    """The first day of the period after it."""
    return add_months(period_start(period, on), _MONTHS[period])


def grant(
    work: Work, resource: Resource, agency: Organisation, *, period: str, most: int, over: str, valid_from: date
) -> Quota:
    """Grant an agency so many people a period, in place of what it had, from a day on (LN-35).

    Raises:
        NotPermitted: not who keeps this office's items. Conflict: another quota begins that day.
        InvalidAnswers: no agency, an unknown period, fewer than none, a day that is over.
    """
    catalogue_scope.must_keep(work, resource)
    faults: dict[str, object] = {}
    if agency.kind != "agency":
        faults["agency"] = _("A quota is granted to a verification agency.")
    if period not in PERIODS or over not in (REFUSE, QUEUE):
        faults["period"] = _("Choose the period and what becomes of more.")
    if most < 0:
        faults["most"] = _("Enter a number, 0 or more.")
    if valid_from < work.today:
        faults["valid_from"] = _("A quota cannot begin in the past.")
    if faults:
        raise InvalidAnswers(faults)
    made = {
        "ref": new_ref(), "period": period, "most": most, "over": over, "granted_by": work.actor.user_id,
        "granted_at": work.now, "resource_id": resource.id, "agency_id": agency.id, "valid_from": valid_from,
    }  # fmt: skip
    if not insert_once(work.session, Quota, ("resource_id", "agency_id", "valid_from"), **made):
        raise Conflict(_("A quota of this agency begins on that day already."), clause="LN-35")
    body = {"agency": agency.code, "period": period, "most": most, "over": over, "from": valid_from.isoformat()}
    journal.record(work, "quota.granted", resource.ref, body)
    return work.session.scalars(select(Quota).where(Quota.ref == made["ref"])).one()


def of_resource(work: Work, resource: Resource) -> list[tuple[Quota, Organisation, int]]:
    """Every quota of an item, the newest first, with the agency and what it used in the present period.

    Uses uq_quota_resource_id_agency_id_valid_from.
    """
    rows = work.session.execute(
        select(Quota, Organisation)
        .join(Organisation, Organisation.id == Quota.agency_id)
        .where(Quota.resource_id == resource.id)
        .order_by(Quota.valid_from.desc(), Quota.id.desc())
    ).all()
    used = {
        (row.quota_id, row.period_start): row.used
        for row in work.session.scalars(select(QuotaUse).where(QuotaUse.quota_id.in_([one.id for one, _org in rows])))
    }
    return [(one, org, used.get((one.id, period_start(one.period, work.today)), 0)) for one, org in rows]


def in_force(work: Work, resource_id: int, agency_id: int, on: date) -> Quota | None:
    """The quota that holds on a day, None where nothing is limited. Uses uq_quota_resource_id_agency_id_valid_from."""
    return work.session.scalars(
        select(Quota)
        .where(Quota.resource_id == resource_id, Quota.agency_id == agency_id, Quota.valid_from <= on)
        .order_by(Quota.valid_from.desc())
        .limit(1)
    ).first()


def spend(work: Work, resource: Resource, agency_id: int, count: int, opens: Callable[[date], date]) -> date:
    """Take `count` people from the quota of the period in which the source takes them; that day.

    opens: the first day on or after a day on which the source takes requests (`catalogue_windows.opening`).
    Where the quota says QUEUE, what is more is taken from the next period that has room. One statement takes them and
    looks whether there are as many: two works at once cannot overspend, and the row holds the sum (CHECK).

    Raises Conflict (LN-35) when there are not as many and the quota says REFUSE, or when they never fit.
    """
    day = opens(work.today)
    while True:
        quota = in_force(work, resource.id, agency_id, day)
        if quota is None or _taken(work, quota, period_start(quota.period, day), count):
            return day
        later = next_period(quota.period, day)
        if quota.over != QUEUE or count > quota.most:
            raise _used_up(resource, quota, later)
        day = opens(later)


def _used_up(resource: Resource, quota: Quota, later: date) -> Conflict:
    sentence = _(
        "The quota of %(resource)s is used up: %(most)s people a period. Ask again from %(next)s on.",
        resource=resource.code,
        most=quota.most,
        next=f"{later:%Y-%m-%d}",
    )
    return Conflict(sentence, clause="LN-35", resource=resource.code)


def _taken(work: Work, quota: Quota, start: date, count: int) -> bool:
    """Take them in one statement; False when there are not as many. Uses uq_quota_use_quota_id_period_start."""
    row = {"quota_id": quota.id, "period_start": start, "most": quota.most, "used": 0}
    insert_once(work.session, QuotaUse, ("quota_id", "period_start"), **row)
    done = work.session.execute(
        update(QuotaUse)
        .where(QuotaUse.quota_id == quota.id, QuotaUse.period_start == start)
        .where(QuotaUse.used + count <= QuotaUse.most)
        .values(used=QuotaUse.used + count)
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount) == 1  # type: ignore[attr-defined]
