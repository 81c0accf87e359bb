"""The terms of a query out of the catalogue: its version, when the source takes it, when it is due, what it may tell.

The limit is the item's (LN-23). Outside an acceptance window the query waits and its clock starts at the window
(LN-13); what is more than the quota is refused or waits for the next period (LN-35).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from domain import agenda, rules
from domain.cases import Case
from domain.clock import office_instant
from domain.verification import catalogue_quotas, catalogue_use
from domain.verification.catalogue_rows import QueryTerms, Resource, ResourceVersion
from domain.verification.catalogue_use import Standing
from domain.verification.commissions import CommissionCategory
from domain.work import Work
from domain.workdays import Derivation

OPEN_DUTY = "query.open"
LIMIT = "LN-23"


@dataclass(frozen=True, slots=True)
class Terms:
    """due: derivation as it is stored, with the instant; opens_at: None where the source takes it at once."""

    due: dict[str, Any] | None
    due_at: datetime | None
    opens_at: datetime | None = None
    version: ResourceVersion | None = None


def of_item(work: Work, case: Case, standing: Standing, people: int) -> Terms:
    """The terms of a query about so many people, taken from the agency's quota.

    Raises Conflict (LN-35) when the quota is used up and says so.
    """
    resource, version = standing.resource, standing.version
    if not standing.usable or version is None:
        return without(work, case, resource)
    day = catalogue_quotas.spend(work, resource, case.agency_id, people, standing.opens)
    opens_at = office_instant(day, 0) if day > work.today else None
    return _capped(work, case, _counted(work, resource, version, day, opens_at), resource)


def without(work: Work, case: Case, resource: Resource) -> Terms:
    """The terms of a query that does not go out: no version, no window."""
    found = rules.due(work, case, resource.limit_key)
    return _capped(work, case, Terms(found.derivation, found.at), resource)


def _counted(work: Work, resource: Resource, version: ResourceVersion, day: date, opens_at: datetime | None) -> Terms:
    limit = version.limit
    if limit is None:  # the row itself refuses a published version without one
        raise ValueError(f"version {version.ref} is published without a limit")
    calendar = rules.current(work).calendar
    made = Derivation(day, limit, calendar.version, LIMIT)
    due = {**made.to_json(), "key": resource.limit_key, "kind": rules.INTERNAL, "version": version.number}
    return Terms(due, made.due(calendar), opens_at, version)


def _capped(work: Work, case: Case, terms: Terms, resource: Resource) -> Terms:
    """No source may hold up the report beyond the case's own limit (LF-09, LN-16)."""
    if case.due_at is None or not (terms.due_at is None or terms.due_at > case.due_at > work.now):
        return terms
    due = {**(case.due or {}), "capped": "case", "key": resource.limit_key}
    return Terms(due, case.due_at, terms.opens_at, terms.version)


def keep(work: Work, query_id: int, query_ref: str, terms: Terms) -> None:
    """Write the terms beside a query; what waits for its window is opened by the agenda then."""
    if terms.version is None:
        return
    work.session.add(QueryTerms(query_id=query_id, version_id=terms.version.id, opens_at=terms.opens_at))
    work.session.flush()
    if terms.opens_at is not None:
        agenda.put(work, OPEN_DUTY, f"{OPEN_DUTY}:{query_ref}", terms.opens_at, subject=query_ref)


def opens_at(work: Work, query_id: int) -> datetime | None:
    """When the source takes a query, None for at once. Uses uq_query_terms_query_id."""
    return work.session.scalar(select(QueryTerms.opens_at).where(QueryTerms.query_id == query_id))


def still_allowed(work: Work, resource: Resource) -> bool:
    """Whether a planned query may go out today: suspended meanwhile, or its agreement over, it may not (BX-30)."""
    return catalogue_use.standing(work, resource).usable


def fields_of(work: Work, query_id: int, commission_id: int, category: str) -> frozenset[str] | None:
    """The fields a query may bring: agreed with the source, and asked for by the letter (LF-30). None: every field.

    Uses uq_query_terms_query_id and uq_commission_category_commission_id_category.
    """
    agreed = work.session.scalar(
        select(ResourceVersion.fields)
        .join(QueryTerms, QueryTerms.version_id == ResourceVersion.id)
        .where(QueryTerms.query_id == query_id)
    )
    asked = work.session.scalar(
        select(CommissionCategory.fields).where(
            CommissionCategory.commission_id == commission_id, CommissionCategory.category == category
        )
    )
    said = [frozenset(one.split()) for one in (agreed, asked) if one]
    return frozenset.intersection(*said) if said else None
