"""The house's only reader of the machine's clock (walls 1); `decisions.evaluate` reads it for outsiders alone.

Legal time is `work.now`: it may stand still and is what laws, documents and agenda items speak of.
Machine time is always real: leases, heartbeats, sessions, back-off, throttles and log stamps.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

OFFICE_ZONE = ZoneInfo("Asia/Shanghai")


def machine_now() -> datetime:
    """The real instant, aware UTC."""
    return datetime.now(UTC)


def legal_now(stopped_at: datetime | None) -> datetime:
    """The instant the law sees: the stopped clock's, or the real one. Aware UTC."""
    return stopped_at if stopped_at is not None else machine_now()


def office_day(instant: datetime) -> date:
    """The calendar day of `instant` in the office's zone."""
    return instant.astimezone(OFFICE_ZONE).date()


def office_instant(day: date, hour: int = 0, minute: int = 0) -> datetime:
    """Local wall-clock time on `day` as aware UTC."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=OFFICE_ZONE).astimezone(UTC)


def ticks() -> float:
    """Monotonic seconds, for measuring how long something took."""
    return time.monotonic()


def pause(seconds: float) -> None:
    """Wait; only loops of processes use it."""
    time.sleep(seconds)
