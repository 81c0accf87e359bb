"""Requests across regions (DOC-02b): drafted under a commission, submitted, on their way, received (P-05; LN-09)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select

from domain import journal, numbers, rules
from domain.base import new_ref
from domain.cases import NEW, Case
from domain.clock import office_day
from domain.crossregion import receipts, routing, sides
from domain.crossregion.routing import Way
from domain.errors import Conflict, InvalidAnswers
from domain.parties import households, permissions
from domain.parties.households import Person
from domain.parties.organisations import Organisation
from domain.parties.permission_rules.crossregion import STARTER
from domain.policy_keys.regions import ROUTE
from domain.text import Joined, Text
from domain.text import gettext as _
from domain.verification import catalogue, catalogue_use, commissions
from domain.verification.assist_rows import (
    DRAFT,
    ON_ITS_WAY,
    REQUEST,
    AssistItem,
    AssistPerson,
    AssistRequest,
    AssistStep,
)
from domain.verification.catalogue_rows import Resource
from domain.verification.commission_rows import Commission
from domain.work import Work


def way(work: Work, case: Case, place: str) -> Way:
    """The way a case's request to a place takes under the rules the case began with. Raises as `routing.target`."""
    starter = work.session.get_one(Organisation, case.agency_id)
    route = rules.of_case(work, case).value(ROUTE)
    return routing.target(work, starter, place, route, office_day(case.opened_at))


def offered(work: Work, case: Case, chosen: Way) -> list[Resource]:
    """What may be asked there: items of the other side's catalogue in categories that the letter names (LN-03)."""
    if chosen.assist is None:
        return []
    letter = commissions.categories_of(work, must_be_commissioned(work, case))
    return catalogue.active_resources(work, chosen.assist, letter)


def must_be_commissioned(work: Work, case: Case) -> Commission:
    """The accepted letter of a case. Raises Conflict (LN-01): without one nothing is asked of another region."""
    found = commissions.accepted(work, case)
    if not found:
        raise Conflict(
            _("Without an accepted commission of the department nothing is asked of another region (LN-01)."),
            clause="LN-01", case=case.ref,
        )  # fmt: skip
    return found[0]


def start(
    work: Work, case: Case, place: str, people: Collection[Person], *, resources: Collection[str] = (),
    categories: Collection[str] = (),
) -> AssistRequest:  # fmt: skip
    """Draft a request for a new applicant's case.

    resources: refs of items of the other side's catalogue. categories: where its catalogue is not known here, beyond
    the province.

    Raises:
        NotPermitted: not of the case's agency.
        Conflict: no accepted commission (LN-01); recipients are asked in batches (LN-20); somebody whom the letter does
            not name (LN-28) or whose authorisation does not hold (BX-11); as `routing.target`.
        InvalidAnswers: nobody, or nothing, or nothing of the catalogue (LN-03, LN-09).
    """
    permissions.must(work.actor, "assist.start", STARTER if work.actor.org_id == case.agency_id else sides.NONE)
    letter = must_be_commissioned(work, case)
    if case.kind != NEW:
        raise Conflict(
            _("Recipients are asked about in batches, which the city or the province starts (LN-20)."), clause="LN-20"
        )
    taken = way(work, case, place)
    _must_be_named(work, case, letter, people)
    chosen = _items(work, case, taken, letter, resources, categories)
    made = _row(work, case, letter, taken)
    work.session.add(made)
    work.session.flush()
    for one in people:
        work.session.add(_person(work, made, one))
    for category, resource in chosen:
        work.session.add(
            AssistItem(
                request_id=made.id, category=category, resource_id=resource.id if resource else None,
                resource_code=resource.code if resource else "",
            )
        )  # fmt: skip
    for position, (kind, office) in enumerate(taken.steps):
        work.session.add(AssistStep(request_id=made.id, position=position, org_id=office.id, kind=kind))
    work.session.flush()
    body = {"place": place, "reach": taken.reach, "items": len(chosen), "people": len(people)}
    journal.of_case(work, case.ref, "assist.drafted", made.ref, body)
    return made


def submit(work: Work, request: AssistRequest, queue: Collection[str] = ()) -> None:
    """Send a draft on its way: to the first office it passes, or straight to the agency that assists.

    queue: refs of items that may wait until the other side takes them (LN-13).

    Raises:
        NotPermitted: not of the agency that started it. Conflict: submitted before; an item is outside its window and
            nobody said that it may wait (LN-13); an authorisation was withdrawn meanwhile (BX-11); a quota is used up
            (LN-35).
    """
    sides.must(work, request, "assist.start", STARTER)
    if request.state != DRAFT:
        raise Conflict(_("This request was submitted already."), clause="LN-09")
    case = case_of(work, request)
    people = [one.person_id for one in sides.people_of(work, request)]
    named = list(work.session.scalars(select(Person).where(Person.id.in_([key for key in people if key is not None]))))
    _must_be_named(work, case, must_be_commissioned(work, case), named)
    _must_be_open(work, request, queue)
    request.submitted_at = work.now
    sides.say(work, request, REQUEST)
    if sides.steps_of(work, request):
        request.state = ON_ITS_WAY
        work.session.flush()
    else:
        receipts.arrive(work, request)
    journal.of_case(work, case.ref, "assist.submitted", request.ref, {"state": request.state})


def case_of(work: Work, request: AssistRequest) -> Case:
    """The case a request belongs to. Raises Conflict for a batch, which has none."""
    if request.case_id is None:
        raise Conflict(_("A batch belongs to no single case."))
    return work.session.get_one(Case, request.case_id)


def _must_be_open(work: Work, request: AssistRequest, queue: Collection[str]) -> None:
    shut: list[Text] = []
    for item in sides.items_of(work, request):
        opens = receipts.opens_on(work, item)
        if opens > work.today and item.ref not in queue:
            called = catalogue_use.category_name(work, item.category)
            shut.append(_("%(category)s (opens on %(day)s)", category=called, day=f"{opens:%Y-%m-%d}"))
    if shut:
        raise Conflict(
            _("Outside the time in which it is taken: %(items)s. Let it wait until then, or leave it out.",
              items=Joined(_(", "), shut)),
            clause="LN-13",
        )  # fmt: skip


def _must_be_named(work: Work, case: Case, letter: Commission, people: Collection[Person]) -> None:
    if not people:
        raise InvalidAnswers({"people": _("Name at least one person.")})
    home = households.by_id(work, case.household_id)
    named = {one.id for one in commissions.subjects_of(work, letter, home)}
    if any(one.id not in named for one in people):
        raise Conflict(_("Nobody is asked about whom the commission does not name (LN-28)."), clause="LN-28")
    agreed = {one.id for one in commissions.askable(work, case, letter, home)}
    if any(one.id not in agreed for one in people):
        raise Conflict(
            _("The authorisation of one of these people does not hold today; nobody is asked about without one."),
            clause="BX-11",
        )


def _items(
    work: Work, case: Case, taken: Way, letter: Commission, resources: Collection[str], categories: Collection[str]
) -> Sequence[tuple[str, Resource | None]]:
    if taken.assist is None:
        asked = set(commissions.categories_of(work, letter))
        if not categories or not asked.issuperset(categories):
            raise InvalidAnswers({"items": _("Choose at least one category that the commission names.")})
        return [(code, None) for code in dict.fromkeys(categories)]
    known = {one.ref: one for one in offered(work, case, taken)}
    if not resources or not known.keys() >= set(resources):
        raise InvalidAnswers({"items": _("Choose at least one item of the other side's catalogue.")})
    return [(known[ref].category, known[ref]) for ref in dict.fromkeys(resources)]


def _row(work: Work, case: Case, letter: Commission, taken: Way) -> AssistRequest:
    starter = work.session.get_one(Organisation, case.agency_id)
    value = numbers.take(work, starter.id, "assist")
    return AssistRequest(
        ref=new_ref(), number=numbers.document_number(f"{starter.mark}协", work.today.year, value), kind=NEW,
        case_id=case.id, commission_id=letter.id, starter_id=starter.id,
        assist_id=taken.assist.id if taken.assist is not None else None, place=taken.place, reach=taken.reach,
        route=taken.route, state=DRAFT, opened_by=work.actor.user_id, opened_at=work.now,
    )  # fmt: skip


def _person(work: Work, request: AssistRequest, person: Person) -> AssistPerson:
    ref, vault = new_ref(), work.home.vault
    return AssistPerson(
        ref=ref, request_id=request.id, person_id=person.id,
        name=vault.seal("assist_person.name", ref, households.name_of(work, person)),
        idno=vault.seal("assist_person.idno", ref, households.number_of(work, person)),
    )  # fmt: skip
