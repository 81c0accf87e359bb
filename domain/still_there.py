"""A connection out of the pool may be one whose server is gone: it is asked, unless there is no doubt.

A server that ends or is ended says so and closes: then there is something to read on a connection that waits for
nothing. Where there is nothing, and it was in use a moment ago, the question would be a way to the server and back
before every piece of work.
"""

from __future__ import annotations

import select
import time
from functools import partial
from typing import Any

from sqlalchemy import Dialect, Engine, event
from sqlalchemy.exc import InvalidatePoolError

MOMENT_SECONDS = 5.0  # a network that is cut says nothing: whoever was idle for longer is asked
RETURNED = "hedui_returned"


def ask_when_in_doubt(engine: Engine) -> None:
    """Instead of `pool_pre_ping`, and with the same end: a pool whose server is gone connects anew."""
    event.listen(engine, "checkin", _returned)
    event.listen(engine, "checkout", partial(_taken, engine.dialect))


def _returned(_connection: object, record: Any) -> None:
    record.info[RETURNED] = time.monotonic()


def _taken(dialect: Dialect, connection: Any, record: Any, _proxy: object) -> None:
    idle = time.monotonic() - record.info.get(RETURNED, 0.0)
    try:
        if idle > MOMENT_SECONDS or _has_spoken(connection):
            dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as problem:
        raise InvalidatePoolError from problem


def _has_spoken(connection: Any) -> bool:
    """Whether there is something to read. Raises the driver's OperationalError when it was closed on this side."""
    look = select.poll()
    look.register(connection.fileno(), select.POLLIN)
    return bool(look.poll(0))
