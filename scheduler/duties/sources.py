"""Duties of data sources: files of departments, request packages, the ladder of what is late."""

from __future__ import annotations

from typing import Any

from domain.agenda import AgendaItem
from domain.verification import packages
from domain.verification.deliveries import LOOK_DUTY
from domain.work import Work
from scheduler.duties.words import Duty, as_reading
from tasks.supply import keeping, ladder
from tasks.terms import agreement_reminders
from workflows.operations import intake as looking
from workflows.operations.deliveries import drop_files
from workflows.operations.deliveries import gather as gather_delivery
from workflows.operations.deliveries import perform as perform_delivery
from workflows.operations.deliveries import record as record_delivery
from workflows.operations.packages import gather as gather_answer
from workflows.operations.packages import perform as perform_answer
from workflows.operations.packages import record as record_answer


def _remind_agreements(work: Work, item: AgendaItem, _result: Any) -> None:
    agreement_reminders.run(work, item)


def _gather_delivery(work: Work, item: AgendaItem) -> Any:
    return gather_delivery(work, item.subject)


def _record_delivery(work: Work, item: AgendaItem, result: Any) -> list[str]:
    return record_delivery(work, item.subject, result)


def _gather_answer(work: Work, item: AgendaItem) -> Any:
    return gather_answer(work, item.subject)


def _record_answer(work: Work, item: AgendaItem, result: Any) -> None:
    record_answer(work, item.subject, result)


def _expire_package(work: Work, item: AgendaItem, _result: Any) -> None:
    packages.expire(work, item.subject)


def _gather_look(work: Work, item: AgendaItem) -> Any:
    return looking.gather(work, item.subject)


def _record_look(work: Work, item: AgendaItem, result: Any) -> None:
    looking.record(work, item.subject, result)


def _purge_old(work: Work, item: AgendaItem, _result: Any) -> list[str]:
    return keeping.run(work, item)


def _climb(work: Work, item: AgendaItem, _result: Any) -> None:
    ladder.climb(work, item.subject, item.payload)


DUTIES: dict[str, Duty] = {
    agreement_reminders.DUTY: Duty(_remind_agreements),
    LOOK_DUTY: Duty(_record_look, _gather_look, looking.perform, policy=as_reading),
    ladder.DUTY: Duty(_climb),
    keeping.PURGE_OF_THE_DAY: Duty(_purge_old, after=drop_files),
    "delivery.read": Duty(_record_delivery, _gather_delivery, perform_delivery, policy=as_reading, after=drop_files),
    packages.READ_DUTY: Duty(_record_answer, _gather_answer, perform_answer),
    packages.EXPIRE_DUTY: Duty(_expire_package),
}
