"""Planned instants of timers whose words changed: kept as they are, or planned anew when somebody chooses so."""

# SpiffWorkflow ships no type information, so its classes are Any to the checker.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from workflows.spiff_case import Case, Token
from workflows.spiff_events import (
    Condition,
    Message,
    Timer,
    after,
    is_cycle,
    is_duration,
    is_instant,
    read_instant,
)
from workflows.spiff_triggers import Multiple


def dates(case: Case, kept: Mapping[str, Timer]) -> list[tuple[Token, datetime, datetime]]:
    """Of the timers that were kept: token, its planned instant, and the instant that the new words would give."""
    found = []
    for name, was in kept.items():
        token = case.token(name)
        if token is not None and token.internal_data.get("due"):
            planned = read_instant(token.internal_data["due"])
            found.append((token, planned, _anew(case, token, was, planned)))
    return [(token, planned, then) for token, planned, then in found if then != planned]


def _anew(case: Case, token: Token, was: Timer, planned: datetime) -> datetime:
    now: Timer = token.task_spec.trigger
    said = _value(case, token, now)
    if now.kind == "date":
        return read_instant(said)
    length = str(said).partition("/")[2] if now.kind == "cycle" else said
    if was.kind == "date":  # when it began to wait is not known: it counts from today
        return after(case.now, length)
    before = token.internal_data["every"] if was.kind == "cycle" else _value(case, token, was)
    return after(planned - (after(planned, before) - planned), length)


def _value(case: Case, token: Token, trigger: Timer) -> Any:
    return trigger.text if literal(trigger) else case.value(token, trigger.text)


def put_dates(case: Case, kept: Mapping[str, Timer]) -> list[tuple[str, datetime, datetime]]:
    """Plan the kept timers as the new drawing says; gives id of the step, old and new instant."""
    found = []
    for token, planned, then in dates(case, kept):
        token.internal_data["due"] = then.isoformat()
        token.internal_data.pop("planned", None)  # by hand, before
        if token.task_spec.trigger.kind == "cycle":
            every = str(_value(case, token, token.task_spec.trigger)).partition("/")[2]
            start = then - (after(then, every) - then)
            token.internal_data.update(every=every, start=start.isoformat(), round=1)
        found.append((token.task_spec.bpmn_id, planned, then))
    return found


def literal(trigger: Any) -> bool:
    """Whether beginning to wait asks nothing of the case's values."""
    if isinstance(trigger, Timer):
        return is_instant(trigger.text) or is_duration(trigger.text) or is_cycle(trigger.text)
    if isinstance(trigger, Message):
        return not trigger.correlation
    return not isinstance(trigger, Condition | Multiple)
