"""Duties about recipients: comparison with the roll, monitoring lists, payments."""

from __future__ import annotations

from datetime import date
from typing import Any

from domain.agenda import AgendaItem
from domain.assistance import payments, reconciliation
from domain.oversight import monitoring
from domain.verification import recipient_checks
from domain.work import Work
from scheduler.duties.words import Duty, as_read
from tasks import recipients
from tasks.terms import monitoring_ladder
from workflows.operations.recipients import gather as gather_recipients
from workflows.operations.recipients import perform as perform_recipients
from workflows.operations.recipients import record as record_recipients
from workflows.operations.reconciliation import gather as gather_list
from workflows.operations.reconciliation import perform as perform_list
from workflows.operations.reconciliation import record as record_list


def _begin_recipients(work: Work, item: AgendaItem, _result: Any) -> None:
    recipient_checks.begin(work, item.subject)


def _begin_letter(work: Work, item: AgendaItem, _result: Any) -> None:
    recipient_checks.begin_letter(work, item.subject)


def _gather_recipients(work: Work, item: AgendaItem) -> Any:
    return gather_recipients(work, item.subject)


def _record_recipients(work: Work, item: AgendaItem, result: Any) -> None:
    record_recipients(work, item.subject, result)


def _issue_list(work: Work, item: AgendaItem, _result: Any) -> None:
    told = item.payload
    first, last = date.fromisoformat(str(told["first"])), date.fromisoformat(str(told["last"]))
    issued = monitoring.issue(work, int(told["unit_id"]), str(told["category"]), first, last)
    if issued is not None:
        monitoring_ladder.plan(work, issued)


def _climb_list(work: Work, item: AgendaItem, _result: Any) -> None:
    monitoring_ladder.climb(work, item.subject, item.payload)


def _ask_recipients(work: Work, _item: AgendaItem, _result: Any) -> None:
    recipients.ask_some(work)


def _gather_list(work: Work, item: AgendaItem) -> Any:
    return gather_list(work, item.subject)


def _record_list(work: Work, item: AgendaItem, result: Any) -> None:
    record_list(work, item.subject, result)


def _compare_month(work: Work, item: AgendaItem) -> Any:
    return reconciliation.compare(work, item.subject)


def _record_month(work: Work, _item: AgendaItem, result: Any) -> None:
    if result is not None:
        reconciliation.record(work, result)


DUTIES: dict[str, Duty] = {
    recipient_checks.BEGIN: Duty(_begin_recipients),
    recipient_checks.LETTER: Duty(_begin_letter),
    recipient_checks.PART: Duty(_record_recipients, _gather_recipients, perform_recipients),
    monitoring.ISSUE: Duty(_issue_list),
    monitoring_ladder.DUTY: Duty(_climb_list),
    recipient_checks.ASK: Duty(_ask_recipients),
    payments.READ_DUTY: Duty(_record_list, _gather_list, perform_list),
    reconciliation.RUN_DUTY: Duty(_record_month, _compare_month, as_read),
}
