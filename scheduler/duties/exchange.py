"""Duties of the exchange: a package is built, carried over, and its receipt written down."""

from __future__ import annotations

from domain.agenda import AgendaItem
from domain.wire.posting import SEND_DUTY
from exchange import sending
from scheduler.duties.words import Duty
from workflows.registry import TryPolicy


def _as_sending(_item: AgendaItem) -> TryPolicy:
    return sending.TRIES


DUTIES: dict[str, Duty] = {SEND_DUTY: Duty(sending.record, sending.gather, sending.perform, policy=_as_sending)}
