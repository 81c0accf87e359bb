"""The page of a term: the sum behind the due day, what may be done with it, what was asked for and by whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import aliased

from domain import rules as policies
from domain.cases import Case
from domain.parties.accounts import Account
from domain.policy_kinds import Power
from domain.rules import INTERNAL, NONE
from domain.text import Text
from domain.work import Work
from tasks import bonds, life, rules
from tasks.cases import briefs
from tasks.cases.briefs import Clock
from tasks.rows.models import OPEN, HumanTask
from tasks.rows.term_models import EXTEND, PENDING, STOP, TermRequest
from tasks.terms import terms
from tasks.terms.terms import Running


@dataclass(frozen=True, slots=True)
class Wish:
    """A stop or an extension as it was asked for. mine: by whoever looks. decides: whoever looks may decide on it."""

    ref: str
    kind: str
    ground: str
    reason: str = field(repr=False)
    clause: str
    until: date | None
    length: int | None
    unit: str
    state: str
    who: str
    at: datetime
    decided_who: str
    decided_at: datetime | None
    old_at: datetime | None
    new_at: datetime | None
    ended_on: date | None
    decides: bool


@dataclass(frozen=True, slots=True)
class TermPage:
    """stop_fault, extend_fault: why not, None where it may be asked. still: the stop that holds, its last day.

    works: whoever looks works on the step or heads its office; decides: heads it. direct: their act holds at once.
    """

    ref: str
    name: str
    name_en: str
    state: str
    open: bool
    case_ref: str
    case_number: str
    clock: Clock
    case_clock: Clock | None
    power: Power
    clause: str
    stop_fault: Text | None
    extend_fault: Text | None
    still: date | None
    whole_case: bool
    wishes: Sequence[Wish]
    works: bool
    decides: bool
    now: datetime

    @property
    def direct(self) -> bool:
        """Whether an act of whoever looks holds at once."""
        return self.decides and not self.power.second


@dataclass(frozen=True, slots=True)
class CaseTerms:
    """Every term of a case: of the case, then of each open step that has one of its own."""

    ref: str
    number: str
    clock: Clock
    steps: Sequence[tuple[str, str, str, Clock]]
    now: datetime


def page(work: Work, ref: str) -> TermPage:
    """The term of a task. Five SELECTs. Raises NotFound."""
    task, case, _state = rules.seen_task(work, ref)
    law = policies.current(work)
    relations = bonds.of(work, task, case).relations
    now = terms.running(work, task, case)
    works = bool(relations & {life.HOLDER, life.QUEUE, life.SUPERVISOR})
    decides = life.SUPERVISOR in relations
    still = terms.standing(now.made, work.today) if now is not None else None
    apart = case.due is not None and case.due != task.due
    return TermPage(
        task.ref, task.name, task.name_en, task.state, task.state in OPEN, case.ref, case.number,
        briefs.clock_of(work, law, task.due, task.due_at, task.limit_kind),
        briefs.clock_of(work, law, case.due, case.due_at, str((case.due or {}).get("kind", NONE))) if apart else None,
        now.power if now is not None else Power(), now.given.clause if now is not None and now.given else "",
        _why_not(work, now, STOP), _why_not(work, now, EXTEND), still.last if still is not None else None,
        now.whole_case if now is not None else False,
        _wishes(work, task, case, decides, shared=now.whole_case if now is not None else False),
        works, decides, work.now,
    )  # fmt: skip


def of_case(work: Work, ref: str) -> CaseTerms:
    """Every term of a case. Raises NotFound. Uses uq_human_task_case_id_token."""
    case = rules.visible_case(work, ref)
    law = policies.current(work)
    rows = work.session.scalars(
        select(HumanTask)
        .where(HumanTask.case_id == case.id, HumanTask.state.in_(OPEN), HumanTask.due_at.is_not(None))
        .order_by(HumanTask.due_at, HumanTask.id)
    ).all()
    return CaseTerms(
        case.ref, case.number,
        briefs.clock_of(work, law, case.due, case.due_at, str((case.due or {}).get("kind", NONE))),
        [(one.ref, one.name, one.name_en, briefs.clock_of(work, law, one.due, one.due_at, one.limit_kind))
         for one in rows if one.due != case.due],
        work.now,
    )  # fmt: skip


def _why_not(work: Work, now: Running | None, kind: str) -> Text | None:
    found = terms.against(work, now, kind) if now is not None else None
    return found[0] if found is not None else None


def _wishes(work: Work, task: HumanTask, case: Case, decides: bool, *, shared: bool) -> list[Wish]:
    """What was asked for this step's term, or for that of the case where the step shares it; the newest first.

    Uses ix_term_request_case_id.
    """
    asker, decider = aliased(Account), aliased(Account)
    mine = TermRequest.task_id == task.id
    rows = work.session.execute(
        select(TermRequest, asker.name, decider.name)
        .join(asker, asker.id == TermRequest.asked_by)
        .join(decider, decider.id == TermRequest.decided_by, isouter=True)
        .where(TermRequest.case_id == case.id, mine | TermRequest.whole_case if shared else mine)
        .order_by(TermRequest.id.desc())
    )
    return [
        Wish(
            one.ref, one.kind, one.ground, work.home.vault.open("term_request.reason", one.ref, one.reason),
            "" if one.clause == INTERNAL.lower() else one.clause, one.until, one.length, one.unit, one.state, asked,
            one.asked_at, decided or "", one.decided_at, one.old_at, one.new_at, one.ended_on,
            decides and one.state == PENDING and one.asked_by != work.actor.user_id,
        )
        for one, asked, decided in rows
    ]  # fmt: skip
