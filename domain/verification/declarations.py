"""Declarations (DOC-08): what the family says of itself, person by person and category by category."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import ForeignKey, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from domain import journal
from domain.base import Base, BigKey, Code, Key, Ref, Sealed, new_ref
from domain.cases import Case
from domain.errors import InvalidAnswers, NotFound
from domain.files import StoredFile
from domain.parties.households import Household, Person
from domain.text import gettext as _
from domain.work import Work

IMPORT, TASK = "IMPORT", "TASK"


class Declaration(Base):
    """One signed declaration of a household; the newest one counts."""

    __tablename__ = "declaration"

    id: Mapped[Key]
    ref: Mapped[Ref]
    household_id: Mapped[int] = mapped_column(BigKey, ForeignKey("household.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("cases.id"), index=True)
    declared_on: Mapped[date]
    source: Mapped[str] = mapped_column(String(16))  # IMPORT or TASK
    file_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("stored_file.id"))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))


class DeclaredItem(Base):
    """One declared fact: a person (null: the whole household), a category and its value.

    The sealed value is JSON: {"amount": "1486.00", "count": 1, "text": "..."}; amounts in yuan
    (a month for incomes), as decimal strings.
    """

    __tablename__ = "declared_item"
    __table_args__ = (UniqueConstraint("declaration_id", "person_id", "category"),)

    id: Mapped[Key]
    ref: Mapped[Ref]
    declaration_id: Mapped[int] = mapped_column(BigKey, ForeignKey("declaration.id"))
    person_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("person.id"))
    category: Mapped[Code]
    value: Mapped[Sealed]


@dataclass(frozen=True, slots=True)
class Item:
    """A declared fact to be recorded. person: None for the whole household; value: see `DeclaredItem`."""

    person: Person | None
    category: str
    value: Mapping[str, Any] = field(repr=False)


def record(
    work: Work,
    household: Household,
    items: Iterable[Item],
    *,
    declared_on: date,
    source: str = TASK,
    case: Case | None = None,
    file: StoredFile | None = None,
    by: int | None = None,
) -> Declaration:
    """Record a signed declaration; an earlier one is kept and counts no longer.

    by: account that recorded it, None for the actor. A category given twice for a person keeps the last value.

    Raises:
        InvalidAnswers: declared in the future.
        NotFound: an item speaks of a person of another household.
    """
    if declared_on > work.today:
        raise InvalidAnswers({"applied_on": _("A declaration cannot be signed in the future.")})
    made = Declaration(
        ref=new_ref(),
        household_id=household.id,
        case_id=case.id if case is not None else None,
        declared_on=declared_on,
        source=source,
        file_id=file.id if file is not None else None,
        recorded_at=work.now,
        recorded_by=by if by is not None else work.actor.user_id,
    )
    work.session.add(made)
    work.session.flush()
    kept = {(item.person.id if item.person else None, item.category): item for item in items}
    work.session.add_all(_row(work, household, made, item) for item in kept.values())
    work.session.flush()
    stream = ("case", case.ref) if case is not None else None
    journal.record(work, "declaration.recorded", made.ref, {"items": len(kept)}, stream=stream)
    return made


def newest(work: Work, household: Household) -> Declaration | None:
    """The declaration that counts: the latest signed, among equals the latest recorded."""
    return work.session.scalars(
        select(Declaration)
        .where(Declaration.household_id == household.id)
        .order_by(Declaration.declared_on.desc(), Declaration.id.desc())
        .limit(1)
    ).first()


def latest(work: Work, household: Household) -> dict[tuple[str | None, str], dict[str, Any]]:
    """What the family says of itself: (person ref, or None for the household; category) -> value (S3).

    Empty when nothing was declared.
    """
    declaration = newest(work, household)
    return items_of(work, declaration) if declaration is not None else {}


def latest_of(work: Work, of: Collection[int]) -> dict[int, dict[tuple[str | None, str], dict[str, Any]]]:
    """As `latest`, by key of the household, of several; those that declared nothing are left out. Two SELECTs.

    Uses ix_declaration_household_id and uq_declared_item_declaration_id_person_id_category.
    """
    rank = func.row_number().over(
        partition_by=Declaration.household_id, order_by=(Declaration.declared_on.desc(), Declaration.id.desc())
    )
    ranked = (
        select(Declaration.id, Declaration.household_id, rank.label("rank"))
        .where(Declaration.household_id.in_(of))
        .subquery()
    )
    counted = {key: household for key, household, place in work.session.execute(select(ranked)) if place == 1}
    rows = work.session.execute(
        select(DeclaredItem, Person.ref)
        .outerjoin(Person, Person.id == DeclaredItem.person_id)
        .where(DeclaredItem.declaration_id.in_(counted))
        .order_by(DeclaredItem.id)
    )
    found: dict[int, dict[tuple[str | None, str], dict[str, Any]]] = {}
    for item, person in rows:
        value = work.home.vault.open_json("declared_item.value", item.ref, item.value)
        household = found.setdefault(counted[item.declaration_id], {})
        household[person, item.category] = cast(dict[str, Any], value)  # `_row` wrote it
    return found


def items_of(work: Work, declaration: Declaration) -> dict[tuple[str | None, str], dict[str, Any]]:
    """The items of one declaration, as `latest` gives them."""
    rows = work.session.execute(
        select(DeclaredItem, Person.ref)
        .outerjoin(Person, Person.id == DeclaredItem.person_id)
        .where(DeclaredItem.declaration_id == declaration.id)
        .order_by(DeclaredItem.id)
    )
    found: dict[tuple[str | None, str], dict[str, Any]] = {}
    for item, person in rows:
        value = work.home.vault.open_json("declared_item.value", item.ref, item.value)
        found[person, item.category] = cast(dict[str, Any], value)  # `_row` wrote it
    return found


def _row(work: Work, household: Household, declaration: Declaration, item: Item) -> DeclaredItem:
    if item.person is not None and item.person.household_id != household.id:
        raise NotFound(_("There is no such person in this household."))
    ref = new_ref()
    return DeclaredItem(
        ref=ref,
        declaration_id=declaration.id,
        person_id=item.person.id if item.person is not None else None,
        category=item.category,
        value=work.home.vault.seal_json("declared_item.value", ref, dict(item.value)),
    )
