"""Backups: taken while people work, restored elsewhere, proved; and every way in which one must be refused."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import namedtuple
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from cli import backup, backup_copy, backup_manifest, backup_postgres, migrate, restore
from cli.backup_copy import Pulse, Vanished
from cli.backup_folders import UNCHECKED, BackupRefused, stamped
from domain import files, journal, revision, upkeep
from domain.agenda import AgendaItem
from domain.clock import machine_now
from domain.files import StoredFile
from domain.home import Heartbeat, make_engine, open_home
from domain.journal import JournalEntry
from domain.parties.accounts import Account, OneTimeToken, UserSession
from domain.settings import Settings
from domain.upkeep import UpkeepRun
from domain.vault import KEYFILE, Keys
from domain.work import OPERATOR, unit_of_work
from scheduler import orphans
from tasks import starting
from tasks.models import COMPLETED, HumanTask
from tests.homes import Office, settings_of
from tests.infrastructure.databases import POSTGRESQL, SQLITE, Databases, Place
from tests.journeys import steps
from tests.journeys.playing import Story
from tests.storage.old_homes import play_to_the_end

ROOT = Path(__file__).resolve().parents[2]
Fresh = Callable[..., Place]
HOUSEHOLD = "B2027003"
BIG = 60_000_000  # bytes of one file: long enough to be interrupted


def quiet(_sentence: object) -> None:
    return


def do(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """One command in a process of its own, in English."""
    return subprocess.run([sys.executable, "-m", "cli", *words], cwd=ROOT, env=_env(environment), capture_output=True,
                          text=True, timeout=240, check=False)  # fmt: skip


def _env(environment: dict[str, str]) -> dict[str, str]:
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


@pytest.fixture
def target(office: Office, fresh_place: Fresh) -> Settings:
    """Where a home of the same kind may be restored to: nothing is there; the keys are the office's."""
    place = fresh_place(office.place.kind)
    shutil.rmtree(place.home)
    return replace(settings_of(place), keys=office.home.settings.keys)


@pytest.fixture
def made(office: Office, tmp_path: Path) -> Path:
    """A backup of the office."""
    return backup.make(office.home, tmp_path / "backups", quiet)


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


# --- while people work -----------------------------------------------------------------------------------------


class People:
    """Two threads at work: one completes tasks of case after case, one hands in files. What was answered is noted."""

    def __init__(self, office: Office, waiting: Story) -> None:
        self._office, self._waiting = office, waiting
        self.completed: list[str] = []
        self.uploaded: list[str] = []
        self.failures: list[BaseException] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=[act]) for act in (self._complete, self._upload)]

    def __enter__(self) -> People:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _work(self, act: Callable[[], Iterator[None]]) -> None:
        try:
            for _step in act():
                if self._stop.is_set():
                    return
        except BaseException as problem:  # shown by the test
            self.failures.append(problem)

    def _complete(self) -> Iterator[None]:
        cases = [("LOWINC", HOUSEHOLD), ("TEKUN", HOUSEHOLD), ("LOWINC", "B2027010"), ("LOWINC", "B2027031")]
        for programme, number in cases:
            story = new_case(self._office, programme, number)
            for act in (steps.take_in, steps.authorise, steps.commission, steps.sign_commission):
                (step,) = story.open_steps()
                with story.work() as work:
                    ref = story.task(work, step).ref
                act(story)
                self.completed.append(ref)
                yield

    def _upload(self) -> Iterator[None]:
        while True:
            content = os.urandom(20_000)
            blob = self._office.home.blobs.put_bytes(content)
            with self._waiting.work("town") as work:
                kept = files.keep(work, blob, name="scan.pdf", media_type="application/pdf", purpose="scan",
                                  case_id=self._waiting.case(work).id)  # fmt: skip
            self.uploaded.append(kept.ref)
            yield


def test_a_backup_while_people_work_holds_all_that_was_answered_before_it_and_nothing_half(
    office: Office, target: Settings, tmp_path: Path
) -> None:
    half_way = new_case(office, "DIBAO")
    steps.take_in(half_way)
    with People(office, half_way) as people:
        while not (len(people.uploaded) > 3 and people.completed) and not people.failures:
            time.sleep(0.02)
        before = list(people.uploaded), list(people.completed)
        taken = do(office.place.environment, "backup", str(tmp_path / "backups"))
        after = len(people.uploaded), len(people.completed)
    assert people.failures == []
    assert taken.returncode == 0, taken.stderr
    assert after > (len(before[0]), len(before[1]))  # they did work meanwhile

    restored = restore.restore(tmp_path / "backups", target, quiet)
    copy = opened(target)
    with unit_of_work(copy.home, OPERATOR, write=False) as work:
        papers = {row.ref: row for row in work.session.scalars(select(StoredFile))}
        assert set(before[0]) <= papers.keys()
        done = {row.ref for row in work.session.scalars(select(HumanTask).where(HumanTask.state == COMPLETED))}
        assert set(before[1]) <= done
        for row in papers.values():
            copy.home.blobs.check(row.blob)
        told = set(work.session.scalars(select(JournalEntry.subject).where(JournalEntry.event == "task.completed")))
        assert done <= told
        assert list(journal.verify(work.session, copy.home.vault)) == []
    assert restored.checked.files == restored.manifest.state.tables["stored_file"] + _columnar(copy)

    assert play_to_the_end(Story(copy, half_way.case_ref))[-1] == "archive"
    copy.home.engine.dispose()


def _columnar(office: Office) -> int:
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        return len(list(upkeep.named_files(work.session))) - int(
            work.session.scalar(select(func.count()).select_from(StoredFile)) or 0
        )


def test_the_commands_back_up_prove_and_restore_and_say_what_was_proved_in_figures(
    office: Office, target: Settings, tmp_path: Path
) -> None:
    backups = str(tmp_path / "backups")
    taken = do(office.place.environment, "backup", backups, "--prove")
    assert taken.returncode == 0, taken.stderr
    folder, proved = taken.stdout.splitlines()
    assert Path(folder).is_dir() and proved.startswith("Proved: ")
    again = do(office.place.environment, "prove", backups)
    assert again.returncode == 0 and again.stdout.startswith("Proved: ")

    environment = {"HEDUI_HOME": str(tmp_path / "unused"), "HEDUI_DATABASE_URL": target.database_url}
    words = ("restore", backups, "--into", str(target.home))
    keyless = do(environment, *words)
    assert keyless.returncode == 1 and "Set HEDUI_KEYS" in keyless.stderr
    done = do({**environment, "HEDUI_KEYS": str(target.keys)}, *words)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(proved.split(" files")[0])
    assert "Ended in the copy: " in done.stdout

    run, proof = last(office, upkeep.BACKUP), last(office, upkeep.PROOF)
    assert (run.outcome, proof.outcome) == (upkeep.DONE, upkeep.DONE)
    assert (run.files, run.rows, run.bytes, run.journal_head) == (
        proof.files, proof.rows, proof.bytes, proof.journal_head,
    )  # fmt: skip
    assert run.files > 20 and run.rows > 1000 and len(run.journal_head) == 64 and proof.place == folder


def test_an_unchanged_file_is_shared_with_the_backup_before_and_either_is_whole_alone(
    office: Office, target: Settings, made: Path, tmp_path: Path
) -> None:
    story = new_case(office, "DIBAO")
    steps.take_in(story)
    story.upload("town", "authorise")
    second = backup.make(office.home, tmp_path / "backups", quiet)

    names = {path.name: path for path in (made / "files").glob("??/*")}
    later = {path.name: path for path in (second / "files").glob("??/*")}
    assert names.keys() < later.keys() and len(later) == len(names) + 1
    assert all(path.samefile(later[name]) for name, path in names.items())

    shutil.rmtree(made)
    assert restore.restore(second, target, quiet).checked.files == len(later)


def test_a_backup_holds_no_key_and_no_password(office: Office, made: Path) -> None:
    keys = Keys.read(office.home.settings.keys)
    secrets = [value for key in keys.masters.values() for value in (key, key.hex().encode())]
    secrets += [password.encode() for password in office.passwords.values()]
    held = [path for path in made.rglob("*") if path.is_file()]
    assert len(held) > 20
    for path in held:
        content = path.read_bytes()
        assert path.name != KEYFILE and not any(secret in content for secret in secrets)


# --- what the copy no longer does ------------------------------------------------------------------------------


def test_in_the_copy_sessions_tokens_claims_leases_and_heartbeats_of_then_are_over(
    office: Office, target: Settings, tmp_path: Path
) -> None:
    later = machine_now() + timedelta(days=1)
    with unit_of_work(office.home, OPERATOR) as work:
        account = work.session.scalars(select(Account.id)).first()
        now = machine_now()
        work.session.add_all([
            UserSession(token_hash=b"s", account_id=account, portal="desk", created_at=now, seen_at=now,
                        expires_at=later),
            OneTimeToken(token_hash=b"t", account_id=account, expires_at=later),
            Heartbeat(process="web-1", kind="web", version="1", started_at=now, seen_at=now),
        ])  # fmt: skip
        work.session.execute(
            update(AgendaItem).where(AgendaItem.done_at.is_(None)).values(claimed_by="w", claimed_until=later)
        )
        claimed = work.session.scalar(select(func.count()).where(AgendaItem.claimed_by == "w"))
        row = office.home.row(work.session)
        row.tick_lease_by, row.tick_lease_until = "w", later
    backup.make(office.home, tmp_path / "backups", quiet)

    released = restore.restore(tmp_path / "backups", target, quiet).released

    assert (released.sessions, released.tokens, released.claims) == (1, 1, claimed)
    copy = opened(target)
    with unit_of_work(copy.home, OPERATOR, write=False) as work:
        assert work.session.scalars(select(UserSession.end_reason)).all() == ["RESTORED"]
        assert work.session.scalars(select(OneTimeToken.used_at)).one() is not None
        assert work.session.scalars(select(Heartbeat)).all() == []
        left = select(AgendaItem).where(AgendaItem.claimed_by == "w", AgendaItem.done_at.is_(None))
        assert work.session.scalars(left).all() == []
        assert copy.home.row(work.session).tick_lease_by is None
        assert copy.home.row(work.session).founded_at is not None
        (run,) = work.session.scalars(select(UpkeepRun))  # the backup it came from, which was running when copied
        assert run.outcome == upkeep.DONE and run.files > 0
        entry = work.session.scalars(select(JournalEntry).where(JournalEntry.event == "home.restored")).one()
        assert entry.body["backup"] == run.ref
        assert list(journal.verify(work.session, copy.home.vault)) == []
    copy.home.engine.dispose()
    with unit_of_work(office.home, OPERATOR, write=False) as work:  # the office itself goes on as it was
        assert work.session.scalars(select(UserSession.ended_at)).one() is None


NEXT = '''"""What a later program would add."""
import sqlalchemy as sa
from alembic import op
revision = "9998_next"
down_revision = "{head}"
def upgrade():
    op.create_table("later", sa.Column("id", sa.Integer, primary_key=True))
'''


def test_a_backup_of_an_earlier_program_is_brought_up_and_checked_by_its_own_figures(
    office: Office, target: Settings, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.FOLDER, folder)
    (folder / "versions" / "9998_next.py").write_text(NEXT.format(head=revision.newest()))
    monkeypatch.setattr(migrate, "FOLDER", folder)

    restored = restore.restore(made, target, quiet)

    assert restored.checked.migrated == revision.newest()
    assert restored.checked.tables == len(restored.manifest.state.tables)
    copy = opened(target)
    with copy.home.engine.connect() as connection:
        assert migrate.current(connection) == "9998_next"
        assert connection.scalar(text("SELECT count(*) FROM later")) == 0
    copy.home.engine.dispose()
    assert not (target.home / migrate.ASIDE).exists()  # the backup itself is the copy of before


# --- what is refused -------------------------------------------------------------------------------------------


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x01
    path.write_bytes(bytes(content))


def _database(folder: Path) -> Path:
    (found,) = folder.glob("database.*")
    return found


def _stored(folder: Path) -> Path:
    return next(iter(sorted((folder / "files").glob("??/*"))))


def _reseal_without_key(folder: Path) -> Path:
    """Change the manifest and correct its plain digest, as somebody without the keys could."""
    import hashlib

    path = folder / backup_manifest.MANIFEST
    content = path.read_bytes().replace(b'"kind": "demo"', b'"kind": "real"')
    path.write_bytes(content)
    proof = json.loads((folder / backup_manifest.MAC).read_bytes())
    (folder / backup_manifest.MAC).write_text(json.dumps({**proof, "sha256": hashlib.sha256(content).hexdigest()}))
    return path


DAMAGE: dict[str, Callable[[Path], Path]] = {
    "database": lambda folder: _damaged(_database(folder)),
    "file": lambda folder: _damaged(_stored(folder)),
    "manifest": lambda folder: _damaged(folder / backup_manifest.MANIFEST),
    "database-gone": lambda folder: _gone(_database(folder)),
    "file-gone": lambda folder: _gone(_stored(folder)),
    "manifest-gone": lambda folder: _gone(folder / backup_manifest.MANIFEST),
    "mac-gone": lambda folder: _gone(folder / backup_manifest.MAC),
    "resealed": _reseal_without_key,
}


def _damaged(path: Path) -> Path:
    _flip(path)
    return path


def _gone(path: Path) -> Path:
    path.unlink()
    return path


@pytest.mark.parametrize("how", DAMAGE)
def test_a_changed_or_incomplete_backup_is_refused_naming_the_file_and_leaves_no_home(
    office: Office, target: Settings, made: Path, how: str
) -> None:
    touched = DAMAGE[how](made)

    with pytest.raises(BackupRefused) as refused:
        restore.restore(made, target, quiet)

    assert touched.name in str(refused.value) and "another backup" in str(refused.value)
    assert nothing_there(target)
    with pytest.raises(BackupRefused):
        backup.prove(office.home, made, quiet)
    proof = last(office, upkeep.PROOF)
    assert proof.outcome == upkeep.FAILED and touched.name in str(proof.sentence)
    assert not list(Path(os.environ.get("TMPDIR", "/tmp")).glob(f"hedui-proof-*/{touched.name}"))


def _resealed(office: Office, folder: Path, **state: object) -> None:
    """The manifest with another state, sealed with the keys, as another program would have written it."""
    manifest = backup_manifest.read(folder, office.home.vault)
    for name in (backup_manifest.MANIFEST, backup_manifest.MAC):
        (folder / name).unlink()
    changed = replace(manifest, state=backup_manifest.State(**{**asdict(manifest.state), **state}))
    backup_manifest.write(folder, changed, office.home.vault)


def test_a_backup_of_a_newer_program_is_refused(office: Office, target: Settings, made: Path) -> None:
    _resealed(office, made, revision="9999_future")

    with pytest.raises(BackupRefused, match=r"newer version of the program .*9999_future"):
        restore.restore(made, target, quiet)

    assert nothing_there(target)


def test_a_database_with_other_rows_than_were_counted_is_refused(office: Office, target: Settings, made: Path) -> None:
    counted = backup_manifest.read(made, office.home.vault).state.tables
    _resealed(office, made, tables={**counted, "person": counted["person"] + 1})

    with pytest.raises(BackupRefused, match="person"):
        restore.restore(made, target, quiet)

    assert nothing_there(target)


def test_wrong_keys_are_refused_and_so_are_no_keys(
    office: Office, target: Settings, made: Path, tmp_path: Path
) -> None:
    Keys.create(tmp_path / "other")
    with pytest.raises(BackupRefused, match="not the keys of this backup"):
        restore.restore(made, replace(target, keys=tmp_path / "other"), quiet)

    environment = {"HEDUI_HOME": str(target.home), "HEDUI_DATABASE_URL": target.database_url}
    without = do({**environment, "HEDUI_KEYS": str(tmp_path / "nowhere")}, "restore", str(made))

    assert without.returncode == 1 and "cannot be read" in without.stderr
    assert nothing_there(target)


def test_a_restore_never_overwrites(office: Office, target: Settings, made: Path) -> None:
    before = (office.home.settings.home / "keys" / KEYFILE).read_bytes()
    with pytest.raises(BackupRefused, match="never overwrites"):
        restore.restore(made, office.home.settings, quiet)
    if target.database_url:
        with pytest.raises(BackupRefused, match="holds tables already"):
            restore.restore(made, replace(target, database_url=office.home.settings.url), quiet)
    assert (office.home.settings.home / "keys" / KEYFILE).read_bytes() == before
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        assert office.home.row(work.session).founded_at is not None

    target.home.mkdir()
    shutil.copytree(office.home.settings.keys, target.home / "keys")  # keys that were brought first are no home
    restore.restore(made, replace(target, keys=target.home / "keys"), quiet)
    assert {path.name for path in target.home.iterdir()} >= {"files", "keys"}


def test_a_backup_goes_back_to_its_own_kind_of_database(
    office: Office, target: Settings, made: Path, tmp_path: Path
) -> None:
    other = "" if target.database_url else "postgresql+psycopg://nobody@/nothing"
    with pytest.raises(BackupRefused, match="HEDUI_DATABASE_URL"):
        restore.restore(made, replace(target, database_url=other), quiet)


def test_of_several_homes_backups_one_must_be_named(made: Path, target: Settings) -> None:
    shutil.copytree(made, made.parent / made.name.replace(made.name[:8], "00000000"))
    with pytest.raises(BackupRefused, match="several homes"):
        restore.restore(made.parent, target, quiet)


def test_a_backup_inside_the_home_is_refused(office: Office) -> None:
    with pytest.raises(BackupRefused, match="another disk"):
        backup.make(office.home, office.home.settings.home / "backups", quiet)


def test_without_room_nothing_is_begun_and_the_figures_are_told(
    office: Office, target: Settings, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10**9, 10**9, 2_000_000))
    told = r"needs [\d.,]+ MB in .* there are 2\.0 MB"
    with pytest.raises(BackupRefused, match=told):
        backup.make(office.home, made.parent, quiet)
    assert last(office, upkeep.BACKUP).outcome == upkeep.FAILED
    with pytest.raises(BackupRefused, match=told):
        backup.prove(office.home, made, quiet)
    with pytest.raises(BackupRefused, match=told):
        restore.restore(made, target, quiet)
    assert nothing_there(target) and stamped(made.parent) == [made]


# --- cut off ---------------------------------------------------------------------------------------------------


def _add_big_file(office: Office) -> None:
    blob = office.home.blobs.put_bytes(os.urandom(BIG))
    with unit_of_work(office.home, OPERATOR) as work:
        files.keep(work, blob, name="big.pdf", media_type="application/pdf", purpose="letter")


def _begun(office: Office, place: Path) -> subprocess.Popen[str]:
    """A backup in a process of its own, waited for until it writes."""
    process = subprocess.Popen([sys.executable, "-m", "cli", "backup", str(place)], cwd=ROOT,
                               env=_env(office.place.environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True)  # fmt: skip
    while process.poll() is None and not list(place.glob(".*.part")):
        time.sleep(0.002)
    return process


def test_a_backup_killed_at_any_moment_is_no_backup_and_the_next_one_clears_it_away(
    office: Office, target: Settings, tmp_path: Path
) -> None:
    _add_big_file(office)
    place, chance, kills = tmp_path / "backups", random.Random(3), 0
    for _number in range(5):
        process = _begun(office, place)
        time.sleep(chance.uniform(0, 0.15))
        process.kill()
        process.communicate(timeout=30)
        kills += process.returncode == -signal.SIGKILL
        for folder in [path for path in place.iterdir() if path.name.endswith(".part")]:
            with pytest.raises(BackupRefused):
                restore.restore(folder, target, quiet)
        for folder in stamped(place):  # a kill that came too late: then it is whole
            backup_manifest.read(folder, office.home.vault)
    assert kills >= 3

    made = backup.make(office.home, place, quiet)

    assert not list(place.glob(".*.part"))
    assert restore.restore(made, target, quiet).checked.files > 20


def test_a_killed_restore_leaves_nothing_that_is_served(office: Office, target: Settings, tmp_path: Path) -> None:
    _add_big_file(office)
    made = backup.make(office.home, tmp_path / "backups", quiet)
    place = {"HEDUI_HOME": str(target.home), "HEDUI_DATABASE_URL": target.database_url, "HEDUI_KEYS": str(target.keys)}
    process = subprocess.Popen([sys.executable, "-m", "cli", "restore", str(made)], cwd=ROOT, env=_env(place),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    while process.poll() is None and not (target.home / UNCHECKED / "files").exists():
        time.sleep(0.002)
    process.kill()
    assert process.wait(30) == -signal.SIGKILL

    served = do(place, "serve")
    assert served.returncode == 1 and "was cut off" in served.stderr
    if target.database_url:  # its database must be made anew; until then nothing begins there
        with pytest.raises(BackupRefused, match="holds tables already"):
            restore.restore(made, target, quiet)
    else:
        assert restore.restore(made, target, quiet).checked.files > 20


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_backup_that_is_stopped_removes_what_it_wrote_and_says_so(
    office: Office, tmp_path: Path, number: signal.Signals
) -> None:
    _add_big_file(office)
    place = tmp_path / "backups"
    process = _begun(office, place)
    process.send_signal(number)
    _out, err = process.communicate(timeout=60)

    if process.returncode:  # else it was done already
        assert process.returncode == 130, err
        assert stamped(place) == [] and not list(place.glob(".*.part"))
        run = last(office, upkeep.BACKUP)
        assert run.outcome == upkeep.FAILED and "stopped" in str(run.sentence)


def test_one_backup_of_a_home_at_a_time_in_a_folder(office: Office, tmp_path: Path) -> None:
    _add_big_file(office)
    process = _begun(office, tmp_path / "backups")
    try:
        with pytest.raises(BackupRefused, match="Another backup"):
            backup.make(office.home, tmp_path / "backups", quiet)
    finally:
        process.communicate(timeout=60)


# --- files between the copy of the rows and their own ------------------------------------------------------------


def test_the_sweeper_waits_while_a_backup_runs_and_not_for_one_that_was_cut_off(office: Office) -> None:
    blob = office.home.blobs.put_bytes(b"nobody's")
    path = office.home.settings.home / "files" / blob.name[:2] / blob.name
    long_ago = (machine_now() - orphans.GRACE - timedelta(minutes=1)).timestamp()
    os.utime(path, (long_ago, long_ago))
    with unit_of_work(office.home, OPERATOR) as work:
        run = upkeep.begin(work, upkeep.BACKUP, "somewhere")
    assert orphans.remove(office.home) == 0 and path.exists()

    with unit_of_work(office.home, OPERATOR) as work:
        work.session.execute(update(UpkeepRun).values(seen_at=machine_now() - 2 * upkeep.SILENT))
    assert orphans.remove(office.home) == 1 and not path.exists()
    with unit_of_work(office.home, OPERATOR) as work:
        upkeep.begin(work, upkeep.BACKUP, "elsewhere")
        assert work.session.scalars(select(UpkeepRun.outcome).where(UpkeepRun.ref == run.ref)).one() == upkeep.FAILED


def test_a_file_purged_after_the_rows_were_copied_makes_the_copy_begin_anew(office: Office, tmp_path: Path) -> None:
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        named = list(upkeep.named_files(work.session))
    gone = next(iter(named))
    office.home.blobs.delete(gone.name)

    with pytest.raises(BackupRefused, match=gone.name):  # its row is there still: it is lost
        backup_copy.copy_of_files(office.home, named, tmp_path, None, Pulse(quiet))

    unnamed = office.home.blobs.put_bytes(b"purged")
    office.home.blobs.delete(unnamed.name)
    with pytest.raises(Vanished):
        backup_copy.copy_of_files(office.home, [unnamed], tmp_path, None, Pulse(quiet))


def test_a_damaged_file_of_the_office_is_found_while_it_is_backed_up(office: Office, tmp_path: Path) -> None:
    _flip(_stored(office.home.settings.home))

    with pytest.raises(BackupRefused, match="missing or damaged"):
        backup.make(office.home, tmp_path / "backups", quiet)

    assert stamped(tmp_path / "backups") == []
    assert last(office, upkeep.BACKUP).outcome == upkeep.FAILED


def test_every_column_that_names_a_stored_file_is_known_to_backup_and_sweeper() -> None:
    from tasks import schema

    known = {(column.class_.__tablename__, column.key) for column in upkeep.NAMING}
    for table in schema.metadata().tables.values():
        for column in table.columns:
            if column.name.endswith(("blob_name", "store_name")):
                assert (table.name, column.name) in known


# --- PostgreSQL's programs ---------------------------------------------------------------------------------------


def test_missing_and_older_programs_of_postgresql_are_told_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = tmp_path / "12" / "bin"
    older.mkdir(parents=True)
    for name in ("pg_dump", "pg_restore"):
        (older / name).write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 12.4'\n")
        (older / name).chmod(0o755)
    monkeypatch.setenv("PATH", "")

    with pytest.raises(BackupRefused, match=r"missing.*postgresql-client-15"):
        backup_postgres.find_programs(15, tmp_path / "nothing")
    with pytest.raises(BackupRefused, match=r"of PostgreSQL 12, older than the server's 15"):
        backup_postgres.find_programs(15, tmp_path)
    assert backup_postgres.find_programs(12, tmp_path).folder == older


@pytest.mark.postgres
def test_a_role_that_may_make_no_database_is_told_how_to_prove(
    databases: Databases, fresh_place: Fresh, tmp_path: Path
) -> None:
    place = fresh_place(POSTGRESQL)
    engine = make_engine(settings_of(place))
    with engine.begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS hedui_poor"))
        connection.execute(text("CREATE ROLE hedui_poor LOGIN"))
    engine.dispose()

    with (
        pytest.raises(BackupRefused, match=r"hedui_poor may not make one.*CREATEDB"),
        backup_postgres.temporary_database(place.url.replace("hedui@", "hedui_poor@")),
    ):
        pytest.fail("a database was made")
