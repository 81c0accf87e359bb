"""Processes that are alive: who they are, and the row each keeps fresh in machine time."""

from __future__ import annotations

import logging
import os
import socket
import threading
from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from domain.clock import machine_now
from domain.home import Heartbeat, Home
from domain.logs import Event
from domain.version import VERSION
from domain.work import SCHEDULER, Work, unit_of_work

log = logging.getLogger("heartbeats")

WEB, WORKER = "web", "worker"
WEB_SECONDS = 20.0
# a process that was not heard of for so long does not work any more, whatever its host says
LATE = timedelta(seconds=90)
FORGOTTEN = timedelta(hours=12)


def process_id() -> str:
    """host:pid:start: names a process so that its death can be seen on the same host."""
    return f"{socket.gethostname()[:32]}:{os.getpid()}:{started(os.getpid())}"


def is_dead(process: str) -> bool:
    """True when the process of that name ran on this host and runs no more."""
    host, _colon, rest = process.partition(":")
    pid, _colon, began = rest.partition(":")
    if host != socket.gethostname()[:32] or not pid.isdigit():
        return False
    return started(int(pid)) != began


def started(pid: int) -> str:
    """When a process started, in the kernel's ticks; "" when there is none, or it is dead and not yet buried."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


def beat(home: Home, process: str, kind: str) -> None:
    """Say that a process is alive; with its first beat, forget those that are not."""
    with unit_of_work(home, SCHEDULER) as work:
        row = work.session.scalars(select(Heartbeat).where(Heartbeat.process == process)).first()
        if row is None:
            _forget_dead(work, process)
            row = Heartbeat(
                process=process, kind=kind, version=VERSION, started_at=machine_now(), seen_at=machine_now()
            )
            work.session.add(row)
        row.seen_at = machine_now()


def beating(home: Home, kind: str, stop: threading.Event, *, every: float = WEB_SECONDS) -> threading.Thread:
    """A thread that beats until `stop` is set: for a process with no scheduler of its own."""
    process = process_id()

    def go_on() -> None:
        while True:
            try:
                beat(home, process, kind)
            except SQLAlchemyError as problem:  # the database is away, or no connection free: the next beat finds one
                log.warning(Event("heartbeat.failed", error=type(problem).__name__))
            if stop.wait(every):
                return

    thread = threading.Thread(target=go_on, name="heartbeat", daemon=True)
    thread.start()
    return thread


def _forget_dead(work: Work, but: str) -> None:
    old = machine_now() - FORGOTTEN
    rows = work.session.execute(select(Heartbeat.id, Heartbeat.process, Heartbeat.seen_at)).all()
    gone = [key for key, process, seen in rows if process != but and (seen < old or is_dead(process))]
    if gone:
        work.session.execute(delete(Heartbeat).where(Heartbeat.id.in_(gone)))
