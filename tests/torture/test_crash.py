"""A process that dies after any statement of any move leaves the state before it, or after it, never between."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from domain.base import Base
from domain.sealing import verify
from tests.torture import acts, mending
from tests.torture.acts import Ready
from tests.torture.world import World

pytestmark = pytest.mark.torture
KINDS = ("start", "claim", "release", "complete", "claim and complete", "job", "wake", "message", "cancel")
REPAIRS = (
    "suspend", "resume", "resume when the day has come", "move", "reset", "skip", "add", "drop", "values", "on behalf",
    "incident: retry", "incident: values", "incident: skip", "incident: error", "migrate", "migrate back", "batch",
    "message begins a case", "timer moved",
)  # fmt: skip
CUT_OFF = ("start", "complete", "job", "message", "resume", "migrate")
MOST = 400


class Died(BaseException):
    """The process ends here; nobody catches this."""


def everything(world: World) -> dict[str, list[int]]:
    """Every row of every table, as a number."""
    gc.collect()  # what a killed thread leaves open, a killed process does not
    world.home.engine.dispose()
    found = {}
    with world.home.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            rows = connection.execute(text(f'SELECT * FROM "{table.name}"'))
            found[table.name] = sorted(hash(tuple(map(repr, row))) for row in rows)
    return found


@contextmanager
def dying(world: World, after: int, *, cut: bool) -> Iterator[list[str]]:
    """The process ends after that many statements; one past the last is the moment before the commit. `cut`: the
    connection is gone instead, and the process learns of it when it speaks next."""
    seen: list[str] = []
    engine = world.home.engine

    def end(connection: Any) -> None:
        if not cut:
            raise Died
        raw = connection.connection.dbapi_connection
        if engine.dialect.name == "postgresql":
            raw.pgconn.finish()
        else:
            raw.rollback()  # a cursor that is still open would keep the lock of a closed connection
            raw.close()

    def spoken(connection: Any, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)
        if len(seen) == after:
            end(connection)

    def committing(connection: Any) -> None:
        seen.append("COMMIT")
        if len(seen) == after:
            end(connection)

    event.listen(engine, "after_cursor_execute", spoken)
    event.listen(engine, "commit", committing)
    try:
        yield seen
    finally:
        event.remove(engine, "after_cursor_execute", spoken)
        event.remove(engine, "commit", committing)


def consistent(world: World) -> None:
    """The journal adds up, and people's open tasks are the steps that wait for people."""
    with world.work(write=False) as work:
        assert list(verify(work.session, world.home.vault)) == []


def made_ready(world: World, kind: str) -> Ready:
    if kind in KINDS:
        acts.deploy(world)
        return acts.ready(world)
    mending.deploy(world)
    return mending.with_batch(world) if kind == "batch" else mending.ready_for(world, (kind,))


def dies_everywhere(world: World, kind: str, *, cut: bool) -> None:
    """Let a move die after each of its statements, until it went through; nothing may have happened before that."""
    move = made_ready(world, kind).moves[kind]
    before = everything(world)
    for after in range(1, MOST):
        with dying(world, after, cut=cut) as seen:
            try:
                move()
            except (Died, Exception) as problem:
                assert len(seen) >= after, f"died of something else: {problem!r}"
                died = True
            else:
                died = False
        if not died:
            break
        changed = [name for name, rows in everything(world).items() if rows != before[name]]
        assert changed == [], f"after statement {after}: {seen[-1][:80]}"
    assert len(seen) == after - 1 > 4  # it went through, and only once nothing was left to die after
    assert everything(world) != before
    consistent(world)


@pytest.mark.parametrize("kind", [*KINDS, *REPAIRS])
def test_a_move_that_dies_after_any_statement_has_not_happened(world: World, kind: str) -> None:
    dies_everywhere(world, kind, cut=False)


@pytest.mark.parametrize("kind", CUT_OFF)
def test_a_move_that_loses_the_database_after_any_statement_has_not_happened(world: World, kind: str) -> None:
    dies_everywhere(world, kind, cut=True)


def test_the_comparison_sees_what_a_move_leaves_half_done(world: World) -> None:
    """The canary: a move in two transactions, cut between them, must not pass unnoticed."""
    acts.deploy(world)
    ready = acts.ready(world)
    before = everything(world)

    def both() -> None:
        ready.moves["claim"]()
        ready.moves["complete"]()

    with dying(world, 14, cut=False), pytest.raises(Died):
        both()
    assert everything(world) != before
