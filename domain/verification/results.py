"""Answers of data sources: written once as immutable rows, traceable to file and row (LF-08, BX-08)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import select

from domain import journal
from domain.base import new_ref
from domain.cases import Case
from domain.errors import Conflict
from domain.parties import permissions
from domain.parties.households import Person
from domain.parties.organisations import Organisation
from domain.text import gettext as _
from domain.verification import queries, query_terms
from domain.verification.deliveries import Delivery, Resource
from domain.verification.queries import ANSWERED, FOUND, NOT_FOUND, NOT_OBTAINED, OPEN, SENT, Query, ResultRow
from domain.work import Work

NAME_ONLY = "NAME_ONLY"


@dataclass(frozen=True, slots=True)
class Match:
    """A row that a source has about a person of a query.

    person, delivery: refs; row_no: place in the file; data_date: day it speaks of, None for the delivery's;
    match_kind: ID, ID+NAME, NAME_ONLY; fingerprint: SHA-256 of the content (S3); value (S3): {"values": {field:
    text}, "number", "name", "role", "notes"}.
    """

    person: str
    delivery: str
    row_no: str
    data_date: date | None
    match_kind: str
    name_differs: bool
    fingerprint: str = field(repr=False)
    value: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ResultView:
    """A result row with its source; `value` as in `Match` (S3)."""

    id: int
    ref: str
    query_ref: str
    round: int
    person: str
    person_id: int
    category: str
    source: str
    source_level: str
    resource: str
    delivery: str
    row_no: str
    data_date: date
    obtained_at: datetime
    match_kind: str
    name_differs: bool
    value: dict[str, Any] = field(repr=False)


def answer(
    work: Work,
    query: Query,
    matches: Sequence[Match],
    deliveries: Sequence[str],
    answered_for: Collection[str] | None = None,
) -> int:
    """Write what a source answered; a second time changes nothing. Number of rows written.

    Everybody asked about becomes FOUND or NOT_FOUND; who has withdrawn the consent meanwhile gets no row (BX-11).
    A row found by name alone is kept as a hint and finds nobody (CK-09). The query is answered once nobody is open.

    Args:
        deliveries: refs of the deliveries that were searched, also those in which nothing was found.
        answered_for: refs of the persons the source spoke of (None: all); the others stay open (CK-11).

    Raises:
        NotPermitted: not the system, nor a handler of the agency (LF-26).
        Conflict: the query was given up, was never sent, or a row speaks of somebody it did not ask about (CK-11).
    """
    case = work.session.get_one(Case, query.case_id)
    permissions.must(work.actor, "query.run", permissions.relation_to_case(work.actor, case))
    if query.state == ANSWERED:
        return 0
    if query.state != SENT:
        raise Conflict(_("This query is not waiting for an answer."), query=query.ref)
    asked = _asked(work, query)
    strangers = {match.person for match in matches} - asked.keys()
    if strangers:
        raise Conflict(_("The answer speaks of persons the query did not ask about."), clause="CK-11", query=query.ref)
    agreed = {person.ref for person in queries.persons_to_ask(work, query)}
    sources = _sources(work, query, {match.delivery for match in matches} | set(deliveries))
    written = _write(work, query, [match for match in matches if match.person in agreed], asked, sources)
    found = {match.person for match in matches if match.match_kind != NAME_ONLY}
    refs = {person.id: person.ref for person in asked.values()}
    for subject in queries.subjects_of(work, query):
        ref = refs[subject.person_id]
        if subject.state == OPEN and (answered_for is None or ref in answered_for):
            subject.state = NOT_OBTAINED if ref not in agreed else FOUND if ref in found else NOT_FOUND
    whole = not any(subject.state == OPEN for subject in queries.subjects_of(work, query))
    if whole:
        query.state, query.answered_at = ANSWERED, work.now
    work.session.flush()
    event = "query.answered" if whole else "query.answered_in_part"
    journal.of_case(work, case.ref, event, query.ref, {"rows": written, "deliveries": sorted(sources)})
    return written


def results(work: Work, case: Case, round: int | None = None) -> list[ResultView]:
    """What the sources answered in a case, in the order of the queries. Raises NotPermitted (LF-26)."""
    permissions.must(work.actor, "result.read", permissions.relation_to_case(work.actor, case))
    return rows_of(work, case, round)


def rows_of(work: Work, case: Case, round: int | None = None) -> list[ResultView]:
    """As `results`, for the house's own work on a case (comparison, doubts, report); never for a page."""
    wanted = (
        select(ResultRow, Query, Person.ref, Organisation.name, Resource.code, Delivery.ref)
        .join(Query, Query.id == ResultRow.query_id)
        .join(Person, Person.id == ResultRow.person_id)
        .join(Organisation, Organisation.id == ResultRow.source_org_id)
        .join(Resource, Resource.id == Query.resource_id)
        .join(Delivery, Delivery.id == ResultRow.delivery_id)
        .where(Query.case_id == case.id)
        .order_by(Query.id, ResultRow.id)
    )
    if round is not None:
        wanted = wanted.where(Query.round == round)
    return [
        ResultView(
            row.id, row.ref, query.ref, query.round, person, row.person_id, row.category, source, row.source_level,
            resource, delivery, row.row_no, row.data_date, row.obtained_at, row.match_kind, row.name_differs,
            value_of(work, row),
        )
        for row, query, person, source, resource, delivery in work.session.execute(wanted)
    ]  # fmt: skip


def value_of(work: Work, row: ResultRow) -> dict[str, Any]:
    """What a row says (S3)."""
    return cast(dict[str, Any], work.home.vault.open_json("result_row.value", row.ref, row.value))


def _asked(work: Work, query: Query) -> dict[str, Person]:
    ids = [subject.person_id for subject in queries.subjects_of(work, query)]
    return {person.ref: person for person in work.session.scalars(select(Person).where(Person.id.in_(ids)))}


def _sources(work: Work, query: Query, refs: Collection[str]) -> dict[str, Delivery]:
    wanted = select(Delivery).where(Delivery.ref.in_(refs), Delivery.resource_id == query.resource_id)
    found = {delivery.ref: delivery for delivery in work.session.scalars(wanted)}
    if len(found) != len(set(refs)):
        raise Conflict(_("The answer names deliveries of another data source."), query=query.ref)
    return found


def _told(value: Mapping[str, Any], told: frozenset[str] | None) -> dict[str, Any]:
    """What a case gets of a row: the agreed fields that the letter asks for, no other (LF-30)."""
    values = value.get("values")
    if told is None or not isinstance(values, Mapping):
        return dict(value)
    return {**value, "values": {code: text for code, text in values.items() if code in told}}


def _write(
    work: Work, query: Query, matches: Sequence[Match], asked: Mapping[str, Person], sources: Mapping[str, Delivery]
) -> int:
    resource = work.session.get_one(Resource, query.resource_id)
    told = query_terms.fields_of(work, query.id, query.commission_id, query.category)
    known: set[tuple[str, str]] = set()
    for match in matches:
        # keyed, because whoever guesses a row's content could confirm the guess by a bare digest
        print_ = work.home.vault.mac("result.fingerprint", match.fingerprint.encode()).hex()
        if (match.person, print_) in known:
            continue
        known.add((match.person, print_))
        ref = new_ref()
        delivery = sources[match.delivery]
        work.session.add(
            ResultRow(
                ref=ref,
                query_id=query.id,
                person_id=asked[match.person].id,
                category=query.category,
                source_org_id=resource.supplier_id,
                source_level=resource.level,
                delivery_id=delivery.id,
                row_no=match.row_no,
                data_date=match.data_date or delivery.data_date,
                obtained_at=work.now,
                match_kind=match.match_kind,
                name_differs=match.name_differs,
                fingerprint=print_,
                value=work.home.vault.seal_json("result_row.value", ref, _told(match.value, told)),
            )
        )
    work.session.flush()
    return len(known)
