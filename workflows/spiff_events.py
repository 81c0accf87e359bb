"""What events wait for and throw. The instants come from the run, never from a clock of SpiffWorkflow."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

_DURATION = re.compile(
    r"P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?"
)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
_CYCLE = re.compile(r"R(\d*)/(P.+)")


class NotAnInstant(Exception):  # noqa: N818 - said as the cause of a failed step
    """A timer's text is neither an ISO 8601 instant with offset nor a duration. step_id: the timer's, once known."""

    step_id = ""


def is_instant(text: str) -> bool:
    return _INSTANT.fullmatch(text) is not None


def is_duration(text: str) -> bool:
    return _DURATION.fullmatch(text) is not None


def is_cycle(text: str) -> bool:
    match = _CYCLE.fullmatch(text)
    return match is not None and is_duration(match[2])


def read_instant(value: object) -> datetime:
    """An aware UTC instant from an aware datetime or an ISO 8601 text with offset.

    Raises:
        NotAnInstant: anything else; an instant without offset would be read in the server's own zone.
    """
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError as broken:
        raise NotAnInstant(str(broken)) from broken
    if not isinstance(found, datetime) or found.tzinfo is None:
        raise NotAnInstant("a date and time with offset is needed")
    return found.astimezone(UTC)


def after(start: datetime, value: object) -> datetime:
    """`start` plus a duration: ISO 8601 text, timedelta, or anything that prints as an ISO duration."""
    if isinstance(value, timedelta):
        return start + value
    match = _DURATION.fullmatch(str(value))
    if match is None:
        raise NotAnInstant("a duration such as P3D or PT15M is needed")
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    month = start.month - 1 + months + 12 * years
    year, month = start.year + month // 12, month % 12 + 1
    moved = start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))
    return moved + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


class Trigger:
    """Base; `rearms` says whether a non-interrupting boundary event may happen again."""

    rearms = False

    def arm(self, token: Any) -> None:
        """Called when a token begins to wait."""

    def rearm(self, token: Any, before: Any) -> None:
        """Called on the token that waits for the next time."""


@dataclass(frozen=True)
class Timer(Trigger):
    """`kind` is date, duration or cycle; `text` an ISO literal or a FEEL expression."""

    kind: str
    text: str

    @property
    def rearms(self) -> bool:  # type: ignore[override]
        return self.kind == "cycle"

    def arm(self, token: Any) -> None:
        try:
            self._plan(token)
        except NotAnInstant as fault:
            fault.step_id = token.task_spec.bpmn_id
            raise

    def _plan(self, token: Any) -> None:
        case = token.workflow.top_workflow
        literal = is_instant(self.text) or is_duration(self.text) or is_cycle(self.text)
        value = self.text if literal else case.value(token, self.text)
        kept = token.internal_data
        if self.kind == "date":
            kept["due"] = read_instant(value).isoformat()
        elif self.kind == "duration":
            kept["due"] = after(case.now, value).isoformat()
        else:
            match = _CYCLE.fullmatch(str(value))
            if match is None:
                raise NotAnInstant("a cycle such as R3/P1D is needed")
            kept["left"] = int(match[1]) if match[1] else None
            kept["every"] = match[2]
            kept["due"] = after(case.now, match[2]).isoformat()

    def rearm(self, token: Any, before: Any) -> None:
        old = before.internal_data
        left = None if old["left"] is None else old["left"] - 1
        # The next round counts from the planned instant, so that a late clerk does not shift the whole series.
        due = after(read_instant(old["due"]), old["every"]).isoformat()
        token.internal_data.update(left=left, every=old["every"], due=due)

    def due(self, token: Any) -> datetime | None:
        left = token.internal_data.get("left", 1)
        return None if left is not None and left < 1 else datetime.fromisoformat(token.internal_data["due"])


@dataclass(frozen=True)
class Message(Trigger):
    """`correlation` is a FEEL expression, "" for none; its value is fixed when the wait begins."""

    name: str
    correlation: str = ""
    rearms = True

    def arm(self, token: Any) -> None:
        case = token.workflow.top_workflow
        token.internal_data["key"] = case.value(token, self.correlation) if self.correlation else None

    def rearm(self, token: Any, before: Any) -> None:
        token.internal_data["key"] = before.internal_data["key"]


@dataclass(frozen=True)
class Signal(Trigger):
    name: str
    rearms = True


@dataclass(frozen=True)
class Condition(Trigger):
    """True once is enough; a non-interrupting one happens again when it was false in between."""

    text: str
    rearms = True

    def rearm(self, token: Any, before: Any) -> None:
        token.internal_data["held"] = True


@dataclass(frozen=True)
class Failure(Trigger):
    """A business error; code None on a boundary event catches every code."""

    code: str | None


@dataclass(frozen=True)
class Escalation(Trigger):
    code: str | None
    rearms = True


@dataclass(frozen=True)
class Terminate(Trigger):
    pass


@dataclass(frozen=True)
class Nothing(Trigger):
    pass


# what only the case itself throws: nobody outside and no clock is waited for
THROWN_INSIDE = (Failure, Escalation, Terminate, Nothing)
