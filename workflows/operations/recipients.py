"""Deliveries compared with current recipients: looked up in no transaction, judged by the table that cases ask (CK-18),
recorded part by part. And the steps of a standing letter and of an authorisation that is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from decisions import DecisionInfo, Model, Result
from domain.cases import DYNAMIC, Case
from domain.clock import OFFICE_ZONE
from domain.errors import Conflict
from domain.home import Home
from domain.parties.households import Person
from domain.parties.organisations import Organisation
from domain.policy import PolicySnapshot
from domain.rules import PolicySnapshotRow
from domain.text import gettext as _
from domain.verification import (
    catalogue,
    comparison,
    declarations,
    doubt_facts,
    doubts,
    measures,
    recipient_checks,
    standing,
    whitelist,
    whitelist_recipients,
)
from domain.verification.commission_rows import Commission
from domain.verification.comparison import TOLERANCE, LineView
from domain.verification.deliveries import Delivery, Resource
from domain.verification.doubt_facts import About, Compared
from domain.verification.family import Held
from domain.verification.measures import Row, Total
from domain.verification.recipient_checks import Found, Looked, Part, Spared, print_of_all
from domain.verification.recipient_rows import RecipientCheck
from domain.verification.results import NAME_ONLY
from domain.work import SCHEDULER, Work, unit_of_work
from sources.categories import CATEGORIES, IDENTITY, NAME
from sources.store import MatchedRow, Store, StoredDelivery, Wanted
from workflows import answering, decision_results, definitions
from workflows.operations.deliveries import stored_delivery
from workflows.operations.doubts import said_by
from workflows.registry import Call, Decided, operation

TABLE, PROCESS = "doubts", "dynamic_review"
BUDGET = 100_000


@dataclass(frozen=True, slots=True)
class Lookup:
    """One part of a check as it is looked up. at: place of the check when it was read; now: legal time."""

    check: str
    at: int
    now: datetime
    part: Part
    delivery: StoredDelivery | None
    wanted: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class Brought:
    """What a part brought: rows that speak of somebody, doubts, and those that were spared as whitelisted."""

    lookup: Lookup
    rows: int = 0
    spared: tuple[Spared, ...] = ()
    found: tuple[Found, ...] = ()


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all facts of a part share. snapshot_id: of the rules of the day the check began."""

    programme: str
    unit_id: int
    snapshot_id: int
    category: str
    distance: int
    tolerance: Decimal
    model: Model
    info: DecisionInfo
    version: int
    data_date: date


@dataclass(frozen=True, slots=True)
class _Person:
    """A recipient with what was found. rows: as measured, `seen` beside them as the store gave them."""

    looked: Looked
    rows: tuple[Row, ...] = field(repr=False)
    seen: tuple[MatchedRow, ...] = field(repr=False)
    total: Total = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Raised:
    """A doubt with the fingerprints of the records it rests on."""

    found: Found
    prints: tuple[str, ...]


def gather(work: Work, ref: str) -> Lookup | None:
    """The next part of a check with the search keys of those who may be asked about, and of nobody else."""
    check = recipient_checks.by_ref(work, ref)
    delivery = work.session.get_one(Delivery, check.delivery_id)
    part = recipient_checks.next_part(work, check)
    store = Store(work.home.blobs, work.home.vault)
    # by number alone: a name finds no fact (CK-09), and rows that only bear somebody's name stay closed
    wanted = tuple(replace(store.wanted(one.ref, one.number, one.name), names=()) for one in part.people)
    resource = work.session.get_one(Resource, delivery.resource_id)
    if delivery.store is None:  # removed since: what was found stands, nothing more is found
        return Lookup(ref, check.place, work.now, Part(None), None, ())
    return Lookup(ref, check.place, work.now, part, stored_delivery(work, delivery, resource.category), wanted)


def perform(home: Home, lookup: Lookup) -> Brought:
    """Look the part up and judge what was found. Raises BlobDamaged when the delivery's file is gone."""
    if not lookup.wanted or lookup.delivery is None:
        return Brought(lookup)
    rows = Store(home.blobs, home.vault).match((lookup.delivery,), lookup.wanted)
    known = [row for row in rows if row.match_kind != NAME_ONLY]
    if not known:
        return Brought(lookup)
    with unit_of_work(home, SCHEDULER, now=lookup.now, write=False) as work:
        found, spared = _judge(work, lookup, known)
    return Brought(lookup, len(known), tuple(spared), tuple(found))


def record(work: Work, ref: str, result: Brought) -> bool:
    """Keep what a part brought, once; the next part is planned with it."""
    check = recipient_checks.by_ref(work, ref)
    lookup = result.lookup
    return recipient_checks.record(
        work, check, lookup.part, before=lookup.at, found=result.found, rows=result.rows, spared=result.spared
    )


def _judge(work: Work, lookup: Lookup, rows: Sequence[MatchedRow]) -> tuple[list[Found], list[Spared]]:
    frame = _frame_of(work, recipient_checks.by_ref(work, lookup.check))
    by_person: dict[str, list[MatchedRow]] = {}
    for row in rows:
        mine = by_person.setdefault(row.wanted, [])
        if all(row.fingerprint != other.fingerprint for other in mine):  # the same row twice is one fact
            mine.append(row)
    families: dict[int, list[_Person]] = {}
    with_rows = {one.household_id for one in lookup.part.people if one.ref in by_person}
    for looked in lookup.part.people:
        if looked.household_id in with_rows:
            families.setdefault(looked.household_id, []).append(_person(frame, looked, by_person.get(looked.ref, [])))
    said = declarations.latest_of(work, list(families))
    known = {one.id: one for one in work.session.scalars(select(Person).where(Person.household_id.in_(families)))}
    found = [
        one
        for household, people in families.items()
        for one in _of_family(work, frame, household, people, said.get(household, {}), known)
    ]
    return _by_whitelist(work, frame, found)


def _by_whitelist(work: Work, frame: _Frame, raised: Sequence[_Raised]) -> tuple[list[Found], list[Spared]]:
    """Doubts to be told, and those of which every record is let pass (NM-13); a record whose entry is over is told as
    another telling. One statement, whatever their number."""
    listed = whitelist_recipients.known(work, {one.found.person_id for one in raised}, work.today)
    told: list[Found] = []
    spared: list[Spared] = []
    for one in raised:
        person = one.found.person_id
        entry = listed.entry_of(person, frame.category, one.prints)
        if entry is not None:
            spared.append(Spared(entry, one.found))
        else:
            told.append(replace(one.found, telling=listed.telling(person, frame.category, one.prints)))
    return told, spared


def _frame_of(work: Work, check: RecipientCheck) -> _Frame:
    letter = work.session.get_one(Commission, check.commission_id)
    delivery = work.session.get_one(Delivery, check.delivery_id)
    resource = work.session.get_one(Resource, delivery.resource_id)
    agency = work.session.get_one(Organisation, letter.agency_id)
    definition = definitions.in_force(work, PROCESS)
    model = definition.table(TABLE)
    kept = PolicySnapshot(work.session.get_one(PolicySnapshotRow, check.policy_snapshot_id).data)
    return _Frame(
        letter.programme,
        check.unit_id,
        check.policy_snapshot_id,
        resource.category,
        catalogue.distance(agency.level, resource.level),
        kept.value(TOLERANCE) or Decimal(0),
        model,
        decision_results.decision_of(model, ""),
        definition.number,
        delivery.data_date,
    )


def _person(frame: _Frame, looked: Looked, seen: Sequence[MatchedRow]) -> _Person:
    rows = tuple(
        Row(place, row.row_no, frame.distance, row.data_date or frame.data_date, row.role, row.values)
        for place, row in enumerate(seen)
    )
    return _Person(looked, rows, tuple(seen), measures.total(frame.category, rows))


def _of_family(
    work: Work,
    frame: _Frame,
    household: int,
    people: Sequence[_Person],
    said: Mapping[tuple[str | None, str], Mapping[str, Any]],
    known: Mapping[int, Person],
) -> list[_Raised]:
    declared = _declared(frame, people, said)
    lines = {one.looked.person_id: _line(frame, one, declared.get(one.looked.person_id)) for one in people}
    by_person = {one.looked.person_id: one for one in people}
    compared = []
    for key, one in by_person.items():
        member = doubt_facts.member_of(work, known[key], said)
        held = Held(member, frame.category, one.total.value, one.total.count, one.rows)
        compared.append(Compared(lines[key], held, one.seen))
    case = Case(
        kind=DYNAMIC, programme=frame.programme, policy_snapshot_id=frame.snapshot_id, household_id=household,
        department_id=frame.unit_id,
    )  # fmt: skip
    return [
        _found(work, frame, by_person[about.person_id], lines[about.person_id], about, raised)
        for about in doubt_facts.facts_of(work, case, compared)
        if by_person[about.person_id].rows  # only who has a fact is judged
        for raised in _asked(work, frame, about)
    ]


def _declared(
    frame: _Frame, people: Sequence[_Person], said: Mapping[tuple[str | None, str], Mapping[str, Any]]
) -> dict[int, Decimal]:
    """What each declared; what was declared for the whole household is laid upon its members' findings."""
    category = frame.category
    figures: dict[tuple[int, str], Decimal] = {}
    for one in people:
        figure = comparison.figure_of(category, said.get((one.looked.ref, category), {}))
        if figure is not None:
            figures[one.looked.person_id, category] = figure
    whole = comparison.figure_of(category, said.get((None, category), {}))
    if whole is not None:
        totals = {(one.looked.person_id, category): one.total for one in people}
        comparison.lay(whole, list(totals), figures, totals)
    return {person: figure for (person, _category), figure in figures.items()}


def _line(frame: _Frame, one: _Person, declared: Decimal | None) -> LineView:
    measure, found = measures.measure_of(frame.category), one.total
    verdict = measures.EQUAL
    if not measure.described or declared is not None:
        near = frame.tolerance if measure.unit in (measures.AMOUNT, measures.MONTHLY) else Decimal(0)
        verdict = measures.verdict(declared, found.value, near)
    return LineView(
        0, "", one.looked.ref, one.looked.person_id, frame.category, verdict, "", "SOURCE", measure.unit, declared,
        found.value, found.value - (declared or Decimal(0)), found.count, found.data_date, found.conflict, (),
        tuple(row.ref for row in found.rows), "",
    )  # fmt: skip


def _asked(work: Work, frame: _Frame, about: About) -> list[doubts.Raised]:
    wanted = {name: about.context[name] for name, _type in frame.info.inputs if name in about.context}
    now = work.now.astimezone(OFFICE_ZONE)  # FEEL's today() is the office's day
    result: Result = frame.model.evaluate(frame.info.id, wanted, now=now, budget=BUDGET)
    decision_results.must_answer(result, TABLE, "recipients")
    return said_by(Decided(about, result, TABLE, frame.version))


def _found(work: Work, frame: _Frame, one: _Person, line: LineView, about: About, raised: doubts.Raised) -> _Raised:
    """One doubt with the rows it rests on, of a sum all that were counted."""
    rows = [one.seen[place] for place in about.rests_on] or list(one.seen)
    prints = [whitelist.fingerprint(work, frame.category, {"values": row.values, "role": row.role}) for row in rows]
    first = rows[0]
    value = {
        "unit": line.unit,
        "declared": None if line.declared is None else format(line.declared, "f"),
        "found": None if line.found is None else format(line.found, "f"),
        "rows": [
            {"row_no": row.row_no, "values": _without_people(row), "name_differs": row.name_differs} for row in rows
        ],
    }
    made = Found(
        one.looked.person_id, one.looked.household_id, raised.code, print_of_all(prints), first.row_no,
        first.data_date or frame.data_date, raised.rule, doubts.fill(raised.pattern, about.context), value,
    )  # fmt: skip
    return _Raised(made, tuple(prints))


def _without_people(row: MatchedRow) -> dict[str, str]:
    """What a row says of things, as the doubt keeps it: who else stands in it, a joint owner, a spouse, is nobody's
    business here. The fingerprint reads them all the same: another owner is another fact, and comes again (NM-13)."""
    known = CATEGORIES.get(row.category)
    people = {one.code for one in known.fields if one.kind in (IDENTITY, NAME)} if known is not None else set()
    return {name: text for name, text in row.values.items() if name not in people}


@operation("standing.prepare", outputs=("ref", "attempt"))
def prepare(call: Call) -> Mapping[str, Any]:
    """Draft the standing letter as answered at `draft`."""
    work, case = call.work, call.case
    drafted = call.answers("draft")
    made = standing.prepare(
        work,
        case,
        categories=[str(code) for code in drafted.values.get("categories") or ()],
        valid_from=answering.day(drafted.values, "valid_from"),
        valid_until=answering.day(drafted.values, "valid_until"),
        basis=str(drafted.values.get("basis") or ""),
        by=drafted.account_id,
    )
    return {"ref": made.ref, "attempt": made.attempt}


@operation("standing.issue", outputs=("ref", "named"))
def issue(call: Call) -> Mapping[str, Any]:
    """Issue the standing letter as signed at `sign`."""
    work, case, signed = call.work, call.case, call.answers("sign")
    letters = answering.handed_in(work, case, signed.values, "letter")
    made, named = standing.issue(
        work,
        case,
        signed_on=answering.day(signed.values, "signed_on"),
        letter=letters[0] if letters else None,
        by=signed.account_id,
    )
    return {"ref": made.ref, "named": named}


@operation("standing.begin", outputs=("ref",))
def begin(call: Call) -> Mapping[str, Any]:
    """Compare what was delivered before: the standing letter is accepted."""
    letter = next((one for one in standing.of_case(call.work, call.case) if one.state == "ACCEPTED"), None)
    if letter is None:
        raise Conflict(_("No commission of this case is accepted."), clause="LF-16", case=call.case.ref)
    recipient_checks.plan_letter(call.work, letter)
    return {"ref": letter.ref}
