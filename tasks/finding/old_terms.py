"""Terms of names and notes that are older than the table of terms: made by the worker after an upgrade, some at a time.

Each chunk plans the next one in its own transaction, so a worker that is killed goes on where it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from domain import agenda, finding
from domain.parties import households
from domain.parties.households import Household, Person
from domain.work import Work
from tasks.rows.models import HumanTask, TaskComment

KIND = "terms.fill"
PEOPLE, NOTES = "person", "note"
CHUNK = 400


def fill_some(work: Work, payload: Mapping[str, Any]) -> None:
    """Make the terms of the next people or notes after a key, and plan those behind them. payload: {"of", "after"}."""
    of, after = str(payload.get("of", PEOPLE)), int(payload.get("after", 0))
    last = _people(work, after) if of == PEOPLE else _notes(work, after)
    if last is not None:
        _plan(work, of, last)
    elif of == PEOPLE:
        _plan(work, NOTES, 0)


def _plan(work: Work, of: str, after: int) -> None:
    agenda.put(work, KIND, f"{KIND}:{of}:{after}", work.now, payload={"of": of, "after": after})


def _people(work: Work, after: int) -> int | None:
    wanted = select(Person, Household.department_id).join(Household, Household.id == Person.household_id)
    rows = work.session.execute(wanted.where(Person.id > after).order_by(Person.id).limit(CHUNK)).all()
    for person, department in rows:
        finding.learn_name(work, person.household_id, department, households.name_of(work, person))
    return rows[-1][0].id if rows else None


def _notes(work: Work, after: int) -> int | None:
    wanted = select(TaskComment, HumanTask.org_id).join(HumanTask, HumanTask.id == TaskComment.task_id)
    rows = work.session.execute(wanted.where(TaskComment.id > after).order_by(TaskComment.id).limit(CHUNK)).all()
    for note, office in rows:
        finding.learn_note(work, note.case_id, office, work.home.vault.open("task_comment.body", note.ref, note.body))
    return rows[-1][0].id if rows else None
