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
    """`due_at` is an aware UTC instant."""

    token: str
    step_id: str
    due_at: datetime


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
