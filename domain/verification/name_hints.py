"""Possible matches (可能匹配): rows found by name alone, which count for nothing until a person confirms them (CK-09).

What was confirmed is compared like a row found by number; the rest never becomes a fact, a doubt or a sentence of the
report.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from domain import identity, journal
from domain.base import Base, BigKey, Key, Ref, Sealed, new_ref
from domain.cases import Case
from domain.errors import InvalidAnswers
from domain.parties.households import Person
from domain.parties.organisations import Organisation
from domain.parties.permissions import must, relation_to_case
from domain.text import gettext as _
from domain.verification import results
from domain.verification.queries import Query, ResultRow
from domain.verification.results import NAME_ONLY
from domain.work import Work

SAME, OTHER, UNKNOWN = "SAME", "OTHER", "UNKNOWN"
VERDICTS = (SAME, OTHER, UNKNOWN)


class NameHint(Base):
    """What a person made of one row found by name alone; written once. verdict: UNKNOWN counts like OTHER."""

    __tablename__ = "name_hint"
    __table_args__ = (CheckConstraint("verdict IN ('SAME','OTHER','UNKNOWN')", name="verdict"),)

    id: Mapped[Key]
    ref: Mapped[Ref]
    result_id: Mapped[int] = mapped_column(BigKey, ForeignKey("result_row.id"), unique=True)
    verdict: Mapped[str] = mapped_column(String(8))
    note: Mapped[Sealed]
    decided_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    decided_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Hint:
    """A row found by name alone. ref: of the result row; person: ref; name, number: as the file has them, the number
    masked (S3). What the row is about (a balance, a house) is not told: it may be a stranger's."""

    ref: str
    person: str
    category: str
    source: str
    row_no: str
    data_date: date
    name: str = field(repr=False)
    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person says of one hint: one of `VERDICTS`, and how that is known (S3)."""

    verdict: str
    note: str = field(default="", repr=False)


def waiting(work: Work, case: Case) -> list[Hint]:
    """Hints of a case that nobody decided on, in the order of the queries; the caller permits.

    Uses uq_query_case_id_commission_id_resource_id_round, uq_result_row_query_id_person_id_fingerprint and
    uq_name_hint_result_id.
    """
    return [_hint(work, *found) for found in _undecided(work, case)]


def decide(work: Work, case: Case, verdicts: Mapping[str, Verdict]) -> list[NameHint]:
    """Say of every waiting hint (by the ref of its row) whether it is the person who was asked about.

    Raises NotPermitted (LF-26). InvalidAnswers: a hint without a verdict, or one that is not said to be unknown
    without how that is known.
    """
    must(work.actor, "name_hint.decide", relation_to_case(work.actor, case))
    open_ = _undecided(work, case)
    given = [verdicts.get(row.ref, Verdict("")) for row, _person, _source in open_]
    if any(one.verdict not in VERDICTS for one in given):
        raise InvalidAnswers({"name_hints": _("Say of every row whether it is this person.")})
    if any(one.verdict != UNKNOWN and not one.note.strip() for one in given):
        raise InvalidAnswers({"name_hints": _("Say how it is known, such as the paper that was looked at.")})
    made = [_keep(work, row, one) for (row, _person, _source), one in zip(open_, given, strict=True)]
    work.session.flush()
    same = sum(one.verdict == SAME for one in made)
    if made:
        journal.of_case(work, case.ref, "name_hints.decided", case.ref, {"rows": len(made), "same": same})
    return made


def confirmed(work: Work, result_ids: Collection[int]) -> frozenset[int]:
    """Of rows found by name alone, by key, those that a person said are the person who was asked about.

    Uses uq_name_hint_result_id; no SELECT for no rows.
    """
    if not result_ids:
        return frozenset()
    wanted = select(NameHint.result_id).where(NameHint.result_id.in_(sorted(result_ids)), NameHint.verdict == SAME)
    return frozenset(work.session.scalars(wanted))


def of_case(work: Work, case: Case) -> list[tuple[NameHint, str]]:
    """What was said in a case, in order, each with the ref of its row."""
    wanted = (
        select(NameHint, ResultRow.ref)
        .join(ResultRow, ResultRow.id == NameHint.result_id)
        .join(Query, Query.id == ResultRow.query_id)
        .where(Query.case_id == case.id)
        .order_by(NameHint.id)
    )
    return [(row, ref) for row, ref in work.session.execute(wanted)]


def note_of(work: Work, row: NameHint) -> str:
    """How the person knew (S3)."""
    return work.home.vault.open("name_hint.note", row.ref, row.note)


def _undecided(work: Work, case: Case) -> list[tuple[ResultRow, str, str]]:
    wanted = (
        select(ResultRow, Person.ref, Organisation.name)
        .join(Query, Query.id == ResultRow.query_id)
        .join(Person, Person.id == ResultRow.person_id)
        .join(Organisation, Organisation.id == ResultRow.source_org_id)
        .outerjoin(NameHint, NameHint.result_id == ResultRow.id)
        .where(Query.case_id == case.id, ResultRow.match_kind == NAME_ONLY, NameHint.id.is_(None))
        .order_by(Query.id, ResultRow.id)
    )
    return [(row, person, source) for row, person, source in work.session.execute(wanted)]


def _hint(work: Work, row: ResultRow, person: str, source: str) -> Hint:
    value = results.value_of(work, row)
    name, number = str(value.get("name") or ""), str(value.get("number") or "")
    return Hint(row.ref, person, row.category, source, row.row_no, row.data_date, name, identity.mask(number))


def _keep(work: Work, row: ResultRow, said: Verdict) -> NameHint:
    ref = new_ref()
    made = NameHint(
        ref=ref, result_id=row.id, verdict=said.verdict, decided_by=work.actor.person(), decided_at=work.now,
        note=work.home.vault.seal("name_hint.note", ref, said.note.strip()),
    )  # fmt: skip
    work.session.add(made)
    return made
