"""Which tasks a batch is done to: those chosen on a page, or all that meet the filter of a list, frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from domain.cases import Case
from domain.errors import Conflict
from domain.text import gettext as _
from domain.work import Work
from tasks.finding import filters
from tasks.finding.filters import Filter
from tasks.rows.models import OPEN, HumanTask
from tasks.rules import supervised, task_scope

MOST = 10_000
AT_ONCE = 500  # refs in one statement


@dataclass(frozen=True, slots=True)
class TaskChoice:
    """refs: the chosen ones; empty: all that meet the filter. office: of the people the actor is the head of, else the
    actor's own tasks and those they may claim."""

    asked: Filter = field(default_factory=Filter)
    refs: tuple[str, ...] = ()
    office: bool = False

    def kept(self) -> dict[str, Any]:
        """What is kept of it with the batch; chosen refs by their number, the filter by what it narrows."""
        if self.refs:
            return {"tasks": len(self.refs)}
        return {name: value for name, value in filters.words(self.asked, "all").items() if name not in ("page", "sort")}

    @classmethod
    def of(cls, asked: Filter, refs: Sequence[str], *, office: bool) -> TaskChoice:
        """Chosen refs, or none for all that meet the filter; the place in the list is left out."""
        return cls(replace(asked, page=1), tuple(dict.fromkeys(refs))[: MOST + 1], office)


def frozen(work: Work, chosen: TaskChoice) -> Sequence[tuple[int, int]]:
    """Keys of case and task, in the order everybody locks them. Raises Conflict for none or more than 10,000.

    Uses what the list uses: ix_human_task_inbox, ix_human_task_assignee; chosen ones uq_human_task_ref.
    """
    found = _chosen(work, chosen) if chosen.refs else _matching(work, chosen, MOST + 1)
    if not found:
        raise Conflict(_("There is no task here to which anything could be done."))
    if len(found) > MOST:
        raise Conflict(_("More than %(most)s tasks meet this filter. Narrow it.", most=f"{MOST:,}"))
    return sorted(found)


def count(work: Work, chosen: TaskChoice) -> int:
    """How many that are, at most one more than can be frozen."""
    return len(_chosen(work, chosen) if chosen.refs else _matching(work, chosen, MOST + 1))


def offices(work: Work, chosen: TaskChoice) -> list[int]:
    """Keys of the offices whose people do these tasks."""
    found: set[int] = set()
    tasks = [task for _case, task in frozen(work, chosen)]
    for start in range(0, len(tasks), AT_ONCE):
        part = tasks[start : start + AT_ONCE]
        found |= set(work.session.scalars(select(HumanTask.org_id).where(HumanTask.id.in_(part)).distinct()))
    return sorted(found)


def _matching(work: Work, chosen: TaskChoice, most: int) -> list[tuple[int, int]]:
    wanted = (
        select(HumanTask.case_id, HumanTask.id)
        .join(Case, Case.id == HumanTask.case_id)
        .where(HumanTask.state.in_(OPEN), _scope(work, chosen), *filters.narrowed(work, chosen.asked))
        .limit(most)
    )
    return [(case, task) for case, task in work.session.execute(wanted)]


def _chosen(work: Work, chosen: TaskChoice) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start in range(0, len(chosen.refs), AT_ONCE):
        wanted = (
            select(HumanTask.case_id, HumanTask.id)
            .join(Case, Case.id == HumanTask.case_id)
            .where(HumanTask.ref.in_(chosen.refs[start : start + AT_ONCE]), seen(work))
        )
        found += [(case, task) for case, task in work.session.execute(wanted)]
    return found


def seen(work: Work) -> ColumnElement[bool]:
    """Tasks the actor may see: their own, those they may claim, and of whomever they are the head."""
    return or_(task_scope(work.actor), supervised(work.actor))


def _scope(work: Work, chosen: TaskChoice) -> ColumnElement[bool]:
    return supervised(work.actor) if chosen.office else task_scope(work.actor)
