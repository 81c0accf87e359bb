"""Whose hand a paper of a case carries: people of its own department, or of its own agency, never the other's."""

from __future__ import annotations

from domain.cases import Case
from domain.errors import NotPermitted
from domain.parties.accounts import Account
from domain.text import gettext as _
from domain.work import Work


def of_department(work: Work, case: Case, by: int | None) -> Account:
    """The account `by` (None: the actor's), which must be of the department that entrusts. Raises NotPermitted."""
    account = _account(work, by)
    if account.org_kind != "department" or account.org_id != case.department_id:
        raise NotPermitted(_("Only people of the entrusting department may do this, never the agency (LF-17)."))
    return account


def of_agency(work: Work, case: Case, by: int | None) -> Account:
    """The account `by` (None: the actor's), which must be of the agency that verifies. Raises NotPermitted."""
    account = _account(work, by)
    if account.org_kind != "agency" or account.org_id != case.agency_id:
        raise NotPermitted(_("Only people of the commissioned verification agency may do this (LF-26)."))
    return account


def _account(work: Work, by: int | None) -> Account:
    chosen = by if by is not None else work.actor.user_id
    account = work.session.get(Account, chosen) if chosen is not None else None
    if account is None or account.state != "ACTIVE":
        raise NotPermitted(_("Only a person with an active account may do this."))
    return account
