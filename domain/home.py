"""A home: one installation's database, files, keys and clock.

The row `home` says what kind of home it is and whether its clock stands still; the object `Home`
carries what every verb may need and is made once a process.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import CheckConstraint, Engine, String, create_engine, select
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from domain.base import Base, Key, new_ref
from domain.blobs import Blobs
from domain.clock import legal_now, machine_now
from domain.errors import HouseError
from domain.prepared import Prepared
from domain.settings import Settings
from domain.text import gettext as _
from domain.vault import Keys, Vault
from domain.work import engine_options, harden

DEMO = "demo"
REAL = "real"


class HomeMissing(HouseError):
    """There is no initialised home here."""


class HomeRow(Base):
    """The one row that describes the installation (id is always 1)."""

    __tablename__ = "home"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("kind IN ('demo', 'real')", name="kind"),
        CheckConstraint("stopped_at IS NULL OR kind = 'demo'", name="only_demo_stops"),
    )

    id: Mapped[Key]
    home_ref: Mapped[str] = mapped_column(String(26), default=new_ref)
    kind: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime]
    # null until the last step of founding is done: a half-made home is never served
    founded_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    # occurrences of recurring work have been planned as agenda rows up to this instant
    planned_until: Mapped[datetime | None]
    # machine time: one tick at a time on a stopped clock
    tick_lease_by: Mapped[str | None] = mapped_column(String(64))
    tick_lease_until: Mapped[datetime | None]


class Heartbeat(Base):
    """A process that is alive, in machine time; read by /healthz and the operations page."""

    __tablename__ = "heartbeat"

    id: Mapped[Key]
    process: Mapped[str] = mapped_column(String(96), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    version: Mapped[str] = mapped_column(String(32))
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]


# asked at every piece of work, so past the session's own machinery
_STOPPED = Prepared(select(HomeRow.stopped_at))


@dataclass(frozen=True)
class Home:
    """What one process holds of its home: settings, engine, sessions, vault and blobs."""

    settings: Settings
    engine: Engine
    sessions: sessionmaker[Session]
    vault: Vault
    blobs: Blobs

    def legal_now(self, session: Session) -> datetime:
        """Legal time of this home: the stopped clock's, or the machine's. Aware UTC."""
        found = _STOPPED.first(session.connection(), {})
        return legal_now(None if found is None else found[0])

    def row(self, session: Session) -> HomeRow:
        """The describing row. Raises HomeMissing on a home that was never initialised."""
        found = session.get(HomeRow, 1)
        if found is None:
            raise HomeMissing(_("This home is empty. Run ./run do init first."))
        return found


def make_engine(settings: Settings) -> Engine:
    """The hardened engine of a home that opens its own sessions (worker, command line)."""
    # values of statements are kept out of error messages, which end in logs
    return harden(create_engine(settings.url, **engine_options(settings.url)))


def open_home(settings: Settings, engine: Engine | None = None) -> Home:
    """Open an existing home. Raises KeysMissing when its keys cannot be read."""
    vault = Vault(Keys.read(settings.keys))
    active = engine if engine is not None else make_engine(settings)
    return Home(settings, active, sessionmaker(active, expire_on_commit=False), vault, blobs_of(settings, vault))


def blobs_of(settings: Settings, vault: Vault) -> Blobs:
    """The file store of a home."""
    folder: Path = settings.home / "files"
    folder.mkdir(parents=True, exist_ok=True)
    return Blobs(folder, vault)


def found_home(session: Session, kind: str, stopped_at: datetime | None) -> HomeRow:
    """Write the describing row of a new home; `stopped_at` stops its clock (demonstration only)."""
    row = HomeRow(id=1, kind=kind, created_at=stopped_at or machine_now(), stopped_at=stopped_at)
    session.add(row)
    session.flush()
    return row
