"""Duties of the inventory of recipients' authorisations (NM-07)."""

from __future__ import annotations

from typing import Any

from domain.agenda import AgendaItem
from domain.verification.renewals import PART
from domain.work import Work
from scheduler.duties.words import Duty
from tasks import renewals


def _look(work: Work, _item: AgendaItem, _result: Any) -> None:
    renewals.run_day(work)


def _look_on(work: Work, item: AgendaItem, _result: Any) -> None:
    renewals.part(work, item.subject)


def _ask(work: Work, _item: AgendaItem, _result: Any) -> None:
    renewals.ask_some(work)


DUTIES: dict[str, Duty] = {renewals.DUTY: Duty(_look), PART: Duty(_look_on), renewals.ASK: Duty(_ask)}
