"""Builders for tests: a home with its tables and rules, offices, accounts and signed-in clients."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib import import_module
from itertools import count
from pathlib import Path

from sqlalchemy import select, text

from domain import identity, revision, rules
from domain.base import Base
from domain.cases import NEW, OPEN, Case
from domain.home import DEMO, Home, found_home, make_engine, open_home
from domain.parties import staff
from domain.parties.accounts import Account
from domain.parties.organisations import Organisation
from domain.parties.passwords import Passwords
from domain.policy_shipped import read_files
from domain.settings import Settings
from domain.vault import Keys
from domain.work import OPERATOR, Actor, Work, unit_of_work
from tests.infrastructure.databases import SQLITE, Place, Template

ROOT = Path(__file__).resolve().parents[1]
STOPPED = datetime(2027, 6, 15, 1, 0, tzinfo=UTC)  # 09:00 in the office
PASSWORD = "heather-lantern-orbit-velvet"
# the costs of a password hash lowered, so that a test does not wait for them
CHEAP = Passwords(time_cost=1, memory_kib=64, parallelism=1)
_numbers = count(1)


def map_everything() -> None:
    """Import every module that maps tables, so that the metadata is whole."""
    for folder in ("domain", "sources", "workflows", "tasks", "exchange", "scheduler"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "mapped_column" in path.read_text(encoding="utf-8"):
                import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))


@lru_cache(maxsize=1)
def policy_files() -> dict[str, bytes]:
    """The policy files as shipped."""
    return read_files(ROOT / "policies")


def make_home(
    folder: Path, url: str = "", *, kind: str = DEMO, stopped_at: datetime | None = STOPPED, policies: bool = True
) -> Home:
    """A new home with keys, tables, the rules as shipped and the table of roles, but no office and nobody in it.

    `url`: the address of an empty database; "" makes a SQLite file in the folder.
    """
    map_everything()
    settings = Settings(home=folder, keys=folder / "keys", database_url=url)
    folder.mkdir(parents=True, exist_ok=True)
    Keys.create(settings.keys)
    home = open_home(settings, make_engine(settings))
    Base.metadata.create_all(home.engine)
    with home.sessions() as session, session.begin():
        # a process serves tables of its own revision only
        session.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        session.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": revision.newest()})
        found_home(session, kind, stopped_at)
    with unit_of_work(home, OPERATOR) as work:
        staff.seed_roles(work)
        if policies:
            rules.deploy(work, policy_files())
    return home


def _bare(place: Place) -> None:
    make_home(place.home, "" if place.kind == SQLITE else place.url).engine.dispose()


# a home with tables, rules and roles, made once a run and copied for each test: fresh_place(kind, BARE_HOME)
BARE_HOME = Template("bare-home", _bare)


def open_place(place: Place) -> Home:
    """The home that stands in a place of the test's databases."""
    url = "" if place.kind == SQLITE else place.url
    settings = Settings(home=place.home, keys=place.home / "keys", database_url=url)
    return open_home(settings, make_engine(settings))


def an_office(
    work: Work,
    code: str,
    kind: str,
    *,
    level: str = "county",
    jurisdiction: str = "benxi",
    parent: Organisation | None = None,
    agency: Organisation | None = None,
    mark: str = "",
) -> Organisation:
    """An office."""
    org = Organisation(
        code=code,
        kind=kind,
        level=level,
        name=f"{code}办公室",
        name_en=f"Office {code}",
        mark=mark or code[:2],
        jurisdiction=jurisdiction,
        parent_id=parent.id if parent else None,
        agency_id=agency.id if agency else None,
        position=next(_numbers),
    )
    work.session.add(org)
    work.session.flush()
    return org


def an_identity_number(seed: int | None = None) -> str:
    """An invented number of the reserved division; each call gives another one."""
    place = next(_numbers) if seed is None else seed
    return identity.make_demonstration(
        date(1960 + place // 900 % 40, 1 + place // 30 % 12, 1 + place % 28), place % 1000
    )


@lru_cache(maxsize=8)
def hash_of(password: str) -> str:
    """The cheap hash of a password, made once."""
    return CHEAP.hash(password)


def an_account(
    home: Home,
    org: Organisation,
    *roles: str,
    login: str = "",
    name: str = "白露",
    password: str = PASSWORD,
    filed: bool = True,
    until: date | None = None,
    must_change: bool = False,
) -> Account:
    """Somebody who can sign in with PASSWORD: filed, with these roles."""
    with unit_of_work(home, OPERATOR) as work:
        office = work.session.get_one(Organisation, org.id)
        made = staff.create(
            work, office, login=login or f"staff-{next(_numbers)}", name=name, idno=an_identity_number()
        )
        if filed:
            staff.file(work, made, number=f"备〔2027〕{next(_numbers):04d}", on=work.today)
        for role in roles:
            staff.grant(work, made, role, until=until)
        staff.set_password(work, made, hash_of(password), must_change=must_change)
    return made


def the_actor(account: Account, org: Organisation, *roles: str) -> Actor:
    """The actor of an account, as a signed-in request has it."""
    return Actor(
        kind="staff", user_id=account.id, ref=account.ref, display=account.name, roles=frozenset(roles),
        org_id=org.id, org_kind=org.kind, org_level=org.level, request_id="TEST",
    )  # fmt: skip


@dataclass(frozen=True)
class Offices:
    """One office of each kind, as the demonstration has them."""

    department: Organisation
    agency: Organisation
    town: Organisation
    other_town: Organisation
    other_department: Organisation
    other_agency: Organisation
    supplier: Organisation
    bureau: Organisation
    system: Organisation


def some_offices(home: Home) -> Offices:
    """A county with department, agency and two towns, a second county, a supplier, the bureau, the system's people."""
    with unit_of_work(home, OPERATOR) as work:
        bureau = an_office(work, "bx-bureau", "bureau", level="city")
        agency = an_office(work, "ps-agency", "agency", parent=bureau, mark="平核")
        department = an_office(work, "ps-dept", "department", parent=bureau, agency=agency, mark="平")
        other_agency = an_office(work, "ms-agency", "agency", parent=bureau)
        return Offices(
            department=department,
            agency=agency,
            town=an_office(work, "ps-town", "town_post", level="town", parent=department),
            other_town=an_office(work, "ps-town-2", "town_post", level="town", parent=department),
            other_department=an_office(work, "ms-dept", "department", parent=bureau, agency=other_agency),
            other_agency=other_agency,
            supplier=an_office(work, "bx-bank", "supplier", level="city"),
            bureau=bureau,
            system=an_office(work, "bx-system", "system", level="city"),
        )


def a_case(
    work: Work,
    department: Organisation,
    agency: Organisation,
    town: Organisation | None,
    *,
    number: str = "",
    state: str = OPEN,
    kind: str = NEW,
    commissioned: bool = True,
) -> Case:
    """A case of no household yet, as wide as its offices; journeys start real ones through the process."""
    made = Case(
        number=number or f"案〔2027〕{next(_numbers):04d}",
        kind=kind,
        process="verification",
        process_version=1,
        programme="DIBAO",
        department_id=department.id,
        agency_id=agency.id,
        town_id=town.id if town else None,
        state=state,
        opened_at=work.now,
        commissioned_at=work.now if commissioned else None,
        policy_snapshot_id=rules.snapshot(work, department.id).id,
    )
    work.session.add(made)
    work.session.flush()
    return made


def rows_of(home: Home, kind: type[Base]) -> list[Base]:
    """All rows of a table, read afresh."""
    with home.sessions() as session:
        return list(session.scalars(select(kind)))


def with_settings(home: Home, **changes: object) -> Settings:
    """The settings of a home with some changed."""
    return replace(home.settings, **changes)  # type: ignore[arg-type]
