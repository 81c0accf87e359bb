"""Jobs: the slow operations of waiting service steps, gathered in a read, done outside, recorded by a move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from domain.agenda import AgendaItem
from domain.cases import CANCELLED, DONE, Case
from domain.home import Home
from domain.work import Work
from tasks import held, waking
from tasks.services import MoveServices, ask_for_job
from workflows import instances, registry
from workflows.instances import CaseWait
from workflows.registry import THREE_TIMES, TryPolicy


@dataclass(frozen=True, slots=True)
class Plan:
    """What a job carries from the read to the work: the operation's name and its own plan."""

    topic: str
    inner: Any


@dataclass(frozen=True, slots=True)
class Result:
    """What came out."""

    inner: Any


def gather(work: Work, case_ref: str, payload: Mapping[str, Any]) -> Plan | None:
    """Read what the job needs. None: the step no longer waits, or the job cannot be done yet (a later event,
    such as a delivery, asks again)."""
    case = work.session.scalars(select(Case).where(Case.ref == case_ref)).first()
    if case is None or case.state in (DONE, CANCELLED):
        return None
    token = str(payload["token"])
    services = MoveServices(work, case)
    instance = instances.look(work, case, services)
    services.bind(instance)
    asked = waking.job_of(services, instance, token)
    if asked is None:
        return None
    job, call = asked
    inner = registry.get(job.topic).run.gather(call)
    return None if inner is None else Plan(job.topic, inner)


def perform(home: Home, plan: Plan) -> Result:
    """Do the slow part, in no transaction."""
    return Result(registry.get(plan.topic).run.perform(home, plan.inner))


def policy(item: AgendaItem) -> TryPolicy:
    """How the operation behind a job wants to be tried; of one this program does not know, as any other."""
    known = registry.operations().get(str(item.payload.get("topic", "")))
    return THREE_TIMES if known is None else known.tries


def record(work: Work, case_ref: str, payload: Mapping[str, Any], result: Result | None) -> None:
    """Carry the case on with what came out. Nothing came: the job sleeps until something that arrives asks again."""
    token = str(payload["token"])
    case = work.session.scalars(select(Case).where(Case.ref == case_ref).with_for_update()).first()
    if case is not None and held.keep(work, case, "job.run", payload):
        return
    if result is not None:
        waking.finish_job(work, case_ref, token, result.inner)
    else:
        _sleeps(work, case_ref, token, asleep=True)


def _sleeps(work: Work, case_ref: str, token: str, *, asleep: bool) -> None:
    """Note whether somebody else must wake a waiting job. Uses ix_case_wait_case_id."""
    of_case = select(Case.id).where(Case.ref == case_ref).scalar_subquery()
    work.session.execute(
        update(CaseWait)
        .where(CaseWait.case_id == of_case, CaseWait.kind == "job", CaseWait.token == token)
        .values(asleep=asleep)
    )


def ask_again(work: Work, case_ref: str, because: str) -> int:
    """Plan every waiting query job of a case again, because something new arrived. Returns how many.

    Uses ix_case_wait_case_id.
    """
    waiting = work.session.execute(
        select(CaseWait.token, CaseWait.name)
        .join(Case, Case.id == CaseWait.case_id)
        .where(Case.ref == case_ref, CaseWait.kind == "job")
    ).all()
    for token, _topic in waiting:
        _sleeps(work, case_ref, token, asleep=False)
    return sum(ask_for_job(work, case_ref, token, topic, again=because) for token, topic in waiting)
