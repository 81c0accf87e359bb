"""Statements that every move of a case with inbox columns sends, written out once: composing one costs more than
sending it."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite

from domain.prepared import Prepared
from tasks.rows.finding_models import TaskValue
from tasks.rows.models import OPEN, HumanTask

_IS_OPEN: list[ColumnElement[Any]] = [literal_column(f"'{one}'") for one in OPEN]
OTHERS = Prepared(
    select(HumanTask.id, HumanTask.org_id).where(
        HumanTask.case_id == bindparam("case"), HumanTask.state.in_(_IS_OPEN), HumanTask.id != bindparam("task")
    )
)
PAST = Prepared(
    delete(TaskValue).where(
        TaskValue.case_id == bindparam("case"), TaskValue.open.is_(False), TaskValue.key == bindparam("key")
    )
)


EARLIER = Prepared(
    select(TaskValue.ref, TaskValue.key, TaskValue.kind, TaskValue.value, TaskValue.sealed)
    .where(TaskValue.case_id == bindparam("case"))
    .order_by(TaskValue.id)
)
_OVER = select(HumanTask.id).where(HumanTask.case_id == bindparam("case"), HumanTask.state.not_in(_IS_OPEN))
CLOSED = Prepared(
    update(TaskValue)
    .where(TaskValue.case_id == bindparam("case"), TaskValue.open, TaskValue.task_id.in_(_OVER))
    .values(open=False)
)


@cache
def newer(database: str) -> Prepared:
    """Writes a value, in place of what the column said before. Written once: composing costs more than sending."""
    made = (postgresql.insert if database == "postgresql" else sqlite.insert)(TaskValue)
    names = ("ref", "kind", "value", "sealed", "open")
    said = {name: getattr(made.excluded, name) for name in names}
    written = made.on_conflict_do_update(index_elements=["task_id", "key"], set_=said)
    return Prepared(written, ("ref", "task_id", "case_id", "org_id", "key", "kind", "value", "sealed", "open"))
