"""What events wait for and throw. The instants come from the run, never from a clock of SpiffWorkflow."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.clock import OFFICE_ZONE
from workflows import catching_up
from workflows.keyed import Keyed

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


def after(start: datetime, value: object, times: int = 1) -> datetime:
    """`start` plus a duration, so often, aware UTC. value: ISO 8601 text, timedelta, or what prints as ISO duration.

    Years, months, weeks and days are the office's calendar days (Asia/Shanghai, UTC+8 all year): a month from the
    31st ends on the last day of the next, and counted twice from the start it ends on a 31st again.
    """
    if isinstance(value, timedelta):
        return start + value * times
    match = _DURATION.fullmatch(str(value))
    if match is None:
        raise NotAnInstant("a duration such as P3D or PT15M is needed")
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) * times for part in match.groups())
    local = start.astimezone(OFFICE_ZONE)
    month = local.month - 1 + months + 12 * years
    year, month = local.year + month // 12, month % 12 + 1
    try:
        moved = local.replace(year=year, month=month, day=min(local.day, monthrange(year, month)[1]))
        moved += timedelta(weeks=weeks, days=days)
        return moved.astimezone(UTC) + timedelta(hours=hours, minutes=minutes, seconds=seconds)
    except (ValueError, OverflowError) as far:
        raise NotAnInstant("the time lies beyond the calendar") from far


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
    catch_up: str = catching_up.ONCE

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
            if after(case.now, match[2]) <= case.now:
                raise NotAnInstant("a cycle needs a period")
            kept.update(left=int(match[1]) if match[1] else None, every=match[2], round=1, start=case.now.isoformat())
            kept["due"] = after(case.now, match[2]).isoformat()

    def rearm(self, token: Any, before: Any) -> None:
        old = before.internal_data
        left = None if old["left"] is None else old["left"] - 1
        # Every round counts from the planned start, so that neither a late clerk nor a short month shifts the series.
        if "start" not in old:  # armed by an earlier version of the program
            old.update(start=old.get("planned", old["due"]), round=0)
        number = old["round"] + 1
        due = after(read_instant(old["start"]), old["every"], number).isoformat()
        token.internal_data.update(left=left, every=old["every"], due=due, round=number, start=old["start"])

    def happens(self, token: Any, now: datetime) -> bool:
        """Whether a timer that is due happens now; rounds that were missed are passed over as `catch_up` says."""
        kept = token.internal_data
        if self.kind != "cycle" or self.catch_up == catching_up.ALL or "start" not in kept:
            return True
        start, number = read_instant(kept["start"]), kept["round"]
        to = catching_up.round_for(self.catch_up, number, now, lambda n: after(start, kept["every"], n))
        if kept["left"] is not None:  # once: the last round there is
            to = min(to, number + kept["left"] - (self.catch_up == catching_up.ONCE))
        if to != number:
            kept["missed"] = kept.get("missed", 0) + to - number
            if kept["left"] is not None:
                kept["left"] = max(kept["left"] - (to - number), 0)
            kept.update(round=to, due=after(start, kept["every"], to).isoformat())
            kept.pop("planned", None)
        at = self.due(token)
        return at is not None and at <= now

    def due(self, token: Any) -> datetime | None:
        left = token.internal_data.get("left", 1)
        return None if left is not None and left < 1 else datetime.fromisoformat(token.internal_data["due"])


@dataclass(frozen=True)
class Message(Trigger):
    """`correlation` is a FEEL expression, "" for none; its value is fixed when the wait begins."""

    name: str
    correlation: str = ""
    keyed: Keyed | None = None
    rearms = True

    def arm(self, token: Any) -> None:
        case = token.workflow.top_workflow
        if self.correlation or self.keyed is None:
            token.internal_data["key"] = case.value(token, self.correlation) if self.correlation else None
        else:
            token.internal_data["key"] = self.keyed.awaited(token)

    def rearm(self, token: Any, before: Any) -> None:
        token.internal_data["key"] = before.internal_data["key"]

    def takes(self, token: Any, payload: Any, said: object) -> bool:
        """Whether a message of this name is for the wait at `token`; said: the key it came with."""
        if self.correlation or self.keyed is None:
            # Index rows and the outside carry a key as text, so that 7 and "7" are the same key.
            return str(token.internal_data["key"] or "") == str(said or "")
        return self.keyed.takes(token, payload, said)

    def taken(self, token: Any, payload: Any, said: object) -> None:
        """The message came: what it says of the conversation is known from now on."""
        if self.keyed is not None and not self.correlation:
            self.keyed.remember(token, str(said) if said not in (None, "") else self.keyed.of_message(token, payload))


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
