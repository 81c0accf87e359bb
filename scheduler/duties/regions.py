"""Duties of verification across regions: an item's window opens (LN-13), an item's limit is past (LN-26)."""

from __future__ import annotations

from typing import Any

from domain.agenda import AgendaItem
from domain.crossregion import items, receipts, sides
from domain.work import Work
from scheduler.duties.words import Duty


def _open(work: Work, item: AgendaItem, _result: Any) -> None:
    receipts.open_waiting(work, sides.item_of_duty(work, item.subject))


def _expire(work: Work, item: AgendaItem, _result: Any) -> None:
    items.expire(work, sides.item_of_duty(work, item.subject))


DUTIES: dict[str, Duty] = {receipts.OPEN_DUTY: Duty(_open), receipts.EXPIRE_DUTY: Duty(_expire)}
