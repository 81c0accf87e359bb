"""An upgrade of a home in use: what was under way goes on, a copy is laid aside, and a failed one changes nothing."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, text

from cli import founding, migrate
from domain import revision, rules, sealing
from domain.errors import Conflict
from domain.home import make_engine
from domain.settings import Settings
from domain.verification import catalogue_use
from domain.verification.catalogue_rows import Resource
from domain.work import OPERATOR, unit_of_work
from tests.homes import DEMO, Office, open_office, settings_of
from tests.infrastructure.databases import SQLITE, Place
from tests.storage import old_homes

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
Fresh = Callable[..., Place]


@pytest.fixture
def old_place(database_kind: str, fresh_place: Fresh) -> Place:
    """The home that revision 0001 left, once on each kind of database."""
    place = fresh_place(database_kind)
    old_homes.bring(place)
    return place


@pytest.fixture
def old_sqlite(fresh_place: Fresh) -> Settings:
    """The same on SQLite alone."""
    place = fresh_place(SQLITE)
    old_homes.bring(place)
    return settings_of(place)


def upgraded(place: Place) -> Office:
    """The home brought up by the present program."""
    founding.open_or_refuse(settings_of(place)).engine.dispose()
    return open_office(place)


def whole(office: Office) -> bool:
    """Whether the journal adds up."""
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        return not list(sealing.verify(work.session, office.home.vault))


def everything(database: Path) -> list[str]:
    """Schema and rows of a SQLite database, as text."""
    with sqlite3.connect(database) as connection:
        return list(connection.iterdump())


def run(module: str, settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    """One process of ours on a home, in English."""
    environment = {
        **os.environ, "HEDUI_HOME": str(settings.home), "HEDUI_DATABASE_URL": settings.database_url,
        "HEDUI_LANG": "en", "PORT": "8999", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    return subprocess.run([sys.executable, "-m", module, *words], cwd=ROOT, env=environment, capture_output=True,
                          text=True, timeout=120, check=False)  # fmt: skip


def test_what_was_under_way_in_the_first_version_is_finished_by_the_present_one(old_place: Place) -> None:
    office = upgraded(old_place)
    assert whole(office)
    open_cases = old_homes.stories(office)
    assert {place: story.open_steps() for place, story in open_cases.items()} == {
        ("B2027003", "DIBAO"): ["authorise"],
        ("B2027003", "LOWINC"): ["sign_commission"],
        ("B2027003", "TEKUN"): ["draft_report"],
        ("B2027010", "LOWINC"): ["deliver_notice"],
        ("B2027031", "LOWINC"): [],
        ("B2027031", "TEKUN"): [],
    }
    assert old_homes.programmes_under_review(office) == 21

    office.sweep()  # the report whose rendering was claimed by a worker that is gone
    assert open_cases["B2027031", "TEKUN"].open_steps() == ["decide"]
    old_homes.end_review(office)
    done = {place: old_homes.play_to_the_end(story) for place, story in open_cases.items()}

    assert done["B2027003", "DIBAO"][0] == "authorise" and done["B2027003", "DIBAO"][-1] == "archive"
    assert done["B2027031", "LOWINC"][0] == "survey"
    with unit_of_work(office.home, OPERATOR) as work:
        sealing.seal(work)
    assert whole(office)
    office.home.engine.dispose()


@pytest.mark.clause("LN-23")
def test_the_items_of_an_old_home_are_published_versions_with_the_limits_they_had(old_place: Place) -> None:
    office = upgraded(old_place)
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        items = list(work.session.scalars(select(Resource).order_by(Resource.id)))
        known = catalogue_use.standings(work, items)
        limits = {one.code: rules.value(work, one.supplier_id, one.limit_key) for one in items}
        assert len(items) >= 6 and all(known[one.id].usable for one in items)
        for one in items:
            version = known[one.id].version
            assert version is not None and (version.number, version.taken_over) == (1, True)
            assert version.limit == limits[one.code]
    office.home.engine.dispose()


def test_before_an_upgrade_the_database_is_laid_aside_and_the_program_says_where(
    old_sqlite: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(old_sqlite.home / "hedui.db")

    founding.open_or_refuse(old_sqlite).engine.dispose()

    (copy,) = (old_sqlite.home / migrate.ASIDE).iterdir()
    assert copy.name.startswith(f"{old_homes.FIRST}-") and copy.stat().st_mode & 0o777 == 0o600
    assert copy.parent.stat().st_mode & 0o777 == 0o700
    assert everything(copy) == before
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and str(copy) in said[0]

    founding.open_or_refuse(old_sqlite).engine.dispose()  # nothing left to do: nothing copied, nothing said
    assert len(list(copy.parent.iterdir())) == 1
    assert capsys.readouterr().err == ""


def test_the_copy_of_an_upgrade_is_a_home_the_earlier_program_could_serve(old_sqlite: Settings) -> None:
    founding.open_or_refuse(old_sqlite).engine.dispose()
    (copy,) = (old_sqlite.home / migrate.ASIDE).iterdir()

    shutil.copyfile(copy, old_sqlite.home / "hedui.db")

    assert migrate.upgrade(old_sqlite, make_engine(old_sqlite))  # and it can be brought up again


def test_only_the_last_three_copies_stay(old_sqlite: Settings) -> None:
    folder = old_sqlite.home / migrate.ASIDE
    folder.mkdir(mode=0o700)
    older = [folder / f"{name}-2020010{day}T000000Z.db" for day, name in enumerate(("0000_z", "0000_b", "0000_a"), 1)]
    for path in older:
        path.write_bytes(b"")

    founding.open_or_refuse(old_sqlite).engine.dispose()

    left = {path.name for path in folder.iterdir()}
    assert len(left) == migrate.KEPT
    assert older[0].name not in left and {older[1].name, older[2].name} < left


def test_three_processes_that_start_at_once_upgrade_once(old_place: Place) -> None:
    settings = settings_of(old_place)
    environment = {**os.environ, **old_place.environment, "HEDUI_LANG": "en", "PYTHONPATH": str(ROOT)}
    started = [
        subprocess.Popen([sys.executable, "-m", "cli", "migrate"], cwd=ROOT, env=environment,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _number in range(3)
    ]  # fmt: skip
    told = [process.communicate(timeout=120) for process in started]

    assert [process.returncode for process in started] == [0, 0, 0], told
    if old_place.kind == SQLITE:
        assert sum("kept in" in err for _out, err in told) == 1
        assert len(list((settings.home / migrate.ASIDE).iterdir())) == 1
    office = open_office(old_place)
    assert whole(office) and len(old_homes.stories(office)) == 6
    office.home.engine.dispose()


BROKEN = '''"""A migration that goes wrong half way."""
import sqlalchemy as sa
from alembic import op
revision = "9998_broken"
down_revision = "{head}"
def upgrade():
    op.create_table("half_way", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("UPDATE home SET kind = 'real', stopped_at = NULL")
    {fault}
'''


@pytest.mark.parametrize(
    "fault",
    ["raise RuntimeError('it went wrong')", "op.execute('INSERT INTO nowhere VALUES (1)')"],
    ids=["raises", "database"],
)
def test_a_failed_upgrade_leaves_the_home_as_it_was(
    old_place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.FOLDER, folder)
    (folder / "versions" / "9998_broken.py").write_text(BROKEN.format(head=revision.newest(), fault=fault))
    settings = settings_of(old_place)
    database = settings.home / "hedui.db"
    before = everything(database) if old_place.kind == SQLITE else []
    with monkeypatch.context() as patched:
        patched.setattr(migrate, "FOLDER", folder)
        engine = make_engine(settings)
        with pytest.raises(Conflict, match="left as it was"):
            migrate.upgrade(settings, engine)
        engine.dispose()
    assert f"migrate.failed here={old_homes.FIRST} to=9998_broken error=" in caplog.text
    assert "it went wrong" not in caplog.text

    if old_place.kind == SQLITE:
        assert everything(database) == before
        assert list((settings.home / migrate.ASIDE).iterdir()) == []
    engine = make_engine(settings)
    with engine.connect() as connection:
        assert migrate.current(connection) == old_homes.FIRST
        assert connection.scalar(text("SELECT kind FROM home")) == "demo"
    engine.dispose()
    office = upgraded(old_place)
    assert whole(office) and len(old_homes.stories(office)) == 6
    office.home.engine.dispose()


def test_an_upgrade_that_would_leave_rows_without_their_parents_is_undone(
    old_sqlite: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.FOLDER, folder)
    fault = "op.execute('DELETE FROM organisation')"
    (folder / "versions" / "9998_broken.py").write_text(BROKEN.format(head=revision.newest(), fault=fault))
    before = everything(old_sqlite.home / "hedui.db")
    monkeypatch.setattr(migrate, "FOLDER", folder)
    engine = make_engine(old_sqlite)

    with pytest.raises(Conflict, match="without its organisation"):
        migrate.upgrade(old_sqlite, engine)

    with engine.connect() as connection:  # the connection that migrated enforces keys again
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    engine.dispose()
    assert everything(old_sqlite.home / "hedui.db") == before


def test_without_room_for_the_copy_nothing_is_upgraded(old_sqlite: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10**9, 10**9, 1_000_000))
    before = everything(old_sqlite.home / "hedui.db")

    with pytest.raises(Conflict, match=r"needs [\d.]+ MB .* there are 1\.0 MB"):
        founding.open_or_refuse(old_sqlite)

    assert everything(old_sqlite.home / "hedui.db") == before


@pytest.fixture(params=["9999_future", old_homes.FIRST])
def other_revision(request: pytest.FixtureRequest, database_kind: str, fresh_place: Fresh) -> tuple[Settings, str]:
    """A home that stands at another revision than this program's."""
    settings = settings_of(fresh_place(database_kind, DEMO))
    engine = make_engine(settings)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :other"), {"other": request.param})
    engine.dispose()
    return settings, request.param


def test_web_and_worker_started_by_themselves_refuse_tables_of_another_revision(
    other_revision: tuple[Settings, str],
) -> None:
    settings, other = other_revision
    for module in ("webapp.serve", "scheduler.worker"):
        refused = run(module, settings)
        assert refused.returncode == 1, refused.stderr
        wanted = "newer version of the program" if other == "9999_future" else "do migrate"
        assert wanted in refused.stderr and "Traceback" not in refused.stderr


def test_serving_and_every_command_refuse_a_home_of_a_newer_program_and_say_what_to_do(
    database_kind: str, fresh_place: Fresh
) -> None:
    settings = settings_of(fresh_place(database_kind, DEMO))
    engine = make_engine(settings)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999_future'"))
    for words in (["serve"], ["campaigns"], ["backup", str(settings.home.parent / "backups")]):
        refused = run("cli", settings, *words)
        assert refused.returncode == 1
        assert "newer version of the program. Start that version, or restore a backup." in refused.stderr
    with engine.connect() as connection:
        assert migrate.current(connection) == "9999_future"
    engine.dispose()
