"""Duties of running cases: steps, timers, messages, jobs, repairs, their terms."""

from __future__ import annotations

from typing import Any

from domain.agenda import AgendaItem
from domain.cases import Case
from domain.rules import RECOMPUTE
from domain.verification import queries
from domain.verification.query_terms import OPEN_DUTY
from domain.verification.withdrawals import REVIEW_DUTY
from domain.work import Work
from scheduler.duties.words import Duty, as_case
from tasks import closing, jobs, messages, waking
from tasks.cases import file_checks
from tasks.desk import pausing
from tasks.finding import old_terms
from tasks.repair import repairs
from tasks.supply import reviews
from tasks.terms import recompute, reminders, terms, timers


def _wake(work: Work, item: AgendaItem, _result: Any) -> None:
    waking.wake_case(work, item.subject)
    timers.plan_again(work, item)


def _retry_step(work: Work, item: AgendaItem, _result: Any) -> None:
    waking.retry_step(work, item.subject, str(item.payload.get("token", "")))


def _deliver_message(work: Work, item: AgendaItem, _result: Any) -> None:
    messages.route(work, item.subject, item.payload, item.due_at)


def _run_job(work: Work, item: AgendaItem, result: Any) -> None:
    jobs.record(work, item.subject, item.payload, result)


def _gather_job(work: Work, item: AgendaItem) -> Any:
    return jobs.gather(work, item.subject, item.payload)


def _retry_queries(work: Work, item: AgendaItem, _result: Any) -> None:
    jobs.ask_again(work, item.subject, str(item.payload.get("delivery", "")))


def _open_query(work: Work, item: AgendaItem, _result: Any) -> None:
    """The window of a source has come (LN-13): the query goes out, and its waiting step asks at once."""
    query = queries.by_ref(work, item.subject)
    queries.send(work, query)
    case = work.session.get_one(Case, query.case_id)
    jobs.ask_again(work, case.ref, item.key)


def _review_reports(work: Work, item: AgendaItem, _result: Any) -> None:
    reviews.open_all(work, item.subject)


def _deliver_held(work: Work, item: AgendaItem, _result: Any) -> None:
    repairs.deliver_held(work, item.subject, item.payload)


def _resume(work: Work, item: AgendaItem, _result: Any) -> None:
    repairs.resume_due(work, item.subject)


def _take_up_again(work: Work, item: AgendaItem, _result: Any) -> None:
    pausing.resume_due(work, item.subject)


def _gather_check(work: Work, item: AgendaItem) -> Any:
    return file_checks.gather(work, item.subject)


def _record_check(work: Work, item: AgendaItem, result: Any) -> None:
    file_checks.record(work, item.subject, result)


def _remind(work: Work, item: AgendaItem, _result: Any) -> None:
    reminders.run(work, item)


def _recompute(work: Work, item: AgendaItem, _result: Any) -> None:
    recompute.run(work, item)


def _tell_lapsed(work: Work, item: AgendaItem, _result: Any) -> None:
    terms.tell_lapsed(work, item.subject)


def _fill_terms(work: Work, item: AgendaItem, _result: Any) -> None:
    old_terms.fill_some(work, item.payload)


DUTIES: dict[str, Duty] = {
    old_terms.KIND: Duty(_fill_terms),
    "case.deliver": Duty(_deliver_held, policy=as_case),
    "case.resume": Duty(_resume, policy=as_case),
    pausing.RESUME_DUTY: Duty(_take_up_again, policy=as_case),
    file_checks.DUTY: Duty(_record_check, _gather_check, file_checks.perform),
    reminders.DUTY: Duty(_remind),
    RECOMPUTE: Duty(_recompute),
    closing.TELL_DUTY: Duty(_tell_lapsed),
    "case.wake": Duty(_wake, policy=as_case),
    "step.retry": Duty(_retry_step, policy=as_case),
    "job.run": Duty(_run_job, _gather_job, jobs.perform, policy=jobs.policy),
    "query.retry": Duty(_retry_queries, policy=as_case),
    OPEN_DUTY: Duty(_open_query, policy=as_case),
    REVIEW_DUTY: Duty(_review_reports),
    "message.deliver": Duty(_deliver_message, policy=as_case),
}
