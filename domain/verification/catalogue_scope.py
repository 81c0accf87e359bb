"""Whose items somebody sees and keeps: an office keeps those of the suppliers of its jurisdiction and below."""

from __future__ import annotations

from sqlalchemy import ColumnElement, false

from domain import rules
from domain.errors import NotFound
from domain.parties import organisations, permissions
from domain.parties.organisations import Organisation
from domain.text import gettext as _
from domain.verification.catalogue_rows import Resource
from domain.work import Work

CIVIL_AFFAIRS = "civil_affairs"


def kept(work: Work) -> frozenset[str]:
    """Jurisdictions whose suppliers' items the actor's office keeps: its own and every one below."""
    office = _office(work)
    if office is None:
        return frozenset()
    law = rules.current(work).policies
    return frozenset({office.jurisdiction} | {one for one in law.parents if office.jurisdiction in law.chain(one)})


def seen(work: Work) -> ColumnElement[bool]:
    """The filter of `organisation` that every list of items goes through: a supplier sees its own, others those of
    their jurisdiction, of those below and of those above. Joined on the supplier."""
    office = _office(work)
    if office is None:
        return false()
    if office.kind == "supplier":
        return Organisation.id == office.id
    above = rules.jurisdictions(work, office.id)
    return Organisation.jurisdiction.in_(sorted({*kept(work), *above}))


def keeps(work: Work, supplier: Organisation) -> bool:
    """Whether the actor keeps this office's items."""
    relation = permissions.OWN if supplier.jurisdiction in kept(work) else permissions.NONE
    return permissions.may(work.actor, "catalogue.edit", relation)


def must_keep(work: Work, resource: Resource) -> Organisation:
    """The supplier of an item the actor keeps. Raises NotPermitted."""
    supplier = work.session.get_one(Organisation, resource.supplier_id)
    must_keep_of(work, supplier)
    return supplier


def must_keep_of(work: Work, supplier: Organisation) -> None:
    """Raises NotPermitted unless the actor keeps this office's items."""
    relation = permissions.OWN if supplier.jurisdiction in kept(work) else permissions.NONE
    permissions.must(work.actor, "catalogue.edit", relation)


def is_internal(supplier: Organisation) -> bool:
    """Civil affairs' own data need no agreement (LF-11); authorisation they need like any other."""
    return supplier.supplier_kind == CIVIL_AFFAIRS


def suppliers(work: Work) -> list[Organisation]:
    """The suppliers whose items the actor keeps, by code."""
    every = organisations.of_kind(work, "supplier")
    places = kept(work)
    return sorted((one for one in every if one.jurisdiction in places), key=lambda one: one.code)


def supplier_by_ref(work: Work, ref: str) -> Organisation:
    """A supplier whose items the actor keeps. Raises NotFound."""
    found = next((one for one in suppliers(work) if one.ref == ref), None)
    if found is None:
        raise NotFound(_("There is no such office among those whose items you keep."))
    return found


def _office(work: Work) -> Organisation | None:
    return work.session.get(Organisation, work.actor.org_id) if work.actor.org_id is not None else None
