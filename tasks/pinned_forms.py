"""The form of a task: the revision that it took when it opened, which its answers were given on (walls 6)."""

from __future__ import annotations

from collections.abc import Iterable

from domain.work import Work
from tasks.rows.models import HumanTask
from workflows import form_revisions
from workflows.definitions import Definition
from workflows.forms import FormSpec


def form_of(work: Work, task: HumanTask, definition: Definition | None = None) -> FormSpec:
    """The form that a task shows, takes or was answered on. definition: the version of its case, if it is at hand."""
    return form_revisions.of_digest(work, task.form_key, task.form_digest, definition)


def learn(work: Work, tasks: Iterable[HumanTask], definition: Definition) -> None:
    """Read the forms of many tasks of a case at once, so that `form_of` asks for none of them."""
    form_revisions.learn(work, ((one.form_key, one.form_digest) for one in tasks), definition)
