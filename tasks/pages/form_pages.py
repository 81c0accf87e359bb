"""The form of a task alone, for whatever is sent to it: what the task's page shows beside its form is not read.

A form that is refused is shown on its page again, which is read only then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import or_, select

from domain import rules
from domain.cases import Case
from domain.errors import NotFound
from domain.parties.households import Household
from domain.policy_shipped import Rules
from domain.text import gettext as _
from domain.work import Work
from tasks import form_facts, pinned_forms
from tasks.cases import briefs, followed
from tasks.cases.briefs import Member
from tasks.desk import drafts
from tasks.pages import options, pages
from tasks.pages.pages import GuardianView
from tasks.rows.models import COMPLETED, HumanTask
from tasks.rules import is_mine, supervised, task_scope
from workflows import definitions, form_revisions
from workflows.definitions import DefinitionRow
from workflows.form_revisions import Former
from workflows.forms import FormSpec
from workflows.instances import CaseState

# sources that name members of the household
OF_PEOPLE = frozenset({"members", "guardians", "recheck_items", "name_hints"})


@dataclass(frozen=True, slots=True)
class FormPage:
    """A task's form with what fills it. mine: the actor holds the task; values: draft, or the answers once completed
    (S3); facts: what the form's expressions know of the case's files."""

    ref: str
    case_ref: str
    mine: bool
    revision: int
    page: str
    form: FormSpec
    former: Former
    values: Mapping[str, Any] = field(repr=False)
    members: Sequence[Member] = field(repr=False)
    guardians: Sequence[GuardianView] = field(repr=False)
    facts: Mapping[str, Mapping[str, Any]] = field(repr=False)
    law: Rules = field(repr=False)

    def overtakes(self, stand: drafts.Stand | None) -> bool:
        """True when a page that stands there does not know of the draft."""
        return drafts.overtakes(self.revision, self.page, stand)


def form_page(work: Work, ref: str) -> FormPage:
    """The form of a task that the actor may see on its page; two SELECTs, and those for what the form offers.

    Raises NotFound.
    """
    row = work.session.execute(
        select(HumanTask, Case, DefinitionRow, Household)
        .join(Case, Case.id == HumanTask.case_id)
        .join(CaseState, CaseState.case_id == Case.id)
        .join(DefinitionRow, DefinitionRow.id == CaseState.definition_id)
        .join(Household, Household.id == Case.household_id, isouter=True)
        .where(HumanTask.ref == ref, or_(task_scope(work.actor), supervised(work.actor)))
    ).first()
    if row is None:
        raise NotFound(_("There is no such task for you."))
    task, case, household = row[0], row[1], row[3]
    definition = definitions.by_id(work, row[2].id)
    form = pinned_forms.form_of(work, task, definition)
    values = followed.answers_of(work, task) if task.state == COMPLETED else drafts.of(work, task)
    people = household if options.asked(form) & OF_PEOPLE else None
    return FormPage(
        ref=task.ref,
        case_ref=case.ref,
        mine=is_mine(task, work.actor),
        revision=task.draft_revision or 0,
        page=task.draft_page or "",
        form=form,
        former=form_revisions.former_options(work, definition, form, values),
        values=values,
        members=briefs.members(work, people),
        guardians=pages.guardians(work, people),
        facts=form_facts.of_case(work, case.id, form),
        law=rules.current(work),
    )
