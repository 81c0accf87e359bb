"""Doubts (疑点): hints that a person must verify, never conclusions. What the table said, and how it ended.

What a table may ask stands in `domain.verification.doubt_facts`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from domain import journal
from domain.base import Base, BigKey, Code, Key, Ref, Sealed, new_ref
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.parties import permissions
from domain.parties.households import Person
from domain.text import gettext as _
from domain.verification import comparison
from domain.verification.deliveries import Delivery
from domain.verification.doubt_facts import About
from domain.verification.queries import ResultRow
from domain.work import Work

FINDINGS = ("TRUE", "FALSE", "SOURCE_ERROR", "EXPLAINED")
_PLACE = re.compile(r"\{(\w+)\}")


class Doubt(Base):
    """One doubt about one person, with the rule of the table that raised it and the row it rests on.

    rule: {"decision", "table", "rule", "number", "version", "inputs": labels only}. finding: how a person
    settled it (TRUE, FALSE, SOURCE_ERROR, EXPLAINED); null while open.
    """

    __tablename__ = "doubt"
    __table_args__ = (
        UniqueConstraint("case_id", "round", "person_id", "code", "result_id"),
        Index("ix_doubt_case_id", "case_id"),
        CheckConstraint("finding IS NULL OR finding IN ('TRUE','FALSE','SOURCE_ERROR','EXPLAINED')", name="finding"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    round: Mapped[int] = mapped_column(default=0)
    person_id: Mapped[int] = mapped_column(BigKey, ForeignKey("person.id"))
    category: Mapped[Code]
    code: Mapped[Code]
    result_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("result_row.id"))
    comparison_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("comparison_line.id"))
    rule: Mapped[dict[str, Any]]
    sentence: Mapped[Sealed]
    raised_at: Mapped[datetime]
    finding: Mapped[str | None] = mapped_column(String(16))
    settled_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    settled_at: Mapped[datetime | None]
    note: Mapped[Sealed | None]


@dataclass(frozen=True, slots=True)
class Raised:
    """What a matched rule says: code of the doubt, the sentence's pattern, and where the rule stands (no values)."""

    code: str
    pattern: str
    rule: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DoubtView:
    """A doubt with its origin: delivery and row_no lead to the file's row, "" for one that rests on a sum."""

    ref: str
    round: int
    person: str
    category: str
    code: str
    sentence: str = field(repr=False)
    delivery: str
    row_no: str
    data_date: date | None
    rule: Mapping[str, Any]
    finding: str | None
    note: str = field(repr=False)


def raise_doubt(work: Work, case: Case, about: About, raised: Raised, round: int | None = None) -> tuple[Doubt, bool]:
    """Keep what a rule said of a fact; False beside a doubt that stood before."""
    chosen = round_of(work, about) if round is None else round
    same_row = Doubt.result_id == about.result_id if about.result_id is not None else Doubt.result_id.is_(None)
    standing = work.session.scalars(
        select(Doubt).where(
            Doubt.case_id == case.id,
            Doubt.round == chosen,
            Doubt.person_id == about.person_id,
            Doubt.category == about.category,
            Doubt.code == raised.code,
            same_row,
        )
    ).first()
    if standing is not None:
        return standing, False
    ref = new_ref()
    made = Doubt(
        ref=ref,
        case_id=case.id,
        round=chosen,
        person_id=about.person_id,
        category=about.category,
        code=raised.code,
        result_id=about.result_id,
        comparison_id=about.comparison_id,
        rule=dict(raised.rule),
        sentence=work.home.vault.seal("doubt.sentence", ref, fill(raised.pattern, about.context)),
        raised_at=work.now,
    )
    work.session.add(made)
    work.session.flush()
    journal.of_case(work, case.ref, "doubt.raised", made.ref, {"code": made.code, "category": made.category})
    return made, True


def settle(work: Work, doubt: Doubt, finding: str, note: str) -> None:
    """A person of the department or town looked and says what it is (BX-40).

    finding: one of FINDINGS. note: how it was verified (S3).

    Raises:
        NotPermitted. InvalidAnswers: finding, note. Conflict: somebody settled it before.
    """
    case = work.session.get_one(Case, doubt.case_id)
    permissions.must(work.actor, "doubt.settle", permissions.relation_to_case(work.actor, case))
    faults: dict[str, object] = {}
    if finding not in FINDINGS:
        faults["finding"] = _("Choose what the verification showed.")
    if not note.strip():
        faults["note"] = _("Say how the doubt was verified.")
    if faults:
        raise InvalidAnswers(faults)
    if doubt.finding is not None:
        raise Conflict(_("This doubt is settled already."), doubt=doubt.ref)
    doubt.finding, doubt.settled_by, doubt.settled_at = finding, work.actor.user_id, work.now
    doubt.note = work.home.vault.seal("doubt.note", doubt.ref, note.strip())
    work.session.flush()
    journal.of_case(work, case.ref, "doubt.settled", doubt.ref, {"finding": finding})


def by_ref(work: Work, ref: str) -> Doubt:
    """The doubt with this reference; the caller permits. Raises NotFound."""
    found = work.session.scalars(select(Doubt).where(Doubt.ref == ref)).first()
    if found is None:
        raise NotFound(_("There is no such doubt."))
    return found


def views(work: Work, case: Case, round: int | None = None) -> list[DoubtView]:
    """The doubts of a case (of one round) as pages, lists and the report show them; the caller permits."""
    wanted = (
        select(Doubt, Person.ref, ResultRow.row_no, ResultRow.data_date, Delivery.ref)
        .join(Person, Person.id == Doubt.person_id)
        .outerjoin(ResultRow, ResultRow.id == Doubt.result_id)
        .outerjoin(Delivery, Delivery.id == ResultRow.delivery_id)
        .where(Doubt.case_id == case.id)
        .order_by(Doubt.round, Person.position, Person.id, Doubt.id)
    )
    if round is not None:
        wanted = wanted.where(Doubt.round == round)
    vault = work.home.vault
    return [
        DoubtView(
            doubt.ref, doubt.round, person, doubt.category, doubt.code,
            vault.open("doubt.sentence", doubt.ref, doubt.sentence), delivery or "", row_no or "", data_date,
            doubt.rule, doubt.finding,
            vault.open("doubt.note", doubt.ref, doubt.note) if doubt.note is not None else "",
        )
        for doubt, person, row_no, data_date, delivery in work.session.execute(wanted)
    ]  # fmt: skip


def fill(pattern: str, context: Mapping[str, Any]) -> str:
    """A rule's sentence with its places filled, figures grouped by thousands; what is null or unknown is a dash."""
    return _PLACE.sub(lambda place: _written(context.get(place[1])), pattern)


def _written(value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, Decimal):
        return format(value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize(), ",f")
    return str(value)


def round_of(work: Work, about: About) -> int:
    """The round in which a fact was compared."""
    if about.comparison_id is None:
        return 0
    return work.session.get_one(comparison.ComparisonLine, about.comparison_id).round
