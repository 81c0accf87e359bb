"""Everything somebody has open, each thing with what would become of it when they leave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import aliased, defer, load_only

from domain.cases import Case
from domain.parties import rights
from domain.parties.accounts import ACTIVE, Account, RoleGrant, granted
from domain.parties.rights import Rights
from domain.parties.substitutes import Substitution
from domain.text import Name, Text
from domain.text import gettext as _
from domain.work import Work
from tasks import separation, separation_many
from tasks.desk import handing
from tasks.rows.finding_models import PRIVATE, SavedFilter
from tasks.rows.leaving_models import BATCH, DELEGATED, ENDED, FILTER, OWNER, QUEUE, STAYS, SUBSTITUTION, TASK, TO
from tasks.rows.models import CANDIDATE, OPEN, HumanTask, TaskPerson
from tasks.rows.repair_models import APPROVED, JUDGED, JUDGING, CaseBatch
from tasks.rows.repair_models import RUNNING as BATCH_RUNNING
from tasks.separation_many import Asked
from workflows import definitions
from workflows.instances import CaseState

HEADS = ("department_head", "agency_head", "supplier_leader")
Held = tuple[HumanTask, Case, CaseState]
WAITING_BATCHES = (JUDGING, JUDGED, APPROVED)


@dataclass(frozen=True, slots=True)
class Line:
    """One open thing. result: what would become of it, or did; to: the name of whoever has it then; why: what speaks
    against the colleague, or what somebody has to do first."""

    kind: str
    ref: str
    result: str
    title: Name
    case_ref: str = ""
    case_number: str = ""
    due_at: datetime | None = None
    draft: bool = False
    to: str = ""
    why: Text | None = None


def open_things(work: Work, account: Account, to: Account | None) -> list[Line]:
    """Everything somebody has open, tasks by case, with what would become of it; as many SELECTs for each 500 tasks.

    Uses ix_human_task_assignee, ix_human_task_owner, ix_substitution_substitute_id, ix_substitution_absent_id.
    """
    held = _held(work, account)
    with _separated(work, held, to):
        lines = [_task_line(work, account, to, *row) for row in held]
    lines += [_delegated_line(account, to, *row) for row in _given_away(work, account)]
    lines += _substitutions(work, account)
    lines += _filters(work, account, to)
    lines += _batches(work, account)
    return lines


def everything(work: Work, account: Account) -> list[tuple[str, str]]:
    """Kind and ref of everything somebody has open, in the same order; nothing is judged."""
    found = [(TASK, task.ref) for task, _case, _state in _held(work, account)]
    found += [(DELEGATED, task.ref) for task, _case, _holder in _given_away(work, account)]
    others = (*_substitutions(work, account), *_filters(work, account, None), *_batches(work, account))
    return found + [(one.kind, one.ref) for one in others]


@contextmanager
def _separated(work: Work, held: Sequence[Held], to: Account | None) -> Iterator[None]:
    """Meanwhile what separation of duties says against the colleague is known of all tasks, asked for together."""
    if to is None:
        yield
        return
    asked = [
        Asked(case.id, case.household_id, definitions.by_id(work, state.definition_id).diagram.steps, task.step_id)
        for task, case, state in held
    ]
    known = {separation.foreseen(*key): one for key, one in separation_many.against(work, asked, [to.id]).items()}
    work.memory.update(known)
    yield
    for place in known:
        work.memory.pop(place)


def heir(work: Work, account: Account, to: Account | None) -> Account | None:
    """Who gets what an office shares: the colleague, or a head of the office; None where there is neither."""
    if to is not None:
        return to
    wanted = (
        select(Account)
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .where(Account.org_id == account.org_id, Account.state == ACTIVE, Account.id != account.id,
               RoleGrant.role.in_(HEADS), granted(work.today))
        .order_by(Account.id)
        .limit(1)
    )  # fmt: skip
    return work.session.scalars(wanted).first()


def _filters(work: Work, account: Account, to: Account | None) -> list[Line]:
    """Filters of the office go on under somebody else's name, private ones end. Uses ix_saved_filter_owner_id."""
    rows = work.session.scalars(
        select(SavedFilter).where(SavedFilter.owner_id == account.id).order_by(SavedFilter.position, SavedFilter.id)
    ).all()
    person = heir(work, account, to) if rows else None
    found = []
    for one in rows:
        title = Name(one.name, one.name)
        if one.audience == PRIVATE or person is None:
            found.append(Line(FILTER, one.ref, ENDED, title))
        else:
            found.append(Line(FILTER, one.ref, TO, title, to=person.name))
    return found


def _held(work: Work, account: Account) -> Sequence[Held]:
    rows = work.session.execute(
        select(HumanTask, Case, CaseState)
        .join(Case, Case.id == HumanTask.case_id)
        .join(CaseState, CaseState.case_id == Case.id)
        .where(HumanTask.assignee_id == account.id, HumanTask.state.in_(OPEN))
        .options(load_only(CaseState.case_id, CaseState.definition_id), defer(HumanTask.answers))
        .order_by(HumanTask.case_id, HumanTask.id)
    )
    return [(task, case, state) for task, case, state in rows]


def _given_away(work: Work, account: Account) -> Sequence[tuple[HumanTask, Case, str]]:
    holder = aliased(Account)
    rows = work.session.execute(
        select(HumanTask, Case, holder.name)
        .join(Case, Case.id == HumanTask.case_id)
        .join(holder, holder.id == HumanTask.assignee_id)
        .where(HumanTask.owner_id == account.id, HumanTask.state.in_(OPEN), HumanTask.assignee_id != account.id)
        .order_by(HumanTask.case_id, HumanTask.id)
    )
    return [(task, case, name) for task, case, name in rows]


def _task_line(work: Work, account: Account, to: Account | None, task: HumanTask, case: Case, state: CaseState) -> Line:
    result, name, why = judge(work, account, to, task, case, state)
    return Line(
        TASK, task.ref, result, Name(task.name, task.name_en), case.ref, case.number, task.due_at,
        task.draft is not None, name, why,
    )  # fmt: skip


def judge(
    work: Work, account: Account, to: Account | None, task: HumanTask, case: Case, state: CaseState
) -> tuple[str, str, Text | None]:
    """What becomes of a task that somebody holds: (result, name of whoever has it then, why not the colleague)."""
    if task.owner_id is not None and task.owner_id != account.id:
        owner = work.session.get_one(Account, task.owner_id)
        if owner.state == ACTIVE:
            return OWNER, owner.name, None
    why: Text | None = None
    if to is not None:
        why = handing.why_not(work, task, case, state, to, _rights(work, to))
        if why is None:
            return TO, to.name, None
    if task.narrowed and not _others_named(work, task, account):
        return STAYS, "", _("Nobody else was named for this task. Name somebody first.")
    return QUEUE, "", why


def _rights(work: Work, account: Account) -> Rights:
    """Rights of the colleague, asked once a transaction."""
    place = ("leaving rights", account.ref)
    if place not in work.memory:
        work.memory[place] = rights.of_account(work, account.id)
    found: Rights = work.memory[place]
    return found


def _others_named(work: Work, task: HumanTask, account: Account) -> bool:
    wanted = (
        select(TaskPerson.id)
        .join(Account, Account.id == TaskPerson.account_id)
        .where(TaskPerson.task_id == task.id, TaskPerson.kind == CANDIDATE, TaskPerson.account_id != account.id,
               Account.state == ACTIVE)
    )  # fmt: skip
    return work.session.scalar(wanted.limit(1)) is not None


def _delegated_line(account: Account, to: Account | None, task: HumanTask, case: Case, holder: str) -> Line:
    title = Name(task.name, task.name_en)
    if to is not None and to.id != task.assignee_id:
        return Line(DELEGATED, task.ref, TO, title, case.ref, case.number, task.due_at, False, to.name)
    return Line(DELEGATED, task.ref, ENDED, title, case.ref, case.number, task.due_at, False, holder,
                _("It stays with whom it was delegated to, for good."))  # fmt: skip


def _substitutions(work: Work, account: Account) -> list[Line]:
    rows = work.session.execute(
        _stand_ins()
        .where(
            or_(Substitution.absent_id == account.id, Substitution.substitute_id == account.id),
            Substitution.ended_at.is_(None), Substitution.last_day >= work.today,
        )
        .order_by(Substitution.id)
    )  # fmt: skip
    return [Line(SUBSTITUTION, ref, ENDED, _stand_in(who, whom)) for ref, who, whom in rows]


def _stand_ins() -> Select[str, str, str]:
    absent, substitute = aliased(Account), aliased(Account)
    return (
        select(Substitution.ref, absent.name, substitute.name)
        .join(absent, absent.id == Substitution.absent_id)
        .join(substitute, substitute.id == Substitution.substitute_id)
    )


def _stand_in(who: str, whom: str) -> Name:
    return Name(f"{who} → {whom}", f"{who} → {whom}")


def _batch_of(total: int) -> Name:
    return Name(f"批量处理 {total} 件", f"Batch of {total}")


def titles(work: Work, things: Sequence[tuple[str, str]]) -> dict[str, Name]:
    """What the things of a receipt besides tasks are called, by ref: (kind, ref) of each. A filter that ended is gone.

    At most three SELECTs, by keys.
    """
    refs = {kind: [ref for one, ref in things if one == kind] for kind in (SUBSTITUTION, FILTER, BATCH)}
    found: dict[str, Name] = {}
    if refs[SUBSTITUTION]:
        rows = work.session.execute(_stand_ins().where(Substitution.ref.in_(refs[SUBSTITUTION])))
        found |= {ref: _stand_in(who, whom) for ref, who, whom in rows}
    if refs[FILTER]:
        named = select(SavedFilter.ref, SavedFilter.name).where(SavedFilter.ref.in_(refs[FILTER]))
        found |= {ref: Name(name, name) for ref, name in work.session.execute(named)}
    if refs[BATCH]:
        sized = select(CaseBatch.ref, CaseBatch.total).where(CaseBatch.ref.in_(refs[BATCH]))
        found |= {ref: _batch_of(total) for ref, total in work.session.execute(sized)}
    return found


def _batches(work: Work, account: Account) -> list[Line]:
    """Batches that wait: they are carried out with the rights of who asked for them, so they end with those."""
    rows = work.session.execute(
        select(CaseBatch.ref, CaseBatch.state, CaseBatch.total)
        .where(CaseBatch.created_by == account.id, CaseBatch.state.in_((*WAITING_BATCHES, BATCH_RUNNING)))
        .order_by(CaseBatch.id)
    )
    found = []
    for ref, state, total in rows:
        title = _batch_of(total)
        if state == BATCH_RUNNING:
            found.append(Line(BATCH, ref, STAYS, title, why=_("It is running; wait until it is done, or stop it.")))
        else:
            found.append(
                Line(BATCH, ref, ENDED, title, why=_("A batch that waits for a yes ends with who asked for it."))
            )
    return found
