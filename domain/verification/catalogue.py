"""The catalogue of resources (DOC-20): which office supplies which category; own level first (LF-04)."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from domain import journal, rules
from domain.base import new_ref
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.parties.organisations import LEVELS, Organisation, jurisdiction_chain
from domain.policy_keys import policy_key
from domain.text import gettext as _
from domain.verification import catalogue_scope, catalogue_use
from domain.verification.catalogue_rows import PUBLISHED, SUSPENDED, Resource, ResourceVersion
from domain.work import Work
from domain.workdays import Term

DEFAULT_LIMIT = "query_limit.default"


def add_resource(
    work: Work, supplier: Organisation, category: str, level: str = "", limit_key: str = "", *, active: bool = True
) -> Resource:
    """Enter what an office supplies as an office is founded: taken over, with the limit the policy gives today.

    The caller has asked who may keep the catalogue. Nothing was agreed in writing yet; the catalogue says so.
    level: the office's own when empty. limit_key: policy of the feedback limit, "query_limit.<category>" when empty.

    Raises:
        Conflict: the office supplies this category already.
        InvalidAnswers: not a supplier, unknown category or level. NotFound: unknown policy.
    """
    made = _entered(work, supplier, category, level, limit_key)
    made.active = active
    limit = rules.value(work, supplier.id, made.limit_key)
    if not isinstance(limit, Term):
        limit = rules.value(work, supplier.id, DEFAULT_LIMIT)
    work.session.add(
        ResourceVersion(
            ref=new_ref(), resource_id=made.id, number=1, state=PUBLISHED if active else SUSPENDED, taken_over=True,
            limit_length=limit.length, limit_unit=limit.unit, written_at=work.now, published_at=work.now,
            state_reason="" if active else "not shared yet", state_at=work.now,
        )
    )  # fmt: skip
    work.session.flush()
    return made


def enter(work: Work, supplier: Organisation, category: str, level: str = "") -> Resource:
    """Enter an item whose first version is still to be drafted; until that is published nothing is asked of it.

    Raises NotPermitted: not who keeps this office's items; else as `add_resource`.
    """
    catalogue_scope.must_keep_of(work, supplier)
    return _entered(work, supplier, category, level, "")


def _entered(work: Work, supplier: Organisation, category: str, level: str, limit_key: str) -> Resource:
    faults: dict[str, object] = {}
    if supplier.kind != "supplier":
        faults["supplier"] = _("Only an office that supplies data has resources.")
    if category not in rules.current(work).categories:
        faults["category"] = _("There is no such category of information.")
    if (level or supplier.level) not in LEVELS:
        faults["level"] = _("There is no such level.")
    if faults:
        raise InvalidAnswers(faults)
    known = select(Resource.id).where(Resource.supplier_id == supplier.id, Resource.category == category)
    if work.session.scalar(known) is not None:
        raise Conflict(_("This office supplies the category already."), category=category)
    made = Resource(
        ref=new_ref(),
        code=f"{supplier.code}.{category}",
        category=category,
        supplier_id=supplier.id,
        level=level or supplier.level,
        limit_key=policy_key(limit_key or f"query_limit.{category}").name,
        active=False,
    )
    work.session.add(made)
    work.session.flush()
    journal.record(work, "resource.added", made.ref, {"category": category, "level": made.level})
    return made


def by_ref(work: Work, ref: str) -> Resource:
    """The resource with this reference. Raises NotFound."""
    found = work.session.scalars(select(Resource).where(Resource.ref == ref)).first()
    if found is None:
        raise NotFound(_("There is no such data source in the catalogue."))
    return found


def of_supplier(work: Work, supplier_id: int) -> list[Resource]:
    """What one office supplies, by category."""
    wanted = select(Resource).where(Resource.supplier_id == supplier_id).order_by(Resource.category)
    return list(work.session.scalars(wanted))


def active_resources(work: Work, agency: Organisation, categories: Collection[str] | None = None) -> list[Resource]:
    """What this agency may ask: items of suppliers of its own jurisdiction and those above, own level first.

    categories: only these (None: all). Within a level in the catalogue's order. Left out is what is suspended or whose
    agreement does not hold today (BX-30, by policy).
    """
    found = reachable(work, agency, categories)
    known = catalogue_use.standings(work, found)
    return [resource for resource in found if known[resource.id].usable]


def reachable(work: Work, agency: Organisation, categories: Collection[str] | None = None) -> list[Resource]:
    """As `active_resources`, with those that are entered but not shared at present."""
    wanted = (
        select(Resource)
        .join(Organisation, Organisation.id == Resource.supplier_id)
        .where(Organisation.jurisdiction.in_(jurisdiction_chain(work, agency.id)))
    )
    if categories is not None:
        wanted = wanted.where(Resource.category.in_(sorted(categories)))
    found = work.session.scalars(wanted.order_by(Resource.category, Resource.code))
    return sorted(found, key=lambda resource: distance(agency.level, resource.level))


def is_own_level(agency: Organisation, resource: Resource) -> bool:
    """True for a resource of the agency's own level, a mandatory line of every plan (LF-04)."""
    return resource.level == agency.level


def distance(agency_level: str, level: str) -> int:
    """Steps between two levels of government; 0 for the own level, whose answer wins on a conflict (LF-05)."""
    return abs(LEVELS.index(level) - LEVELS.index(agency_level))
