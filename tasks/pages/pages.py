"""What the task page shows, read at once: the task, its case in brief, papers, earlier opinions, the legal clock.

Everything is scoped before it is read; the number of queries does not grow with the data. Values of S3 leave here
for pages only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import ScalarSelect, Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from domain import rules
from domain.assistance import duplicates
from domain.assistance.duplicates import InTheWay
from domain.cases import Case
from domain.errors import NotFound
from domain.parties import permissions
from domain.parties.accounts import Account
from domain.parties.households import Guardian, Household, Person
from domain.parties.organisations import Organisation
from domain.policy_shipped import Rules
from domain.text import gettext as _
from domain.verification.deliveries import Resource
from domain.verification.queries import Query
from domain.work import Work
from tasks import pinned_forms, separation, words
from tasks.cases import briefs, drawings, followed
from tasks.cases.briefs import CaseBrief, Clock, Member
from tasks.cases.drawings import Drawing
from tasks.cases.followed import Compared, FileView, Opinion
from tasks.desk import comments, drafts, form_switching, routing, standing
from tasks.desk.comments import Reader, Remark
from tasks.desk.drafts import Shown
from tasks.desk.form_switching import Newer
from tasks.desk.routing import Explained
from tasks.desk.standing import Standing
from tasks.rows.models import COMPLETED, OVER, READY, HumanTask
from tasks.rules import is_mine, recall_steps, state_of, supervised, task_scope
from workflows import definitions, form_revisions
from workflows.definitions import DefinitionRow
from workflows.form_revisions import Former
from workflows.forms import FormSpec
from workflows.instances import CaseState
from workflows.operations.determinations import DECIDED_AT, REVIEWED_AT


@dataclass(frozen=True, slots=True)
class GuardianView:
    """A registered guardian (name is S3); ward: ref of the person."""

    ref: str
    name: str = field(repr=False)
    relation: str
    ward: str


@dataclass(frozen=True, slots=True)
class TaskPage:
    """A task with all that helps to do it. returned: what sent it back, None the first time.

    former: what was chosen and the form offers no more; newer: a newer revision of the form. mine: the actor holds
    it; claimable: nobody does, and they may; for_others: it may be done on somebody's behalf (`on_behalf`); values:
    draft, or the answers once completed (S3); readers: whom a remark may tell, asked only where that is drawn;
    in_the_way: what forbids a decision that pays (NM-21), None where nothing is decided.
    """

    ref: str
    version: int
    name: str
    name_en: str
    state: str
    role: str
    round: int
    step_id: str
    subject: str
    mine: bool
    claimable: bool
    for_others: bool
    holder: str
    held_at: datetime | None
    done_by: str
    done_by_me: bool
    done_at: datetime | None
    draft: Shown
    form: FormSpec
    former: Former
    newer: Newer | None
    values: Mapping[str, Any] = field(repr=False)
    case: CaseBrief
    clock: Clock
    files: Sequence[FileView]
    opinions: Sequence[Opinion]
    returned: Opinion | None
    remarks: Sequence[Remark]
    readers: Callable[[], Sequence[Reader]] = field(repr=False, compare=False)
    compared: Compared
    guardians: Sequence[GuardianView]
    about: str
    drawing: Drawing
    standing: Standing
    routing: Explained
    in_the_way: InTheWay | None
    law: Rules = field(repr=False)

    def text(self, english: bool) -> str:
        """The task's name in the language of the page."""
        return self.name_en if english else self.name

    @property
    def case_ref(self) -> str:
        """The case that it belongs to."""
        return self.case.ref

    @property
    def members(self) -> Sequence[Member]:
        """The people of the case's household."""
        return self.case.members

    @property
    def facts(self) -> Mapping[str, Mapping[str, Any]]:
        """What the form's expressions know of the case's files, by ref."""
        return {one.ref: {"name": one.name, "size": one.size, "media": one.media_type} for one in self.files}


def task_page(work: Work, ref: str, *, english: bool = False) -> TaskPage:
    """The page of a task: one's own, one that could be, or one of people whose head one is. Raises NotFound."""
    row = work.session.execute(_task(work, ref)).first()
    if row is None:
        raise NotFound(_("There is no such task for you."))
    task, case, household = row[0], row[1], row[2]
    definitions.recall_newest(work, task.process, row[15])
    separation.recall_moved(work, case.id, row[16])
    definition, law = definitions.by_id(work, row[8].id), rules.current(work)
    brief = briefs.brief_of(work, case, household, row[3:6], definition, law)
    holder, done_by = row[6] or "", followed.both(row[7] or "", row[11])
    kin = guardians(work, household)
    form, values = pinned_forms.form_of(work, task, definition), _values(work, task)
    former = form_revisions.former_options(work, definition, form, values)
    known = replace(_names(brief, law, kin, english), former=former)
    recall_steps(work, case.id, definition.diagram.steps)
    said = routing.explain(work, task, case, definition.diagram.steps.get(task.step_id))
    earlier = followed.opinions(work, case, definition, known, english=english)
    return TaskPage(
        **_plain(work, task),
        claimable=said.take and task.state == READY,
        for_others=_for_others(work, task),
        holder=holder,
        done_by=done_by,
        draft=drafts.shown(work, task, row[14] or "", partial(words.in_words, form, names=known, english=english)),
        form=form,
        former=former,
        newer=form_switching.newer(work, task, definition, form, values, known, english=english),
        values=values,
        case=brief,
        clock=briefs.clock_of(work, law, task.due, task.due_at, task.limit_kind),
        files=followed.papers(work, case, definition),
        opinions=[one for one in earlier if one.task_ref != task.ref],
        returned=_returned(task, earlier),
        remarks=comments.of_case(work, case, definition),
        readers=partial(comments.readers, work, case, definition, task),
        compared=followed.compared(work, case, definition),
        guardians=kin,
        about=_about(work, case, task, law, english),
        standing=standing.of(work, task, case, holder, row[12] or "", row[13] or ""),
        routing=said,
        in_the_way=_in_the_way(work, task, case),
        drawing=drawings.of_case(work, case, definition, row[9], incident=row[10], english=english),
        law=law,
    )


def _names(brief: CaseBrief, law: Rules, kin: Sequence[GuardianView], english: bool) -> words.Names:
    """What refs and codes in answers are called on this page."""
    return words.Names(
        {one.person.ref: one.person.name for one in brief.members},
        {code: one.en if english else one.zh for code, one in law.categories.items()},
        {one.ref: one.name for one in kin},
    )


def _plain(work: Work, task: HumanTask) -> dict[str, Any]:
    """What a page takes from the row of its task alone."""
    same = ("ref", "version", "name", "name_en", "state", "role", "round", "step_id", "subject")
    return {
        **{name: getattr(task, name) for name in same},
        "mine": is_mine(task, work.actor),
        "held_at": task.claimed_at,
        "done_by_me": task.completed_by == work.actor.user_id,
        "done_at": task.completed_at,
    }


def _in_the_way(work: Work, task: HumanTask, case: Case) -> InTheWay | None:
    """Said to the department before it decides, not only when it is refused; nobody else learns of payments."""
    decides = task.step_id in (DECIDED_AT, REVIEWED_AT) and task.state not in OVER
    return duplicates.in_the_way(work, case) if decides and work.actor.org_id == case.department_id else None


def _for_others(work: Work, task: HumanTask) -> bool:
    may = permissions.may(work.actor, "task.complete_for", permissions.OFFICE, state_of(task))
    return may and task.org_id == work.actor.org_id and not is_mine(task, work.actor)


def _task(work: Work, ref: str) -> Select[*tuple[Any, ...]]:
    return _whole().where(HumanTask.ref == ref, or_(task_scope(work.actor), supervised(work.actor)))


@cache
def _whole() -> Select[*tuple[Any, ...]]:
    """Everything of a task's page that one row holds; written once, for an alias costs more than sending it.

    Names of people are questions of their own within it: as six joins more they took PostgreSQL 10 ms to plan.
    """
    department, agency, town = aliased(Organisation), aliased(Organisation), aliased(Organisation)
    return (
        select(
            HumanTask,
            Case,
            Household,
            department,
            agency,
            town,
            _name_of(HumanTask.assignee_id),
            _name_of(HumanTask.completed_by),
            DefinitionRow,
            CaseState.marks,
            drawings.troubled(),
            _name_of(HumanTask.done_for),
            _name_of(HumanTask.held_for),
            _name_of(HumanTask.owner_id),
            _name_of(HumanTask.draft_by),
            definitions.ref_in_force(DefinitionRow.process),
            separation.ever_moved(Case.id),
        )
        .join(Case, Case.id == HumanTask.case_id)
        .join(CaseState, CaseState.case_id == Case.id)
        .join(DefinitionRow, DefinitionRow.id == CaseState.definition_id)
        .join(Household, Household.id == Case.household_id, isouter=True)
        .join(department, department.id == Case.department_id)
        .join(agency, agency.id == Case.agency_id)
        .join(town, town.id == Case.town_id, isouter=True)
    )


def _name_of(person: InstrumentedAttribute[int | None]) -> ScalarSelect[str]:
    return select(Account.name).where(Account.id == person).correlate(HumanTask).scalar_subquery()


def guardians(work: Work, household: Household | None) -> list[GuardianView]:
    """The registered guardians of a household's members; one query."""
    if household is None:
        return []
    rows = work.session.execute(
        select(Guardian, Person.ref)
        .join(Person, Person.id == Guardian.ward_id)
        .where(Person.household_id == household.id)
        .order_by(Guardian.id)
    )
    vault = work.home.vault
    return [
        GuardianView(one.ref, vault.open("guardian.name", one.ref, one.name), one.relation, ward) for one, ward in rows
    ]


def _returned(task: HumanTask, earlier: Sequence[Opinion]) -> Opinion | None:
    """What sent this task back: the newest step completed by others after its own last round."""
    if task.round < 2 or task.state == COMPLETED:
        return None
    newest = next(iter(earlier), None)
    own = any(one.step == task.name for one in earlier)
    return newest if newest is not None and own and newest.step != task.name else None


def _about(work: Work, case: Case, task: HumanTask, law: Rules, english: bool) -> str:
    """What a task of a loop over queries is about: category and source; "" for other tasks."""
    if not task.subject:
        return ""
    row = work.session.execute(
        select(Query.category, Organisation)
        .join(Resource, Resource.id == Query.resource_id)
        .join(Organisation, Organisation.id == Resource.supplier_id)
        .where(Query.ref == task.subject, Query.case_id == case.id)
    ).first()
    if row is None:
        return ""
    known = law.categories.get(row[0])
    name = (known.en if english else known.zh) if known is not None else row[0]
    return f"{name} · {row[1].name_en if english else row[1].name}"


def _values(work: Work, task: HumanTask) -> Mapping[str, Any]:
    return followed.answers_of(work, task) if task.state == COMPLETED else drafts.of(work, task)
