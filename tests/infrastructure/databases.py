"""Databases for tests: cheap private copies of a template, on SQLite and on a private PostgreSQL cluster.

A template is made once a run and a kind of database, however many workers the run has; a test then gets a copy
in milliseconds. The cluster starts with the first test that asks for it and ends with the run.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.infrastructure.keeper import alive

SQLITE = "sqlite"
POSTGRESQL = "postgresql"
PATIENCE = 60.0  # seconds a cluster may take to start on a busy machine
ROOM = 6 * 1024**3  # bytes of memory that must be free before a run is kept in it
STALE = 3 * 3600.0  # seconds after which what a killed run left is removed
RUN_FOLDER = "HEDUI_TEST_RUN"  # environment: the folder that all workers of one run share


class NoPostgreSQL(Exception):
    """There are no PostgreSQL binaries here, or the cluster did not start; the message says which."""


@dataclass(frozen=True)
class Place:
    """Where a home stands in a test: the database's address and the folder of its files."""

    kind: str
    url: str
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment that makes a process of ours use this place."""
        return {"HEDUI_HOME": str(self.home), "HEDUI_DATABASE_URL": self.url if self.kind == POSTGRESQL else ""}


@dataclass(frozen=True)
class Template:
    """What a fresh place holds. `make` fills one place (tables, rows, files, keys) and closes its connections.

    `base`: what stands there before it is filled; without one, nothing does.
    """

    name: str
    make: Callable[[Place], None]
    base: Template | None = None


def _leave_empty(_place: Place) -> None:
    return


EMPTY = Template("empty", _leave_empty)


def binaries(packaged: Path = Path("/usr/lib/postgresql")) -> Path:
    """The folder of PostgreSQL's server programs, from PATH or the distribution's. Raises NoPostgreSQL."""
    found = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    found += sorted(
        packaged.glob("*/bin"), key=lambda folder: int(re.sub(r"\D", "", folder.parent.name) or 0), reverse=True
    )
    for folder in found:
        if all((folder / name).exists() for name in ("initdb", "postgres", "pg_isready")):
            return folder
    raise NoPostgreSQL("no PostgreSQL server programs on PATH or in /usr/lib/postgresql (apt install postgresql)")


def open_run() -> Path:
    """Make the folder that every worker of this run shares, and name it to them through the environment."""
    where = _quick_folder()
    for left in Path(where or tempfile.gettempdir()).glob("hedui-run-*"):  # by a run that was killed
        with suppress(OSError):
            if not alive(int(left.name.split("-")[2])) and time.time() - left.stat().st_mtime > STALE:
                shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"hedui-run-{os.getpid()}-", dir=where))
    folder.chmod(0o711)  # the server runs under another account and must pass through
    os.environ[RUN_FOLDER] = str(folder)
    return folder


def _quick_folder(memory: str = "/dev/shm") -> str | None:
    """Where the files of a run go: into memory where there is plenty, for a test waits for the disk at every commit.

    A short path: the name of a Unix socket holds 107 bytes at most.
    """
    with suppress(OSError):
        found = os.statvfs(memory)
        roomy = (
            found.f_bavail * found.f_frsize > ROOM and os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") > ROOM
        )
        if roomy and not found.f_flag & os.ST_NOEXEC and os.access(memory, os.W_OK):
            return memory
    return "/tmp" if os.access("/tmp", os.W_OK) else None


def close_run(folder: Path) -> None:
    """Stop the cluster, if one was started, and remove everything the run left."""
    pid = folder / "keeper.pid"
    if pid.exists():
        keeper = int(pid.read_text())
        deadline = time.monotonic() + 15
        if alive(keeper):
            os.kill(keeper, signal.SIGTERM)
        while alive(keeper) and (folder / "pg").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
    os.environ.pop(RUN_FOLDER, None)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _one_at_a_time(file: Path) -> Iterator[None]:
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Databases:
    """The databases of one worker of one run; `folder` is the run's shared folder, `owner` the run's process."""

    def __init__(self, folder: Path, owner: int) -> None:
        self.folder = folder
        self.owner = owner
        self._numbers = count(1)

    def fresh(self, kind: str, home: Path, template: Template = EMPTY) -> Place:
        """A private copy of `template` with its files in the new folder `home`.

        Raises:
            NoPostgreSQL: `kind` is "postgresql" and no cluster can be had here.
        """
        source = self._template(kind, template)
        shutil.copytree(source.home, home)
        if kind == SQLITE:
            return self.sqlite(home)
        place = self.postgresql(home, f"t{os.getpid()}_{next(self._numbers)}")
        self._copy(source, place)
        return place

    def drop(self, place: Place) -> None:
        """Forget a place: the database and its files."""
        if place.kind == POSTGRESQL:
            self._administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", _name_of(place))
        shutil.rmtree(place.home, ignore_errors=True)

    def sqlite(self, home: Path) -> Place:
        """The address of a SQLite home; nothing is created."""
        return Place(SQLITE, f"sqlite:///{home / 'hedui.db'}", home)

    def postgresql(self, home: Path, name: str) -> Place:
        """The address of database `name` in the run's cluster, which is started if need be; nothing else is created."""
        return Place(POSTGRESQL, f"postgresql+psycopg://hedui@/{name}?host={self._cluster()}", home)

    def _template(self, kind: str, template: Template) -> Place:
        home = self.folder / f"template-{kind}-{template.name}"
        place = self.sqlite(home) if kind == SQLITE else self.postgresql(home, f"template_{template.name}")
        with _one_at_a_time(self.folder / f"{home.name}.lock"):
            made = self.folder / f"{home.name}.made"
            if not made.exists():
                self.drop(place)
                self._found(place, template.base)
                template.make(place)
                made.touch()
        return place

    def _found(self, place: Place, base: Template | None) -> None:
        if base is not None:
            source = self._template(place.kind, base)
            shutil.copytree(source.home, place.home)
            if place.kind == POSTGRESQL:
                self._copy(source, place)
            return
        place.home.mkdir()
        if place.kind == POSTGRESQL:
            self._administer("CREATE DATABASE {}", _name_of(place))

    def _copy(self, source: Place, place: Place) -> None:
        with self._administrator() as connection:
            # files are copied as they are: logging every page of them costs twice as much
            way = " STRATEGY FILE_COPY" if connection.info.server_version >= 150000 else ""
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}" + way)
            connection.execute(statement.format(sql.Identifier(_name_of(place)), sql.Identifier(_name_of(source))))

    def _cluster(self) -> Path:
        cluster = self.folder / "pg"
        if not (cluster / "ready").exists():
            with _one_at_a_time(self.folder / "pg.lock"):
                if not cluster.exists():
                    self._start(cluster)
                self._wait(cluster)
        return cluster / "s"

    def _start(self, cluster: Path) -> None:
        programs = binaries()
        cluster.mkdir(mode=0o711)
        script = Path(__file__).with_name("keeper.py")
        command = [sys.executable, str(script), str(cluster), str(self.owner), str(programs)]
        # its own session: Ctrl-C must reach the tests first, who still need the server to end in order
        keeper = subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL)
        (self.folder / "keeper.pid").write_text(str(keeper.pid))

    def _wait(self, cluster: Path) -> None:
        deadline = time.monotonic() + PATIENCE
        while not (cluster / "ready").exists():
            failed = cluster / "failed"
            if failed.exists():
                raise NoPostgreSQL(f"the cluster did not start: {failed.read_text(errors='replace').strip()}")
            if time.monotonic() > deadline:
                raise NoPostgreSQL(f"the cluster did not start within {PATIENCE:.0f} s")
            time.sleep(0.05)

    def _administer(self, statement: str, *names: str) -> None:
        with self._administrator() as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _administrator(self) -> psycopg.Connection[Any]:
        return psycopg.connect(f"user=hedui host={self._cluster()} dbname=postgres", autocommit=True)


def _name_of(place: Place) -> str:
    return place.url.partition("@/")[2].partition("?")[0]
