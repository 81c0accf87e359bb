"""What the pages of repair show: where a case stands and what may be done there, and batches with their verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from domain import journal
from domain.cases import CANCELLED, DONE, Case
from domain.errors import HouseError
from domain.parties import permissions
from domain.parties.accounts import Account
from domain.parties.organisations import Organisation
from domain.text import Name, Text
from domain.text import gettext as _
from domain.work import Work
from tasks import batch_undo, batches, drawings, held, repair_rules, repairs, rules
from tasks.drawings import Drawing
from tasks.models import OPEN as TASK_OPEN
from tasks.models import HumanTask
from tasks.repair_models import CANCELLED as STOPPED
from tasks.repair_models import CaseBatch, CaseBatchRow
from tasks.services import MoveServices
from workflows import definitions, engine, surgery_places
from workflows.definitions import Definition
from workflows.instances import CaseState
from workflows.steps import StepSpec
from workflows.surgery_places import ADD, DROP, MOVE, SKIP

SIZE = 50
REFUSED = "refused"  # besides the verdicts: what could be done by its verdict and refused when it was tried


@dataclass(frozen=True, slots=True)
class Standing:
    """One thing that stands in the case. may: verbs allowed; why: the sentence against the others, None for none."""

    token: str
    step_id: str
    name: str
    kind: str
    state: str
    number: int | None
    inside: Sequence[str]
    may: Sequence[str]
    why: Text | None
    targets: Sequence[str]


@dataclass(frozen=True, slots=True)
class RepairPage:
    """names: of every step, by id; again: steps that may be begun again; undo: a move that can be taken back, as the
    names of the steps it went from and to, empty for none.

    refusal: why this person may not repair the case, None when they may; may_hold: put it on hold and let it go on;
    may_end: end it for good.
    tasks: what can be completed on a colleague's behalf: ref of the task, its name, who holds it.
    """

    case: Case
    version: int
    drawing: Drawing
    standing: Sequence[Standing]
    names: Mapping[str, str]
    again: Sequence[str]
    targets: Sequence[str]
    refusal: Text | None
    may_hold: bool
    may_put_values: bool
    may_end: bool
    waiting: int
    undo: tuple[str, ...]
    tasks: Sequence[tuple[str, Name, str]]


def page(work: Work, case_ref: str, *, english: bool) -> RepairPage:
    """The page of repair of a case. Raises NotFound, NotPermitted."""
    case = rules.visible_case(work, case_ref)
    relation = permissions.relation_to_case(work.actor, case)
    permissions.must(work.actor, "case.repair", relation)
    state = work.session.scalars(select(CaseState).where(CaseState.case_id == case.id)).one()
    definition = definitions.by_id(work, state.definition_id)
    run = engine.restore(definition.diagram, state.data, now=work.now, services=MoveServices(work, case))
    names = {one.id: _called(one, english) for one in definition.diagram.steps.values()}
    open_case = case.state not in (DONE, CANCELLED)
    standing = [_standing(work, case, definition, run, place, names) for place in surgery_places.places(run)]
    return RepairPage(
        case=case,
        version=state.version,
        drawing=drawings.of_case(work, case, definition, state.marks, incident=False, english=english),
        standing=standing if open_case else [],
        names=names,
        again=[step for step in run.done() if definition.diagram.steps[step].kind in ("user", "manual", "service")],
        targets=sorted({one for place in standing for one in place.targets}, key=list(names).index),
        refusal=_refusal(work, case),
        may_hold=permissions.may(work.actor, "case.suspend", relation) and open_case,
        may_put_values=relation == permissions.DEPARTMENT,
        may_end=permissions.may(work.actor, "case.cancel", relation) and open_case,
        waiting=held.waiting(work, case) if case.suspended_at is not None else 0,
        undo=_last_move(work, case, state.version, names, [place.step_id for place in standing]),
        tasks=_of_colleagues(work, case) if open_case else (),
    )


def _last_move(work: Work, case: Case, version: int, names: Mapping[str, str], there: Sequence[str]) -> tuple[str, ...]:
    """From and to which step the case was moved, when nothing happened since and it still stands `there`."""
    last = repairs.last_repair(work, case)
    if last is None or last.get("verb") != MOVE or last.get("version") != version:
        return ()
    if there.count(str(last.get("to"))) != 1:
        return ()
    return tuple(names.get(str(last.get(key)), str(last.get(key))) for key in ("step", "to"))


def _of_colleagues(work: Work, case: Case) -> list[tuple[str, Name, str]]:
    """Ref, name and holder of the open tasks that the actor may complete for a colleague."""
    rows = work.session.execute(
        select(HumanTask.ref, HumanTask.name, HumanTask.name_en, Account.name)
        .join(Account, Account.id == HumanTask.assignee_id, isouter=True)
        .where(
            HumanTask.case_id == case.id, HumanTask.state.in_(TASK_OPEN), HumanTask.org_id == work.actor.org_id,
            or_(HumanTask.assignee_id.is_(None), HumanTask.assignee_id != work.actor.user_id),
        )
        .order_by(HumanTask.id)
    )  # fmt: skip
    if not permissions.may(work.actor, "task.complete_for", permissions.OFFICE, "OPEN"):
        return []
    return [(ref, Name(name, name_en), holder or "") for ref, name, name_en, holder in rows]


def _refusal(work: Work, case: Case) -> Text | None:
    try:
        repair_rules.must_repair(work, case)
        held.must_go_on(case)
    except HouseError as refusal:
        return _said(refusal)
    return None


def _said(refusal: HouseError) -> Text:
    found = refusal.args[0]
    return found if isinstance(found, Text) else _("%(why)s", why=refusal.message)


def _standing(
    work: Work,
    case: Case,
    definition: Definition,
    run: engine.Run,
    place: surgery_places.Place,
    names: Mapping[str, str],
) -> Standing:
    may = [verb for verb in (MOVE, SKIP, ADD, DROP) if verb in place.may]
    why: Text | None = None
    try:
        repair_rules.must_touch(work, case, definition, [place.step_id])
    except HouseError as refusal:
        may, why = [], _said(refusal)
    if why is None and MOVE not in may:
        why = _("One of several: drop it, or move the whole step.")
    return Standing(
        place.token, place.step_id, names.get(place.step_id, place.step_id), place.kind, place.state, place.number,
        [names.get(one, one) for one in place.inside], may, why,
        surgery_places.targets(run, place.token) if MOVE in may else (),
    )  # fmt: skip


# --- batches --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A batch in the list, or the head of its page."""

    ref: str
    kind: str
    title: Text
    state: str
    total: int
    judged: int
    done: int
    failed: int
    by: str
    at: datetime
    approved_by: str


@dataclass(frozen=True, slots=True)
class RowView:
    """A case of a batch. number: "" for a case the person may not read."""

    place: int
    number: str
    ref: str
    verdict: str
    told: Text | None
    result: str
    outcome: Text | None


@dataclass(frozen=True, slots=True)
class BatchPage:
    """verdicts: how many of each; rows: a page of them after a place; next_after: where the next begins, 0 for none.

    names: of steps and offices that filter and parameters name, by id and ref; stopped: why it stopped by itself.
    can_go_on: it was stopped with cases left. can_undo: this person may ask to take it back, undo_alone: nobody has to
    approve that; undo_waits: somebody asked (undo_by: the name, undo_own: this person) and a second has to say yes.
    """

    line: BatchLine
    params: Mapping[str, Any]
    chosen: Mapping[str, Any]
    reason: str
    verdicts: Mapping[str, int]
    rows: Sequence[RowView]
    next_after: int
    runnable: int
    second: bool
    own: bool
    names: Mapping[str, str]
    stopped: Text | None
    may_approve: bool
    can_undo: bool
    can_go_on: bool
    undo_alone: bool
    undo_waits: bool
    undo_own: bool
    undo_by: str


def batch_page(work: Work, ref: str, *, verdict: str = "", after: int = 0, english: bool = False) -> BatchPage:
    """One batch. Raises NotFound."""
    batch = batches.load(work, ref)
    counted = select(CaseBatchRow.verdict, func.count()).where(CaseBatchRow.batch_id == batch.id)
    verdicts = {row[0]: row[1] for row in work.session.execute(counted.group_by(CaseBatchRow.verdict))}
    rows = _rows(work, batch, verdict, after)
    kind = batches.kind_of(batch.kind)
    (line,) = _lines(work, [batch])
    runnable = sum(verdicts.get(code, 0) for code in batches.CAN_RUN)
    possible = batch_undo.possible(work, batch)
    asked = possible and batch_undo.waits(work, batch)
    return BatchPage(
        line=line,
        params={k: v for k, v in batch.params.items() if isinstance(v, str | int) or (k == "mapping" and v)},
        chosen={k: v for k, v in batch.chosen.items() if v},
        reason=batches.reason_of(work, batch),
        verdicts=verdicts,
        rows=rows[:SIZE],
        next_after=rows[SIZE - 1].place if len(rows) > SIZE else 0,
        runnable=runnable,
        second=batches.needs_second(work, batch),
        own=batch.created_by == work.actor.user_id,
        names=_names(work, batch, english),
        stopped=_why_stopped(work, batch),
        may_approve=permissions.may(work.actor, "batch.approve"),
        can_undo=possible and not asked and permissions.may(work.actor, kind.action),
        can_go_on=batches.can_go_on(work, batch),
        undo_alone=not batch_undo.needs_second(work, batch),
        undo_waits=asked,
        undo_own=batch.undo_by is not None and batch.undo_by == work.actor.user_id,
        undo_by=_name_of(work, batch.undo_by),
    )


def _name_of(work: Work, account_id: int | None) -> str:
    return work.session.scalar(select(Account.name).where(Account.id == account_id)) or ""


def _why_stopped(work: Work, batch: CaseBatch) -> Text | None:
    """Why a batch was stopped that nobody stopped; None for every other one."""
    if batch.state != STOPPED:
        return None
    stopped = journal.newest(work, "batch.cancelled", ("batch", batch.ref)) or {}
    if stopped.get("because") != batches.CLOSED:
        return None
    return _("Stopped by itself: the account of whoever asked for it is closed. What was done stays done.")


def _names(work: Work, batch: CaseBatch, english: bool) -> dict[str, str]:
    """What the ids in a batch's filter and parameters are called: steps of the versions its cases run on, offices."""
    asked = {str(batch.chosen.get("step") or ""), *(str(batch.params.get(key) or "") for key in ("from", "to"))} - {""}
    asked |= {one for pair in (batch.params.get("mapping") or {}).items() for one in map(str, pair)}
    found: dict[str, str] = {}
    if asked:
        ids = (
            select(CaseState.definition_id)
            .join(CaseBatchRow, CaseBatchRow.case_id == CaseState.case_id)
            .where(CaseBatchRow.batch_id == batch.id)
            .distinct()
        )
        known = list(work.session.scalars(ids))
        if batch.params.get("mapping"):  # names of steps that only the version they move to has
            known.append(definitions.version(work, str(batch.params["process"]), int(batch.params["to"])).id)
        for one in known:
            steps = definitions.by_id(work, one).diagram.steps
            found |= {step: _called(steps[step], english) for step in asked if step in steps}
    office = select(Organisation).where(Organisation.ref == str(batch.chosen.get("office") or ""))
    if batch.chosen.get("office"):
        found |= {one.ref: one.name_en if english else one.name for one in work.session.scalars(office)}
    return found


def _called(step: StepSpec, english: bool) -> str:
    return (step.name_en or step.name if english else step.name) or step.id


def _rows(work: Work, batch: CaseBatch, verdict: str, after: int) -> list[RowView]:
    """Rows after a place. Uses uq_case_batch_row_batch_id_place or the indices on verdict and on result."""
    visible = permissions.case_scope(work.actor).label("visible")
    wanted = (
        select(CaseBatchRow, Case.number, Case.ref, visible)
        .join(Case, Case.id == CaseBatchRow.case_id)
        .where(CaseBatchRow.batch_id == batch.id, CaseBatchRow.place > after)
        .order_by(CaseBatchRow.place)
        .limit(SIZE + 1)
    )
    if verdict == REFUSED:
        wanted = wanted.where(CaseBatchRow.result == "FAILED")
    elif verdict:
        wanted = wanted.where(CaseBatchRow.verdict == verdict)
    return [
        RowView(
            row.place, number if seen else "", ref if seen else "", row.verdict, _unpacked(row.told), row.result,
            _unpacked(row.outcome),
        )
        for row, number, ref, seen in work.session.execute(wanted)
    ]  # fmt: skip


def _unpacked(kept: list[Any]) -> Text | None:
    return Text.unpacked(kept) if kept else None


def listing(work: Work, before: int = 0) -> tuple[list[BatchLine], int]:
    """Batches the person may see, newest first, and the key the next page begins before (0: none)."""
    permissions.must(work.actor, "batch.read")
    house = [
        name for name, kind in batches.KINDS.items() if kind.everywhere and permissions.may(work.actor, kind.action)
    ]
    mine = (CaseBatch.org_id == work.actor.org_id) & CaseBatch.kind.in_(
        [name for name, kind in batches.KINDS.items() if not kind.everywhere]
    )
    wanted = select(CaseBatch).where(mine | CaseBatch.kind.in_(house)).order_by(CaseBatch.id.desc()).limit(SIZE + 1)
    found = list(work.session.scalars(wanted.where(CaseBatch.id < before) if before else wanted))
    return _lines(work, found[:SIZE]), found[SIZE - 1].id if len(found) > SIZE else 0


def _lines(work: Work, found: Sequence[CaseBatch]) -> list[BatchLine]:
    ids = {one for batch in found for one in (batch.created_by, batch.approved_by) if one is not None}
    rows = work.session.execute(select(Account.id, Account.name).where(Account.id.in_(ids)))
    names: dict[int, str] = {row[0]: row[1] for row in rows}
    return [
        BatchLine(
            one.ref, one.kind, batches.kind_of(one.kind).title, one.state, one.total, one.judged, one.done, one.failed,
            names.get(one.created_by or 0, ""), one.created_at, names.get(one.approved_by or 0, ""),
        )
        for one in found
    ]  # fmt: skip


def kinds(work: Work) -> list[tuple[str, Text]]:
    """What the person may do to many cases of their own office, for the form."""
    return [
        (name, kind.title)
        for name, kind in batches.KINDS.items()
        if not kind.everywhere and permissions.may(work.actor, kind.action)
    ]


def processes(work: Work, *, english: bool = False) -> list[tuple[str, str, str]]:
    """Process, step id and name of every step of the versions that the person's open cases run on."""
    ids = work.session.scalars(
        select(CaseState.definition_id)
        .join(Case, Case.id == CaseState.case_id)
        .where(permissions.case_scope(work.actor), Case.state.not_in((DONE, CANCELLED)))
        .distinct()
    ).all()
    found: dict[tuple[str, str], str] = {}
    for one in ids:
        definition = definitions.by_id(work, one)
        for step in definition.diagram.steps.values():
            if step.kind in ("user", "manual", "service", "subprocess", "catch"):
                found.setdefault((definition.process, step.id), _called(step, english))
    return [(process, step, name) for (process, step), name in found.items()]


def offices(work: Work) -> list[tuple[str, str, str]]:
    """Ref and both names of the offices that the person's cases belong to."""
    own = select(Case.town_id, Case.department_id, Case.agency_id).where(permissions.case_scope(work.actor)).distinct()
    ids = {one for row in work.session.execute(own) for one in row if one is not None}
    wanted = select(Organisation).where(Organisation.id.in_(ids)).order_by(Organisation.position)
    return [(one.ref, one.name, one.name_en) for one in work.session.scalars(wanted)]
