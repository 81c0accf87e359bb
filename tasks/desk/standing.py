"""How a task stands, as the top of its page says it: state, in whose hands and for whom, until when, and what is usual
to do with it there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from domain.cases import Case
from domain.text import Text
from domain.work import Work
from tasks import bonds, incidents, life
from tasks.life import Offer
from tasks.rows.models import CREATED, ERROR, HELD, READY, SUSPENDED, HumanTask
from workflows.instances import Incident

# what stands near the form, by state; all else is behind "More…"
USUAL: dict[str, tuple[str, ...]] = {
    CREATED: (life.NOMINATE,),
    READY: (life.ASSIGN,),
    **dict.fromkeys(HELD, (life.HAND_BACK, life.RECALL, life.ASSIGN, life.SUSPEND, life.DELEGATE)),
    SUSPENDED: (life.RESUME,),
    ERROR: (life.MEND, life.ASSIGN),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """held_for: whom the holder stands in for; owner: who delegated it; both "" for nobody. lent: the actor holds it in
    the place of `holder`; for_me: somebody holds it in the actor's. until: when a task put off comes back.

    usual: operations that the actor may do and that stand near the form. fault: why a task is in error.
    """

    state: str
    priority: int
    holder: str
    since: datetime | None
    held_for: str
    owner: str
    until: datetime | None
    usual: Sequence[Offer]
    fault: object = ""
    failed_at: datetime | None = None
    lent: bool = False
    for_me: bool = False

    @property
    def title(self) -> Text:
        """The state in words."""
        return life.STATES[self.state]


def of(work: Work, task: HumanTask, case: Case, holder: str, held_for: str, owner: str) -> Standing:
    """How a task stands. One SELECT more where it is in error."""
    bond = bonds.of(work, task, case)
    allowed = {one.operation: one for one in life.offers(task.state, bond.relations, {}) if one.allowed}
    if task.owner_id is not None:
        allowed.pop(life.DELEGATE, None)
    else:
        allowed.pop(life.HAND_BACK, None)
    if life.HOLDER in bond.relations:
        allowed.pop(life.ASSIGN, None)
    usual = [allowed[one] for one in USUAL.get(task.state, ()) if one in allowed and case.suspended_at is None]
    fault, failed_at = _fault(work, task) if task.state == ERROR else ("", None)
    return Standing(
        task.state, task.priority, holder, task.claimed_at, held_for, owner, task.suspended_until, usual, fault,
        failed_at, lent=life.HOLDER in bond.relations and task.assignee_id != work.actor.user_id,
        for_me=task.held_for is not None and task.held_for == work.actor.user_id,
    )  # fmt: skip


def _fault(work: Work, task: HumanTask) -> tuple[object, datetime | None]:
    """What is known of the failure behind a task in error. Uses ix_incident_case_id."""
    found = work.session.scalars(
        select(Incident)
        .where(Incident.case_id == task.case_id, Incident.token == task.token, Incident.closed_at.is_(None))
        .order_by(Incident.id.desc())
        .limit(1)
    ).first()
    return ("", None) if found is None else (incidents.why_of(found), found.opened_at)
