"""The floor: the same rows written with no engine, in plain SQL through the driver, one transaction a completion."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import select, text

from domain import rules
from domain.base import new_ref
from domain.cases import NEW, OPEN, Case
from domain.parties.organisations import Organisation
from domain.work import Work
from tests.torture.world import World

TABLES = (
    "cases",
    "case_state",
    "case_moment",
    "journal_stream",
    "journal_entry",
    "human_task",
    "case_wait",
    "agenda_item",
)
# what makes a copy of a row another row, by table and column; n is the number of the copy
OWN = {
    ("*", "id"): "{base} + n",
    ("*", "ref"): "substr('bench' || '{stamp}' || n || 'xxxxxxxxxxxxxxxxxxxxxxxxxx', 1, 26)",
    ("cases", "number"): "'{stamp}' || n",
    ("*", "case_id"): "{cases} + n",
    ("*", "stream_id"): "{journal_stream} + n",
    ("journal_stream", "subject"): "substr('bench' || '{stamp}' || n || 'xxxxxxxxxxxxxxxxxxxxxxxxxx', 1, 26)",
    ("journal_entry", "subject"): "substr('bench' || '{stamp}' || n || 'xxxxxxxxxxxxxxxxxxxxxxxxxx', 1, 26)",
    ("agenda_item", "subject"): "substr('bench' || '{stamp}' || n || 'xxxxxxxxxxxxxxxxxxxxxxxxxx', 1, 26)",
    ("agenda_item", "key"): "'wake:{stamp}' || n",
}


class Floor:
    """Completions of a two-step relay as somebody would write them who knows every value beforehand."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.postgres = world.home.engine.dialect.name == "postgresql"
        self.raw = world.home.engine.raw_connection()
        self.raw.rollback()
        self.statements = 0

    def close(self) -> None:
        """Give the connection back."""
        self.raw.close()

    def complete(self, count: int) -> tuple[float, float]:
        """Seconds a completion, on the wall and of the processor."""
        written = [self.captured() for _number in range(count)]
        self.statements = len(written[0]) + 1
        cursor = self.raw.cursor()
        began, worked = time.perf_counter(), time.process_time()
        for statements in written:
            if not self.postgres:
                cursor.execute("BEGIN IMMEDIATE")
            for statement, parameters in statements:
                cursor.execute(statement, parameters)
            self.raw.commit()
        return (time.perf_counter() - began) / count, (time.process_time() - worked) / count

    def captured(self) -> list[tuple[str, Any]]:
        """What our verb writes in one completion, its writes alone; the completion itself is taken back."""
        (ref, _step, _version), *_more = self.world.open_tasks(self.world.case("desk"))
        version = self.world.claim(ref)
        try:
            with self.world.counted() as seen:
                self._taken_back(ref, version)
        except _TakenBack:
            pass
        return [
            (statement, one)
            for statement, parameters in seen
            if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))
            for one in (parameters if isinstance(parameters, list) else [parameters])
        ]

    def _taken_back(self, ref: str, version: int) -> None:
        from tasks import moves

        with self.world.work(self.world.people[0]) as work:
            moves.complete_task(work, ref, version=version, answers={"note": "as declared"})
            raise _TakenBack


class _TakenBack(Exception):
    """Ends a transaction that was only looked at."""


def like(work: Work) -> tuple[Case, int]:
    """What the benchmark's cases have in common, and their town."""
    offices = {one.code: one for one in work.session.scalars(select(Organisation))}
    common = Case(
        kind=NEW, process="review", process_version=1, programme="DIBAO", department_id=offices["ps-dept"].id,
        agency_id=offices["ps-agency"].id, state=OPEN, opened_at=work.now, commissioned_at=work.now,
        policy_snapshot_id=rules.snapshot(work, offices["ps-dept"].id).id,
    )  # fmt: skip
    return common, offices["ps-town"].id


def launch(world: World, count: int) -> float:
    """Seconds to copy the rows of one opened case that many times by INSERT … SELECT, in one transaction."""
    ref = world.case("review")
    with world.work() as work:
        case = work.session.scalars(select(Case.id).where(Case.ref == ref)).one()
        place = {"cases": f"id = {case}", "journal_stream": f"subject = '{ref}'", "agenda_item": f"subject = '{ref}'",
                 "journal_entry": f"subject = '{ref}'"}  # fmt: skip
        connection = work.session.connection()
        bases = {
            name: int(connection.scalar(text(f"SELECT max(id) FROM {name}")) or 0)
            for name in TABLES
            if name != "case_state"
        }
        copies = [_copy(connection, name, place.get(name, f"case_id = {case}"), bases, count) for name in TABLES]
        began = time.perf_counter()
        for statement in copies:
            connection.exec_driver_sql(statement)
    ended = time.perf_counter() - began  # to the end of its transaction
    go_on(world)
    return ended


def go_on(world: World) -> None:
    """Keys go on behind rows that were written with keys of their own."""
    if world.home.engine.dialect.name != "postgresql":
        return
    with world.work() as work:
        for name in TABLES:
            if name != "case_state":
                work.session.execute(
                    text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))")
                )


def captured_launch(world: World, count: int) -> list[list[tuple[str, Any]]]:
    """What is written beside the state when that many cases are opened one by one, case by case.

    The rows are those of one case that was opened and taken back, with keys, references and numbers of their own.
    """
    ref = world.case("review")
    with world.work(write=False) as work:
        connection = work.session.connection()
        case = connection.exec_driver_sql(f"SELECT id FROM cases WHERE ref = '{ref}'").scalar_one()
        places = {
            "cases": f"id = {case}", "journal_stream": f"subject = '{ref}'", "agenda_item": f"subject = '{ref}'",
            "journal_entry": f"subject = '{ref}'",
        }  # fmt: skip
        bases = {
            name: int(connection.scalar(text(f"SELECT max(id) FROM {name}")) or 0)
            for name in TABLES
            if name != "case_state"
        }
        named = [name for name in TABLES if name != "case_state"]
        found = []
        for number in range(count):
            after = {name: base + number for name, base in bases.items()}
            found.append(
                [(_copy(connection, name, places.get(name, f"case_id = {case}"), after, 1), ()) for name in named]
            )
    return found


def _copy(connection: Any, name: str, where: str, bases: dict[str, int], count: int) -> str:
    stamp = new_ref()[:6]
    columns = list(connection.exec_driver_sql(f"SELECT * FROM {name} WHERE {where} LIMIT 1").keys())
    given = {"base": bases.get(name, 0), "stamp": stamp, **bases}
    wanted = [OWN.get((name, one), OWN.get(("*", one), f'"{one}"')).format(**given) for one in columns]
    named = ", ".join(f'"{one}"' for one in columns)
    numbers = (
        f"generate_series(1, {count}) AS numbers(n)"
        if connection.dialect.name == "postgresql"
        else f"(WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < {count}) SELECT n FROM up)"
    )
    return f"INSERT INTO {name} ({named}) SELECT {', '.join(wanted)} FROM {name}, {numbers} WHERE {name}.{where}"
