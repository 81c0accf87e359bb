"""What the page of repair shows: where a case stands and what may be done there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select

from domain.cases import CANCELLED, DONE, Case
from domain.errors import HouseError
from domain.parties import permissions
from domain.parties.accounts import Account
from domain.text import Name, Text
from domain.text import gettext as _
from domain.work import Work
from tasks import held, repair_rules, rules
from tasks.batches.batch_pages import called
from tasks.cases import drawings
from tasks.cases.drawings import Drawing
from tasks.repair import repairs
from tasks.rows.models import OPEN as TASK_OPEN
from tasks.rows.models import HumanTask
from tasks.services import MoveServices
from workflows import definitions, engine, surgery_places
from workflows.definitions import Definition
from workflows.instances import CaseState
from workflows.surgery_places import ADD, DROP, MOVE, SKIP


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
    names = {one.id: called(one, english) for one in definition.diagram.steps.values()}
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
