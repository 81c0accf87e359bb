"""Who stands in for whom in an office: named, ended early, told to both, and handed over when the absence begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from domain import agenda
from domain.clock import office_instant
from domain.parties import permissions, substitutes
from domain.parties.accounts import ACTIVE, LOCKED, Account
from domain.parties.organisations import Organisation
from domain.parties.substitutes import Substitution, Wanted
from domain.work import Work
from tasks.leaving import handover
from tasks.rows.models import OPEN, HumanTask
from tasks.terms import notifications

MOST = 500


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of the office or its towns. held: open tasks in their hands."""

    ref: str
    name: str
    office: str
    office_en: str
    held: int
    locked: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may be named. near: of the actor's own office."""

    ref: str
    name: str
    office: str
    office_en: str
    near: bool


@dataclass(frozen=True, slots=True)
class Page:
    """running, coming, over: substitutions; absents: for whom the actor may name somebody; people: of a head."""

    running: Sequence[substitutes.Line]
    coming: Sequence[substitutes.Line]
    over: Sequence[substitutes.Line]
    absents: Sequence[Person]
    colleagues: Sequence[Person]
    people: Sequence[Colleague]
    heads: bool


def page(work: Work) -> Page:
    """All that the page of substitutes shows."""
    permissions.must(work.actor, "substitution.read")
    lines = substitutes.listing(work)
    heads = permissions.may(work.actor, "substitution.make", permissions.OFFICE)
    office = [Person(*row) for row in work.session.execute(
        select(Account.ref, Account.name, Organisation.name, Organisation.name_en, Organisation.id == work.actor.org_id)
        .join(Organisation, Organisation.id == Account.org_id)
        .where(substitutes.within(work, Account.org_id), Account.state == ACTIVE)
        .order_by((Organisation.id != work.actor.org_id), Organisation.position, Organisation.id, Account.name,
                  Account.id)
        .limit(MOST)
    )]  # fmt: skip
    return Page(
        [one for one in lines if one.running], [one for one in lines if not one.running],
        substitutes.listing(work, over=True)[-50:],
        office if heads else [one for one in office if one.ref == work.actor.ref],
        office, _people(work) if heads else (), heads,
    )  # fmt: skip


def make(work: Work, wanted: Wanted) -> Substitution:
    """Name a substitute, tell them, and plan the hand-over. Raises as `substitutes.make`."""
    row = substitutes.make(work, wanted)
    absent = work.session.get_one(Account, row.absent_id)
    notifications.notify(
        work, [row.substitute_id], "substitution.made", key=f"substitution:{row.ref}", by=absent.ref,
        first=row.first_day.isoformat(), last=row.last_day.isoformat(),
    )  # fmt: skip
    begins = max(office_instant(row.first_day), work.now)
    agenda.put(work, handover.BEGIN, f"{handover.BEGIN}:{row.ref}", begins, subject=row.ref)
    return row


def end(work: Work, ref: str) -> None:
    """End one before its last day and tell the substitute. Raises as `substitutes.end`."""
    substitutes.end(work, ref)
    row = work.session.scalars(select(Substitution).where(Substitution.ref == ref)).one()
    absent = work.session.get_one(Account, row.absent_id)
    notifications.notify(
        work, [row.substitute_id], "substitution.ended", key=f"substitution ended:{row.ref}", by=absent.ref
    )


def _people(work: Work) -> list[Colleague]:
    """Everybody a head answers for: of the office, and of the towns below a department. Uses ix_human_task_assignee."""
    held = (
        select(func.count())
        .where(HumanTask.assignee_id == Account.id, HumanTask.state.in_(OPEN))
        .correlate(Account)
        .scalar_subquery()
    )
    rows = work.session.execute(
        select(Account, Organisation, held)
        .join(Organisation, Organisation.id == Account.org_id)
        .where(substitutes.within(work, Account.org_id), Account.state.in_((ACTIVE, LOCKED)))
        .order_by(Organisation.position, Organisation.id, Account.name, Account.id)
        .limit(MOST)
    )
    return [
        Colleague(one.ref, one.name, org.name, org.name_en, count or 0, one.state == LOCKED) for one, org, count in rows
    ]
