"""Organisations: departments decide, verification agencies only verify; one bureau never merges them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Code, Key, Label, Ref
from domain.errors import NotFound
from domain.policy_keys.words import CIVIL_AFFAIRS
from domain.policy_topology import CITY_SHARED
from domain.text import gettext as _
from domain.work import Work

KINDS = ("department", "agency", "town_post", "supplier", "bureau", "system")
LEVELS = ("town", "county", "city", "province", "nation")


def _type_of(context: Any) -> str | None:
    """Departments are of civil affairs unless somebody says otherwise; no other office has a type."""
    return CIVIL_AFFAIRS if context.get_current_parameters()["kind"] == "department" else None


class Organisation(Base):
    """An office. `kind` never changes; `agency_id` is the agency a department entrusts (LF-18), `parent_id`
    the office above, `supplier_kind` the data department ("bank", "police", ...). To whom an office reports is an
    edge (`domain.parties.topology`), not `parent_id` (NM-28).

    office_type: of a department alone, one of OFFICE_TYPES (LN-02). unit_kind: one of UNIT_KINDS, "" for none.
    platform_mode: whether a unit works on the city's platform or on its own (BX-02). valid_from, valid_to: the first
    and last day it exists, null where no source says.
    """

    __tablename__ = "organisation"
    __table_args__ = (
        UniqueConstraint("id", "kind"),
        CheckConstraint("kind IN ('department','agency','town_post','supplier','bureau','system')", name="kind"),
        CheckConstraint("level IN ('town','county','city','province','nation')", name="level"),
        CheckConstraint("(kind = 'department') = (office_type IS NOT NULL)", name="typed"),
        CheckConstraint(
            "office_type IS NULL OR office_type IN ('civil_affairs','health','medical_insurance','education','housing',"
            "'labour','disabled','other')",
            name="office_type",
        ),
        CheckConstraint("platform_mode IN ('city_shared','self_built')", name="platform_mode"),
        CheckConstraint("valid_to IS NULL OR valid_from IS NULL OR valid_to >= valid_from", name="valid"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    code: Mapped[Code] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    level: Mapped[str] = mapped_column(String(16))
    name: Mapped[Label]
    name_en: Mapped[Label]
    # short name for document numbers, e.g. 平
    mark: Mapped[str] = mapped_column(String(16), default="")
    jurisdiction: Mapped[Code]
    unit_code: Mapped[str | None] = mapped_column(String(64), index=True)
    division: Mapped[str | None] = mapped_column(String(12))
    supplier_kind: Mapped[str | None] = mapped_column(String(32))
    parent_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("organisation.id"), index=True)
    agency_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("organisation.id"))
    position: Mapped[int] = mapped_column(default=0)
    # a reporting unit's reviews are planned from this instant on; null for offices that report no roll
    reviews_from: Mapped[datetime | None]
    office_type: Mapped[str | None] = mapped_column(String(24), default=_type_of)
    unit_kind: Mapped[str] = mapped_column(String(24), default="")
    platform_mode: Mapped[str] = mapped_column(String(12), default=CITY_SHARED)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]


def find(work: Work, code: str) -> Organisation | None:
    """The office with this code, None for none. Uses uq_organisation_code."""
    return work.session.scalars(select(Organisation).where(Organisation.code == code)).first()


def by_code(work: Work, code: str) -> Organisation:
    """The office with this code. Raises NotFound."""
    found = find(work, code)
    if found is None:
        raise NotFound(_("There is no office with the code %(code)s.", code=code))
    return found


def of_kind(work: Work, kind: str, *, level: str | None = None) -> Sequence[Organisation]:
    """Offices of one kind, in the order the forms list them."""
    wanted = select(Organisation).where(Organisation.kind == kind).order_by(Organisation.position, Organisation.id)
    if level is not None:
        wanted = wanted.where(Organisation.level == level)
    return work.session.scalars(wanted).all()


def jurisdiction_chain(work: Work, org_id: int) -> list[str]:
    """Jurisdictions from this office upward, nearest first, each once."""
    chain: list[str] = []
    current: int | None = org_id
    seen: set[int] = set()
    while current is not None and current not in seen:
        seen.add(current)
        org = work.session.get(Organisation, current)
        if org is None:
            break
        if org.jurisdiction not in chain:
            chain.append(org.jurisdiction)
        current = org.parent_id
    return chain
