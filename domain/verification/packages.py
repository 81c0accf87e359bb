"""Request packages (mode B): the persons an agency asks a department about, handed out as a file and answered by one.

A department that searches in its own system gets the names and numbers of those asked about (CK-11) and hands back
what it found. Each person has a token of this package, so that an answer joins without trusting a name. An answer is
taken in whole or not at all; whoever it leaves out stays asked for, and is not obtained when the time is over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func, select, update

from domain import agenda, journal, numbers, rules
from domain.base import new_ref
from domain.cases import Case
from domain.clock import office_day
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.files import StoredFile
from domain.parties import permissions
from domain.parties.households import Person
from domain.parties.organisations import Organisation
from domain.text import gettext as _
from domain.verification import authorisations, catalogue_use
from domain.verification.authorisations import required_scope
from domain.verification.catalogue_use import Standing
from domain.verification.commissions import VERIFY, Commission
from domain.verification.deliveries import Delivery, Resource
from domain.verification.package_rows import (
    ANSWERED,
    ASKED,
    CANCELLED,
    ERROR,
    EXPIRED,
    LAYOUTS,
    OUT,
    UNANSWERED,
    XLSX,
    PackagePerson,
    RequestPackage,
)
from domain.verification.queries import OPEN, SENT, Query, QuerySubject
from domain.work import Work
from domain.workdays import Derivation

WAITING = (ASKED, ERROR)
MOST = 5000
EXPIRE_DUTY, READ_DUTY = "package.expire", "package.read"
_TOKEN = 12


@dataclass(frozen=True, slots=True)
class Line:
    """A person of a package with what the file says of them (number and name are S3)."""

    position: int
    token: str
    state: str
    query: str
    person: str
    case: str
    number: str = field(repr=False)
    name: str = field(repr=False)


def prepare(work: Work, resource: Resource, layout: str = XLSX) -> RequestPackage:
    """Put into one package whom the actor's agency has asked this source about and nobody answered for yet.

    Only persons of queries that are out, whose authorisation holds today (BX-11), at most `MOST` of them, the most
    urgent first; who stands in a living package already is not asked twice.

    Raises:
        NotPermitted: not a handler of an agency (LF-26). InvalidAnswers: no such layout.
        Conflict: nobody to ask about; the source is not shared, its agreement does not hold (BX-30), or it has no
        feedback limit (LN-23).
    """
    own = permissions.OWN if work.actor.org_kind == "agency" else permissions.NONE
    permissions.must(work.actor, "package.prepare", own)
    if layout not in LAYOUTS:
        raise InvalidAnswers({"layout": _("Choose one of the forms a package can have.")})
    standing = catalogue_use.must_be_usable(work, resource)
    agency = work.session.get_one(Organisation, work.actor.org_id)
    asked = _may_be_asked(work, _waiting(work, resource, agency))
    if not asked:
        raise Conflict(_("Nobody is waiting for an answer of this source, or all stand in a package already."))
    due = _limit(work, standing)
    value = numbers.take(work, agency.id, "package")
    made = RequestPackage(
        number=numbers.document_number(f"{agency.mark}询", work.today.year, value),
        resource_id=resource.id,
        agency_id=agency.id,
        layout=layout,
        persons=len(asked),
        made_by=work.actor.person(),
        made_at=work.now,
        due=due.to_json() | {"key": resource.limit_key},
        due_at=due.due(rules.current(work).calendar),
    )
    work.session.add(made)
    work.session.flush()
    work.session.add_all(
        PackagePerson(package_id=made.id, position=place, query_id=query, person_id=person, token=_new_token())
        for place, (query, person) in enumerate(asked, 1)
    )
    work.session.flush()
    journal.record(work, "package.prepared", made.ref, {"number": made.number, "persons": made.persons})
    agenda.put(work, EXPIRE_DUTY, f"{EXPIRE_DUTY}:{made.ref}", made.due_at, subject=made.ref)
    return made


def cancel(work: Work, package: RequestPackage, reason: str) -> None:
    """Call a package back; an answer to it is refused from now on, and who is unanswered may be asked about anew.

    Raises NotPermitted, InvalidAnswers without a reason, Conflict when it is not out any more.
    """
    own = permissions.OWN if work.actor.org_id == package.agency_id else permissions.NONE
    permissions.must(work.actor, "package.prepare", own)
    if not reason.strip():
        raise InvalidAnswers({"reason": _("Say why the package is called back.")})
    must_be_open(work, package)
    package.reason = work.home.vault.seal("request_package.reason", package.ref, reason.strip())
    _close(work, package, CANCELLED)


def expire(work: Work, ref: str) -> None:
    """The limit is over: whoever was not answered for stays without an answer, and is never called not found."""
    package = by_ref(work, ref)
    if package.state == OUT and package.due_at <= work.now:
        _close(work, package, EXPIRED)


def receive(work: Work, package: RequestPackage, file: StoredFile) -> Delivery:
    """Take in the file that answers a package; reading it is planned (`READ_DUTY`, subject the delivery).

    Raises NotPermitted: another office's package. Conflict: it is closed or too late, or the very file was handed in
    before (LF-10); one that was refused may be sent again.
    """
    resource = work.session.get_one(Resource, package.resource_id)
    own = permissions.OWN if work.actor.org_id == resource.supplier_id else permissions.NONE
    permissions.must(work.actor, "package.answer", own)
    must_be_open(work, package)
    found = work.session.scalars(
        select(Delivery).where(Delivery.resource_id == resource.id, Delivery.file_digest == file.digest)
    ).first()
    if found is not None and (found.state != "FAILED" or found.package_id != package.id):
        raise Conflict(_("This very file was handed in before. Send the newer file, or nothing."), clause="LF-10")
    made = found or Delivery(ref=new_ref(), resource_id=resource.id, file_digest=file.digest, package_id=package.id)
    made.file_id, made.data_date, made.state, made.failure, made.faults = file.id, work.today, "READING", "", []
    made.uploaded_by, made.uploaded_at, made.read_at = work.actor.user_id, work.now, None
    work.session.add(made)
    work.session.flush()
    journal.record(work, "package.answer_received", package.ref, {"delivery": made.ref, "file": file.ref})
    agenda.put(work, READ_DUTY, f"{READ_DUTY}:{made.ref}:{file.ref}", work.now, subject=made.ref)
    return made


def must_be_open(work: Work, package: RequestPackage) -> None:
    """Raises Conflict, saying what to do, for a package that takes no answer any more (LN-26)."""
    if package.state == CANCELLED:
        raise Conflict(_("The agency called package %(number)s back. Nothing needs to be sent.", number=package.number))
    if package.state == ANSWERED:
        raise Conflict(_("Package %(number)s is answered; a second answer is not taken.", number=package.number))
    if package.state == EXPIRED or package.due_at <= work.now:
        sentence = _(
            "The time of package %(number)s is over. Ask the agency for a new one for those still without an answer.",
            number=package.number,
        )
        raise Conflict(sentence, clause="LN-26")


def must_be_unanswered(work: Work, package: RequestPackage, tokens: Sequence[str]) -> None:
    """Raises Conflict when somebody of these was answered for already: a second answer changes nothing."""
    taken = [one.position for one in _people(work, package, tokens) if one.state not in WAITING]
    if taken:
        sentence = _(
            "%(count)s persons of this file are answered for already, the first is number %(first)s of the package."
            " Send the rows of the others alone; nothing of the file was taken in.",
            count=len(taken),
            first=min(taken),
        )
        raise Conflict(sentence, clause="CK-11")


def settle(work: Work, package: RequestPackage, delivery: Delivery, states: Mapping[str, str]) -> None:
    """Note what a delivery answered. states: token -> FOUND, NOT_FOUND or ERROR; others stay asked for."""
    for person in _people(work, package, tuple(states)):
        person.state, person.delivery_id = states[person.token], delivery.id
    work.session.flush()
    left = unanswered(work, package)
    body = {"delivery": delivery.ref, "answered": len(states), "unanswered": left}
    journal.record(work, "package.answered", package.ref, body)
    if not left:
        _close(work, package, ANSWERED)


def written(work: Work, package: RequestPackage, file: StoredFile) -> None:
    """Keep the file of a package, once; whoever was faster has handed out the same rows."""
    if package.file_id is None:
        package.file_id = file.id
        work.session.flush()


def downloaded(work: Work, package: RequestPackage) -> None:
    """Note that somebody took the names and numbers out of the house. Raises NotPermitted, Conflict when closed."""
    permissions.must(work.actor, "package.download", relation_to(work, package))
    if package.state != OUT:
        must_be_open(work, package)
    journal.record(work, "package.downloaded", package.ref, {"number": package.number, "persons": package.persons})


def relation_to(work: Work, package: RequestPackage) -> str:
    """ "own" for the agency that asks and the office that is asked, else "none"."""
    resource = work.session.get_one(Resource, package.resource_id)
    return permissions.OWN if work.actor.org_id in (package.agency_id, resource.supplier_id) else permissions.NONE


def by_ref(work: Work, ref: str) -> RequestPackage:
    """The package with this reference; the caller permits. Raises NotFound."""
    found = work.session.scalars(select(RequestPackage).where(RequestPackage.ref == ref)).first()
    if found is None:
        raise NotFound(_("There is no such request package."))
    return found


def of_office(work: Work, limit: int = 100, after: str = "") -> Sequence[tuple[RequestPackage, Resource]]:
    """The newest packages of the actor's office, asking or asked. Raises NotPermitted.

    after: ref of the last one seen. Uses ix_request_package_agency_id, or ix_request_package_resource_id.
    """
    permissions.must(work.actor, "package.read", permissions.OWN)
    mine = (
        RequestPackage.agency_id == work.actor.org_id
        if work.actor.org_kind == "agency"
        else Resource.supplier_id == work.actor.org_id
    )
    wanted = select(RequestPackage, Resource).join(Resource, Resource.id == RequestPackage.resource_id).where(mine)
    if after:
        seen = select(RequestPackage.id).where(RequestPackage.ref == after).scalar_subquery()
        wanted = wanted.where(RequestPackage.id < seen)
    found = work.session.execute(wanted.order_by(RequestPackage.id.desc()).limit(limit))
    return [(package, resource) for package, resource in found]


def resources_waiting(work: Work) -> list[tuple[Resource, int]]:
    """The sources that persons of the actor's agency wait for and stand in no package, with how many.

    Uses ix_query_resource_state. One statement.
    """
    wanted = (
        select(Resource, func.count())
        .select_from(QuerySubject)
        .join(Query, Query.id == QuerySubject.query_id)
        .join(Resource, Resource.id == Query.resource_id)
        .join(Case, Case.id == Query.case_id)
        .where(*_still_open(work), Case.agency_id == work.actor.org_id, Resource.active)
        .group_by(Resource.id)
        .order_by(Resource.code)
    )
    return [(resource, count) for resource, count in work.session.execute(wanted)]


def lines(work: Work, package: RequestPackage) -> list[Line]:
    """Everybody in a package, in its order (S3); the caller permits. One statement."""
    vault = work.home.vault
    return [
        Line(
            one.position, one.token, one.state, query, person.ref, case,
            vault.open("person.idno", person.ref, person.idno), vault.open("person.name", person.ref, person.name),
        )
        for one, person, query, case in work.session.execute(
            select(PackagePerson, Person, Query.ref, Case.ref)
            .join(Person, Person.id == PackagePerson.person_id)
            .join(Query, Query.id == PackagePerson.query_id)
            .join(Case, Case.id == Query.case_id)
            .where(PackagePerson.package_id == package.id)
            .order_by(PackagePerson.position)
        )
    ]  # fmt: skip


def unanswered(work: Work, package: RequestPackage) -> int:
    """How many persons nobody has answered for. Uses uq_request_package_person_package_id_token."""
    wanted = select(func.count()).where(PackagePerson.package_id == package.id)
    return work.session.scalar(wanted.where(PackagePerson.state.in_((*WAITING, UNANSWERED)))) or 0


def reason_of(work: Work, package: RequestPackage) -> str:
    """Why a package was called back, "" when it was not."""
    if package.reason is None:
        return ""
    return work.home.vault.open("request_package.reason", package.ref, package.reason)


def _people(work: Work, package: RequestPackage, tokens: Sequence[str]) -> Sequence[PackagePerson]:
    return work.session.scalars(
        select(PackagePerson).where(PackagePerson.package_id == package.id, PackagePerson.token.in_(tokens))
    ).all()


def _close(work: Work, package: RequestPackage, state: str) -> None:
    package.state, package.closed_at = state, work.now
    work.session.execute(
        update(PackagePerson)
        .where(PackagePerson.package_id == package.id, PackagePerson.state.in_(WAITING))
        .values(state=UNANSWERED)
    )
    work.session.flush()
    body = {"number": package.number, "unanswered": unanswered(work, package)}
    journal.record(work, f"package.{state.lower()}", package.ref, body)


def _limit(work: Work, standing: Standing) -> Derivation:
    limit = standing.version.limit if standing.version is not None else None
    if limit is None:
        sentence = _("This source has no feedback limit. Let the catalogue administrator enter one.")
        raise Conflict(sentence, clause="LN-23", resource=standing.resource.code)
    return Derivation(office_day(work.now), limit, rules.current(work).calendar.version, "LN-23")


def _still_open(work: Work) -> tuple[Any, ...]:
    living = select(PackagePerson.id).where(
        PackagePerson.query_id == QuerySubject.query_id,
        PackagePerson.person_id == QuerySubject.person_id,
        PackagePerson.state.in_(WAITING),
    )
    return (
        Query.state == SENT,
        (Query.due_at > work.now) | Query.due_at.is_(None),
        QuerySubject.state == OPEN,
        ~living.exists(),
    )


def _waiting(work: Work, resource: Resource, agency: Organisation) -> Sequence[Any]:
    """(query, person, case, commission) of who waits, the most urgent first. Uses ix_query_resource_state."""
    return work.session.execute(
        select(Query.id, QuerySubject.person_id, Case, Commission)
        .join(Query, Query.id == QuerySubject.query_id)
        .join(Case, Case.id == Query.case_id)
        .join(Commission, Commission.id == Query.commission_id)
        .where(Query.resource_id == resource.id, Case.agency_id == agency.id, *_still_open(work))
        .order_by(Query.due_at, Query.id, QuerySubject.id)
        .limit(MOST)
    ).all()


def _may_be_asked(work: Work, waiting: Sequence[Any]) -> list[tuple[int, int]]:
    """Those whose authorisation holds today, in their order.

    One statement for each day of commission and scope there is: all letters of a day are asked about together.
    """
    groups: dict[tuple[date | None, str], set[int]] = {}
    for _query, person, case, letter in waiting:
        if letter.purpose == VERIFY:
            groups.setdefault((letter.commissioned_on, required_scope(work, case)), set()).add(person)
    holds: dict[tuple[date | None, str], set[int]] = {}
    for (day, scope), people in groups.items():
        wanted = authorisations.holding(work.today, signed_by=day, scope=scope).where(Person.id.in_(people))
        holds[day, scope] = {person for person, _authorisation, _signed in work.session.execute(wanted)}
    return [
        (query, person)
        for query, person, case, letter in waiting
        if letter.purpose != VERIFY or person in holds[letter.commissioned_on, required_scope(work, case)]
    ]


def _new_token() -> str:
    # begins with a letter that no number has, or a spreadsheet would take 12e45… for a figure
    return f"R{new_ref()[-_TOKEN + 1 :].upper()}"
