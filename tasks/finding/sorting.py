"""A list in another order than by due day: by age, step or a column of the inbox, either way round.

Only the order by due day lies in an index for everybody's scope. In any other a whole province would be sorted to show
a page, so that is done with no more than MOST tasks; a longer list stays in the order of its due days, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select

from domain.work import Work
from tasks import inbox_columns
from tasks.finding import branches
from tasks.finding.branches import Rows, Where
from tasks.finding.filters import BACKWARDS, BY_DUE, VALUE
from tasks.rows.finding_models import TEXT, TaskValue
from tasks.rows.models import HumanTask

MOST = 1_000
_BY = {"due": HumanTask.due_at, "opened": HumanTask.opened_at, "name": HumanTask.name}


def possible(total: int, more: bool) -> bool:
    """Whether a list of so many tasks is sorted otherwise than by due day."""
    return total <= MOST and not more


def orders(columns: Sequence[inbox_columns.Column]) -> list[inbox_columns.Column]:
    """The columns that a list can be sorted by: a text is sealed, its order is nobody's to know."""
    return [one for one in columns if one.kind != TEXT]


def known(work: Work, sort: str, total: int, more: bool) -> str:
    """The order that a list of so many tasks has when this one is asked for."""
    if sort == BY_DUE or not possible(total, more):
        return BY_DUE
    said = sort.removeprefix(BACKWARDS)
    declared = {VALUE + one.key for one in orders(inbox_columns.columns(work))}
    return sort if said in _BY or said in declared else BY_DUE


def few(
    branches_of: Sequence[Where], narrowed: Sequence[ColumnElement[bool]], led: branches.Led | None, sort: str
) -> Rows:
    """Keys of the tasks of a list of no more than MOST, in an order that `known` said. Without a value they stand last.

    The tasks are found as they are counted (`branches.some`: ix_human_task_inbox, ix_human_task_assignee,
    ix_task_value_open), their values by uq_task_value_task_id_key.
    """
    found = branches.some(branches_of, narrowed, MOST, led).limit(MOST).subquery()
    said, backwards = sort.removeprefix(BACKWARDS), sort.startswith(BACKWARDS)
    wanted: Select[*tuple[Any, ...]] = select(HumanTask.id).join(found, found.c.id == HumanTask.id)
    place: Any = _BY.get(said, TaskValue.value)
    if said not in _BY:
        of_column = and_(TaskValue.task_id == HumanTask.id, TaskValue.key == said.removeprefix(VALUE))
        wanted = wanted.outerjoin(TaskValue, of_column)
    ordered = (place.desc() if backwards else place.asc()).nulls_last()
    return wanted.order_by(ordered, *branches.order())
