"""Organisations: departments decide, verification agencies only verify; one bureau never merges them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Code, Key, Label, Ref
from domain.errors import NotFound
from domain.text import gettext as _
from domain.work import Work

KINDS = ("department", "agency", "town_post", "supplier", "bureau", "system")
LEVELS = ("town", "county", "city", "province", "nation")


class Organisation(Base):
    """An office. `kind` never changes; `agency_id` is the agency a department entrusts (LF-18), `parent_id`
    the office above, `supplier_kind` the data department ("bank", "police", ...)."""

    __tablename__ = "organisation"
    __table_args__ = (
        UniqueConstraint("id", "kind"),
        CheckConstraint("kind IN ('department','agency','town_post','supplier','bureau','system')", name="kind"),
        CheckConstraint("level IN ('town','county','city','province','nation')", name="level"),
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


def by_code(work: Work, code: str) -> Organisation:
    """The office with this code. Raises NotFound."""
    found = work.session.scalars(select(Organisation).where(Organisation.code == code)).first()
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
