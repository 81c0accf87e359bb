"""Repairs of one case: put on hold and let go on, a token moved, a step skipped or begun again, an item more or less.

Each is one transaction with a reason, a permission and a journal entry that says where the case stood before and after.
A dry run does the very same and takes it back, so that what it shows is what will happen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select

from domain import agenda, journal
from domain.cases import CANCELLED, DONE, Case
from domain.errors import Conflict, InvalidAnswers, NotPermitted, Stale
from domain.parties import permissions
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work
from tasks import held, line, moves, repair_rules, rules, waking
from tasks.rows.models import OPEN, RESERVED, HumanTask
from tasks.separation import MOVED_BACK
from tasks.services import MoveServices
from workflows import instances, surgery, surgery_places
from workflows.engine import Run, StepFailed
from workflows.instances import Instance
from workflows.moments import Act
from workflows.surgery_places import Place

Result = TypeVar("Result")
MOVE, RESET, SKIP, VALUES, ADD, DROP = "move", "reset", "skip", "values", "add", "drop"


@dataclass(frozen=True, slots=True)
class Repair:
    """What is to be done. token: the place (move, skip, drop); step: the target (move, reset) or the repeated step
    (add); item: what is added; values, remove: routing values; end_others: what else stands there ends."""

    verb: str
    token: str = ""
    step: str = ""
    item: Any = None
    values: Mapping[str, Any] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    end_others: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a repair did, or would do. before, after: step ids where tokens stand; opened, ended: steps of people's
    tasks; said: what follows besides; completed: the case came to its end with it."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    opened: tuple[str, ...]
    ended: tuple[str, ...]
    said: tuple[Text, ...]
    completed: bool
    version: int


class _TakenBack(Exception):  # noqa: N818 - it ends the block that is rolled back
    pass


def dry(work: Work, act: Callable[[], Result]) -> Result:
    """Do something and take it back; returns what it returned. Raises what it raises."""
    done: list[Result] = []
    try:
        with work.session.begin_nested():
            done.append(act())
            raise _TakenBack
    except _TakenBack:
        work.session.expire_all()
    return done[0]


def version_of(work: Work, case: Case) -> int:
    """How often the case moved; what a page shows and sends back."""
    return work.session.scalar(select(instances.CaseState.version).where(instances.CaseState.case_id == case.id)) or 0


def repair(
    work: Work, case_ref: str, wanted: Repair, reason: str, *, version: int | None = None, back: bool = False
) -> Outcome:
    """Do it. version: how far the case was when the person looked, None when nobody did; back: it takes a move back.

    Raises NotFound, NotPermitted, Conflict (with the sentence of what speaks against it), Stale, InvalidAnswers.
    """
    why = repair_rules.reason_of(reason)
    case = _locked(work, case_ref)
    repair_rules.must_repair(work, case)
    held.must_go_on(case)
    if wanted.verb == VALUES and permissions.relation_to_case(work.actor, case) != permissions.DEPARTMENT:
        raise NotPermitted(_("Values are put right by the department that decides the case."))
    instance = _loaded(work, case, version)
    before, places = tuple(instance.run.active()), surgery_places.places(instance.run)
    kept = _open_tasks(work, case)
    said = apply(instance.run, wanted)
    touched = _touched(places, instance.run, wanted)
    repair_rules.must_touch(work, case, instance.definition, touched, back=back)
    act = Act(MOVED_BACK, wanted.step) if back else Act(wanted.verb, _first_step(places, wanted))
    moved = _carried_on(work, instance, act)
    # what the case does by itself after it may end steps as well: values that let an event happen end what it stands at
    repair_rules.must_touch(work, case, instance.definition, _ended(places, instance.run) - touched, back=back)
    surgery_places.must_wait(instance.run)
    opened, ended = _take_over(work, case, kept)
    outcome = Outcome(
        before, tuple(instance.run.active()), tuple(opened), tuple(ended), tuple(said), moved.completed,
        instance.state.version,
    )  # fmt: skip
    body = {
        "verb": act.verb, "step": _first_step(places, wanted), "to": wanted.step, "before": list(before),
        "after": list(outcome.after), "version": outcome.version, "reason": line.add_case_note(work, case, why),
        **({"names": sorted([*wanted.values, *wanted.remove])} if wanted.verb == VALUES else {}),
    }  # fmt: skip
    journal.of_case(work, case.ref, "case.repaired", case.ref, body)
    return outcome


def dry_run(work: Work, case_ref: str, wanted: Repair, *, version: int | None = None) -> Outcome:
    """What `repair` would do, everything taken back. Raises what it would raise."""
    return dry(work, lambda: repair(work, case_ref, wanted, "dry run", version=version))


def undo_move(work: Work, case_ref: str, reason: str) -> Outcome:
    """Take a moved token back to where it stood, when nothing happened since. Raises Conflict, NotPermitted."""
    case = _locked(work, case_ref)
    last = last_repair(work, case)
    if last is None or last.get("verb") != MOVE or last.get("version") != version_of(work, case):
        raise Conflict(_("Something happened since, or nothing was moved; there is nothing to take back."))
    instance = _loaded(work, case, None)
    there = [p for p in surgery_places.places(instance.run) if p.step_id == last["to"]]
    if len(there) != 1:
        raise Conflict(_("The case went on from there; there is nothing to take back."))
    return repair(work, case_ref, Repair(MOVE, there[0].token, str(last["step"])), reason, back=True)


def last_repair(work: Work, case: Case) -> Mapping[str, Any] | None:
    """The body of the newest repair in the case's journal."""
    return journal.newest(work, "case.repaired", ("case", case.ref))


def apply(run: Run, wanted: Repair) -> list[Text]:
    """The surgery alone, on a run in hand. Raises Conflict."""
    if wanted.verb == MOVE:
        return surgery.move(run, wanted.token, wanted.step, end_others=wanted.end_others)
    if wanted.verb == RESET:
        return surgery.reset(run, wanted.step)
    if wanted.verb == SKIP:
        return surgery.skip(run, wanted.token)
    if wanted.verb == VALUES:
        return surgery.put_values(run, wanted.values, wanted.remove)
    if wanted.verb == ADD:
        return surgery.add_item(run, wanted.step, wanted.item)
    if wanted.verb == DROP:
        return surgery.drop_item(run, wanted.token)
    raise Conflict(_("There is no such repair."))


# --- on hold --------------------------------------------------------------------------------------------------------


def suspend(work: Work, case_ref: str, reason: str, until: datetime | None = None) -> None:
    """Put a case on hold: nobody completes a step, what comes due waits. Legal terms run on.

    Raises NotFound, NotPermitted, InvalidAnswers, Conflict.
    """
    case = _locked(work, case_ref)
    permissions.must(work.actor, "case.suspend", permissions.relation_to_case(work.actor, case))
    why = repair_rules.reason_of(reason)
    if case.state in (DONE, CANCELLED):
        raise Conflict(_("This case is closed already."))
    if case.suspended_at is not None:
        raise Conflict(_("This case is on hold already."))
    if until is not None and until <= work.now:
        raise InvalidAnswers({"until": _("This day is over. Choose a later one, or none.")})
    case.suspended_at, case.suspended_until = work.now, until
    if until is not None:
        agenda.put(work, "case.resume", _resume_key(case), until, subject=case.ref)
    body = {"until": until.isoformat() if until else "", "reason": line.add_case_note(work, case, why)}
    journal.of_case(work, case.ref, "case.suspended", case.ref, body)


def resume(work: Work, case_ref: str, reason: str = "") -> int:
    """Let a case go on and deliver what came due meanwhile, in order. Returns how much that was.

    Raises NotFound, NotPermitted, Conflict.
    """
    case = _locked(work, case_ref)
    permissions.must(work.actor, "case.suspend", permissions.relation_to_case(work.actor, case))
    return _go_on(work, case, reason)


def resume_due(work: Work, case_ref: str) -> None:
    """The day has come until which a case was on hold (agenda)."""
    case = work.session.scalars(select(Case).where(Case.ref == case_ref).with_for_update()).first()
    if case is not None and case.suspended_until is not None and case.suspended_until <= work.now:
        _go_on(work, case, "")


def deliver_held(work: Work, case_ref: str, payload: Mapping[str, Any]) -> None:
    """A message that came while the case was on hold, at its own instant (agenda)."""
    waking.deliver_message(
        work, case_ref, str(payload["name"]), str(payload.get("correlation", "")), payload.get("payload") or {},
        sent_at=datetime.fromisoformat(str(payload["sent_at"])),
    )  # fmt: skip


def _go_on(work: Work, case: Case, reason: str) -> int:
    if case.suspended_at is None:
        raise Conflict(_("This case is not on hold."))
    agenda.drop(work, _resume_key(case))
    case.suspended_at, case.suspended_until = None, None
    work.session.flush()
    count = held.deliver(work, case)
    note = line.add_case_note(work, case, reason.strip()) if reason.strip() else ""
    journal.of_case(work, case.ref, "case.resumed", case.ref, {"delivered": count, "reason": note})
    return count


def _resume_key(case: Case) -> str:
    since = case.suspended_at.isoformat() if case.suspended_at is not None else ""
    return f"resume:{case.ref}:{since}"


# --- inner ----------------------------------------------------------------------------------------------------------


def _locked(work: Work, case_ref: str) -> Case:
    case = rules.visible_case(work, case_ref)
    work.session.refresh(case, with_for_update=True)
    return case


def _loaded(work: Work, case: Case, version: int | None) -> Instance:
    services = MoveServices(work, case)
    instance = instances.load(work, case, services)
    services.bind(instance)
    if version is not None and version != instance.state.version:
        raise Stale(_("The case moved on while you were looking at it. Look again before you repair it."))
    return instance


def _carried_on(work: Work, instance: Instance, act: Act) -> moves.Moved:
    """A repair that makes a later step fail is refused as a whole; it must not be the cause of the next incident."""
    try:
        return moves.carry_on(work, instance, act)
    except StepFailed as failed:
        raise Conflict(_("%(why)s Nothing was changed.", why=failed.message)) from failed


def _first_step(places: list[Place], wanted: Repair) -> str:
    return next((p.step_id for p in places if p.token == wanted.token), wanted.step)


def _touched(places: list[Place], run: Run, wanted: Repair) -> set[str]:
    """Steps that ended, began or were named."""
    now = {place.token: place.step_id for place in surgery_places.places(run)}
    before = {place.token: place.step_id for place in places}
    changed = {step for token, step in [*before.items(), *now.items()] if token not in now or token not in before}
    return changed | ({wanted.step} if wanted.step else set()) | {before.get(wanted.token, "")}


def _ended(places: list[Place], run: Run) -> set[str]:
    """Steps that stood before and, the case having gone on, do not any more."""
    now = {place.token for place in surgery_places.places(run)}
    return {place.step_id for place in places if place.token not in now}


@dataclass(frozen=True, slots=True)
class _Standing:
    """An open task as it stood before the repair."""

    ref: str
    step_id: str
    subject: str
    draft: bytes | None
    typist: int | None
    holder: int | None
    since: datetime | None


def _open_tasks(work: Work, case: Case) -> list[_Standing]:
    rows = work.session.execute(
        select(
            HumanTask.ref, HumanTask.step_id, HumanTask.subject, HumanTask.draft, HumanTask.draft_by,
            HumanTask.assignee_id,             HumanTask.claimed_at,
        ).where(HumanTask.case_id == case.id, HumanTask.state.in_(OPEN))
    )  # fmt: skip
    return [_Standing(*row) for row in rows]


def _take_over(work: Work, case: Case, kept: list[_Standing]) -> tuple[list[str], list[str]]:
    """New tasks of a step that was open before get its draft and its holder: nobody loses what was typed.

    Returns the steps of the tasks that opened and of those that ended.
    """
    before, refs = {(one.step_id, one.subject): one for one in kept}, {one.ref for one in kept}
    now = work.session.scalars(
        select(HumanTask)
        .where(HumanTask.case_id == case.id, HumanTask.state.in_(OPEN))
        .execution_options(populate_existing=True)
    ).all()
    new = [task for task in now if task.ref not in refs]
    for task in new:
        old = before.get((task.step_id, task.subject))
        if old is None:
            continue
        if old.draft is not None:
            values = work.home.vault.open_json("human_task.draft", old.ref, old.draft)
            task.draft, task.draft_at = work.home.vault.seal_json("human_task.draft", task.ref, values), work.now
            task.draft_by = old.typist
        if old.holder is not None:
            task.state, task.assignee_id, task.claimed_at = RESERVED, old.holder, old.since
    work.session.flush()
    still = {task.ref for task in now}
    return [task.step_id for task in new], [one.step_id for one in kept if one.ref not in still]
