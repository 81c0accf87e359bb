"""Items of the catalogue for the tests: two who keep it, an agreement, a draft and what a second person publishes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from domain.parties import organisations
from domain.parties.organisations import Organisation
from domain.verification import agreements, catalogue, catalogue_versions
from domain.verification.agreements import Agreed
from domain.verification.catalogue_rows import Agreement, Resource, ResourceVersion
from domain.verification.catalogue_versions import Content
from domain.verification.catalogue_windows import Window
from domain.work import Work
from domain.workdays import Term
from tests.domain.office import Desk
from tests.domain.verification.sourced import supplier

FIELDS = ("bank", "account", "balance")
UNTIL = date(2027, 12, 31)


def keeper(work: Work, desk: Desk, login: str = "handler") -> Work:
    """The same work, answered for by one who keeps the city's catalogue."""
    return work.acting(replace(desk.actor(login), roles=frozenset({"catalogue_admin"})))


def second(work: Work, desk: Desk) -> Work:
    """And by another one."""
    return keeper(work, desk, "checker")


def agreed(
    work: Work, office: Organisation, *categories: str, until: date = UNTIL, since: date = date(2027, 1, 1)
) -> Agreement:
    """An agreement with an office, entered by whoever does the work."""
    number = f"{office.code}-{until.isoformat()}"
    said = Agreed(number, "FILE", categories or ("DEPOSIT",), since, until, "办公室 李某")
    return agreements.register(work, office, said)


def content(agreement: Agreement | None, windows: tuple[Window, ...] = (), **changes: object) -> Content:
    """What a whole draft says."""
    whole = Content("低保核对", "FILE", FIELDS, Term(3, "working"), windows, agreement)
    return replace(whole, **changes)  # type: ignore[arg-type]


def item(work: Work, desk: Desk, code: str = "newbank", category: str = "DEPOSIT", level: str = "city") -> Resource:
    """An item without any version, of a new office."""
    return catalogue.enter(keeper(work, desk), supplier(work, code, level), category)


def published(
    work: Work,
    desk: Desk,
    resource: Resource | None = None,
    windows: tuple[Window, ...] = (),
    agreement: Agreement | None = None,
    **changes: object,
) -> ResourceVersion:
    """A version that one person wrote and another published."""
    resource = resource or item(work, desk)
    office = work.session.get_one(Organisation, resource.supplier_id)
    held = agreement or agreed(keeper(work, desk), office, resource.category)
    draft = catalogue_versions.write(keeper(work, desk), resource, content(held, windows, **changes))
    return catalogue_versions.publish(second(work, desk), draft)


def agency(work: Work) -> Organisation:
    """The city's agency."""
    return organisations.by_code(work, "benxi-agency")
