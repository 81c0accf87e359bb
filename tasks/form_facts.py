"""What the expressions of a task's form are decided with: the office's instant, name and size of the case's files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from domain import files
from domain.cases import Case
from domain.clock import OFFICE_ZONE
from domain.errors import NotFound
from domain.files import StoredFile
from domain.text import gettext as _
from domain.work import Work
from tasks import life, pinned_forms, rules
from tasks.rows.models import HumanTask
from workflows.forms import FormSpec


def instant(work: Work) -> datetime:
    """Legal time on the office's wall, so that today() is the office's day."""
    return work.now.astimezone(OFFICE_ZONE)


def of_case(work: Work, case_id: int, form: FormSpec) -> Mapping[str, Mapping[str, Any]]:
    """ref -> name (S3), size in bytes and type of every file of the case; empty when the form asks for none."""
    if not form.asks_files():
        return {}
    found = work.session.scalars(select(StoredFile).where(StoredFile.case_id == case_id))
    return {one.ref: {"name": files.name_of(work, one), "size": one.size, "media": one.media_type} for one in found}


def held(work: Work, ref: str) -> tuple[FormSpec, int]:
    """The form of a task that the actor holds, and the key of its case. Raises NotFound, NotPermitted."""
    row = work.session.execute(
        select(HumanTask, Case)
        .join(Case, Case.id == HumanTask.case_id)
        .where(HumanTask.ref == ref, rules.task_scope(work.actor))
    ).first()
    if row is None:
        raise NotFound(_("There is no such task for you."))
    task: HumanTask = row[0]
    rules.must_hold(work, task, row[1], life.DRAFT)
    return pinned_forms.form_of(work, task), task.case_id
