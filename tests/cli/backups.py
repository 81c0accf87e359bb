"""What the tests of backups and restores share: commands, cases, damage, and files long enough to be interrupted."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from cli import backup_postgres
from domain import files, upkeep
from domain.home import make_engine, open_home
from domain.settings import Settings
from domain.upkeep import UpkeepRun
from domain.work import OPERATOR, unit_of_work
from tasks import starting
from tests.homes import Office
from tests.infrastructure import processes
from tests.infrastructure.databases import POSTGRESQL, SQLITE, Place
from tests.journeys.playing import Story

ROOT = Path(__file__).resolve().parents[2]
Fresh = Callable[..., Place]
HOUSEHOLD = "B2027003"
BIG = 60_000_000  # bytes of one file: long enough to be interrupted


def quiet(_sentence: object) -> None:
    return


def do(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """One command in a process of its own, in English."""
    return processes.run("cli", *words, env=environment_of(environment), timeout=240)


def environment_of(environment: dict[str, str]) -> dict[str, str]:
    return {**os.environ, **environment, "HEDUI_LANG": "en", "PYTHONPATH": str(ROOT)}


def new_case(office: Office, programme: str, number: str = HOUSEHOLD) -> Story:
    with unit_of_work(office.home, office.actor("town")) as work:
        return Story(office, starting.start_new(work, starting.household_ref(work, number), programme).ref)


def last(office: Office, kind: str) -> UpkeepRun:
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        found = upkeep.last(work, kind)
        assert found is not None
        work.session.expunge(found)
        return found


def opened(settings: Settings) -> Office:
    kind = POSTGRESQL if settings.database_url else SQLITE
    return Office(Place(kind, settings.url, settings.home), open_home(settings, make_engine(settings)), {})


def nothing_there(settings: Settings) -> bool:
    """Whether a refused restore left no home: no folder, and nothing in the database."""
    if settings.database_url:
        engine = make_engine(settings)
        with engine.connect() as connection:
            empty = backup_postgres.is_empty(connection)
        engine.dispose()
        return empty and not settings.home.exists()
    return not settings.home.exists()


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x01
    path.write_bytes(bytes(content))


def database_of(folder: Path) -> Path:
    (found,) = folder.glob("database.*")
    return found


def stored(folder: Path) -> Path:
    return next(iter(sorted((folder / "files").glob("??/*"))))


def add_big_file(office: Office) -> None:
    blob = office.home.blobs.put_bytes(os.urandom(BIG))
    with unit_of_work(office.home, OPERATOR) as work:
        files.keep(work, blob, name="big.pdf", media_type="application/pdf", purpose="letter")


def begun(office: Office, place: Path) -> subprocess.Popen[str]:
    """A backup in a process of its own, waited for until it writes."""
    process = subprocess.Popen([sys.executable, "-m", "cli", "backup", str(place)], cwd=ROOT,
                               env=environment_of(office.place.environment), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)  # fmt: skip
    while process.poll() is None and not list(place.glob(".*.part")):
        time.sleep(0.002)
    return process
