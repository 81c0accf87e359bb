"""Backups: taken while people work, proved, shared with the one before, and never begun where they cannot end."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections import namedtuple
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from cli import backup, restore
from cli.backup_folders import BackupRefused, stamped
from domain import files, sealing, upkeep
from domain.files import StoredFile
from domain.journal import JournalEntry
from domain.settings import Settings
from domain.vault import KEYFILE, Keys
from domain.work import OPERATOR, unit_of_work
from tasks.rows.models import COMPLETED, HumanTask
from tests.cli.backups import HOUSEHOLD, do, flip, last, new_case, nothing_there, opened, quiet, stored
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import Story
from tests.storage.old_homes import play_to_the_end

pytestmark = pytest.mark.slow


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
        assert list(sealing.verify(work.session, copy.home.vault)) == []
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


def test_a_file_that_rotted_in_the_backup_before_is_not_shared_but_taken_from_the_home(
    office: Office, target: Settings, made: Path, tmp_path: Path
) -> None:
    rotten = stored(made)
    flip(rotten)
    with pytest.raises(BackupRefused, match=rotten.name):
        backup.prove(office.home, made, quiet)

    second = backup.make(office.home, tmp_path / "backups", quiet)

    same = [path.samefile(second / path.relative_to(made)) for path in (made / "files").glob("??/*")]
    assert same.count(False) == 1 and not rotten.samefile(second / rotten.relative_to(made))
    assert restore.restore(second, target, quiet).checked.files == len(same)


def test_a_backup_holds_no_key_and_no_password(office: Office, made: Path) -> None:
    keys = Keys.read(office.home.settings.keys)
    secrets = [value for key in keys.masters.values() for value in (key, key.hex().encode())]
    secrets += [password.encode() for password in office.passwords.values()]
    held = [path for path in made.rglob("*") if path.is_file()]
    assert len(held) > 20
    for path in held:
        content = path.read_bytes()
        assert path.name != KEYFILE and not any(secret in content for secret in secrets)


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
