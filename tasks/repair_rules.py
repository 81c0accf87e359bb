"""Who may repair a case: the head of the office whose people do the step, and nobody who has a part in it.

A repair is judged like the work it stands for: the head of an agency moves no step of the department (LF-17), the head
of a department none of the agency (LF-26); who holds a task of the case, or did the other half of a pair of eyes,
leaves it to a colleague.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from domain.cases import CANCELLED, DONE, Case
from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.parties import permissions
from domain.text import Name
from domain.text import gettext as _
from domain.work import Work
from tasks import line, separation
from tasks.rows.models import HELD, HumanTask
from workflows.definitions import Definition

LONGEST_REASON = 1_000


def reason_of(text: str) -> str:
    """The reason, stripped. Raises InvalidAnswers for none and for an essay."""
    reason = text.replace("\x00", "").strip()
    if not reason:
        raise InvalidAnswers({"reason": _("Say why; the reason is kept with the case.")})
    if len(reason) > LONGEST_REASON:
        raise InvalidAnswers({"reason": _("At most %(most)s characters.", most=LONGEST_REASON)})
    return reason


def must_repair(work: Work, case: Case) -> None:
    """The actor is a head of one of the case's offices and has no open part in it. Raises NotPermitted, Conflict."""
    permissions.must(work.actor, "case.repair", permissions.relation_to_case(work.actor, case))
    if case.state in (DONE, CANCELLED):
        raise Conflict(_("This case is closed already."))
    must_hold_nothing(work, case)


def must_hold_nothing(work: Work, case: Case) -> None:
    """The actor holds no task of the case. Raises NotPermitted."""
    held = select(HumanTask.name, HumanTask.name_en).where(
        HumanTask.case_id == case.id, HumanTask.state.in_(HELD), HumanTask.assignee_id == work.actor.user_id
    )
    mine = work.session.execute(held.limit(1)).first()
    if mine is not None:
        raise NotPermitted(_("You hold “%(step)s” of this case. Give it back first, or let a colleague repair it.",
                             step=Name(*mine)))  # fmt: skip


def must_touch(work: Work, case: Case, definition: Definition, steps: Iterable[str], *, back: bool = False) -> None:
    """Each of these steps is the business of the actor's office, and no pair of eyes of the actor's. NotPermitted.

    back: a move is taken back; whoever let the step pass by it may, because the step is then done after all.
    """
    drawn = definition.diagram.steps
    touched = {step_id for step_id in steps if step_id in drawn}
    for step_id in sorted(touched):
        step = drawn[step_id]
        if any(_head(case, role) != work.actor.org_id for role in step.roles):
            raise NotPermitted(
                _(
                    "“%(step)s” is done by people of another office; its head repairs it.",
                    step=Name(step.name or step_id, step.name_en),
                )
            )
        must_be_apart(work, case, definition, step_id, work.actor.user_id, back=back)


def _head(case: Case, role: str) -> int:
    """The office whose head answers for a role's steps: the agency for its own, the department for the rest."""
    return case.agency_id if line.office_of(case, role) == case.agency_id else case.department_id


def must_be_apart(
    work: Work, case: Case, definition: Definition, step_id: str, account_id: int | None, *, back: bool = False
) -> None:
    """Nobody acts on a step that separation of duties keeps them from. Raises NotPermitted."""
    separation.must_be_apart(work, case, definition.diagram.steps, step_id, [account_id], back=back)
