"""Many cases that stand where one stands, and their open tasks: rows written at once, for lists and batches."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select

from domain import journal
from domain.base import new_ref, reserve_keys
from domain.cases import Case
from domain.work import OPERATOR, Work, unit_of_work
from tasks.rows.models import OPEN, HumanTask
from tests.homes import Office
from workflows.instances import CaseState


def copies(office: Office, case_ref: str, count: int, **columns: Any) -> list[str]:
    """That many more cases like one, each with its open task. Returns refs of the tasks, in the order of the cases.

    columns: of the tasks that are other than the first one's. The due days lie a minute apart.
    """
    with unit_of_work(office.home, OPERATOR) as work:
        case = work.session.scalars(select(Case).where(Case.ref == case_ref)).one()
        state = work.session.get_one(CaseState, case.id)
        task = work.session.scalars(
            select(HumanTask).where(HumanTask.case_id == case.id, HumanTask.state.in_(OPEN)).order_by(HumanTask.id)
        ).first()
        assert task is not None
        keys = reserve_keys(work.session, Case, count)
        refs = [new_ref() for _key in keys]
        plain = _row(case)
        cases = [
            {**plain, "id": key, "ref": ref, "number": f"{case.number}-{key:04d}"}
            for key, ref in zip(keys, refs, strict=True)
        ]
        work.session.execute(insert(Case), cases)
        work.session.execute(insert(CaseState), [{**_row(state), "case_id": key} for key in keys])
        _tasks(work, task, keys, columns)
        for ref in refs:
            journal.of_case(work, ref, "case.started", ref)
        made = select(HumanTask.ref).where(HumanTask.case_id.in_(keys)).order_by(HumanTask.case_id)
        return list(work.session.scalars(made))


def _tasks(work: Work, task: HumanTask, cases: list[int], columns: dict[str, Any]) -> None:
    plain = {name: value for name, value in _row(task).items() if name != "id"}
    rows = [
        {**plain, "ref": new_ref(), "case_id": key, "draft": None, "draft_at": None,
         "due_at": task.due_at + timedelta(minutes=place) if task.due_at is not None else None, **columns}
        for place, key in enumerate(cases)
    ]  # fmt: skip
    work.session.execute(insert(HumanTask), rows)


def _row(of: Any) -> dict[str, Any]:
    return {column.key: getattr(of, column.key) for column in of.__mapper__.column_attrs}
