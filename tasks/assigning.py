"""To whom a task goes by itself when it opens, as the drawing says it (`assign`), and to whom it could go at all.

`queue`: to nobody, everybody of the role may claim it. `least-loaded`: to whoever of those who could do it and are not
away holds the fewest open tasks, the longest known account first among equals. `same-as:<step>`: to whoever did that
step of the case. No rule is broken for it: where nobody is left, the task waits in the queue and the journal says why.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import exists, func, select

from domain import journal
from domain.cases import Case
from domain.parties import rights
from domain.parties.accounts import Account
from domain.parties.rights import Rights
from domain.parties.substitutes import Substitution, in_force
from domain.work import Work
from tasks import separation
from tasks.rows.models import CANDIDATE, COMPLETED, EXCLUDED, OPEN, READY, RESERVED, HumanTask, TaskPerson
from workflows.steps import StepSpec

ASSIGN = "assign"
QUEUE, LEAST_LOADED, SAME_AS = "queue", "least-loaded", "same-as"
ROUTED = "task.routed"
# why a task waits in the queue although the drawing names somebody
NOBODY, AWAY, SEPARATED = "nobody", "away", "separation"
Row = dict[str, Any]
Named = Mapping[int, Collection[str]]


@dataclass(frozen=True, slots=True)
class Found:
    """To whom a task goes: key and ref, None and "" for the queue. why: it waits there."""

    account_id: int | None = None
    ref: str = ""
    why: str = ""


@dataclass(slots=True)
class Office:
    """The people of one office as far as they are at work today, and how many open tasks each holds."""

    people: Mapping[int, tuple[Account, Rights]]
    loads: dict[int, int]
    away: frozenset[int]


@dataclass(slots=True)
class Offices:
    """Offices that were asked already; whoever got a task since counts with it."""

    work: Work
    known: dict[int, Office] = field(default_factory=dict)

    def of(self, org_id: int) -> Office:
        """Three SELECTs an office, however many people and tasks it has."""
        if org_id not in self.known:
            people = rights.of_office(self.work, org_id)
            counted = _loads(self.work, people)
            loads = {key: load for key, load, _gone in counted}
            away = frozenset(key for key, _load, gone in counted if gone)
            self.known[org_id] = Office(people, loads, away)
        return self.known[org_id]


def said(step: StepSpec | None) -> tuple[str, str]:
    """How the tasks of a step are assigned, and after whom: ("same-as", id of a step)."""
    how, _colon, other = (step.properties.get(ASSIGN, "") if step is not None else "").partition(":")
    return (how, other) if how in (LEAST_LOADED, SAME_AS) else (QUEUE, "")


def potential(
    task: HumanTask, roles: Iterable[str], org_id: int | None, skills: Iterable[str], towns: Iterable[int]
) -> str:
    """ "" for a potential owner, else what is missing: "office", "role", "skill" or "town"."""
    if task.org_id != org_id:
        return "office"
    if task.role not in roles:
        return "role"
    if task.skill and task.skill not in skills:
        return "skill"
    looked_after = frozenset(towns)
    return "town" if looked_after and task.town_id is not None and task.town_id not in looked_after else ""


def place(
    work: Work, case: Case, steps: Mapping[str, StepSpec], rows: Sequence[Row], offices: Offices | None = None
) -> list[tuple[str, Row]]:
    """Fill in who holds new tasks that go to somebody by themselves. Returns what the journal keeps, by task.

    rows: columns of tasks about to be written. Asks nothing for steps whose tasks wait in the queue.
    """
    asked = offices or Offices(work)
    told = []
    for row in rows:
        how, other = said(steps.get(row["step_id"]))
        if how == QUEUE or row["state"] != READY:
            continue
        task = HumanTask(**{name: row[name] for name in ("org_id", "role", "skill", "town_id", "step_id", "subject")})
        found = _choose(work, case, steps, task, how, other, asked, {})
        if found.account_id is not None:
            row.update(state=RESERVED, assignee_id=found.account_id, claimed_at=work.now)
        told.append((row["ref"], _body(task, how, other, steps, found)))
    return told


def journal_all(work: Work, case_ref: str, told: Iterable[tuple[str, Row]]) -> None:
    """Write down to whom tasks went by themselves, and why others wait."""
    for ref, body in told:
        journal.of_case(work, case_ref, ROUTED, ref, body)


def anew(work: Work, case: Case, steps: Mapping[str, StepSpec], task: HumanTask, but: int) -> tuple[Found, Row] | None:
    """To whom an open task goes by itself now that its holder (`but`) may not do it; None where it waits in the queue
    anyway. Nothing is written."""
    how, other = said(steps.get(task.step_id))
    if how == QUEUE:
        return None
    found = _choose(work, case, steps, task, how, other, Offices(work), _named(work, task), but)
    return found, _body(task, how, other, steps, found)


def _choose(
    work: Work, case: Case, steps: Mapping[str, StepSpec], task: HumanTask, how: str, other: str, offices: Offices,
    named: Named, but: int = 0,
) -> Found:  # fmt: skip
    office = offices.of(task.org_id)
    wanted = _who_did(work, case, task, other) if how == SAME_AS else sorted(office.people)
    why = NOBODY
    able = []
    for key in wanted:
        missing = _missing(office, task, key, named) if key != but else NOBODY
        if not missing:
            able.append(key)
        elif how == SAME_AS:
            why = missing
    apart = {one.account_id for one in separation.against(work, case, steps, task.step_id, able)}
    free = [key for key in able if key not in apart]
    if not free:
        return Found(why=SEPARATED if able else why)
    chosen = free[0] if how == SAME_AS else min(free, key=lambda key: (office.loads.get(key, 0), key))
    office.loads[chosen] = office.loads.get(chosen, 0) + 1
    return Found(chosen, office.people[chosen][0].ref)


def _missing(office: Office, task: HumanTask, key: int, named: Named) -> str:
    """What keeps somebody from being given a task by itself, "" for nothing."""
    if key not in office.people:
        return "office"
    if key in office.away:
        return AWAY
    if EXCLUDED in named.get(key, ()) or (task.narrowed and CANDIDATE not in named.get(key, ())):
        return "candidate"
    person, held = office.people[key]
    return potential(task, held.roles, person.org_id, held.skills, held.towns)


def _who_did(work: Work, case: Case, task: HumanTask, step: str) -> list[int]:
    """Who did a step last, of the same element before others; whom they stood in for comes before themselves.

    A case that was moved to another version may know the step by another id. Uses uq_human_task_case_id_token.
    """
    steps = sorted(separation.names(work, case.id, [step]))
    found = work.session.execute(
        select(HumanTask.done_for, HumanTask.completed_by)
        .where(HumanTask.case_id == case.id, HumanTask.step_id.in_(steps), HumanTask.state == COMPLETED)
        .order_by((HumanTask.subject == (task.subject or "")).desc(), HumanTask.id.desc())
        .limit(1)
    ).first()
    return [key for key in found or () if key is not None]


def _loads(work: Work, people: Collection[int]) -> list[tuple[int, int, bool]]:
    """(account, open tasks in their hands, away today) in one SELECT. Uses ix_human_task_assignee,
    ix_substitution_absent_id."""
    load = (
        select(func.count())
        .where(HumanTask.assignee_id == Account.id, HumanTask.state.in_(OPEN))
        .correlate(Account)
        .scalar_subquery()
    )
    gone = exists().where(Substitution.absent_id == Account.id, in_force(work.today))
    rows = work.session.execute(select(Account.id, load, gone).where(Account.id.in_(sorted(people))))
    return [(int(key), int(count), bool(away)) for key, count, away in rows]


def _named(work: Work, task: HumanTask) -> Named:
    if not task.people:
        return {}
    found: dict[int, set[str]] = {}
    rows = select(TaskPerson.account_id, TaskPerson.kind).where(TaskPerson.task_id == task.id)
    for key, kind in work.session.execute(rows):
        found.setdefault(key, set()).add(kind)
    return found


def _body(task: HumanTask, how: str, other: str, steps: Mapping[str, StepSpec], found: Found) -> Row:
    body: Row = {"step": task.step_id, "how": how}
    if other:
        body |= {"as": other, "name": steps[other].name if other in steps else other}
    return body | ({"to": found.ref} if found.ref else {"queue": found.why})
