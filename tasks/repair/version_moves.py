"""Running cases moved to another version of their process: tasks, drafts, claims and planned days go with them.

One transaction a case. `judge` and `move` do the same on a copy and on the case (`workflows.transplant`); many cases go
through `tasks.batches.batches`. What is undone goes back to the very state it came from.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from domain import journal
from domain.cases import OPEN as OPEN_CASE
from domain.cases import PARKED, Case
from domain.errors import Conflict, NotFound, OperationFailed
from domain.parties import staff
from domain.parties.accounts import Account
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from tasks import held, incidents, line, moves
from tasks.batches import batches
from tasks.rows.models import OPEN, READY, HumanTask
from tasks.separation import MIGRATED
from tasks.services import MoveServices
from workflows import definitions, engine, form_revisions, instances, transplant
from workflows.definitions import Definition
from workflows.instances import CaseState, Incident, Instance
from workflows.moments import Act
from workflows.transplant import CHANGES, MOVABLE, Plan

KIND = "migrate"
MOST_PLANS = 16
FIELDS = ("step_id", "name", "name_en", "role", "org_id", "form_key", "form_digest", "limit_kind")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where cases go. mapping: id of a step of theirs -> id in the new version; dates: plan days anew as it says."""

    process: str
    to: int
    mapping: Mapping[str, str] = field(default_factory=dict)
    dates: bool = False

    def params(self) -> dict[str, Any]:
        """As a batch keeps it."""
        return {"process": self.process, "to": self.to, "mapping": dict(self.mapping), "dates": self.dates}

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Wanted:
        """The inverse of `params`."""
        mapping = {str(old): str(new) for old, new in dict(params.get("mapping") or {}).items()}
        return cls(str(params["process"]), int(params["to"]), mapping, bool(params.get("dates")))


# pairs of versions never change, so a process may keep what it worked out of them
_plans: OrderedDict[tuple[object, ...], Plan] = OrderedDict()


def plan_of(old: Definition, new: Definition, mapping: Mapping[str, str], *, english: bool = False) -> Plan:
    """The differences of two versions; of the mapping what concerns the old one. Raises Conflict where it is wrong."""
    own = {old_id: new_id for old_id, new_id in sorted(mapping.items()) if old_id in old.diagram.steps}
    key = (old.bundle.digest, new.bundle.digest, tuple(own.items()), english, old.row_id, new.row_id)
    found = _plans.get(key)
    if found is None:
        found = Plan(old, new, own, english)
        transplant.must_map(found)
        _plans[key] = found
        while len(_plans) > MOST_PLANS:
            _plans.popitem(last=False)
    return found


def target(work: Work, wanted: Wanted) -> Definition:
    """The version cases go to. Raises NotFound."""
    return definitions.by_id(work, definitions.version(work, wanted.process, wanted.to).id)


# --- one case --------------------------------------------------------------------------------------------------------


def judge(work: Work, case_ref: str, wanted: Wanted) -> transplant.Verdict:
    """What `move` would do with a case now; nothing is locked or changed. Raises NotFound, Conflict."""
    case = work.session.scalars(select(Case).where(Case.ref == case_ref)).first()
    state = work.session.get(CaseState, case.id) if case is not None else None
    if case is None or state is None:
        raise NotFound(_("There is no such case."))
    plan = _plan(work, case, state, wanted)
    services = MoveServices(work, case)
    run = engine.restore(plan.old.diagram, state.data, now=work.now, services=services)
    return transplant.judge(plan, run)


def move(work: Work, case_ref: str, wanted: Wanted) -> dict[str, Any]:
    """Move one case to the version wanted, journalled. Returns what `undo` needs (it holds values of the case).

    Raises NotFound, Conflict with the sentence of the verdict; the case is then as it was.
    """
    case = _locked(work, case_ref)
    services = MoveServices(work, case)
    instance = instances.load(work, case, services)
    state, plan = instance.state, _plan(work, case, instance.state, wanted)
    kept: dict[str, Any] = {
        "state": b64encode(bytes(state.data)).decode("ascii"), "marks": state.marks, "definition": state.definition_id,
        "number": case.process_version, "to": wanted.to,
    }  # fmt: skip
    before = instance.run.active()
    done = transplant.move(plan, instance.run, dates=wanted.dates)
    moved = Instance(case, plan.new, done.run, state, instance.before, instance.settled)
    services.bind(moved)
    state.definition_id, case.process_version = plan.new.row_id, plan.new.number
    kept["tasks"] = _carry_tasks(work, moved, plan, wanted)
    _rename_incidents(work, case, plan.mapping)
    renamed = tuple(sorted(plan.pairs.renames.items()))
    kept["renamed"] = [list(one) for one in renamed]
    _carry_on(work, moved, Act(MIGRATED, renamed=renamed))
    kept["version"] = state.version
    body = {
        "from": plan.old.number, "to": plan.new.number, "mapping": dict(plan.mapping), "before": before,
        "after": done.run.active(), "tasks": [one["ref"] for one in kept["tasks"]],
        "dates": [[step, was.isoformat(), then.isoformat()] for step, was, then in done.dates],
    }  # fmt: skip
    journal.of_case(work, case.ref, "case.migrated", case.ref, body)
    return kept


def undo(work: Work, case_ref: str, kept: Mapping[str, Any]) -> None:
    """Take a case back to the version and state it was moved from. Raises Conflict when it went on since."""
    case = _locked(work, case_ref)
    services = MoveServices(work, case)
    instance = instances.load(work, case, services)
    state = instance.state
    if state.version != kept["version"]:
        raise Conflict(_("The case went on since; it stays on version %(number)s.", number=case.process_version))
    old = definitions.by_id(work, int(kept["definition"]))
    run = engine.restore(old.diagram, b64decode(kept["state"]), now=work.now, services=services)
    back = Instance(case, old, run, state, instance.before, instance.settled)
    services.bind(back)
    state.definition_id, case.process_version = old.row_id, old.number
    state.marks = dict(kept["marks"])
    for values in kept["tasks"]:
        _put_back(work, case, values)
    # a move recorded before steps could be renamed by it has no such list
    renamed = tuple((new, old) for old, new in kept.get("renamed", ()))
    instances.save(work, back, act=Act(MIGRATED, renamed=renamed))
    line.bring_into_line(work, back)
    body = {"from": kept["to"], "to": old.number, "after": run.active()}
    journal.of_case(work, case.ref, "case.migration_undone", case.ref, body)


def _locked(work: Work, case_ref: str) -> Case:
    wanted = select(Case).where(Case.ref == case_ref).with_for_update().execution_options(populate_existing=True)
    case = work.session.scalars(wanted).first()
    if case is None:
        raise NotFound(_("There is no such case."))
    if case.state not in (OPEN_CASE, PARKED):
        raise Conflict(_("The case is over."))
    return case


def _plan(work: Work, case: Case, state: CaseState, wanted: Wanted) -> Plan:
    if case.process != wanted.process:
        raise Conflict(_("The case belongs to another process."))
    new = target(work, wanted)
    if state.definition_id == new.row_id:
        raise Conflict(_("The case is on version %(number)s already.", number=new.number))
    return plan_of(definitions.by_id(work, state.definition_id), new, wanted.mapping)


def _carry_on(work: Work, instance: Instance, act: Act) -> None:
    """Save, and let go what the new version lets go at once; of a case on hold that waits until it goes on."""
    if not held.keep(work, instance.case, "case.wake", {}):
        moves.carry_on(work, instance, act)
        return
    instances.save(work, instance, act=act)
    line.bring_into_line(work, instance)
    incidents.settle(work, instance.case, instance)
    work.session.flush()


# --- tasks -----------------------------------------------------------------------------------------------------------


def _carry_tasks(work: Work, instance: Instance, plan: Plan, wanted: Wanted) -> list[dict[str, Any]]:
    """Bring the open tasks into line with their steps in the new version. Returns what they were, of those changed."""
    case, changed = instance.case, []
    rows = work.session.scalars(
        select(HumanTask)
        .where(HumanTask.case_id == case.id, HumanTask.state.in_(OPEN))
        .order_by(HumanTask.id)
        .with_for_update()
    )
    for task in rows.all():
        values = _values(work, instance, plan, task, dates=wanted.dates)
        differs = {name: value for name, value in values.items() if getattr(task, name) != value}
        if not differs:
            continue
        was = {name: getattr(task, name) for name in differs}
        changed.append({"ref": task.ref, **{name: _plain(value) for name, value in was.items()}})
        if "role" in differs or "org_id" in differs:
            differs |= _given_back(work, task, str(values["role"]), int(values["org_id"]))
        line.change(work, task, **differs)
    return changed


def _values(work: Work, instance: Instance, plan: Plan, task: HumanTask, *, dates: bool) -> dict[str, Any]:
    step_id = plan.changes.to(task.step_id)
    step = instance.definition.diagram.steps[step_id]
    values: dict[str, Any] = {
        "step_id": step.id, "name": step.name, "name_en": step.name_en or step.name, "role": step.roles[0],
        "org_id": line.office_of(instance.case, step.roles[0]), "form_key": step.form,
        "form_digest": form_revisions.newest(work, instance.definition, step.form).digest,
    }  # fmt: skip
    if task.role == values["role"]:
        values["org_id"] = task.org_id  # the office that has it keeps it
    if dates and plan.changes.term(task.step_id):
        due = line.due_of(work, instance.case, step, task.opened_at)
        values |= {"due": due.derivation, "due_at": due.at, "limit_kind": due.kind}
    return values


def _given_back(work: Work, task: HumanTask, role: str, org_id: int) -> dict[str, Any]:
    """Who holds a task keeps it when the new version gives it to her too; else it goes back to the queue."""
    if task.assignee_id is None:
        return {}
    holder = work.session.get_one(Account, task.assignee_id)
    if holder.org_id == org_id and holder.state == "ACTIVE" and staff.actor(work, holder).has(role):
        return {}
    return {**line.FREE, "state": READY, "prior_state": "", "suspended_until": None}


def _put_back(work: Work, case: Case, values: Mapping[str, Any]) -> None:
    task = work.session.scalars(
        select(HumanTask)
        .where(HumanTask.case_id == case.id, HumanTask.ref == values["ref"], HumanTask.state.in_(OPEN))
        .with_for_update()
    ).first()
    if task is None:
        raise OperationFailed(_("A task of the case is gone."), case=case.ref)
    back = {name: _read(name, value) for name, value in values.items() if name != "ref"}
    if "role" in back or "org_id" in back:
        back |= _given_back(work, task, str(back.get("role", task.role)), int(back.get("org_id", task.org_id)))
    line.change(work, task, **back)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _read(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if name == "due_at" and value is not None else value


def _rename_incidents(work: Work, case: Case, mapping: Mapping[str, str]) -> None:
    for old, new in mapping.items():
        work.session.execute(
            update(Incident)
            .where(Incident.case_id == case.id, Incident.step_id == old, Incident.closed_at.is_(None))
            .values(step_id=new)
        )


# --- many ------------------------------------------------------------------------------------------------------------


def _check(work: Work, params: Mapping[str, Any]) -> None:
    """Refuse parameters that make no sense for any case. Raises NotFound, Conflict."""
    wanted = Wanted.of(params)
    steps = target(work, wanted).diagram.steps
    missing = next((new for new in wanted.mapping.values() if new not in steps), None)
    if missing is not None:
        raise Conflict(_("There is no step %(step)s to map.", step=missing))


def _judge(work: Work, case_ref: str, params: Mapping[str, Any]) -> batches.Verdict:
    found = judge(work, case_ref, Wanted.of(params))
    code = batches.CHANGES if found.code == CHANGES else batches.OK if found.code in MOVABLE else found.code
    details = {"verdict": found.code, "step": found.step, "passed": list(found.passed)}
    return batches.Verdict(code, found.sentence, details)


def _act(work: Work, case_ref: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
    return move(work, case_ref, Wanted.of(params))


def _undo(work: Work, case_ref: str, _params: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
    undo(work, case_ref, kept)


TITLE: Text = _("Move to another version")


def register_all() -> None:
    """Make the kind known to the program that calls this; saying so twice does no harm."""
    batches.register(KIND, _judge, _act, _undo, title=TITLE, action="process.migrate", everywhere=True, check=_check)
