"""How long the web took to answer, kept as counts: a row an hour, a request by its pattern, and a span of time.

A request writes nothing. Each web process counts in memory and adds its counts to the rows twice a minute, so that
several processes make one picture; one that is killed loses half a minute of figures and nothing else. Machine time.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import String, UniqueConstraint, case, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from domain.base import Base, Key
from domain.clock import machine_now
from domain.home import Home
from domain.logs import Event
from domain.work import SCHEDULER, Work, unit_of_work

log = logging.getLogger("web")
K = TypeVar("K")

FLUSH_SECONDS = 30.0
KEEP = timedelta(days=3)
SPANS_AN_OCTAVE = 3  # a span ends a quarter above its beginning
LAST_SPAN = 60  # 17 minutes
MAX_ROUTE = 160


class RequestTime(Base):
    """How many requests of an hour took how long. span: see `span_of`; slowest: ms of the slowest among them."""

    __tablename__ = "request_time"
    __table_args__ = (UniqueConstraint("hour", "route", "span"),)

    id: Mapped[Key]
    hour: Mapped[datetime]
    route: Mapped[str] = mapped_column(String(MAX_ROUTE))
    span: Mapped[int]
    count: Mapped[int]
    slowest: Mapped[int]


@dataclass(frozen=True, slots=True)
class Times:
    """Requests of one kind: how many, and within how many ms half of them, 19 of 20 and all were answered.

    A percentile is told as the slowest request of its span: never too small, at most a quarter too large.
    """

    count: int = 0
    half: int = 0
    most: int = 0
    slowest: int = 0


Spans = dict[int, tuple[int, int]]  # span -> count, slowest


class Counted:
    """What one process has counted since it last wrote it down; for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[tuple[datetime, str, int], tuple[int, int]] = {}
        self._tidied: datetime | None = None

    def note(self, route: str, ms: float, *, count: int = 1, at: datetime | None = None) -> None:
        """A request was answered. route: method and pattern, never an address."""
        hour, whole = hour_of(at or machine_now()), max(1, math.ceil(ms))
        key = (hour, route[:MAX_ROUTE], span_of(whole))
        with self._lock:
            before, slowest = self._seen.get(key, (0, 0))
            self._seen[key] = (before + count, max(slowest, whole))

    def flush(self, home: Home) -> None:
        """Add what was counted to the rows; once an hour forget what is old. What cannot be written is counted on."""
        with self._lock:
            seen, self._seen = self._seen, {}
        hour = hour_of(machine_now())
        if not seen:
            return
        try:
            with unit_of_work(home, SCHEDULER) as work:
                _add(work, seen)
                if self._tidied != hour:
                    work.session.execute(delete(RequestTime).where(RequestTime.hour < hour - KEEP))
        except SQLAlchemyError:
            for (at, route, _span), (count, slowest) in seen.items():
                self.note(route, slowest, count=count, at=at)
            raise
        self._tidied = hour


def flushing(home: Home, counted: Counted, stop: threading.Event, *, every: float = FLUSH_SECONDS) -> threading.Thread:
    """A thread that writes the counts down until `stop` is set, and once more then."""

    def go_on() -> None:
        done = False
        while not done:
            done = stop.wait(every)
            try:
                counted.flush(home)
            except SQLAlchemyError as problem:  # the database is away: what was counted is written next time
                log.warning(Event("request_times.failed", error=type(problem).__name__))

    thread = threading.Thread(target=go_on, name="request-times", daemon=True)
    thread.start()
    return thread


def hour_of(instant: datetime) -> datetime:
    """The beginning of its hour."""
    return instant.replace(minute=0, second=0, microsecond=0)


def span_of(ms: int) -> int:
    """The span that so many whole milliseconds fall into: 0 for one, then three to each doubling."""
    return min(LAST_SPAN, math.ceil(math.log2(ms) * SPANS_AN_OCTAVE)) if ms > 1 else 0


def _add(work: Work, seen: Mapping[tuple[datetime, str, int], tuple[int, int]]) -> None:
    """In the order of the keys, as every process locks them. Uses uq_request_time_hour_route_span."""
    make = postgresql.insert if work.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    made = make(RequestTime)
    added = made.on_conflict_do_update(
        index_elements=["hour", "route", "span"],
        set_={
            "count": RequestTime.count + made.excluded.count,
            "slowest": case((RequestTime.slowest < made.excluded.slowest, made.excluded.slowest),
                            else_=RequestTime.slowest),
        },
    )  # fmt: skip
    rows = [
        {"hour": hour, "route": route, "span": span, "count": count, "slowest": slowest}
        for (hour, route, span), (count, slowest) in sorted(seen.items())
    ]
    work.session.connection().execute(added, rows)


def by_route(work: Work, since: datetime) -> dict[str, Times]:
    """Each request by its pattern, of all processes. Uses uq_request_time_hour_route_span."""
    return dict(_grouped(work, since, RequestTime.route))


def by_hour(work: Work, since: datetime) -> dict[datetime, Times]:
    """All requests of each hour, the newest first. Uses uq_request_time_hour_route_span."""
    return dict(sorted(_grouped(work, since, RequestTime.hour), reverse=True, key=lambda one: one[0]))


def _grouped(work: Work, since: datetime, key: InstrumentedAttribute[K]) -> Iterator[tuple[K, Times]]:
    rows = work.session.execute(
        select(key, RequestTime.span, func.sum(RequestTime.count), func.max(RequestTime.slowest))
        .where(RequestTime.hour >= since)
        .group_by(key, RequestTime.span)
    )
    found: dict[K, Spans] = {}
    for one, span, count, slowest in rows:
        found.setdefault(one, {})[span] = (int(count), slowest)
    return ((one, times_of(spans)) for one, spans in found.items())


def times_of(spans: Spans) -> Times:
    """The figures of a histogram."""
    count = sum(many for many, _slowest in spans.values())
    if not count:
        return Times()
    return Times(count, _within(spans, count * 0.5), _within(spans, count * 0.95), max(ms for _n, ms in spans.values()))


def _within(spans: Spans, wanted: float) -> int:
    reached = 0
    for span in sorted(spans):
        many, slowest = spans[span]
        reached += many
        if reached >= wanted:
            return slowest
    return 0
