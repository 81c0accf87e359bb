"""What may be done to many cases at once, of the repairs: on hold and on again, ended, moved, begun again, skipped.

A case is judged by doing it and taking it back: the verdict is what will happen.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from domain.cases import CANCELLED, DONE, Case
from domain.errors import Conflict, InvalidAnswers
from domain.parties import permissions
from domain.text import gettext as _
from domain.work import Work
from tasks import moves, rules
from tasks.batches import batches
from tasks.batches.batches import CHANGES, OK, Verdict
from tasks.repair import repairs, retry_kind
from tasks.repair.repairs import MOVE, RESET, SKIP, Outcome, Repair
from tasks.services import MoveServices
from workflows import definitions, engine, surgery_places
from workflows.instances import CaseState

Params = Mapping[str, Any]


def _until(params: Params) -> datetime | None:
    return datetime.fromisoformat(str(params["until"])) if params.get("until") else None


def _judge_suspend(work: Work, case_ref: str, params: Params) -> Verdict:
    repairs.dry(work, lambda: repairs.suspend(work, case_ref, str(params["reason"]), _until(params)))
    return Verdict(OK, _("is put on hold"))


def _suspend(work: Work, case_ref: str, params: Params) -> None:
    repairs.suspend(work, case_ref, str(params["reason"]), _until(params))


def _undo_suspend(work: Work, case_ref: str, params: Params, _kept: Params) -> None:
    repairs.resume(work, case_ref, str(params["reason"]))


def _judge_resume(work: Work, case_ref: str, params: Params) -> Verdict:
    count = repairs.dry(work, lambda: repairs.resume(work, case_ref, str(params["reason"])))
    if not count:
        return Verdict(OK, _("goes on"))
    return Verdict(CHANGES, _("goes on; what came meanwhile is delivered: %(count)s", count=count), {"held": count})


def _resume(work: Work, case_ref: str, params: Params) -> None:
    repairs.resume(work, case_ref, str(params["reason"]))


def _undo_resume(work: Work, case_ref: str, params: Params, _kept: Params) -> None:
    repairs.suspend(work, case_ref, str(params["reason"]))


def _judge_cancel(work: Work, case_ref: str, _params: Params) -> Verdict:
    case = rules.visible_case(work, case_ref)
    rules.must_cancel(work, case)
    if case.state in (DONE, CANCELLED):
        raise Conflict(_("This case is closed already."))
    return Verdict(OK, _("ends where it stands"))


def _cancel(work: Work, case_ref: str, params: Params) -> None:
    moves.cancel_case(work, case_ref, str(params["reason"]))


def _wanted(work: Work, case_ref: str, verb: str, params: Params) -> Repair:
    """The repair of this case: the token of the one place at the step that was named."""
    if verb == RESET:
        return Repair(RESET, step=str(params["to"]))
    case = rules.visible_case(work, case_ref)
    state = work.session.scalars(select(CaseState).where(CaseState.case_id == case.id)).one()
    drawing = definitions.by_id(work, state.definition_id).diagram
    if str(params["from"]) not in drawing.steps:
        raise Conflict(_("The process of this case has no such step."))
    run = engine.restore(drawing, state.data, now=work.now, services=MoveServices(work, case))
    there = [one for one in surgery_places.places(run) if one.step_id == params["from"] and one.number is None]
    if len(there) != 1:
        named = surgery_places.name_of(run, str(params["from"]))
        raise Conflict(_("Nothing stands at “%(step)s”, or several things do.", step=named))
    return Repair(verb, there[0].token, str(params.get("to", "")), end_others=bool(params.get("alone")))


def _judged(verb: str) -> batches.Judge:
    def judge(work: Work, case_ref: str, params: Params) -> Verdict:
        outcome = repairs.dry_run(work, case_ref, _wanted(work, case_ref, verb, params))
        details = {"before": list(outcome.before), "after": list(outcome.after), "ended": list(outcome.ended)}
        if outcome.completed:
            return Verdict(CHANGES, _("the case comes to its end with it"), details)
        if outcome.ended or outcome.said:
            return Verdict(CHANGES, _("open tasks that end with it: %(count)s", count=len(outcome.ended)), details)
        return Verdict(OK, _("goes on as wanted"), details)

    return judge


def _done(verb: str) -> batches.Act:
    def act(work: Work, case_ref: str, params: Params) -> Mapping[str, Any]:
        wanted = _wanted(work, case_ref, verb, params)
        outcome: Outcome = repairs.repair(work, case_ref, wanted, str(params["reason"]))
        return {"version": outcome.version}

    return act


def _undo_move(work: Work, case_ref: str, params: Params, kept: Params) -> None:
    case = work.session.scalars(select(Case).where(Case.ref == case_ref)).one()
    if kept.get("version") != repairs.version_of(work, case):
        raise Conflict(_("The case went on since; nothing was taken back."))
    repairs.undo_move(work, case_ref, str(params["reason"]))


def _needs(*names: str) -> Any:
    def check(_work: Work, params: Params) -> None:
        missing = {name: _("Choose a step.") for name in names if not str(params.get(name, "")).strip()}
        if missing:
            raise InvalidAnswers(missing)

    return check


def _may_suspend(work: Work, params: Params) -> None:
    permissions.must(work.actor, "case.suspend")
    until = _until(params)
    if until is not None and until <= work.now:
        raise InvalidAnswers({"until": _("This day is over. Choose a later one, or none.")})


HOLD, GO_ON, END = "suspend", "resume", "cancel"


def register_all() -> None:
    """Make these kinds known; whoever carries batches on or shows them calls it once."""
    retry_kind.register()
    batches.register(
        HOLD, _judge_suspend, _suspend, _undo_suspend, title=_("Put on hold"), action="case.suspend", check=_may_suspend
    )
    batches.register(GO_ON, _judge_resume, _resume, _undo_resume, title=_("Let go on"), action="case.suspend")
    batches.register(END, _judge_cancel, _cancel, title=_("End the cases"), action="case.cancel")
    batches.register(
        MOVE, _judged(MOVE), _done(MOVE), _undo_move, title=_("Move to a step"), check=_needs("from", "to")
    )
    batches.register(RESET, _judged(RESET), _done(RESET), title=_("Begin a step again"), check=_needs("to"))
    batches.register(SKIP, _judged(SKIP), _done(SKIP), title=_("Skip a step"), check=_needs("from"))
