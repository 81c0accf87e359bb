"""Whether what was committed is on the disk (invariant I-28): asked of the database, never assumed.

SQLite: `domain.work.harden` sets the flags on every connection, but a file system may refuse the write-ahead log
without an error, and a network file system breaks its locks. PostgreSQL: fsync and full_page_writes belong to the
whole server and nothing here can set them.

A real office is not opened on a database that may lose acknowledged work: `require` refuses at start, since a warning
in a log is read after the loss. A demonstration is opened and warned about: nothing in it is real, and training or
tests on a machine without a safe disk is what it is for.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from domain import revision
from domain.errors import HouseError
from domain.home import REAL, Home, HomeRow
from domain.logs import Event
from domain.text import Text
from domain.text import gettext as _

log = logging.getLogger("durability")

MOUNTS = Path("/proc/self/mountinfo")
# file systems of another machine: SQLite's locks and shared memory do not reach over them
NETWORK = frozenset(
    "nfs nfs4 cifs smb2 smb3 smbfs 9p afs ceph glusterfs lustre gfs gfs2 ocfs2 beegfs fuse.sshfs fuse.glusterfs "
    "fuse.ceph fuse.s3fs fuse.rclone fuse.davfs".split()
)
SQLITE_FLAGS = {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"}
SERVER_FLAGS = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
# what `tables` says
CURRENT, OTHER, UNKNOWN = "current", "other", "unknown"
# stronger than "on": a standby has it as well
STRONGER = frozenset({"remote_write", "remote_apply"})


class NotDurable(HouseError):
    """The database may lose what was acknowledged."""


def tables(session: Session) -> str:
    """Whether the tables are those of this program: CURRENT, OTHER, or UNKNOWN where no migration made them.

    For a session that is asked nothing more afterwards: PostgreSQL ends its transaction when there is no such table.
    """
    try:
        here = session.scalar(text("SELECT version_num FROM alembic_version"))
    except DBAPIError:
        session.rollback()
        return UNKNOWN
    return CURRENT if here == revision.newest() else OTHER


def flags(connection: Connection) -> dict[str, str]:
    """The flags that hold on this connection, by name; two or three statements."""
    if connection.dialect.name == "sqlite":
        return {name: str(connection.exec_driver_sql(f"PRAGMA {name}").scalar()) for name in SQLITE_FLAGS}
    rows = connection.execute(
        text("SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')")
    )
    return {str(name): str(setting) for name, setting in rows}


def weak(found: dict[str, str]) -> list[str]:
    """The flags that are not as they must be, as `name=value`."""
    wanted = SQLITE_FLAGS if "journal_mode" in found else SERVER_FLAGS
    return [
        f"{name}={found.get(name, '?')}"
        for name, value in wanted.items()
        if found.get(name) != value and found.get(name) not in STRONGER
    ]


def file_system(folder: Path, mounts: Path = MOUNTS) -> str:
    """The kind of file system a folder lies on, e.g. "ext4"; "" where the system does not say."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    here, best, kind = os.path.realpath(folder), "", ""
    for line in lines:
        place, _dash, behind = line.partition(" - ")
        # \040 stands for a space; the other bytes of a name are what they are
        escaped = place.split()[4].encode() if len(place.split()) > 4 else b""
        point = escaped.decode("unicode_escape").encode("latin-1").decode(errors="replace")
        inside = here == point or here.startswith(point.rstrip("/") + "/")
        if point and inside and len(point) >= len(best):
            best, kind = point, behind.split()[0] if behind else ""
    return kind


def on_network(home: Path, url: str) -> str:
    """The kind of network file system an SQLite database lies on, "" when it lies on none."""
    kind = file_system(home) if url.startswith("sqlite") else ""
    return kind if kind in NETWORK else ""


def faults(home: Home, connection: Connection) -> list[str]:
    """Everything that lets this database lose acknowledged work, as `name=value`; empty when nothing does."""
    found = weak(flags(connection))
    network = on_network(home.settings.home, home.settings.url)
    return [*found, f"filesystem={network}"] if network else found


def require(home: Home) -> None:
    """Before a process serves or works. Raises NotDurable on a real office whose database may lose work.

    A database that does not answer is left to whoever asks it next.
    """
    try:
        with home.sessions() as session:
            found = faults(home, session.connection())
            row = session.get(HomeRow, 1)
    except DBAPIError as problem:
        log.warning(Event("durability.unknown", error=type(problem).__name__))
        return
    if not found:
        return
    log.warning(Event("durability.weak", flags=" ".join(found)))
    if row is not None and row.kind == REAL:
        raise NotDurable(refusal(found))


def refusal(found: list[str]) -> Text:
    """What to say of weak flags."""
    return _(
        "The database may lose what people were told is saved (%(flags)s). Set these flags right, or move the home to a"
        " local disk, then start again; ./run do doctor says more.",
        flags=", ".join(found),
    )
