"""Duties of help that is given before the verification (LF-14)."""

from __future__ import annotations

from typing import Any

from domain.agenda import AgendaItem
from domain.assistance.rescues import VERIFY
from domain.work import Work
from scheduler.duties.words import Duty
from tasks import rescues


def _verify(work: Work, _item: AgendaItem, _result: Any) -> None:
    rescues.open_verifications(work)


DUTIES: dict[str, Duty] = {VERIFY: Duty(_verify), rescues.DUTY: Duty(_verify)}
