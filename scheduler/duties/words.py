"""What a duty is, and how often each kind is tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from domain.agenda import AgendaItem
from domain.home import Home
from domain.work import Work
from workflows.registry import TryPolicy

# what belongs to the house is worth more tries than what belongs to one case: a poison case must slow nobody
HOUSE = TryPolicy(attempts=8, first=timedelta(seconds=2), factor=2)
CASE = TryPolicy()


# everything that was ever completed may have to be looked at
PROOF = TryPolicy(attempts=5, first=timedelta(minutes=1), factor=4, timeout=timedelta(hours=4))
# a department's file may have a hundred million rows
READING = TryPolicy(attempts=5, first=timedelta(seconds=10), factor=4, timeout=timedelta(hours=12))
MAIL = TryPolicy(attempts=12, first=timedelta(seconds=30), factor=2, timeout=timedelta(seconds=90))


def as_proof(_item: AgendaItem) -> TryPolicy:
    return PROOF


def as_reading(_item: AgendaItem) -> TryPolicy:
    return READING


def as_house(_item: AgendaItem) -> TryPolicy:
    return HOUSE


def as_case(_item: AgendaItem) -> TryPolicy:
    return CASE


def as_mail(_item: AgendaItem) -> TryPolicy:
    return MAIL


@dataclass(frozen=True, slots=True)
class Duty:
    """gather: read what is needed (read transaction); perform: slow work in no transaction; act: write.

    policy: how often an item is tried, how long apart, and how long the slow part may take. after: what is left to do
    once the act is committed, with what it returned, such as deleting files whose rows are gone; done once, and never
    again when it fails.
    """

    act: Callable[[Work, AgendaItem, Any], Any]
    gather: Callable[[Work, AgendaItem], Any] | None = None
    perform: Callable[[Home, Any], Any] | None = None
    policy: Callable[[AgendaItem], TryPolicy] = as_house
    after: Callable[[Home, Any], None] | None = None


def as_read(_home: Home, plan: Any) -> Any:
    return plan
