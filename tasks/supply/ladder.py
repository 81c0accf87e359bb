"""The ladder of one period of one source: reminded 10 and 3 days before it is due and on the day, then told upwards.

One agenda item a resource, period and stage, so that a stage is climbed once however often the clock ticks (CK-19 to
CK-22). Each stage looks first whether the period is still open; the last reminder of a period plans the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from domain import agenda
from domain.clock import OFFICE_ZONE
from domain.errors import NotFound
from domain.parties.accounts import Account, RoleGrant, granted
from domain.parties.organisations import Organisation, jurisdiction_chain
from domain.text import gettext as _
from domain.verification import supply
from domain.verification.deliveries import Resource
from domain.verification.supply import OPEN, Period, Supply
from domain.work import Work
from tasks.terms.notifications import notify

DUTY = "supply.remind"
AT = time(8, 30)
OPERATOR, LEADER, CITY = "data_supplier", "supplier_leader", "catalogue_admin"


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the ladder: days from the due day, the kind of notice, whom it reaches."""

    code: str
    days: int
    kind: str
    roles: tuple[str, ...]
    city: bool = False


STAGES = (
    Stage("soon", -10, "supply.soon", (OPERATOR,)),
    Stage("near", -3, "supply.soon", (OPERATOR, LEADER)),
    Stage("due", 0, "supply.today", (OPERATOR, LEADER)),
    Stage("late", 1, "supply.overdue", (OPERATOR, LEADER)),
    Stage("city", 6, "supply.escalated", (LEADER,), city=True),
)


def plan(work: Work, resource: Resource, row: Supply) -> int:
    """Plan the ladder of the period that is due next; how many items are new.

    Safe to repeat: the keys name resource, period and stage. Stages that lie in the past are left out, but for the
    due one of a period that is due today.
    """
    period = supply.expected_period(row.rhythm, work.today)
    if supply.due_on(period, row.day) < work.today:
        period = supply.after(period)
    return _plan_period(work, resource, row, period)


def _plan_period(work: Work, resource: Resource, row: Supply, period: Period) -> int:
    made = 0
    on = supply.due_on(period, row.day)
    for stage in STAGES:
        day = on + timedelta(days=stage.days)
        if day >= work.today:
            key = f"{DUTY}:{resource.ref}:{period.code}:{stage.code}"
            payload = {"period": period.code, "stage": stage.code}
            made += agenda.put(work, DUTY, key, _at(day), subject=resource.ref, payload=payload)
    return made


def climb(work: Work, resource_ref: str, payload: Mapping[str, Any]) -> int:
    """Do one stage: tell who has not delivered. How many were told; 0 for a period that was supplied, or a rhythm
    that was changed meanwhile. Raises NotFound."""
    resource = work.session.scalars(select(Resource).where(Resource.ref == resource_ref)).first()
    if resource is None:
        raise NotFound(_("There is no such data source in the catalogue."))
    row = supply.of_resource(work, resource)
    period = supply.parse(str(payload["period"]))
    stage = next(one for one in STAGES if one.code == payload["stage"])
    if row is None or supply.MONTHS[row.rhythm] != period.months or not resource.active:
        return 0
    if stage.code == "due":
        _plan_period(work, resource, row, supply.after(period))
    due = supply.due_of(work, row, period)
    if due.state != OPEN:
        return 0
    office = work.session.get_one(Organisation, resource.supplier_id)
    told = _people(work, [office.id], stage.roles)
    if stage.city:
        told |= _people(work, _city(work, office), (CITY, "oversight"))
    key = f"{stage.kind}:{resource.ref}:{period.code}:{stage.code}"
    return notify(
        work, told, stage.kind, key=key, category=resource.category, office=office.code, period=period.code,
        day=due.due_on.isoformat(), due="due",
    )  # fmt: skip


def _people(work: Work, offices: Iterable[int], roles: tuple[str, ...]) -> set[int]:
    return set(
        work.session.scalars(
            select(Account.id)
            .join(RoleGrant, RoleGrant.account_id == Account.id)
            .where(Account.org_id.in_(sorted(offices)), RoleGrant.role.in_(roles), granted(work.today))
        )
    )


def _city(work: Work, office: Organisation) -> list[int]:
    """Agencies and bureaus of the city, at or above the office."""
    chain = jurisdiction_chain(work, office.id)
    wanted = select(Organisation.id).where(
        Organisation.jurisdiction.in_(chain), Organisation.level == "city", Organisation.kind.in_(("agency", "bureau"))
    )
    return list(work.session.scalars(wanted))


def _at(day: date) -> datetime:
    return datetime.combine(day, AT, OFFICE_ZONE)
