"""Households, their members and guardians. Names and numbers are sealed; numbers are found by blind index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    String,
    UniqueConstraint,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain import finding, identity, journal
from domain.base import Base, BigKey, Code, Key, Ref, Sealed, new_ref
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.files import StoredFile
from domain.home import DEMO
from domain.parties.organisations import Organisation
from domain.text import gettext as _
from domain.work import Work

CAPACITIES = ("FULL", "LIMITED", "NONE")
KINDS = ("MEMBER", "SUPPORTER")
MEMBER, SUPPORTER = KINDS


class Household(Base):
    """A family that applies for or receives assistance; subject of cases (BX-06)."""

    __tablename__ = "household"

    id: Mapped[Key]
    ref: Mapped[Ref]
    # number the reporting office gave it, e.g. H00000012; not personal
    number: Mapped[str] = mapped_column(String(32), unique=True)
    department_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"), index=True)
    town_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"), index=True)
    programme: Mapped[Code]
    address: Mapped[Sealed]
    phone: Mapped[Sealed | None]
    incomplete: Mapped[bool] = mapped_column(Boolean, default=False)
    persons: Mapped[list[Person]] = relationship(back_populates="household", order_by="Person.position")


class Person(Base):
    """A member of a household or somebody with a duty to support it.

    `position` 0 is the applicant. `capacity` FULL/LIMITED/NONE is civil capacity (BX-13).
    """

    __tablename__ = "person"
    __table_args__ = (
        Index("ix_person_idno_blind", "idno_blind"),
        Index("ix_person_household_id", "household_id"),
        CheckConstraint("kind IN ('MEMBER','SUPPORTER')", name="kind"),
        CheckConstraint("capacity IN ('FULL','LIMITED','NONE')", name="capacity"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    household_id: Mapped[int] = mapped_column(BigKey, ForeignKey("household.id"))
    kind: Mapped[str] = mapped_column(String(16), default="MEMBER")
    position: Mapped[int] = mapped_column(default=0)
    relation: Mapped[str] = mapped_column(String(32))
    name: Mapped[Sealed]
    idno: Mapped[Sealed]
    idno_blind: Mapped[bytes] = mapped_column(LargeBinary)
    born_on: Mapped[date]
    capacity: Mapped[str] = mapped_column(String(8), default="FULL")
    # the day the person came to the household; null: was there from its beginning
    joined_on: Mapped[date | None]
    # the day the person left the household, or died; such a person is not a member any more
    left_on: Mapped[date | None]
    household: Mapped[Household] = relationship(back_populates="persons")


class Guardian(Base):
    """The registered legal guardian of a person without full capacity, with relation and proof (BX-13)."""

    __tablename__ = "guardian"
    __table_args__ = (UniqueConstraint("id", "ward_id"),)

    id: Mapped[Key]
    ref: Mapped[Ref]
    ward_id: Mapped[int] = mapped_column(BigKey, ForeignKey("person.id"), index=True)
    name: Mapped[Sealed]
    idno: Mapped[Sealed]
    idno_blind: Mapped[bytes] = mapped_column(LargeBinary)
    relation: Mapped[str] = mapped_column(String(32))
    proof_file_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("stored_file.id"))


@dataclass(frozen=True, slots=True)
class PersonView:
    """What a page shows of a person: the name in clear, the number masked. `ref` goes into addresses and forms."""

    ref: str
    name: str = field(repr=False)
    relation: str
    idno: str = field(repr=False)
    born_on: date = field(repr=False)
    capacity: str
    kind: str
    position: int


@dataclass(frozen=True, slots=True)
class GuardianView:
    """A registered guardian: name in clear, number masked. proved: the proof of guardianship is on file."""

    ref: str
    name: str = field(repr=False)
    relation: str
    idno: str = field(repr=False)
    proved: bool


def by_ref(work: Work, ref: str) -> Household:
    """The household with this reference. Raises NotFound."""
    found = work.session.scalars(select(Household).where(Household.ref == ref)).first()
    if found is None:
        raise NotFound(_("There is no such household."))
    return found


def by_id(work: Work, key: int | None) -> Household:
    """The household of a case, by its key. Raises NotFound for a campaign's letter, which has none."""
    found = work.session.get(Household, key) if key is not None else None
    if found is None:
        raise NotFound(_("This case has no household."))
    return found


def by_number(work: Work, number: str) -> Household | None:
    """The household with the number its office gave it."""
    return work.session.scalars(select(Household).where(Household.number == number)).first()


def add_household(
    work: Work,
    *,
    number: str,
    department: Organisation,
    town: Organisation,
    programme: str,
    address: str,
    phone: str = "",
    incomplete: bool = False,
) -> Household:
    """Register a family. Raises Conflict when the number is taken."""
    if by_number(work, number) is not None:
        raise Conflict(_("There is a household with the number %(number)s already.", number=number))
    ref = new_ref()
    vault = work.home.vault
    made = Household(
        ref=ref,
        number=number,
        department_id=department.id,
        town_id=town.id,
        programme=programme,
        address=vault.seal("household.address", ref, address),
        phone=vault.seal("household.phone", ref, phone) if phone else None,
        incomplete=incomplete,
    )
    work.session.add(made)
    work.session.flush()
    journal.record(work, "household.added", made.ref)
    return made


def change_contact(work: Work, household: Household, *, address: str, phone: str = "") -> None:
    """The family moved or changed its telephone; an empty `phone` leaves the old one."""
    vault = work.home.vault
    household.address = vault.seal("household.address", household.ref, address)
    if phone:
        household.phone = vault.seal("household.phone", household.ref, phone)
    work.session.flush()
    journal.record(work, "household.changed", household.ref, {"fields": ["address", "phone"]})


def add_person(
    work: Work,
    household: Household,
    *,
    name: str,
    idno: str,
    relation: str,
    capacity: str = "FULL",
    kind: str = MEMBER,
    joined_on: date | None = None,
) -> Person:
    """Put a person into a household, after those who are there.

    A number of division 99xxxx is accepted on a demonstration home only. Raises InvalidIdentityNumber;
    Conflict when the person is in this household already.
    """
    sound = sound_number(work, idno)
    _must_be_new(work, household, sound.number)
    last = work.session.scalar(select(func.max(Person.position)).where(Person.household_id == household.id))
    ref = new_ref()
    vault = work.home.vault
    made = Person(
        ref=ref,
        household_id=household.id,
        kind=kind,
        position=0 if last is None else last + 1,
        relation=relation,
        name=vault.seal("person.name", ref, _given_name(name)),
        idno=vault.seal("person.idno", ref, sound.number),
        idno_blind=vault.blind("person.idno", sound.number),
        born_on=sound.born,
        capacity=capacity,
        joined_on=joined_on,
    )
    work.session.add(made)
    work.session.flush()
    finding.learn_name(work, household.id, household.department_id, name)
    journal.record(work, "person.added", made.ref, {"household": household.ref})
    return made


def leave(work: Work, person: Person, on: date) -> None:
    """The person left the household, or died; the others sign anew (DOC-01). Raises Conflict when gone already."""
    if person.left_on is not None:
        raise Conflict(_("This person left the household already."))
    person.left_on = on
    work.session.flush()
    journal.record(work, "person.left", person.ref)


def add_guardian(
    work: Work, ward: Person, *, name: str, idno: str, relation: str, proof: StoredFile | None = None
) -> Guardian:
    """Register the legal guardian of a person (BX-13). Raises InvalidIdentityNumber."""
    sound = sound_number(work, idno)
    ref = new_ref()
    vault = work.home.vault
    made = Guardian(
        ref=ref,
        ward_id=ward.id,
        name=vault.seal("guardian.name", ref, _given_name(name)),
        idno=vault.seal("guardian.idno", ref, sound.number),
        idno_blind=vault.blind("guardian.idno", sound.number),
        relation=relation,
        proof_file_id=proof.id if proof is not None else None,
    )
    work.session.add(made)
    work.session.flush()
    journal.record(work, "guardian.added", made.ref, {"ward": ward.ref})
    return made


def prove_guardian(work: Work, guardian: Guardian, proof: StoredFile) -> None:
    """Put the proof of guardianship on file (BX-13)."""
    guardian.proof_file_id = proof.id
    work.session.flush()
    journal.record(work, "guardian.proved", guardian.ref)


def sound_number(work: Work, idno: str) -> identity.Identity:
    """The number judged for this home and day (walls 22). Raises InvalidIdentityNumber."""
    return identity.check(idno, on=work.today, demonstration=work.home.row(work.session).kind == DEMO)


def still_there(on: date) -> ColumnElement[bool]:
    """The condition on `Person` of not having left by `on`."""
    return or_(Person.left_on.is_(None), Person.left_on > on)


def members(work: Work, household: Household, on: date | None = None) -> Sequence[Person]:
    """Members who have not left by `on` (None: today), the applicant first. Uses ix_person_household_id."""
    return work.session.scalars(members_query(household, on or work.today)).all()


def members_query(household: Household, on: date) -> Select[Person]:
    """The query of `members`, for more columns about them."""
    return (
        select(Person)
        .where(Person.household_id == household.id, Person.kind == MEMBER, still_there(on))
        .order_by(Person.position, Person.id)
    )


def supporters(work: Work, household: Household) -> Sequence[Person]:
    """People with a duty to support the household."""
    return work.session.scalars(
        select(Person)
        .where(Person.household_id == household.id, Person.kind == SUPPORTER, still_there(work.today))
        .order_by(Person.position, Person.id)
    ).all()


def person_by_ref(work: Work, ref: str) -> Person:
    """The person with this reference. Raises NotFound."""
    found = work.session.scalars(select(Person).where(Person.ref == ref)).first()
    if found is None:
        raise NotFound(_("There is no such person."))
    return found


def name_of(work: Work, person: Person) -> str:
    """The person's name in clear (S3: for pages and papers only)."""
    return work.home.vault.open("person.name", person.ref, person.name)


def number_of(work: Work, person: Person) -> str:
    """The person's identity number in clear (S3: for matching and papers only)."""
    return work.home.vault.open("person.idno", person.ref, person.idno)


def view(work: Work, person: Person) -> PersonView:
    """The person as a page shows it."""
    number = identity.mask(number_of(work, person))
    about = (person.born_on, person.capacity, person.kind, person.position)
    return PersonView(person.ref, name_of(work, person), person.relation, number, *about)


def views(work: Work, household: Household) -> list[PersonView]:
    """The members as a page shows them, the applicant first."""
    return [view(work, person) for person in members(work, household)]


def address_of(work: Work, household: Household) -> str:
    """Where the family lives (S3)."""
    return work.home.vault.open("household.address", household.ref, household.address)


def phone_of(work: Work, household: Household) -> str:
    """How the family is reached (S3), "" when unknown."""
    if household.phone is None:
        return ""
    return work.home.vault.open("household.phone", household.ref, household.phone)


def find_by_idno(work: Work, number: str) -> Sequence[Person]:
    """Everybody registered under this number, in whatever household; the number may be written in any usual way.

    The caller scopes what is shown and counts the search. Uses ix_person_idno_blind.
    """
    wanted = select(Person).where(Person.idno_blind.in_(blinds_of(work, number)))
    return work.session.scalars(wanted.order_by(Person.id)).all()


def blinds_of(work: Work, number: str) -> list[bytes]:
    """Under which blind indexes this number is registered, in whatever way it is written."""
    return work.home.vault.blind_all("person.idno", _normal(number))


def guardians(work: Work, ward: Person) -> Sequence[Guardian]:
    """The registered guardians of a person, the first registered first. Uses ix_guardian_ward_id."""
    return work.session.scalars(select(Guardian).where(Guardian.ward_id == ward.id).order_by(Guardian.id)).all()


def guardian_view(work: Work, guardian: Guardian) -> GuardianView:
    """A guardian as a page shows it."""
    vault = work.home.vault
    return GuardianView(
        guardian.ref,
        vault.open("guardian.name", guardian.ref, guardian.name),
        guardian.relation,
        identity.mask(vault.open("guardian.idno", guardian.ref, guardian.idno)),
        guardian.proof_file_id is not None,
    )


def _normal(number: str) -> str:
    plain = identity.normalise(number)
    return identity.convert_15(plain) if len(plain) == 15 and plain.isascii() and plain.isdigit() else plain


def _given_name(name: str) -> str:
    if not name.strip():
        raise InvalidAnswers({"name": _("The name is missing.")})
    return name.strip()


def _must_be_new(work: Work, household: Household, number: str) -> None:
    blinds = work.home.vault.blind_all("person.idno", number)
    known = select(Person.id).where(
        Person.household_id == household.id, Person.idno_blind.in_(blinds), still_there(work.today)
    )
    if work.session.scalars(known.limit(1)).first() is not None:
        raise Conflict(_("This person is in the household already."))
