"""A request package as its page shows it: who is without an answer, a page at a time, and who took the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from domain.identity import mask
from domain.journal import JournalEntry
from domain.parties.accounts import Account
from domain.parties.households import Person
from domain.parties.organisations import Organisation
from domain.verification.package_rows import ASKED, ERROR, UNANSWERED, PackagePerson, RequestPackage
from domain.work import Work

WITHOUT = (ASKED, ERROR, UNANSWERED)


@dataclass(frozen=True, slots=True)
class Left:
    """A person of a package without an answer. number: masked; name: S3."""

    position: int
    state: str
    number: str = field(repr=False)
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Taken:
    """That somebody took the file of a package: who, of which office, when (CK-11)."""

    at: datetime
    name: str
    office: Organisation


def left(work: Work, package: RequestPackage, *, after: int = 0, most: int = 100) -> list[Left]:
    """Who is without an answer, behind a position, in the package's order; the caller permits. One statement.

    Opens the seals of these alone. Uses uq_request_package_person_package_id_token;
    a package holds at most `packages.MOST`.
    """
    vault = work.home.vault
    wanted = (
        select(PackagePerson, Person)
        .join(Person, Person.id == PackagePerson.person_id)
        .where(PackagePerson.package_id == package.id, PackagePerson.position > after, PackagePerson.state.in_(WITHOUT))
        .order_by(PackagePerson.position)
        .limit(most)
    )
    return [
        Left(
            one.position, one.state, mask(vault.open("person.idno", person.ref, person.idno)),
            vault.open("person.name", person.ref, person.name),
        )
        for one, person in work.session.execute(wanted)
    ]  # fmt: skip


def taken(work: Work, package: RequestPackage, most: int = 20) -> Sequence[Taken]:
    """Who took the file, the newest first; the caller permits. Uses ix_journal_entry_subject. One statement."""
    rows = work.session.execute(
        select(JournalEntry.legal_at, Account.name, Organisation)
        .join(Account, Account.ref == JournalEntry.actor)
        .join(Organisation, Organisation.id == Account.org_id)
        .where(JournalEntry.subject == package.ref, JournalEntry.event == "package.downloaded")
        .order_by(JournalEntry.id.desc())
        .limit(most)
    )
    return [Taken(at, name, office) for at, name, office in rows]
