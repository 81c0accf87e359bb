"""Counting attempts in the database, so that several processes share one count (walls 16). Machine time."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from domain.clock import machine_now
from domain.errors import HouseError
from domain.parties.accounts import Throttle


class Throttled(HouseError):
    """Too many attempts; the message says how long to wait."""


def take(session: Session, bucket: str, limit: int, window: timedelta) -> datetime | None:
    """Count one attempt. None when it may go on; else the instant from which attempts count afresh.

    The attempt is counted before it is judged, so that parallel guesses cannot slip under the limit.
    At the limit the pause begins; what is refused does not prolong it (nobody can lock a colleague out for ever).
    """
    now = machine_now()
    row = _locked(session, bucket, now)
    if now - row.window_start >= window:
        row.window_start, row.count = now, 0
    if row.count >= limit:
        return row.window_start + window
    row.count += 1
    if row.count == limit:
        row.window_start = now
    session.flush()
    return None


def give_back(session: Session, bucket: str) -> None:
    """Take one counted attempt back: it was a good one."""
    row = _locked(session, bucket, machine_now())
    row.count = max(0, row.count - 1)
    session.flush()


def clear(session: Session, bucket: str) -> None:
    """Forget what was counted."""
    session.execute(delete(Throttle).where(Throttle.bucket == bucket))


def _locked(session: Session, bucket: str, now: datetime) -> Throttle:
    wanted = select(Throttle).where(Throttle.bucket == bucket).with_for_update()
    found = session.scalars(wanted).first()
    if found is not None:
        return found
    # somebody else may count first in this very moment; then theirs is the row
    with suppress(IntegrityError), session.begin_nested():
        session.add(Throttle(bucket=bucket, window_start=now, count=0))
    return session.scalars(wanted).one()
