"""The page of a recomputation: which due days moved with the calendar, from where to where, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from domain.cases import Case
from domain.errors import NotFound
from domain.parties import permissions
from domain.text import gettext as _
from domain.work import Work
from tasks.rows.models import HumanTask
from tasks.rows.term_models import KEPT, MOVED, TermMove, TermRun

SIZE = 50


@dataclass(frozen=True, slots=True)
class Moved:
    """A due day. task_ref: of the step, "" for the case's own limit or a question to a source."""

    case_ref: str
    number: str
    task_ref: str
    name: str
    name_en: str
    subject: str
    kept: bool
    old_at: datetime
    new_at: datetime
    computed_at: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """A recomputation. mine: due days of the actor's office that moved, that stand all the same."""

    ref: str
    before: str
    version: str
    state: str
    began_at: datetime
    done_at: datetime | None
    looked: int
    moved: int
    kept: int
    mine: tuple[int, int]
    rows: Sequence[Moved]
    following: int


def page(work: Work, ref: str, after: int = 0) -> Run:
    """A run with the due days of the actor's office. Raises NotPermitted, NotFound. Uses ix_term_move_org_id."""
    permissions.must(work.actor, "term.read")
    made = work.session.scalars(select(TermRun).where(TermRun.ref == ref)).first()
    if made is None:
        raise NotFound(_("There is no such recomputation."))
    own = (TermMove.run_id == made.id) & (TermMove.org_id == work.actor.org_id)
    counted = work.session.execute(select(TermMove.outcome, func.count()).where(own).group_by(TermMove.outcome))
    counts = {outcome: count for outcome, count in counted}  # noqa: C416  dict() takes a Result for a mapping
    found = work.session.execute(
        select(TermMove, Case, HumanTask)
        .join(Case, Case.id == TermMove.case_id)
        .join(HumanTask, HumanTask.id == TermMove.task_id, isouter=True)
        .where(own, TermMove.id > after)
        .order_by(TermMove.id)
        .limit(SIZE + 1)
    ).all()
    rows = [
        Moved(
            case.ref, case.number or case.ref[-6:], *_step(task), move.subject, move.outcome == KEPT, move.old_at,
            move.new_at, move.computed_at,
        )
        for move, case, task in found[:SIZE]
    ]  # fmt: skip
    return Run(
        made.ref, made.before, made.version, made.state, made.began_at, made.done_at, made.looked, made.moved,
        made.kept, (counts.get(MOVED, 0), counts.get(KEPT, 0)), rows,
        found[SIZE - 1][0].id if len(found) > SIZE else 0,
    )  # fmt: skip


def _step(task: HumanTask | None) -> tuple[str, str, str]:
    return (task.ref, task.name, task.name_en) if task is not None else ("", "", "")
