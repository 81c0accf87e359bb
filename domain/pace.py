"""How much one transaction of a long piece of work writes, so that whoever waits to write meanwhile waits no longer
than a moment: each transaction is measured to the end of its commit, and the next ones are as large as fits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import event
from sqlalchemy.orm import Session

from domain.clock import pause, ticks

# seconds that a transaction aims at: on SQLite whoever writes waits for it, on PostgreSQL who needs the same number
MOMENT = {"sqlite": 0.04, "postgresql": 0.25}
YIELD = 0.005  # seconds after it in which others begin; they look every 2 ms (`domain.work`)
FIRST, LEAST, MOST = 200, 50, 2_000


@dataclass
class Pace:
    """The pace of one kind of work in this process. size: how many things its next transaction takes on."""

    size: int = FIRST

    @contextmanager
    def measured(self, session: Session, count: int) -> Iterator[None]:
        """The block does `count` things; their time is taken when the transaction is committed.

        On SQLite, where one writes at a time, others are let in then.
        """
        began = ticks()
        yield

        def committed(session: Session) -> None:
            kind = session.get_bind().dialect.name
            self.took(count, ticks() - began, MOMENT[kind])
            if kind == "sqlite":
                pause(YIELD)

        event.listen(session, "after_commit", committed, once=True)

    def took(self, count: int, seconds: float, moment: float) -> None:
        """So many things took so long: half as large at once when it was too long, larger little by little."""
        fits = count * moment / max(seconds, moment / 100)
        self.size = round(min(max(fits, self.size / 2, LEAST), self.size * 1.5, MOST))
