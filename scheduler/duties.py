"""Duties: the function that handles one kind of agenda item. `act` runs in the transaction that marks it done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from domain.agenda import AgendaItem
from domain.assistance import payments, reconciliation
from domain.cases import Case
from domain.errors import OperationFailed
from domain.home import Home
from domain.oversight import monitoring, register_stages
from domain.parties.accounts import RIGHTS_CHANGED
from domain.rules import RECOMPUTE
from domain.text import gettext as _
from domain.verification import packages, queries, recipient_checks
from domain.verification.deliveries import LOOK_DUTY
from domain.verification.query_terms import OPEN_DUTY
from domain.verification.withdrawals import REVIEW_DUTY
from domain.work import Work
from exchange import mail
from tasks import campaigns, closing, jobs, messages, recipients, waking
from tasks.batches import batch_chunks, task_kinds
from tasks.cases import file_checks
from tasks.desk import pausing, rerouting
from tasks.finding import old_terms
from tasks.leaving import handover, leaving, leaving_run
from tasks.proof import proof
from tasks.repair import form_moves, repair_kinds, repairs, version_moves
from tasks.supply import keeping, ladder, reviews
from tasks.terms import (
    agreement_reminders,
    mails,
    monitoring_ladder,
    recompute,
    register_ladder,
    reminders,
    terms,
    timers,
)
from workflows.operations import intake as looking
from workflows.operations.deliveries import drop_files
from workflows.operations.deliveries import gather as gather_delivery
from workflows.operations.deliveries import perform as perform_delivery
from workflows.operations.deliveries import record as record_delivery
from workflows.operations.packages import gather as gather_answer
from workflows.operations.packages import perform as perform_answer
from workflows.operations.packages import record as record_answer
from workflows.operations.recipients import gather as gather_recipients
from workflows.operations.recipients import perform as perform_recipients
from workflows.operations.recipients import record as record_recipients
from workflows.operations.reconciliation import gather as gather_list
from workflows.operations.reconciliation import perform as perform_list
from workflows.operations.reconciliation import record as record_list
from workflows.registry import TryPolicy

# what belongs to the house is worth more tries than what belongs to one case: a poison case must slow nobody
HOUSE = TryPolicy(attempts=8, first=timedelta(seconds=2), factor=2)
CASE = TryPolicy()


# everything that was ever completed may have to be looked at
PROOF = TryPolicy(attempts=5, first=timedelta(minutes=1), factor=4, timeout=timedelta(hours=4))
# a department's file may have a hundred million rows
READING = TryPolicy(attempts=5, first=timedelta(seconds=10), factor=4, timeout=timedelta(hours=12))


def _proof(_item: AgendaItem) -> TryPolicy:
    return PROOF


def _reading(_item: AgendaItem) -> TryPolicy:
    return READING


def _house(_item: AgendaItem) -> TryPolicy:
    return HOUSE


def _case(_item: AgendaItem) -> TryPolicy:
    return CASE


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
    policy: Callable[[AgendaItem], TryPolicy] = _house
    after: Callable[[Home, Any], None] | None = None


def policy_of(item: AgendaItem) -> TryPolicy:
    """The policy of an item's kind; of a kind that this program does not know, the house's."""
    found = DUTIES.get(item.kind)
    return HOUSE if found is None else found.policy(item)


def get(kind: str) -> Duty:
    """The duty of a kind. Raises OperationFailed: a row of an unknown kind waits for a newer program."""
    found = DUTIES.get(kind)
    if found is None:
        raise OperationFailed(_("This version of the program does not know what to do with “%(kind)s”.", kind=kind))
    return found


def _wake(work: Work, item: AgendaItem, _result: Any) -> None:
    waking.wake_case(work, item.subject)
    timers.plan_again(work, item)


def _retry_step(work: Work, item: AgendaItem, _result: Any) -> None:
    waking.retry_step(work, item.subject, str(item.payload.get("token", "")))


def _open_campaign(work: Work, item: AgendaItem, _result: Any) -> None:
    payload = item.payload
    campaigns.open_campaign(
        work,
        unit_id=int(payload["unit_id"]),
        programme=str(payload["programme"]),
        period=str(payload["period"]),
        planned_at=item.due_at,
    )


def _fill_campaign(work: Work, item: AgendaItem, _result: Any) -> None:
    campaigns.fill(work, item.subject)


def _release_campaign(work: Work, item: AgendaItem, _result: Any) -> None:
    campaigns.release_cases(work, item.subject)


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


def _gather_look(work: Work, item: AgendaItem) -> Any:
    return looking.gather(work, item.subject)


def _record_look(work: Work, item: AgendaItem, result: Any) -> None:
    looking.record(work, item.subject, result)


def _purge_old(work: Work, item: AgendaItem, _result: Any) -> list[str]:
    return keeping.run(work, item)


def _climb(work: Work, item: AgendaItem, _result: Any) -> None:
    ladder.climb(work, item.subject, item.payload)


def _climb_register(work: Work, item: AgendaItem, _result: Any) -> None:
    register_ladder.climb(work, item.subject, item.payload)


def _review_reports(work: Work, item: AgendaItem, _result: Any) -> None:
    reviews.open_all(work, item.subject)


def _deliver_held(work: Work, item: AgendaItem, _result: Any) -> None:
    repairs.deliver_held(work, item.subject, item.payload)


def _resume(work: Work, item: AgendaItem, _result: Any) -> None:
    repairs.resume_due(work, item.subject)


def _look_again(work: Work, item: AgendaItem, _result: Any) -> None:
    rerouting.reroute(work, item.subject)


def _gather_ended(work: Work, _item: AgendaItem) -> Any:
    return rerouting.whose_rights_ended(work)


def _as_read(_home: Home, plan: Any) -> Any:
    return plan


def _plan_ended(work: Work, _item: AgendaItem, result: Any) -> None:
    rerouting.plan_ended(work, result)


def _hand_over(work: Work, item: AgendaItem, _result: Any) -> None:
    leaving_run.run_some(work, item.subject)


def _take_up_again(work: Work, item: AgendaItem, _result: Any) -> None:
    pausing.resume_due(work, item.subject)


def _gather_check(work: Work, item: AgendaItem) -> Any:
    return file_checks.gather(work, item.subject)


def _record_check(work: Work, item: AgendaItem, result: Any) -> None:
    file_checks.record(work, item.subject, result)


MAIL = TryPolicy(attempts=12, first=timedelta(seconds=30), factor=2, timeout=timedelta(seconds=90))


def _mail(_item: AgendaItem) -> TryPolicy:
    return MAIL


def _remind(work: Work, item: AgendaItem, _result: Any) -> None:
    reminders.run(work, item)


def _recompute(work: Work, item: AgendaItem, _result: Any) -> None:
    recompute.run(work, item)


def _tell_lapsed(work: Work, item: AgendaItem, _result: Any) -> None:
    terms.tell_lapsed(work, item.subject)


def _send_mail(home: Home, letter: mails.Letter) -> str:
    return mail.send(home.settings, letter)


def _gather_judging(work: Work, item: AgendaItem) -> Any:
    return batch_chunks.gather_judging(work, item.subject)


def _judge_batch(work: Work, item: AgendaItem, result: Any) -> None:
    batch_chunks.record_judging(work, item.subject, result)


def _run_batch(work: Work, item: AgendaItem, _result: Any) -> None:
    batch_chunks.run_some(work, item.subject)


def _undo_batch(work: Work, item: AgendaItem, _result: Any) -> None:
    batch_chunks.undo_some(work, item.subject)


def _fill_terms(work: Work, item: AgendaItem, _result: Any) -> None:
    old_terms.fill_some(work, item.payload)


repair_kinds.register_all()
task_kinds.register_all()
version_moves.register_all()
form_moves.register_all()

DUTIES: dict[str, Duty] = {
    old_terms.KIND: Duty(_fill_terms),
    "case.deliver": Duty(_deliver_held, policy=_case),
    "case.resume": Duty(_resume, policy=_case),
    RIGHTS_CHANGED: Duty(_look_again),
    rerouting.RIGHTS_OF_THE_DAY: Duty(_plan_ended, _gather_ended, _as_read),
    leaving.DUTY: Duty(_hand_over),
    handover.BEGIN: Duty(handover.record, handover.gather, handover.perform),
    proof.PROOF_OF_THE_DAY: Duty(proof.record, proof.gather, proof.perform, policy=_proof),
    pausing.RESUME_DUTY: Duty(_take_up_again, policy=_case),
    file_checks.DUTY: Duty(_record_check, _gather_check, file_checks.perform),
    "batch.judge": Duty(_judge_batch, _gather_judging, batch_chunks.judge),
    "batch.run": Duty(_run_batch),
    "batch.undo": Duty(_undo_batch),
    reminders.DUTY: Duty(_remind),
    RECOMPUTE: Duty(_recompute),
    closing.TELL_DUTY: Duty(_tell_lapsed),
    mails.SEND_DUTY: Duty(mails.record, mails.gather, _send_mail, policy=_mail),
    "case.wake": Duty(_wake, policy=_case),
    "step.retry": Duty(_retry_step, policy=_case),
    "job.run": Duty(_run_job, _gather_job, jobs.perform, policy=jobs.policy),
    "query.retry": Duty(_retry_queries, policy=_case),
    OPEN_DUTY: Duty(_open_query, policy=_case),
    agreement_reminders.DUTY: Duty(_remind_agreements),
    LOOK_DUTY: Duty(_record_look, _gather_look, looking.perform, policy=_reading),
    REVIEW_DUTY: Duty(_review_reports),
    ladder.DUTY: Duty(_climb),
    register_stages.DUTY: Duty(_climb_register),
    keeping.PURGE_OF_THE_DAY: Duty(_purge_old, after=drop_files),
    "delivery.read": Duty(_record_delivery, _gather_delivery, perform_delivery, policy=_reading, after=drop_files),
    packages.READ_DUTY: Duty(_record_answer, _gather_answer, perform_answer),
    packages.EXPIRE_DUTY: Duty(_expire_package),
    recipient_checks.BEGIN: Duty(_begin_recipients),
    recipient_checks.LETTER: Duty(_begin_letter),
    recipient_checks.PART: Duty(_record_recipients, _gather_recipients, perform_recipients),
    monitoring.ISSUE: Duty(_issue_list),
    monitoring_ladder.DUTY: Duty(_climb_list),
    recipient_checks.ASK: Duty(_ask_recipients),
    payments.READ_DUTY: Duty(_record_list, _gather_list, perform_list),
    reconciliation.RUN_DUTY: Duty(_record_month, _compare_month, _as_read),
    "message.deliver": Duty(_deliver_message, policy=_case),
    "campaign.open": Duty(_open_campaign),
    "campaign.fill": Duty(_fill_campaign),
    "campaign.release": Duty(_release_campaign),
}
