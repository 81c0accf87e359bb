"""Term rows: how sealed names and notes are found by one, two or more letters, on every database alike.

A row holds a keyed hash of one term (`domain.terms`), so the table tells nobody a name. It still shows how often each
term occurs within an office; decision 0030 says why that is borne. The rows are written with the text, in its
transaction; those of texts that are older than the table are made
by `tasks.finding.old_terms`, some at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, ForeignKey, LargeBinary, UniqueConstraint, and_, false, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from domain import terms
from domain.base import Base, BigKey, Key
from domain.work import Work

if TYPE_CHECKING:
    from domain.vault import Vault

Of = InstrumentedAttribute[Any]
NAMES, NOTES = "name", "note"
TERM_BYTES = 9  # the key's number and eight bytes of the hash; whatever fits by chance falls out when it is opened


class HouseholdTerm(Base):
    """A term of the name of somebody in a household. The department comes first: a search stays within it."""

    __tablename__ = "household_term"
    __table_args__ = (UniqueConstraint("department_id", "term", "household_id"),)

    id: Mapped[Key]
    department_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    term: Mapped[bytes] = mapped_column(LargeBinary)
    household_id: Mapped[int] = mapped_column(BigKey, ForeignKey("household.id", ondelete="CASCADE"), index=True)


class CaseTerm(Base):
    """A term of a note that was written in a case, at a task of this office, which alone finds it."""

    __tablename__ = "case_term"
    __table_args__ = (UniqueConstraint("org_id", "term", "case_id"),)

    id: Mapped[Key]
    org_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    term: Mapped[bytes] = mapped_column(LargeBinary)
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id", ondelete="CASCADE"), index=True)


def learn_name(work: Work, household_id: int, department_id: int, name: str) -> None:
    """Make a name of a household findable. Doing it twice changes nothing."""
    hashed = sorted(hashed_terms(work.home.vault, NAMES, terms.of_text(name)))
    _write(work, HouseholdTerm, {"household_id": household_id, "department_id": department_id}, hashed)


def learn_note(work: Work, case_id: int, org_id: int, text: str) -> None:
    """Make a note of a case findable. Doing it twice changes nothing."""
    hashed = sorted(hashed_terms(work.home.vault, NOTES, terms.of_text(text)))
    _write(work, CaseTerm, {"case_id": case_id, "org_id": org_id}, hashed)


def hashed_terms(vault: Vault, kind: str, of: Iterable[str]) -> set[bytes]:
    """Keyed hashes of terms under the key in use."""
    return {vault.blind(f"term.{kind}", term)[:TERM_BYTES] for term in of}


def named(work: Work, household: Of, departments: Sequence[int], query: str) -> ColumnElement[bool]:
    """The condition that a household has every term of the query among its names; opening them tells whether it is so.

    Uses uq_household_term_department_id_term_household_id.
    """
    return _has(work, NAMES, household, HouseholdTerm.household_id, HouseholdTerm.department_id, departments, query)


def noted(work: Work, case: Of, offices: Sequence[int], query: str) -> ColumnElement[bool]:
    """The same of a case and its notes. Uses uq_case_term_org_id_term_case_id."""
    return _has(work, NOTES, case, CaseTerm.case_id, CaseTerm.org_id, offices, query)


def _has(
    work: Work, kind: str, of: Of, owner: Of, office: Of, offices: Sequence[int], query: str
) -> ColumnElement[bool]:
    wanted = terms.of_query(query)
    if not wanted or not offices:
        return false()
    column = owner.class_.term
    each = []
    for term in wanted:
        hashes = [one[:TERM_BYTES] for one in work.home.vault.blind_all(f"term.{kind}", term)]
        each.append(of.in_(select(owner).where(office.in_(offices), column.in_(hashes))))
    return and_(*each)


def _write(work: Work, mapped: type[Base], place: Mapping[str, int], hashed: Sequence[bytes]) -> None:
    if not hashed:
        return
    session = work.session
    session.flush()
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(mapped).on_conflict_do_nothing(index_elements=["term", *place])
    session.connection().execute(statement, [{**place, "term": term} for term in hashed])
