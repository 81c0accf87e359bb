"""`./run do doctor` finds what is wrong, says what to do, and changes nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from domain import durability, heartbeats, journal, logs, sealing, upkeep
from domain.clock import machine_now
from domain.durability import NotDurable
from domain.home import Heartbeat, Home, open_home
from domain.settings import Settings
from domain.text import gettext as _
from domain.work import OPERATOR, SCHEDULER, unit_of_work
from scheduler import worker
from tasks.health import checks, machine_checks, operations
from tasks.health.machine_checks import OK, PROBLEM, WARNING, Check
from tests.cli.test_commands import do
from tests.homes import DEMO, Office, settings_of
from tests.infrastructure.databases import SQLITE, Place, Template
from tests.scheduler.conftest import RUNS

DAY = timedelta(days=1)


@pytest.fixture
def real(database_kind: str, fresh_place: Callable[[str, Template], Place]) -> Iterator[Home]:
    """A real office on each kind of database; PostgreSQL of the tests runs without fsync."""
    place = fresh_place(database_kind, RUNS)
    os.chmod(place.home, 0o700)
    home = open_home(settings_of(place))
    yield home
    home.engine.dispose()


def look(home: Home) -> dict[str, Check]:
    """The findings by name."""
    with unit_of_work(home, OPERATOR, write=False) as work:
        return {one.name: one for one in checks.of_office(work, operations.overview(work))}


def states(home: Home) -> dict[str, str]:
    return {name: one.state for name, one in look(home).items()}


def test_a_demonstration_that_works_has_no_problem(office: Office) -> None:
    found = states(office.home)
    assert PROBLEM not in found.values(), found
    assert found["backup"] == found["proof"] == OK, "a demonstration needs neither"
    assert found["workers"] == WARNING, "nothing serves it"


def test_the_command_prints_every_finding_with_its_remedy_and_a_sum(fresh_place) -> None:
    place = fresh_place(SQLITE, DEMO)
    done = do(place, "doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^ok +database\.tables +The tables are those", done.stdout, re.M)
    assert "→ Start the service" in done.stdout
    assert re.search(r"^Problems: 0, warnings: \d, in order: \d+\.$", done.stdout, re.M)
    told = json.loads(do(place, "doctor", "--json", "--journal").stdout)
    assert {"check", "state", "found", "remedy"} == set(told[0])
    assert next(one for one in told if one["check"] == "journal")["found"] == "The whole journal adds up."


def test_it_speaks_chinese_in_columns(fresh_place) -> None:
    done = do(fresh_place(SQLITE, DEMO), "doctor", HEDUI_LANG="zh_Hans_CN")
    assert re.search(r"[一-鿿]", done.stdout)
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("given", "check"),
    [
        ({"PORT": "http"}, "settings.value"),
        ({"HEDUI_LISTEN": "0.0.0.0"}, "settings.value"),
        ({"HEDUI_LOG_LEVEL": "loud"}, "settings.value"),
        ({"HEDUI_KEYS": "/nowhere"}, "keys"),
    ],
)
def test_what_cannot_work_ends_with_code_one(fresh_place, given, check) -> None:
    done = do(fresh_place(SQLITE, DEMO), "doctor", "--json", **given)
    assert done.returncode == 1
    assert {"check": check, "state": "problem"}.items() <= next(
        one for one in json.loads(done.stdout) if one["check"] == check
    ).items()


def test_where_there_is_no_home_it_says_so_and_makes_none(tmp_path: Path) -> None:
    done = do(None, "doctor", HEDUI_HOME=str(tmp_path / "none"))
    assert done.returncode == 1
    assert "./run do init" in done.stdout
    assert not (tmp_path / "none").exists()


def test_a_database_that_is_away_is_a_finding_and_no_crash(tmp_path: Path) -> None:
    away = "postgresql+psycopg://hedui:hunter2@127.0.0.1:1/hedui"
    done = do(None, "doctor", HEDUI_HOME=str(tmp_path), HEDUI_DATABASE_URL=away)
    assert done.returncode == 1
    assert "The database does not answer" in done.stdout
    assert "hunter2" not in done.stdout + done.stderr


def test_tables_of_another_version_are_named_and_left_alone(fresh_place) -> None:
    place = fresh_place(SQLITE, DEMO)
    with sqlite3.connect(place.home / "hedui.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999_future'")
    connection.close()
    done = do(place, "doctor")
    assert done.returncode == 1
    assert "newer version of the program" in done.stdout


def test_misspelt_variables_are_warned_about(fresh_place) -> None:
    done = do(fresh_place(SQLITE, DEMO), "doctor", HEDUI_KEYES="/etc/keys")
    assert done.returncode == 0
    assert re.search(r"^warning +settings\.unknown +HEDUI_KEYES", done.stdout, re.M)
    shown = do(None, "settings", HEDUI_KEYES="/etc/keys")
    assert "HEDUI_KEYES" in shown.stderr and shown.returncode == 0


def test_settings_tell_value_source_and_meaning_and_no_password() -> None:
    given = {"PORT": "8100", "HEDUI_DATABASE_URL": "postgresql+psycopg://hedui:hunter2@db/hedui"}
    told = {one["variable"]: one for one in json.loads(do(None, "settings", "--json", **given).stdout)}
    assert told["PORT"]["value"] == "8100" and told["PORT"]["given"]
    assert not told["HEDUI_LISTEN"]["given"]
    lines = do(None, "settings", **given)
    assert "hunter2" not in lines.stdout and "postgresql+psycopg://…@db/hedui" in lines.stdout
    assert len({line.find("  environment") for line in lines.stdout.splitlines() if "  environment" in line}) == 1


# --- one check at a time ---------------------------------------------------------------------------------------------


def test_folders_that_others_can_look_into_are_a_problem_of_a_real_office_alone(real: Home, office: Office) -> None:
    for home, expected in ((real, PROBLEM), (office.home, WARNING)):
        home.settings.home.chmod(0o755)
        home.settings.keys.chmod(0o750)
        found = look(home)
        assert found["home"].state == found["keys"].state == expected
        assert str(found["home"].remedy) == f"chmod 700 {home.settings.home}"


def test_keys_inside_the_home_of_a_real_office_are_warned_about(real: Home, office: Office) -> None:
    assert look(real)["keys.place"].state == WARNING
    assert "keys.place" not in look(office.home)


def test_backup_and_proof_grow_old(real: Home) -> None:
    with unit_of_work(real, OPERATOR) as work:
        real.row(work.session).founded_at = machine_now() - 40 * DAY
    found = states(real)
    assert found["backup"] == found["proof"] == PROBLEM, "after forty days without one"
    with unit_of_work(real, OPERATOR) as work:
        for kind in (upkeep.BACKUP, upkeep.PROOF):
            upkeep.record(work, kind, "/backups", upkeep.DONE, _("done"))
    found = states(real)
    assert found["backup"] == found["proof"] == OK
    with unit_of_work(real, OPERATOR) as work:
        for kind, days in ((upkeep.BACKUP, 2), (upkeep.PROOF, 31)):
            row = upkeep.last(work, kind)
            assert row is not None and row.ended_at is not None
            row.ended_at -= days * DAY
    found = states(real)
    assert found["backup"] == found["proof"] == PROBLEM
    with unit_of_work(real, OPERATOR) as work:
        upkeep.record(work, upkeep.BACKUP, "/backups", upkeep.FAILED, _("The disk is full."))
    assert "The disk is full." in str(look(real)["backup.failed"].found)


def test_a_proof_that_failed_is_a_problem_though_an_earlier_one_succeeded(real: Home) -> None:
    with unit_of_work(real, OPERATOR) as work:
        upkeep.record(work, upkeep.PROOF, "/backups", upkeep.DONE, _("done"))
    assert "proof.failed" not in states(real)
    with unit_of_work(real, OPERATOR) as work:
        upkeep.record(work, upkeep.PROOF, "/backups", upkeep.FAILED, _("The disk is full."))
    found = look(real)
    assert found["proof"].state == OK
    assert found["proof.failed"].state == PROBLEM
    assert "The disk is full." in str(found["proof.failed"].found)
    with unit_of_work(real, OPERATOR) as work:
        upkeep.record(work, upkeep.PROOF, "/backups", upkeep.DONE, _("done"))
    assert "proof.failed" not in states(real)


def test_a_clock_that_went_back_is_seen_in_the_journal(real: Home, monkeypatch) -> None:
    ahead = machine_now() + timedelta(hours=3)
    with monkeypatch.context() as patch, unit_of_work(real, OPERATOR) as work:
        patch.setattr(journal, "machine_now", lambda: ahead)
        journal.record(work, "noted", "x")
    found = look(real)["clock.backwards"]
    assert found.state == PROBLEM
    assert "2 h" in str(found.found) or "3 h" in str(found.found)


def test_processes_that_are_silent_or_of_another_version_are_named(real: Home) -> None:
    worker.beat(real, heartbeats.process_id())
    assert states(real)["workers"] == OK
    with unit_of_work(real, SCHEDULER) as work:
        row = work.session.query(Heartbeat).one()
        row.version = "0.0.9"
    assert states(real)["workers.version"] == WARNING
    with unit_of_work(real, SCHEDULER) as work:
        work.session.query(Heartbeat).one().seen_at -= timedelta(minutes=2)
    assert states(real)["workers"] == WARNING


def test_a_journal_that_nobody_seals_is_warned_about(real: Home) -> None:
    with unit_of_work(real, OPERATOR) as work:
        sealing.seal(work)  # what was written when the office was founded
        journal.record(work, "noted", "x")
    assert states(real)["journal.seal"] == OK
    with unit_of_work(real, OPERATOR, write=False) as work:
        facts = operations.overview(work)
    late = replace(facts, real=facts.real + timedelta(hours=1))
    assert [one.state for one in checks.seals(late)] == [WARNING]


def test_too_little_room_is_a_problem(office: Office, monkeypatch) -> None:
    for free, state in ((10_000_000, PROBLEM), (700_000_000, WARNING), (50_000_000_000, OK)):
        usage = SimpleNamespace(free=free)
        monkeypatch.setattr(shutil, "disk_usage", lambda _path, usage=usage: usage)
        assert states(office.home)["space"] == state


@pytest.mark.parametrize("damage", ["body = '{\"x\": 1}'", "actor = 'somebody'"])
def test_a_changed_entry_at_the_end_of_the_journal_is_found_at_once(office: Office, damage: str) -> None:
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        assert checks.journal_adds_up(work, whole=False).state == OK
    if office.place.kind != SQLITE:
        return
    with sqlite3.connect(office.place.home / "hedui.db") as connection:
        triggers = connection.execute(
            "SELECT name FROM sqlite_master WHERE tbl_name='journal_entry' AND type='trigger'"
        )
        for (name,) in triggers.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(f"UPDATE journal_entry SET {damage} WHERE id = (SELECT max(id) FROM journal_entry)")
    connection.close()
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        assert checks.journal_adds_up(work, whole=False).state == PROBLEM


def test_a_certificate_that_ran_out_is_a_problem(tmp_path: Path) -> None:
    from tests.webapp.test_serve import a_certificate

    cert, key = a_certificate(tmp_path)
    key.chmod(0o644)
    made = Settings(home=tmp_path, keys=tmp_path, tls_cert=str(cert), tls_key=str(key))
    assert {one.name: one.state for one in machine_checks.certificate(made)} == {"tls": WARNING, "tls.key": WARNING}
    bad = Settings(home=tmp_path, keys=tmp_path, tls_cert=str(key), tls_key=str(key))
    assert [one.state for one in machine_checks.certificate(bad)] == [PROBLEM]


@pytest.mark.parametrize(
    ("version", "bad"),
    [
        ((3, 40, 1), True),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 44, 6), False),
        ((3, 50, 6), True),
        ((4, 0, 0), False),
    ],
)
def test_versions_of_sqlite_that_may_damage_a_database_are_known(version, bad) -> None:
    assert machine_checks.sqlite_may_damage(version) is bad


def test_missing_parts_of_the_program_are_named(tmp_path: Path, monkeypatch) -> None:
    made = Settings(home=tmp_path, keys=tmp_path)
    monkeypatch.setattr(machine_checks, "CATALOGUES", tmp_path)
    monkeypatch.setattr(machine_checks, "BUNDLE", tmp_path)
    found = {one.name: one.state for one in machine_checks.program(made)}
    assert found["program.translations"] == PROBLEM
    assert found["program.browser"] == WARNING
    (tmp_path / "manifest.json").write_text('{"app.js": "app-1.js"}')
    assert "app.js" in str({one.name: one for one in machine_checks.program(made)}["program.browser"].found)


# --- durability (I-28) -----------------------------------------------------------------------------------------------

MOUNTS = """22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 22 0:40 / /srv/nas rw - nfs4 nas:/x rw
31 30 0:41 / /srv/nas/local\\040disk rw - xfs /dev/vdb rw
32 22 0:42 / /srv/共享\\040盘 rw - cifs //nas/x rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [("/var/lib/hedui", "ext4"), ("/srv/nas/hedui", "nfs4"), ("/srv/nas/local disk/h", "xfs"), ("/srv/nasty", "ext4"),
     ("/srv/共享 盘/hedui", "cifs")],
)  # fmt: skip
def test_the_file_system_of_a_folder_is_that_of_its_nearest_mount(tmp_path, folder, kind) -> None:
    (tmp_path / "mounts").write_text(MOUNTS)
    assert durability.file_system(Path(folder), tmp_path / "mounts") == kind


def test_our_own_connections_are_durable_on_sqlite_and_the_tests_server_is_not(office: Office) -> None:
    with office.home.engine.connect() as connection:
        weak = durability.weak(durability.flags(connection))
    assert weak == ([] if office.place.kind == SQLITE else ["fsync=off", "full_page_writes=off"])


@pytest.mark.postgres
def test_a_real_office_is_not_opened_on_a_server_without_fsync(real: Home) -> None:
    if real.settings.url.startswith("sqlite"):
        durability.require(real)
        return
    with pytest.raises(NotDurable, match="fsync=off"):
        durability.require(real)


def test_a_real_office_is_not_opened_where_sqlite_cannot_keep_its_log(real: Home, monkeypatch) -> None:
    if not real.settings.url.startswith("sqlite"):
        return
    monkeypatch.setattr(durability, "file_system", lambda *_more: "nfs4")
    with pytest.raises(NotDurable, match="filesystem=nfs4"):
        durability.require(real)


def test_a_demonstration_is_opened_with_a_warning(office: Office, monkeypatch, caplog) -> None:
    monkeypatch.setattr(durability, "weak", lambda _found: ["fsync=off"])
    durability.require(office.home)
    assert 'durability.weak flags="fsync=off"' in caplog.text


def test_a_worker_refuses_in_one_line_and_ends(real: Home, monkeypatch, capsys) -> None:
    made = real.settings
    for name in ("HEDUI_HOME", "HEDUI_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HEDUI_HOME", str(made.home))
    monkeypatch.setenv("HEDUI_KEYS", str(made.home / "nowhere"))
    with pytest.raises(SystemExit) as ended, logs.refusals("worker"):
        open_home(Settings.from_env(os.environ))
    assert ended.value.code == 1
