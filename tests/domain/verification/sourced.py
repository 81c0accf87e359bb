"""Sources for the tests of queries: a city's bank, police and traffic office, and a province's insurance office."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from itertools import count

from domain import cases
from domain.cases import Case
from domain.parties import organisations
from domain.parties.households import Household, Person
from domain.parties.organisations import Organisation
from domain.verification import acceptances, catalogue, commissions, declarations, deliveries, queries, results
from domain.verification.declarations import Item
from domain.verification.deliveries import Delivery, ReadOutcome, Resource
from domain.verification.queries import Query
from domain.verification.results import Match
from domain.work import OPERATOR, SCHEDULER, Work, unit_of_work
from tests.domain.office import NOW, TODAY, Desk, account, case_of, household, paper, people
from tests.domain.verification.supplied import accepted
from tests.domain.verification.world import ALL_PASS, authorise

EVERYTHING = ("DEPOSIT", "DEATH", "VEHICLE", "PENRCV")
ROLES = {
    "handler": "agency_handler",
    "checker": "agency_checker",
    "clerk": "department_clerk",
    "head": "department_head",
    "town": "town_post",
}
_rows = count(2)


@contextmanager
def sitting(desk: Desk, login: str, now: datetime = NOW) -> Iterator[Work]:
    """A committed piece of work of a person with the role that goes with the login."""
    actor = replace(desk.actor(login), roles=frozenset({ROLES[login]}))
    with unit_of_work(desk.home, actor, now=now) as work:
        yield work


def as_role(work: Work, desk: Desk, login: str) -> Work:
    """The same work, answered for by somebody else."""
    return work.acting(replace(desk.actor(login), roles=frozenset({ROLES[login]})))


def supplier(work: Work, code: str, level: str = "city", jurisdiction: str = "benxi") -> Organisation:
    made = Organisation(
        code=code,
        kind="supplier",
        level=level,
        name=f"单位{code}",
        name_en=code,
        jurisdiction=jurisdiction,
        supplier_kind=code,
        parent_id=organisations.by_code(work, "benxi-bureau").id,
    )
    work.session.add(made)
    work.session.flush()
    return made


def sources(work: Work) -> dict[str, Resource]:
    """A resource a category; the pension comes from the province."""
    places = {"DEPOSIT": ("bank", "city"), "DEATH": ("police", "city"), "VEHICLE": ("traffic", "city")}
    places["PENRCV"] = ("insurance", "province")
    return {
        category: catalogue.add_resource(work, supplier(work, code, level), category)
        for category, (code, level) in places.items()
    }


def accepted_case(
    work: Work, *names: str, categories: Sequence[str] = EVERYTHING, kind: str = cases.NEW
) -> tuple[Case, Household, list[Person]]:
    """A case whose letter asks for `categories` and was accepted."""
    family = household(work, *names)
    case = case_of(work, family, kind)
    authorise(work, case, family)
    commissions.prepare(work, case, categories=list(categories), by=account(work, "clerk"))
    letter = paper(work, case)
    issued = commissions.issue(work, case, signed_on=TODAY, letter=letter, by=account(work, "head"))
    acceptances.decide(work, issued, items=ALL_PASS, outcome="ACCEPTED", by=account(work, "checker"))
    return case, family, people(work, family)


def declared(work: Work, family: Household, items: dict[tuple[Person | None, str], dict[str, object]]) -> None:
    listed = [Item(person, category, value) for (person, category), value in items.items()]
    declarations.record(work, family, listed, declared_on=TODAY)


def ready(work: Work, resource: Resource, data_date: date = TODAY) -> Delivery:
    """A delivery that matching sees."""
    made = accepted(work.acting(OPERATOR), resource, paper(work), data_date)
    blob = work.home.blobs.put_bytes(b"columns")
    deliveries.settle_reading(work.acting(SCHEDULER), made, ReadOutcome(blob, total=3, accepted=2, rejected=1))
    return made


def planned(work: Work, case: Case) -> dict[str, Query]:
    """Everything planned and sent, by category."""
    made = queries.plan_batch(work, case)
    for query in made:
        queries.send(work, query)
    return {query.category: query for query in made}


def match(
    person: Person,
    delivery: Delivery,
    *,
    kind: str = "ID+NAME",
    name_differs: bool = False,
    data_date: date | None = None,
    role: str = "",
    **values: str,
) -> Match:
    row = next(_rows)
    value = {"values": values, "number": "", "name": "", "role": role, "notes": []}
    print_ = f"{sorted(values.items())}{role}{row if not values else ''}"
    return Match(person.ref, delivery.ref, str(row), data_date, kind, name_differs, print_, value)


def answered(work: Work, query: Query, delivery: Delivery, *matches: Match) -> int:
    return results.answer(work.acting(SCHEDULER), query, list(matches), [delivery.ref])


def yuan(amount: str) -> dict[str, object]:
    return {"amount": str(Decimal(amount))}
