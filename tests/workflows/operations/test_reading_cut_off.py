"""A reading that is cut off: a killed worker, a file called off or refused late; and what others wait for meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, select

from domain import upkeep
from domain.blobs import Blobs
from domain.home import Home
from domain.verification import deliveries, delivery_parts
from domain.verification.deliveries import FAILED, READY, Resource
from domain.work import OPERATOR, unit_of_work
from scheduler import tick
from sources import reading as sources_reading
from sources.store import Store
from tests.domain.office import Desk
from tests.homes import Office
from tests.workflows.operations.test_reading_in_parts import (
    LATER,
    files_of,
    found,
    handed_in,
    in_parts,
    lines,
    names,
    parts_of,
)
from tests.workflows.operations.test_sources import _csv, _delivered
from workflows.operations import deliveries as reading

ROOT = Path(__file__).resolve().parents[3]

# what a worker does until it says so and is killed: after a part was committed, in the middle of the third part, and
# when the second part lies on disk and no row names it yet
COMMITTED = """
keep = reading._Course.keep
def slowly(self, part):
    keep(self, part)
    stop()
reading._Course.keep = slowly
"""
MIDDLE = """
put = Store.put
def watched(self, ref, category, rows, **more):
    def passing():
        for count, row in enumerate(rows):
            if count == 25:
                stop()
            yield row
    return put(self, ref, category, passing(), **more)
Store.put = watched
"""
BETWEEN = """
keep = reading._Course.keep
def late(self, part):
    if part.position == 1:
        stop()
    keep(self, part)
reading._Course.keep = late
"""
WORKER = """
import os, time
from domain.home import open_home
from domain.settings import Settings
from scheduler import tick
from sources.store import Store
from workflows.operations import deliveries as reading
def stop():
    print("here", flush=True)
    time.sleep(60)
{way}
tick.sweep(open_home(Settings.from_env(os.environ)), tick.worker_id(), most=1000)
"""
LEFT = {"committed": (COMMITTED, 1), "middle": (MIDDLE, 2), "between": (BETWEEN, 1)}


def _killed_worker(office: Office, way: str) -> None:
    """A worker that takes up what is due, ten rows a part, and is killed where `way` stops it."""
    environment = {**os.environ, **office.place.environment, "HEDUI_PART_ROWS": "10"}
    program = [sys.executable, "-c", WORKER.format(way=way)]
    process = subprocess.Popen(program, cwd=ROOT, env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"here"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def rows_of(home: Home, ref: str) -> list[int]:
    """The row of every line that is stored, in order, each as often as it is there."""
    with unit_of_work(home, OPERATOR, write=False) as work:
        delivery = reading.stored_delivery(work, deliveries.by_ref(work, ref), "DEPOSIT")
    store = Store(home.blobs, home.vault)
    found = []
    for part in delivery.parts:
        with store._open(ref, part) as reader:
            found += [line.row for line in reader.lines()]
    return found


def _at_the_bank(office: Office, count: int) -> str:
    with unit_of_work(office.home, OPERATOR) as work:
        bank = work.session.scalars(select(Resource).where(Resource.category == "DEPOSIT").limit(1)).one()
        return _delivered(work, bank, _csv(*lines(count))).ref


@pytest.mark.torture
@pytest.mark.parametrize("where", LEFT)
def test_a_killed_worker_is_taken_over_and_no_row_is_lost_or_there_twice(office: Office, where: str) -> None:
    way, left = LEFT[where]
    home = in_parts(Desk(office.home), 10)
    ref = _at_the_bank(office, 60)
    _killed_worker(office, way)
    first = parts_of(home, ref)
    assert len(first) == left

    while tick.sweep(home, "another", most=100).done:
        pass

    after = parts_of(home, ref)
    assert [part.rows for part in after] == [10] * 6
    assert names(after[: len(first)]) == names(first), "what was stored is not read into the store again"
    assert rows_of(home, ref) == list(range(2, 62))
    assert [row.row for row in found(home, ref, 0, 35, 59)] == [2, 37, 61]
    with unit_of_work(home, OPERATOR, write=False) as work:
        one = deliveries.by_ref(work, ref)
        assert (one.state, one.accepted) == (READY, 60)
        day = one.data_date
        whole = Store(Blobs(office.place.home / "again", home.vault), home.vault)
    with sources_reading.reading(sources_reading.Pieces([_csv(*lines(60))]), "DEPOSIT", demonstration=True) as going:
        again = whole.put(ref, "DEPOSIT", going, dated=day, part_rows=10)
    assert again.digest == after[-1].content


@pytest.mark.torture
def test_a_reading_called_off_in_the_middle_leaves_nothing_and_the_same_file_begins_anew(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = in_parts(Desk(office.home), 10_000)
    before = files_of(home)
    ref = _at_the_bank(office, 45_000)
    sent = files_of(home) - before
    told: list[int] = []

    class CalledOff(reading._Course):
        def tell(self, progress) -> None:
            told.append(len(parts_of(home, ref)))
            with unit_of_work(home, OPERATOR) as work:
                delivery = deliveries.by_ref(work, ref)
                supplier = work.session.get_one(Resource, delivery.resource_id).supplier_id
                delivery_parts.call_off(work.acting(replace(OPERATOR, org_id=supplier)), delivery)
            super().tell(progress)

    with monkeypatch.context() as patch:
        patch.setattr(reading, "_Course", CalledOff)
        while tick.sweep(home, "one", most=100).done:
            pass

    assert told[0] > 0 and len(told) == 1, "parts were committed, and the first question ended it"
    assert files_of(home) == before | sent, "its parts went at once, not with the next sweep"
    with unit_of_work(home, OPERATOR, write=False) as work:
        assert (deliveries.by_ref(work, ref).state, parts_of(home, ref)) == (FAILED, [])
    assert _at_the_bank(office, 45_000) == ref
    while tick.sweep(home, "one", most=100).done:
        pass
    assert rows_of(home, ref) == list(range(2, 45_002))


def test_what_a_refused_reading_stored_goes_as_soon_as_that_is_committed(office: Office) -> None:
    home = in_parts(Desk(office.home), 400)
    with unit_of_work(home, OPERATOR) as work:
        bank = work.session.scalars(select(Resource).where(Resource.category == "DEPOSIT").limit(1)).one()
        ref = _delivered(work, bank, _csv(*lines(1500)) + '1,"某人\r\n'.encode("gb18030")).ref
    before, kept = files_of(home), []

    class Watched(reading._Course):
        def keep(self, part) -> None:
            super().keep(part)
            kept.append(part)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_Course", Watched)
        assert tick.sweep(home, "one", most=100).done

    assert kept and files_of(home) == before
    with unit_of_work(home, OPERATOR, write=False) as work:
        assert deliveries.by_ref(work, ref).state == FAILED


def test_while_a_backup_is_made_the_files_of_a_refused_reading_are_left_to_the_sweeper(both: Desk) -> None:
    blob = both.home.blobs.put_bytes(b"a part")
    with unit_of_work(both.home, OPERATOR) as work:
        run = upkeep.begin(work, upkeep.BACKUP, "/somewhere").ref
    reading.drop_files(both.home, [blob.name])
    assert both.home.blobs.exists(blob.name)
    with unit_of_work(both.home, OPERATOR) as work:
        upkeep.finish(work, run, upkeep.DONE, delivery_parts.CALLED_OFF)
    reading.drop_files(both.home, [blob.name])
    assert not both.home.blobs.exists(blob.name)


class Heard:
    """What an engine is asked for: parts and commits in their order, and the connections that are out."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.held: list[object] = []

    def commit(self, _connection) -> None:
        if self.said and self.said[-1] != "commit":
            self.said.append("commit")

    def after_cursor_execute(self, _connection, _cursor, statement, *_rest) -> None:
        if statement.startswith("INSERT INTO delivery_part"):
            self.said.append("part")

    def checkout(self, connection, _record, _proxy) -> None:
        self.held.append(connection)

    def checkin(self, connection, _record) -> None:
        self.held.remove(connection)

    @contextmanager
    def listening(self, engine: Engine) -> Iterator[None]:
        names = ("commit", "after_cursor_execute", "checkout", "checkin")
        for name in names:
            event.listen(engine, name, getattr(self, name))
        try:
            yield
        finally:
            for name in names:
                event.remove(engine, name, getattr(self, name))


def test_no_work_is_open_while_a_file_is_read_and_each_part_is_committed_by_itself(both: Desk) -> None:
    """What other people would wait for: a write transaction held over the reading of rows."""
    home = in_parts(both, 500)
    ref = handed_in(both, 2600)
    heard, out = Heard(), []
    rows = sources_reading.row_of

    def watched(packed):
        out.append(len(heard.held))
        return rows(packed)

    with heard.listening(both.home.engine), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources_reading, "row_of", watched)
        reading.read_delivery(home, ref, LATER)

    assert heard.said == ["part", "commit"] * 6
    assert len(out) == 2600 and set(out) == {0}
