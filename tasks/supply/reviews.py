"""A withdrawn delivery: the reports that rest on it are opened for review once, and those concerned are told."""

from __future__ import annotations

from sqlalchemy import select

from domain.cases import Case
from domain.parties.accounts import Account, RoleGrant, granted
from domain.verification import affected, deliveries
from domain.work import Work
from tasks.terms.notifications import notify

ROLES = ("department_clerk", "department_head", "agency_handler")


def open_all(work: Work, delivery_ref: str) -> int:
    """Open the reviews of a withdrawn delivery and tell the department and the agency of each. How many are new."""
    delivery = deliveries.by_ref(work, delivery_ref)
    made = affected.open_reviews(work, delivery)
    told: dict[int, int] = {}
    for review in made:
        case = work.session.get_one(Case, review.case_id)
        for office in {case.department_id, case.agency_id}:
            told[office] = told.get(office, 0) + 1
    for office, count in sorted(told.items()):
        people = work.session.scalars(
            select(Account.id)
            .join(RoleGrant, RoleGrant.account_id == Account.id)
            .where(Account.org_id == office, RoleGrant.role.in_(ROLES), granted(work.today))
        )
        key = f"report.review:{delivery.ref}:{office}"
        notify(work, set(people), "report.review", key=key, count=count, delivery=delivery.ref[-6:], reviews="all")
    return len(made)
