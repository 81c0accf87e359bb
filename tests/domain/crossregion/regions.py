"""A province with several cities in one home, a county's case under its letter, and the people of each agency."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import create_engine, select

from cli import offices
from domain import cases, rules
from domain.cases import Case
from domain.crossregion import requests, sides
from domain.home import open_home
from domain.parties import households, organisations
from domain.parties.accounts import Account
from domain.parties.households import Household, Person
from domain.parties.organisations import Organisation
from domain.verification import acceptances, collecting, commissions
from domain.verification.assist_rows import AssistItem, AssistRequest
from domain.verification.catalogue_rows import Resource
from domain.work import OPERATOR, Actor, Work, harden, unit_of_work
from tests.domain.office import NOW, OFFICE, idno, paper, settings_of
from tests.domain.verification.papered import hire
from tests.domain.verification.world import ALL_PASS
from tests.infrastructure.databases import Place, Template

CATEGORIES = ("DEPOSIT", "VEHICLE", "HOUSE", "PENRCV")
START = datetime.fromisoformat("2026-02-10T09:30:00+08:00")


def _found(place: Place) -> None:
    engine = harden(create_engine(place.url))
    home = open_home(settings_of(place), engine)
    with unit_of_work(home, OPERATOR, now=NOW) as work:
        for province in ("liaoning", "inner-mongolia"):
            offices.establish(work, province, reviews_from=NOW)
    engine.dispose()


REGIONS = Template("domain-regions", _found, OFFICE)


def actor(work: Work, office: str, role: str) -> Actor:
    """Somebody of an office with one role, hired on the way."""
    login = f"{office}-{role}".replace("_", "-")
    found = work.session.scalars(select(Account).where(Account.login == login)).first() or hire(work, login, office)
    org = work.session.get_one(Organisation, found.org_id)
    return Actor(
        kind="person", user_id=found.id, ref=found.ref, display=found.name, roles=frozenset({role}), org_id=org.id,
        org_kind=org.kind, org_level=org.level,
    )  # fmt: skip


def at(work: Work, office: str, role: str = "agency_handler") -> Work:
    """The same work, answered for by somebody of this office."""
    return work.acting(actor(work, office, role))


def family(work: Work, department: str, *names: str) -> Household:
    """A household that a department keeps."""
    office = organisations.by_code(work, department)
    town = work.session.scalars(
        select(Organisation).where(Organisation.kind == "town_post", Organisation.parent_id == office.id).limit(1)
    ).first()
    made = households.add_household(
        work, number=f"H{idno()[-12:]}", department=office, town=town or organisations.by_code(work, "zhanqian"),
        programme="DIBAO", address="某街1号",
    )  # fmt: skip
    for name in names or ("甲某", "乙某"):
        households.add_person(work, made, name=name, idno=idno(), relation="本人")
    return made


def bare_case(work: Work, place: str = "pingshan", kind: str = cases.NEW) -> tuple[Case, Household, list[Person]]:
    """A case of a county's department at the county's own agency, without any letter."""
    city = organisations.find(work, f"{place}-department") is not None
    department, agency = (f"{place}-department" if city else place), f"{place}-agency"
    home = family(work, department)
    office = organisations.by_code(work, department)
    made = Case(
        number=f"C{idno()[-12:]}", kind=kind, process="verification", process_version=1, programme="DIBAO",
        household_id=home.id, department_id=office.id, agency_id=organisations.by_code(work, agency).id,
        town_id=home.town_id, opened_at=work.now, policy_snapshot_id=rules.snapshot(work, office.id).id,
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    return made, home, list(households.members(work, home))


def commissioned(
    work: Work, place: str = "pingshan", *, categories: Sequence[str] = CATEGORIES
) -> tuple[Case, Household, list[Person]]:
    """As `bare_case`, with everybody's authorisation and an accepted letter."""
    case, home, members = bare_case(work, place)
    department = organisations.by_code(work, organisations_code(work, case))
    clerk, head = actor(work, department.code, "department_clerk"), actor(work, department.code, "department_head")
    town = work.session.get_one(Organisation, case.town_id)
    officer = actor(work, town.code, "town_post")
    for one in members:
        day = work.today - timedelta(days=1)
        collecting.collect(work.acting(officer), case, one, by=officer.user_id, signed_on=day, scan=paper(work, case))
    commissions.prepare(work.acting(clerk), case, categories=list(categories))
    letter = commissions.issue(work.acting(head), case, signed_on=work.today, letter=paper(work, case))
    agency = work.session.get_one(Organisation, case.agency_id)
    checker = actor(work, agency.code, "agency_checker")
    acceptances.decide(work.acting(checker), letter, items=ALL_PASS, outcome="ACCEPTED", by=checker.user_id)
    return case, home, members


def organisations_code(work: Work, case: Case) -> str:
    return work.session.get_one(Organisation, case.department_id).code


def agency_of(work: Work, case: Case) -> str:
    return work.session.get_one(Organisation, case.agency_id).code


def source(work: Work, code: str) -> Resource:
    """An item of the catalogue by its code, such as chaoyang-bank.DEPOSIT."""
    return work.session.scalars(select(Resource).where(Resource.code == code)).one()


def drafted(work: Work, case: Case, members: Sequence[Person], place: str, *codes: str) -> AssistRequest:
    """A draft of the case's own agency asking these items of a place."""
    own = at(work, agency_of(work, case))
    return requests.start(own, case, place, members, resources=[source(work, code).ref for code in codes])


def sent(work: Work, place: str = "chaoyang", *codes: str, starter: str = "pingshan") -> AssistRequest:
    """A request that reached the other side."""
    case, _home, members = commissioned(work, starter)
    made = drafted(work, case, members, place, *(codes or ("chaoyang-bank.DEPOSIT",)))
    requests.submit(at(work, agency_of(work, case)), made)
    return made


def item(work: Work, request: AssistRequest, category: str = "DEPOSIT") -> AssistItem:
    return next(one for one in sides.items_of(work, request) if one.category == category)
