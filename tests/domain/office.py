"""A small office for the tests of the domain: Pingshan's department, its agency and town, and their people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from random import SystemRandom

from sqlalchemy import create_engine, select

from domain import cases, files, identity, rules
from domain.base import Base, new_ref
from domain.cases import Case
from domain.files import StoredFile
from domain.home import DEMO, Home, HomeRow, open_home
from domain.parties import households, organisations
from domain.parties.accounts import Account
from domain.parties.households import Household, Person
from domain.parties.organisations import Organisation
from domain.parties.topology import OrgEdge
from domain.policy_shipped import read_files
from domain.policy_topology import ENTRUSTS
from domain.settings import Settings
from domain.vault import Keys
from domain.work import OPERATOR, SCHEDULER, Actor, Work, harden, unit_of_work
from tasks import schema
from tests.infrastructure.databases import Place, Template

NOW = datetime(2027, 3, 10, 2, 0, tzinfo=UTC)
TODAY = date(2027, 3, 10)
DAY_BEFORE = date(2027, 3, 9)
BORN = date(1980, 1, 1)
POLICIES = Path(__file__).parents[2] / "policies"

OFFICES = (
    # code, kind, level, name, mark, jurisdiction, parent
    ("benxi-bureau", "bureau", "city", "本溪市民政局", "本", "benxi", None),
    ("benxi-agency", "agency", "city", "本溪市核对中心", "本核", "benxi", "benxi-bureau"),
    ("pingshan", "department", "county", "平山区民政局", "平", "pingshan", "benxi-bureau"),
    ("mingshan", "department", "county", "明山区民政局", "明", "mingshan", "benxi-bureau"),
    ("zhanqian", "town_post", "town", "站前街道办事处", "站", "pingshan", "pingshan"),
    ("beitai", "town_post", "town", "北台街道办事处", "北", "pingshan", "pingshan"),
    ("mingshan-town", "town_post", "town", "高峪街道办事处", "高", "mingshan", "mingshan"),
)
PEOPLE = {
    "clerk": "pingshan",
    "head": "pingshan",
    "stranger": "mingshan",
    "town": "zhanqian",
    "checker": "benxi-agency",
    "handler": "benxi-agency",
}
DIVISIONS = {"pingshan": "210502", "mingshan": "210504"}
KINDS = {code: kind for code, kind, *_rest in OFFICES}
# a template is made by one worker and used by all: each begins somewhere else
_sequence = count(1000 * SystemRandom().randrange(9999))


def every_table() -> None:
    """The metadata is whole once the schema has been imported."""
    schema.metadata()


def _found(place: Place) -> None:
    every_table()
    Keys.create(place.home / "keys")
    engine = harden(create_engine(place.url))
    Base.metadata.create_all(engine)
    home = open_home(settings_of(place), engine)
    with unit_of_work(home, OPERATOR, now=NOW) as work:
        work.session.add(HomeRow(id=1, kind=DEMO, created_at=NOW))
        rules.deploy(work, read_files(POLICIES))
        _people(work)
    engine.dispose()


def _people(work: Work) -> None:
    made: dict[str, Organisation] = {}
    for position, (code, kind, level, name, mark, jurisdiction, parent) in enumerate(OFFICES):
        made[code] = Organisation(
            code=code,
            kind=kind,
            level=level,
            name=name,
            name_en=code,
            mark=mark,
            jurisdiction=jurisdiction,
            unit_code=code if kind == "department" else None,
            division=DIVISIONS.get(code),
            parent_id=made[parent].id if parent else None,
            position=position,
        )
        work.session.add(made[code])
        work.session.flush()
    # Pingshan has no agency of its own here and has arranged for the city's (LF-01, LF-18)
    work.session.add(
        OrgEdge(from_id=made["pingshan"].id, to_id=made["benxi-agency"].id, kind=ENTRUSTS, valid_from=date(2017, 1, 1),
                source="LF-01")
    )  # fmt: skip
    for login, office in PEOPLE.items():
        ref = new_ref()
        number = idno()
        work.session.add(
            Account(
                ref=ref,
                login=login,
                name=login,
                idno=work.home.vault.seal("account.idno", ref, number),
                idno_blind=work.home.vault.blind("account.idno", number),
                org_id=made[office].id,
                org_kind=KINDS[office],
                state="ACTIVE",
                filed_on=TODAY,
            )
        )


OFFICE = Template("domain-office", _found)


def settings_of(place: Place) -> Settings:
    return Settings.from_env({**place.environment, "HEDUI_KEYS": str(place.home / "keys")})


def idno(born: date = BORN) -> str:
    """A fresh demonstration number."""
    number = next(_sequence)
    return identity.make_demonstration(born, number % 1000, f"99{number // 1000:04d}")


@dataclass(frozen=True)
class Desk:
    """The office of one test and what its people do often."""

    home: Home

    @contextmanager
    def acting(self, login: str = "clerk", now: datetime = NOW) -> Iterator[Work]:
        """A committed piece of work of this person, or of the scheduler."""
        with unit_of_work(self.home, self.actor(login), now=now) as work:
            yield work

    def actor(self, login: str) -> Actor:
        if login == "scheduler":
            return SCHEDULER
        with self.home.sessions() as session:
            account = session.scalars(select(Account).where(Account.login == login)).one()
            return Actor(
                kind="person", user_id=account.id, ref=account.ref, org_id=account.org_id, org_kind=account.org_kind
            )


def account(work: Work, login: str) -> int:
    return work.session.scalars(select(Account.id).where(Account.login == login)).one()


def household(work: Work, *names: str, number: str = "", programme: str = "DIBAO") -> Household:
    """A household of the station quarter; the first name is the applicant's."""
    made = households.add_household(
        work,
        number=number or f"H{next(_sequence):08d}",
        department=organisations.by_code(work, "pingshan"),
        town=organisations.by_code(work, "zhanqian"),
        programme=programme,
        address="平山区站前街道1号",
    )
    for name in names or ("甲某", "乙某"):
        households.add_person(work, made, name=name, idno=idno(), relation="本人")
    return made


def case_of(work: Work, family: Household | None, kind: str = cases.NEW, campaign_id: int | None = None) -> Case:
    """An open case of a household, or of a campaign's letter."""
    department = organisations.by_code(work, "pingshan")
    made = Case(
        number=f"C{next(_sequence)}",
        kind=kind,
        process="verification",
        process_version=1,
        programme="DIBAO",
        household_id=family.id if family is not None else None,
        campaign_id=campaign_id,
        department_id=department.id,
        agency_id=organisations.by_code(work, "benxi-agency").id,
        town_id=organisations.by_code(work, "zhanqian").id,
        opened_at=work.now,
        policy_snapshot_id=rules.snapshot(work, department.id).id,
    )
    work.session.add(made)
    work.session.flush()
    return made


def paper(work: Work, case: Case | None = None, purpose: str = "SCAN") -> StoredFile:
    """A file somebody handed in."""
    blob = work.home.blobs.put_bytes(b"%PDF-1.7 " + new_ref().encode())
    return files.keep(
        work,
        blob,
        name="scan.pdf",
        media_type="application/pdf",
        purpose=purpose,
        case_id=case.id if case is not None else None,
    )


def people(work: Work, family: Household) -> list[Person]:
    return list(households.members(work, family))
