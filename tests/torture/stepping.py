"""Two moves at once, one statement at a time: who speaks next is the test's choice, not the machine's."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from sqlalchemy import Engine, create_engine, event, text

PATIENCE = 20.0  # seconds until two moves that wait for each other are given up
ASLEEP = 0.04  # seconds a statement of SQLite may take before it is taken to wait for the other's transaction
BEGIN = "BEGIN IMMEDIATE"
WAITS = text("SELECT 1 FROM pg_stat_activity WHERE pid = :pid AND wait_event_type = 'Lock'")


class Actor:
    """A move in a thread of its own that stops before each statement until it is told to go on."""

    def __init__(self, name: str, move: Callable[[], object]) -> None:
        self.name, self.move = name, move
        self.stands = threading.Event()
        self.go = threading.Semaphore(0)
        self.ended = False
        self.problem: BaseException | None = None
        self.pid: int | None = None
        self.steps = 0
        self.said = ""
        self.waits = False
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        HERE.actor = self
        self._stop()
        try:
            self.move()
        except BaseException as problem:  # the test looks at what came of it
            self.problem = problem
        finally:
            HERE.actor = None
            self.ended = True
            self.stands.set()

    def _stop(self) -> None:
        self.stands.set()
        self.go.acquire()

    def before_statement(self, pid: int | None, said: str) -> None:
        """Called in the actor's own thread."""
        self.pid = pid
        # on SQLite it looks every few milliseconds whether the other has ended: that is waiting, not speaking
        self.waits = said == self.said == BEGIN
        self.said = said
        if not self.waits:
            self.steps += 1
            self._stop()


class _Here(threading.local):
    actor: Actor | None = None


HERE = _Here()


@contextmanager
def stepping(engine: Engine) -> Iterator[Callable[..., tuple[Actor, Actor]]]:
    """Gives `play(first, second, turns)`: two moves, begun and carried on in turns until both have ended.

    turns: (0 or 1, how many statements), the last one is followed by whoever can go on.
    """

    def statement(connection: Any, _cursor: object = None, said: str = "", *_more: object) -> None:
        if HERE.actor is not None:
            HERE.actor.before_statement(_pid(connection), said)

    event.listen(engine, "before_cursor_execute", statement)
    event.listen(engine, "commit", statement)
    try:
        with _watching(engine) as look:
            yield partial(_play, look)
    finally:
        event.remove(engine, "before_cursor_execute", statement)
        event.remove(engine, "commit", statement)


@contextmanager
def _watching(engine: Engine) -> Iterator[Any]:
    """A connection that sees who waits for a lock; None on SQLite, which tells nobody."""
    if engine.dialect.name != "postgresql":
        yield None
        return
    watcher = create_engine(engine.url, isolation_level="AUTOCOMMIT")
    with watcher.connect() as look:
        yield look
    watcher.dispose()


def _play(
    look: Any, first: Callable[[], object], second: Callable[[], object], turns: Sequence[tuple[int, int]]
) -> tuple[Actor, Actor]:
    actors = (Actor("first", first), Actor("second", second))
    for actor in actors:
        actor.thread.start()
        actor.stands.wait()
    for who, count in turns:
        _go_on(actors[who], look, count)
    give_up = time.monotonic() + PATIENCE
    while not all(actor.ended for actor in actors):
        for actor in actors:
            _go_on(actor, look, 1000)
        assert time.monotonic() < give_up, "two moves wait for each other"
    return actors


def _go_on(actor: Actor, look: Any, most: int) -> None:
    """Up to so many statements of an actor."""
    for _number in range(most):
        if not _step(actor, look):
            break


def _pid(connection: Any) -> int | None:
    info = getattr(connection.connection.dbapi_connection, "info", None)
    return None if info is None else int(info.backend_pid)


def _step(actor: Actor, look: Any) -> bool:
    """One statement of an actor. False when it ended, or waits for what the other one holds."""
    if actor.ended:
        return False
    if actor.stands.is_set():  # else it sent a statement before and still waits for its answer
        actor.stands.clear()
        actor.go.release()
    began = time.monotonic()
    while not actor.stands.wait(0.002):
        if look is None:
            if actor.waits or time.monotonic() - began > ASLEEP:
                return False
        elif actor.pid is not None and look.execute(WAITS, {"pid": actor.pid}).first() is not None:
            return False
    return not actor.ended


def schedules(first: int, second: int, *, thorough: bool) -> Iterator[list[tuple[int, int]]]:
    """Who speaks when: one goes i statements, for every i; then the other goes two, five, or all it can; then the first
    ends, then the other. Not thorough: the other always ends in one go.
    """
    for who, mine, others in ((0, first, second), (1, second, first)):
        for at in range(mine + 1):
            for until in (2, 5, others + 1) if thorough else (others + 1,):
                yield [(who, at), (1 - who, until), (who, mine + 1)]
