"""Every accepted delivery is compared with current recipients, under a standing letter (CK-18).

Part by part, so that it can be killed anywhere: a part is a run of households, looked up outside any transaction and
recorded in one that also moves the check's place. Whom no authorisation holds for is never looked for (BX-11); the town
that keeps the household is asked to collect it, once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Select, select

from domain import agenda, journal, rules
from domain.base import insert_once, new_ref
from domain.cases import OPEN, PARKED, Case
from domain.errors import NotFound
from domain.parties import households
from domain.parties.households import MEMBER, Household, Person, still_there
from domain.parties.organisations import Organisation
from domain.policy_keys.commissions import AUTH_REQUIRED_SCOPE
from domain.text import gettext as _
from domain.verification import authorisations, catalogue, deliveries, standing
from domain.verification.commission_rows import Commission, CommissionSubject
from domain.verification.deliveries import READY, Delivery, Resource
from domain.verification.recipient_rows import (
    DONE,
    LATER,
    NEVER,
    RUNNING,
    RecipientCheck,
    RecipientDoubt,
    RecipientLeftOut,
    RecipientPass,
    RecipientRequest,
)
from domain.verification.standing import ROLL
from domain.work import Work

BEGIN, PART, ASK, LETTER = "recipients.begin", "recipients.check", "recipients.ask", "recipients.letter"
CHUNK = 400  # households a part: some 1,000 persons in one look at the store


@dataclass(frozen=True, slots=True)
class Looked:
    """A recipient who is looked for. ref: of the person; number, name (S3): as declared."""

    person_id: int
    ref: str
    household_id: int
    number: str = field(repr=False)
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Part:
    """The next households of a check. last: key of the last one, None when there is none any more.

    towns: of each household. left_out: (person, household, why).
    """

    last: int | None
    people: tuple[Looked, ...] = ()
    left_out: tuple[tuple[int, int, str], ...] = ()
    towns: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """A doubt that a part brought, to be kept once.

    fingerprint: of the facts it rests on; rule: labels of the rule that matched; sentence, value (S3), telling: as
    `RecipientDoubt`.
    """

    person_id: int
    household_id: int
    code: str
    fingerprint: str
    row_no: str
    data_date: date | None
    rule: Mapping[str, Any]
    sentence: str = field(repr=False)
    value: Mapping[str, Any] = field(repr=False)
    telling: int = 1


@dataclass(frozen=True, slots=True)
class Spared:
    """A doubt that was not raised. entry: key of the whitelist entry that let its record pass (NM-13)."""

    entry: int
    found: Found


def plan(work: Work, delivery: Delivery) -> None:
    """A delivery was accepted: compare it with recipients, once."""
    agenda.put(work, BEGIN, f"{BEGIN}:{delivery.ref}", work.now, subject=delivery.ref)


def plan_letter(work: Work, letter: Commission) -> None:
    """A standing letter was accepted: compare what was delivered before, the newest of each source, once."""
    agenda.put(work, LETTER, f"{LETTER}:{letter.ref}", work.now, subject=letter.ref)


def begin(work: Work, delivery_ref: str) -> list[RecipientCheck]:
    """Begin the check of a delivery under every letter in force; one that was begun before stays as it is.

    Without a letter nothing is compared, which is journalled (CK-18, BX-12).
    """
    delivery = deliveries.by_ref(work, delivery_ref)
    if delivery.state != READY or delivery.package_id is not None:
        return []  # an answer to a package is silent about everybody it was not asked about
    resource = work.session.get_one(Resource, delivery.resource_id)
    letters = [
        letter
        for letter in standing.in_force(work, work.today, category=resource.category)
        if resource in _reachable(work, letter, resource.category)
    ]
    if not letters:
        journal.record(work, "recipients.not_compared", delivery.ref, {"why": "NO_LETTER"})
    return [check for letter in letters if (check := _begin(work, delivery, letter)) is not None]


def begin_letter(work: Work, letter_ref: str) -> list[RecipientCheck]:
    """Begin the checks of a letter that was just accepted: of each source's newest delivery."""
    letter = work.session.scalars(select(Commission).where(Commission.ref == letter_ref)).one()
    if not standing.holds(letter, work.today):
        return []
    asked = [one.category for one in letter.categories]
    sources = catalogue.active_resources(work, work.session.get_one(Organisation, letter.agency_id), asked)
    newest = [found for resource in sources if (found := next(iter(deliveries.ready(work, resource, None)), None))]
    return [check for delivery in newest if (check := _begin(work, delivery, letter)) is not None]


def by_ref(work: Work, ref: str) -> RecipientCheck:
    """The check with this reference; the caller permits. Raises NotFound."""
    found = work.session.scalars(select(RecipientCheck).where(RecipientCheck.ref == ref)).first()
    if found is None:
        raise NotFound(_("There is no such comparison with recipients."))
    return found


def next_part(work: Work, check: RecipientCheck) -> Part:
    """The next households of the roll, whom of them to look for and whom not; a fixed number of statements.

    The letter and every authorisation are judged at this instant (BX-11). Uses ix_recipient_checked,
    ix_person_household_id and uq_commission_subject_commission_id_person_id.
    """
    letter = work.session.get_one(Commission, check.commission_id)
    if check.state == DONE or not standing.holds(letter, work.today):
        return Part(None)
    towns: dict[int, int] = {}
    for household, town in work.session.execute(_next_households(letter, check.place)):
        towns[household] = town
    if not towns:
        return Part(None)
    scope = rules.value(work, letter.department_id, AUTH_REQUIRED_SCOPE.name)
    people = _members(work, towns)
    signed = authorisations.who_hold(work, towns, work.today, scope=scope)
    before = authorisations.who_hold(work, towns, work.today, signed_by=letter.commissioned_on, scope=scope)
    asked = before & _named(work, letter, towns)
    looked = tuple(
        Looked(one.id, one.ref, one.household_id, households.number_of(work, one), households.name_of(work, one))
        for one in people
        if one.id in asked
    )
    others = [one for one in people if one.id not in asked]
    left_out = tuple((one.id, one.household_id, LATER if one.id in signed else NEVER) for one in others)
    return Part(max(towns), looked, left_out, towns)


def record(
    work: Work, check: RecipientCheck, part: Part, *, before: int, found: Sequence[Found], rows: int,
    spared: Sequence[Spared],
) -> bool:  # fmt: skip
    """Keep what a part brought and plan the next; False when somebody recorded this part before.

    before: the check's place when the part was read. rows: of the delivery that speak of somebody. spared: doubts left
    out because their facts are whitelisted; each is kept with its entry (NM-13).
    """
    work.session.refresh(check, with_for_update=True)
    if check.state == DONE or check.place != before:
        return False
    if part.last is None:
        _end(work, check)
        return True
    for person, household, why in part.left_out:
        insert_once(
            work.session, RecipientLeftOut, ["check_id", "person_id"],
            check_id=check.id, person_id=person, household_id=household, why=why,
        )  # fmt: skip
    _request(work, check, part)
    kept = sum(_keep(work, check, one, part.towns[one.household_id]) for one in found)
    check.place = part.last
    check.households += len(part.towns)
    check.persons += len(part.people)
    check.left_out += len(part.left_out)
    check.found += rows
    check.doubts += kept
    check.spared += sum(_let_pass(work, check, one) for one in spared)
    work.session.flush()
    _plan_part(work, check)
    return True


def print_of_all(prints: Iterable[str]) -> str:
    """The fingerprint of several facts together, in whatever order they were found."""
    several = sorted(set(prints))
    return several[0] if len(several) == 1 else "fps1:" + hashlib.sha256("|".join(several).encode()).hexdigest()


def requests(work: Work, most: int) -> Sequence[RecipientRequest]:
    """Households whose town is still to be asked, oldest first. Uses ix_recipient_request_open."""
    wanted = select(RecipientRequest).where(RecipientRequest.case_id.is_(None)).order_by(RecipientRequest.id)
    return work.session.scalars(wanted.limit(most).with_for_update(skip_locked=True)).all()


def plan_asking(work: Work, place: int) -> None:
    """Plan asking the next towns; `place` is the first request that waits."""
    agenda.put(work, ASK, f"{ASK}:{place}", work.now)


def _begin(work: Work, delivery: Delivery, letter: Commission) -> RecipientCheck | None:
    ref = new_ref()
    made = insert_once(
        work.session, RecipientCheck, ["delivery_id", "commission_id"],
        ref=ref, delivery_id=delivery.id, commission_id=letter.id, unit_id=letter.department_id, state=RUNNING,
        policy_snapshot_id=rules.snapshot(work, letter.department_id).id, begun_at=work.now, place=0, households=0,
        persons=0, left_out=0, found=0, doubts=0, spared=0,
    )  # fmt: skip
    if not made:
        return None
    check = by_ref(work, ref)
    body = {"delivery": delivery.ref, "letter": letter.ref}
    journal.record(work, "recipients.begun", check.ref, body)
    _plan_part(work, check)
    return check


def _end(work: Work, check: RecipientCheck) -> None:
    check.state, check.ended_at = DONE, work.now
    work.session.flush()
    body = {name: getattr(check, name) for name in ("households", "persons", "left_out", "found", "doubts", "spared")}
    journal.record(work, "recipients.compared", check.ref, body)
    waiting = work.session.scalar(select(RecipientRequest.id).where(RecipientRequest.case_id.is_(None)).limit(1))
    if waiting is not None:
        plan_asking(work, waiting)


def _plan_part(work: Work, check: RecipientCheck) -> None:
    agenda.put(work, PART, f"{PART}:{check.ref}:{check.place}", work.now, subject=check.ref)


def _reachable(work: Work, letter: Commission, category: str) -> list[Resource]:
    agency = work.session.get_one(Organisation, letter.agency_id)
    return catalogue.active_resources(work, agency, [category])


def _next_households(letter: Commission, place: int) -> Select[int, int]:
    return (
        select(ROLL.c.household_id, Household.town_id)
        .join(Household, Household.id == ROLL.c.household_id)
        .where(ROLL.c.unit_id == letter.department_id, ROLL.c.programme == letter.programme)
        .where(ROLL.c.state == "ACTIVE", ROLL.c.household_id > place)
        .order_by(ROLL.c.household_id)
        .limit(CHUNK)
    )


def _members(work: Work, of: Iterable[int]) -> Sequence[Person]:
    wanted = select(Person).where(Person.household_id.in_(of), Person.kind == MEMBER, still_there(work.today))
    return work.session.scalars(wanted.order_by(Person.household_id, Person.position, Person.id)).all()


def _named(work: Work, letter: Commission, of: Iterable[int]) -> set[int]:
    return set(
        work.session.scalars(
            select(CommissionSubject.person_id)
            .join(Person, Person.id == CommissionSubject.person_id)
            .where(CommissionSubject.commission_id == letter.id, Person.household_id.in_(of))
        )
    )


def _request(work: Work, check: RecipientCheck, part: Part) -> None:
    """Note whose town is to be asked; not where it is being asked already, nor twice for the same people."""
    lacking: dict[int, list[int]] = {}
    for person, household, why in part.left_out:
        if why == NEVER:
            lacking.setdefault(household, []).append(person)
    if not lacking:
        return
    asked = set(
        work.session.scalars(
            select(RecipientRequest.household_id)
            .outerjoin(Case, Case.id == RecipientRequest.case_id)
            .where(RecipientRequest.household_id.in_(lacking))
            .where((RecipientRequest.case_id.is_(None)) | Case.state.in_((OPEN, PARKED)))
        )
    )
    for household, people in lacking.items():
        if household not in asked:
            grounds = hashlib.sha256(",".join(map(str, sorted(people))).encode()).hexdigest()
            insert_once(
                work.session, RecipientRequest, ["commission_id", "household_id", "grounds"],
                commission_id=check.commission_id, household_id=household, grounds=grounds, made_at=work.now,
            )  # fmt: skip


def _keep(work: Work, check: RecipientCheck, one: Found, town_id: int) -> bool:
    ref, vault = new_ref(), work.home.vault
    letter = work.session.get_one(Commission, check.commission_id)
    delivery = work.session.get_one(Delivery, check.delivery_id)
    category = work.session.get_one(Resource, delivery.resource_id).category
    return insert_once(
        work.session, RecipientDoubt, ["person_id", "category", "code", "fingerprint", "telling"],
        ref=ref, check_id=check.id, commission_id=letter.id, unit_id=check.unit_id, town_id=town_id,
        household_id=one.household_id, person_id=one.person_id, programme=letter.programme, category=category,
        code=one.code, fingerprint=one.fingerprint, telling=one.telling, delivery_id=delivery.id, row_no=one.row_no,
        data_date=one.data_date, rule=dict(one.rule), raised_at=work.now,
        sentence=vault.seal("recipient_doubt.sentence", ref, one.sentence),
        value=vault.seal_json("recipient_doubt.value", ref, dict(one.value)),
    )  # fmt: skip


def _let_pass(work: Work, check: RecipientCheck, one: Spared) -> bool:
    delivery = work.session.get_one(Delivery, check.delivery_id)
    found = one.found
    return insert_once(
        work.session, RecipientPass, ["check_id", "person_id", "code", "fingerprint"],
        entry_id=one.entry, check_id=check.id, person_id=found.person_id,
        category=work.session.get_one(Resource, delivery.resource_id).category, code=found.code,
        fingerprint=found.fingerprint, row_no=found.row_no, rule=dict(found.rule), passed_at=work.now,
    )  # fmt: skip
