"""Founding a home: keys, tables, rules, offices, processes; for a demonstration also people and files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import insert, select

from cli import demo, demo_catalogue, migrate, offices
from cli.backup_folders import UNCHECKED
from domain import home as homes
from domain import rules
from domain.clock import machine_now
from domain.errors import Conflict
from domain.home import DEMO, REAL, Home, HomeRow
from domain.oversight import appointing
from domain.parties import roles, staff
from domain.parties.accounts import RoleKind
from domain.parties.organisations import Organisation
from domain.parties.passwords import Passwords
from domain.policy_shipped import assemble, read_files
from domain.settings import Settings
from domain.text import gettext as _
from domain.vault import KEYFILE, Keys
from domain.work import OPERATOR, Work, unit_of_work
from tasks.terms import reminders
from workflows import bundles, definitions, shipped
from workflows.bundles import Checked

ROOT = Path(__file__).resolve().parent.parent
POLICIES = ROOT / "policies"
BUNDLES = ROOT / "bpmn"
DEMO_CITY = "benxi"

Say = Callable[[object], None]


@dataclass(frozen=True, slots=True)
class Founded:
    """What a new home is, and where its first passwords or its first token stand."""

    kind: str
    passwords: Path | None = None
    login: str = ""
    token: str = ""


def exists(settings: Settings) -> bool:
    """True when there is a founded home at these settings.

    Raises Conflict for one whose founding, or whose restore, was cut off.
    """
    if (settings.home / UNCHECKED).exists():
        raise Conflict(
            _("A restore into %(home)s is at work or was cut off. Run it again to its end.", home=settings.home)
        )
    if not settings.url.startswith("postgresql") and not (settings.home / "hedui.db").exists():
        return False
    engine = homes.make_engine(settings)
    try:
        with engine.connect() as connection:
            if not migrate.current(connection):
                return False
            row = connection.execute(select(HomeRow.id, HomeRow.founded_at)).first()
    finally:
        engine.dispose()
    if row is not None and row.founded_at is None:
        raise Conflict(
            _("The making of this home was cut off. Remove %(folder)s (and its database) and start again.",
              folder=settings.home)
        )  # fmt: skip
    return row is not None


def open_or_refuse(settings: Settings) -> Home:
    """An existing home, migrated, with what an upgrade brought offered. Raises HomeMissing, KeysMissing, Conflict."""
    if not exists(settings):
        raise homes.HomeMissing(_("There is no home here yet. Run ./run do init first, or ./run for a demonstration."))
    engine = homes.make_engine(settings)
    migrate.upgrade(settings, engine)
    home = homes.open_home(settings, engine)
    offer_processes(home)
    return home


def offer_processes(home: Home, folder: Path = BUNDLES) -> list[str]:
    """Lay processes that this program ships and this home does not know yet before their owners, as drafts (walls 5).

    Gives their keys. Without anything new it costs the reading of some small files and two SELECTs.
    """
    shipping = [bundles.read_folder(one) for one in _folders(folder)]
    with unit_of_work(home, OPERATOR, write=False) as work:
        new = shipped.unknown(work, shipping)
    checked = [bundles.must_pass(one) for one in new]
    if not checked:
        return []
    with unit_of_work(home, OPERATOR) as work:
        for one in checked:
            shipped.offer_shipped(work, one)
    return [one.bundle.key for one in checked]


def found_demo(
    settings: Settings, say: Say, *, stopped_at: datetime | None = None, hasher: Passwords | None = None
) -> Founded:
    """A demonstration office: Benxi with its units, towns, suppliers, people, about forty households and files.

    hasher: another cost of password hashing than the real one, for tests.
    """
    processes = _shipped(say)
    home = _prepare(settings, say)
    with unit_of_work(home, OPERATOR, now=stopped_at or machine_now()) as work:
        _begin(work, DEMO, stopped_at, processes, say)
        say(_("Offices of the demonstration city"))
        offices.establish(work, DEMO_CITY, reviews_from=work.now)
    say(_("People with their accounts"))
    passwords = demo.make_accounts(home, hasher)
    say(_("The catalogue of what departments share"))
    demo_catalogue.fill(home, f"{DEMO_CITY}-agency")
    say(_("Households and department files, read as a real office reads them"))
    demo.read_in(home)
    _finish(home)
    return Founded(DEMO, passwords)


def found_real(settings: Settings, say: Say, *, city: str, login: str, name: str, idno: str) -> Founded:
    """An empty real office: the offices of a place, if one is named, and a first administrator by token.

    city: a place of `policies/topology`. Raises NotFound for another before anything is made.
    """
    if city:
        offices.among(assemble(read_files(POLICIES)).topology, city)
    processes = _shipped(say)
    home = _prepare(settings, say)
    with unit_of_work(home, OPERATOR, now=machine_now()) as work:
        _begin(work, REAL, None, processes, say)
        if city:
            offices.establish(work, city, reviews_from=work.now)
        else:
            work.session.add(
                Organisation(code="system", kind="system", level="city", name="信息系统管理",
                             name_en="System administration", jurisdiction="national")
            )  # fmt: skip
            work.session.flush()
        office = work.session.scalars(select(Organisation).where(Organisation.code == "system")).one()
        account = staff.create(work, office, login=login, name=name, idno=idno)
        staff.file(work, account, number="INIT-1", on=work.today)
        appointing.appoint(work, account, "system_admin")
        token = staff.issue_token(work, account)
    _finish(home)
    return Founded(REAL, None, login, token)


def _finish(home: Home) -> None:
    """The last step: from now on the home counts as founded."""
    with unit_of_work(home, OPERATOR) as work:
        reminders.plan_first(work)
        home.row(work.session).founded_at = machine_now()
    home.engine.dispose()


def _shipped(say: Say) -> list[Checked]:
    """The bundles the product ships, checked outside the transaction that deploys them."""
    say(_("Processes"))
    return [bundles.must_pass(bundles.read_folder(folder)) for folder in _folders(BUNDLES)]


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir())


def _prepare(settings: Settings, say: Say) -> Home:
    if exists(settings):
        raise Conflict(_("There is a home here already; it is never overwritten."))
    settings.home.mkdir(parents=True, exist_ok=True)
    settings.home.chmod(0o700)
    if not (settings.keys / KEYFILE).exists():
        say(_("Keys"))
        Keys.create(settings.keys)
    say(_("Tables"))
    engine = homes.make_engine(settings)
    migrate.upgrade(settings, engine)
    return homes.open_home(settings, engine)


def _begin(work: Work, kind: str, stopped_at: datetime | None, processes: list[Checked], say: Say) -> None:
    homes.found_home(work.session, kind, stopped_at)
    work.session.execute(insert(RoleKind), [{"role": role, "org_kind": org} for role, org in roles.role_kinds()])
    say(_("Rules of the notices"))
    rules.deploy(work, read_files(POLICIES))
    for checked in processes:
        definitions.ship(work, checked)
