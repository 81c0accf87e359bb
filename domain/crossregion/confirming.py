"""What the offices say that a request passes: a review, a tier of the chain, the province's confirmation."""

from __future__ import annotations

from domain import journal
from domain.crossregion import receipts, sides
from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.parties.permission_rules.crossregion import PASSING
from domain.text import gettext as _
from domain.verification.assist_rows import ON_ITS_WAY, PASSED, REFUSAL, REFUSED, AssistRequest, AssistStep
from domain.work import Work

CLAUSES = {"REVIEW": "NM-01", "FORWARD": "BX-19", "CONFIRM": "LN-06"}


def confirm(work: Work, request: AssistRequest, note: str = "") -> None:
    """Let a request pass; after the last office it goes to the agency that assists.

    Raises NotPermitted: not the office whose turn it is, or who started it there. Conflict: it waits for nobody.
    """
    step = _turn(work, request)
    step.outcome, step.done_by, step.done_at = "PASSED", work.actor.person(), work.now
    work.session.flush()
    sides.say(work, request, PASSED, note=note.strip())
    if waiting(work, request) is None:
        receipts.arrive(work, request)
    journal.record(work, "assist.passed", request.ref, {"kind": step.kind, "state": request.state})


def refuse(work: Work, request: AssistRequest, reason: str) -> None:
    """Send a request back for good, with the reason. Raises as `confirm`, and InvalidAnswers without a reason."""
    step = _turn(work, request)
    if not reason.strip():
        raise InvalidAnswers({"reason": _("Give the reason; the agency that started it reads it.")})
    step.outcome, step.done_by, step.done_at = REFUSED, work.actor.person(), work.now
    request.state, request.closed_at = REFUSED, work.now
    work.session.flush()
    sides.say(work, request, REFUSAL, note=reason.strip())
    journal.record(work, "assist.refused", request.ref, {"kind": step.kind})


def waiting(work: Work, request: AssistRequest) -> AssistStep | None:
    """The office whose turn it is, None where the request waits for nobody on its way."""
    if request.state != ON_ITS_WAY:
        return None
    return next((step for step in sides.steps_of(work, request) if step.outcome is None), None)


def _turn(work: Work, request: AssistRequest) -> AssistStep:
    sides.must(work, request, "assist.confirm", PASSING)
    step = waiting(work, request)
    if step is None:
        raise Conflict(_("This request waits for no office on its way."), clause="LN-06")
    if step.org_id != work.actor.org_id:
        raise NotPermitted(
            _("It is the turn of “%(office)s”; no tier is left out.", office=sides.office(work, step.org_id).name),
            clause=CLAUSES[step.kind],
        )
    if work.actor.user_id == request.opened_by:
        raise NotPermitted(_("Who started a request does not let it pass."), clause=CLAUSES[step.kind])
    return step
