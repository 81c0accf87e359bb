"""What a case waits for and what it threw, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class HumanStep:
    """A step that waits for a person. `item`, `index`: element and 0-based number when it is one of several."""

    token: str
    step_id: str
    item: Any = None
    index: int | None = None


@dataclass(frozen=True)
class Job:
    """A service step that was started and waits for `finish_job`."""

    token: str
    step_id: str
    topic: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True)
class TimerWait:
    """`due_at` is an aware UTC instant; `planned_at` what it was before somebody moved it.

    Of a cycle: `every` its period (ISO 8601), `rounds_left` with this one (None: without end), `catch_up` what happens
    to rounds that are missed.
    """

    token: str
    step_id: str
    due_at: datetime
    planned_at: datetime | None = None
    every: str = ""
    rounds_left: int | None = None
    catch_up: str = ""


@dataclass(frozen=True)
class Woken:
    """A timer that came due: its planned instant, how many rounds were passed over as `catch_up` says, and whether it
    happened at all."""

    step_id: str
    planned_at: datetime
    passed_over: int
    catch_up: str
    happened: bool


@dataclass(frozen=True)
class MessageWait:
    """`kind` is message or signal; `correlation` the value fixed when the wait began, None for any."""

    token: str
    step_id: str
    name: str
    correlation: Any = None
    kind: str = "message"


@dataclass(frozen=True)
class Thrown:
    """A message or signal for the outside; `payload` holds the step's input parameters."""

    kind: str
    name: str
    step_id: str
    correlation: Any
    payload: Mapping[str, Any]
