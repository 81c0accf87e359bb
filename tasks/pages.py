"""What the task page shows, read at once: the task, its case in brief, papers, earlier opinions, the legal clock.

Everything is scoped before it is read; at most ten queries whatever the data. Values of S3 leave here for pages only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from domain import files, rules
from domain.cases import Case
from domain.errors import NotFound
from domain.files import StoredFile
from domain.parties import households, permissions
from domain.parties.accounts import Account
from domain.parties.households import Guardian, Household, Person, PersonView
from domain.parties.organisations import Organisation
from domain.policy_shipped import Rules
from domain.text import gettext as _
from domain.verification import authorisations, comparison, doubts, reports
from domain.verification.comparison import LineView
from domain.verification.deliveries import Resource
from domain.verification.doubts import DoubtView
from domain.verification.queries import Query
from domain.verification.reports import Report
from domain.work import Actor, Work
from domain.workdays import Derivation, Step
from tasks import desk, queues, words
from tasks.line import AGENCY_ROLES
from tasks.models import COMPLETED, READY, HumanTask, TaskAttachment, TaskComment
from tasks.rules import is_mine, task_scope
from workflows import definitions
from workflows.definitions import Definition, DefinitionRow
from workflows.forms import FormSpec
from workflows.instances import CaseState


@dataclass(frozen=True, slots=True)
class Office:
    """An office by its two names."""

    name: str
    name_en: str

    def text(self, english: bool) -> str:
        """The name in the language of the page."""
        return self.name_en or self.name if english else self.name


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the household and the day of the authorisation that holds today, None without one."""

    person: PersonView
    authorised_on: date | None


@dataclass(frozen=True, slots=True)
class FileView:
    """A paper: who handed it in at which step, name (S3), size in bytes. `field` is the form's field, "" for none."""

    ref: str
    name: str = field(repr=False)
    size: int
    media_type: str
    at: datetime
    field: str
    task_ref: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody answered at an earlier step, in words (S3)."""

    task_ref: str
    step: str
    step_en: str
    who: str
    at: datetime
    round: int
    lines: Sequence[tuple[str, str]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment (S3)."""

    who: str
    at: datetime
    step: str
    step_en: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Paper:
    """A report or doubt list of the case; readable once it is signed."""

    ref: str
    number: str
    kind: str
    state: str
    at: datetime
    readable: bool


@dataclass(frozen=True, slots=True)
class Clock:
    """A legal limit as a sum: kind STATUTORY, INTERNAL or NONE, its clause, its steps."""

    due_at: datetime | None
    left: int | None
    kind: str
    source: str
    steps: Sequence[Step] = ()


@dataclass(frozen=True, slots=True)
class CaseBrief:
    """A case as the head of a page says it. members: without those who left; address is S3."""

    ref: str
    number: str
    kind: str
    state: str
    stage: str
    programme: str
    applicant: str = field(repr=False)
    department: Office
    agency: Office
    town: Office | None
    household: str
    address: str = field(repr=False)
    members: Sequence[Member]
    process: str
    process_en: str
    version: int
    opened_at: datetime
    clock: Clock


@dataclass(frozen=True, slots=True)
class TaskPage:
    """A task with all that helps to do it. returned: what sent it back, None the first time.

    mine: the actor holds it; claimable: nobody does; values: draft, or the answers once completed (S3).
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
    holder: str
    held_at: datetime | None
    done_by: str
    done_at: datetime | None
    draft_at: datetime | None
    form: FormSpec
    values: Mapping[str, Any] = field(repr=False)
    case: CaseBrief
    clock: Clock
    files: Sequence[FileView]
    opinions: Sequence[Opinion]
    returned: Opinion | None
    remarks: Sequence[Remark]
    doubts: Sequence[DoubtView]
    lines: Sequence[LineView] = field(repr=False)
    reports: Sequence[Paper]
    about: str
    law: Rules = field(repr=False)

    def text(self, english: bool) -> str:
        """The task's name in the language of the page."""
        return self.name_en if english else self.name


def task_page(work: Work, ref: str, *, english: bool = False) -> TaskPage:
    """The page of a task. Raises NotFound, also for a task of others."""
    row = work.session.execute(_task(work, ref)).first()
    if row is None:
        raise NotFound(_("There is no such task for you."))
    task, case, household = row[0], row[1], row[2]
    definition, law = definitions.by_id(work, row[8].id), rules.current(work)
    versions = reports.all_of(work, case) if is_past(definition, case, "query") else []
    reached = any(reports.reached_department(one) for one in versions)
    brief = brief_of(work, case, household, row[3:6], definition, law)
    holder, done_by = row[6] or "", row[7] or ""
    known = words.Names(
        {one.person.ref: one.person.name for one in brief.members},
        {code: one.en if english else one.zh for code, one in law.categories.items()},
        guardian_names(work, household),
    )
    earlier = opinions(work, case, definition, known, english=english)
    return TaskPage(
        ref=task.ref,
        version=task.version,
        name=task.name,
        name_en=task.name_en,
        state=task.state,
        role=task.role,
        round=task.round,
        step_id=task.step_id,
        subject=task.subject,
        mine=is_mine(task, work.actor),
        claimable=task.state == READY and work.actor.has(task.role) and task.org_id == work.actor.org_id,
        holder=holder,
        held_at=task.claimed_at,
        done_by=done_by,
        done_at=task.completed_at,
        draft_at=task.draft_at,
        form=definition.form(task.form_key),
        values=_values(work, task),
        case=brief,
        clock=clock_of(work, law, task.due, task.due_at, task.limit_kind),
        files=papers(work, case, definition),
        opinions=[one for one in earlier if one.task_ref != task.ref],
        returned=_returned(task, earlier),
        remarks=remarks(work, case, definition),
        doubts=visible_doubts(work, case, reached=reached) if is_past(definition, case, "query") else [],
        lines=visible_lines(work, case, reached) if is_past(definition, case, "query") else [],
        reports=visible_reports(work, case, versions),
        about=_about(work, case, task, law, english),
        law=law,
    )


def is_past(definition: Definition, case: Case, stage: str) -> bool:
    """True when the case has gone beyond a stage of its stepper, or the stepper does not know it."""
    codes = [code for code, *_labels in definition.stages]
    return stage not in codes or case.stage not in codes or codes.index(case.stage) > codes.index(stage)


def _task(work: Work, ref: str) -> Select[*tuple[Any, ...]]:
    department, agency, town = aliased(Organisation), aliased(Organisation), aliased(Organisation)
    holder, finisher = aliased(Account), aliased(Account)
    return (
        select(HumanTask, Case, Household, department, agency, town, holder.name, finisher.name, DefinitionRow)
        .join(Case, Case.id == HumanTask.case_id)
        .join(CaseState, CaseState.case_id == Case.id)
        .join(DefinitionRow, DefinitionRow.id == CaseState.definition_id)
        .join(Household, Household.id == Case.household_id, isouter=True)
        .join(department, department.id == Case.department_id)
        .join(agency, agency.id == Case.agency_id)
        .join(town, town.id == Case.town_id, isouter=True)
        .join(holder, holder.id == HumanTask.assignee_id, isouter=True)
        .join(finisher, finisher.id == HumanTask.completed_by, isouter=True)
        .where(HumanTask.ref == ref, task_scope(work.actor))
    )


def definition_of(work: Work, case_id: int) -> Definition:
    """The version a case runs on, without touching its token state. Raises NotFound."""
    # the row is loaded along, so that the definition finds it in the session
    row = work.session.execute(
        select(CaseState.definition_id, DefinitionRow)
        .join(DefinitionRow, DefinitionRow.id == CaseState.definition_id)
        .where(CaseState.case_id == case_id)
    ).first()
    if row is None:
        raise NotFound(_("This case has no running process."))
    return definitions.by_id(work, row[0])


def brief_of(
    work: Work,
    case: Case,
    household: Household | None,
    offices: Sequence[Organisation | None],
    definition: Definition,
    law: Rules,
) -> CaseBrief:
    """The head of a case: two queries, for its people and for what they signed."""
    people = _members(work, household)
    first = people[0].person.name if people else ""
    department, agency = (Office(one.name, one.name_en) for one in offices[:2] if one is not None)
    town = offices[2]
    return CaseBrief(
        ref=case.ref,
        number=case.number,
        kind=case.kind,
        state=case.state,
        stage=case.stage,
        programme=case.programme,
        applicant=first,
        department=department,
        agency=agency,
        town=Office(town.name, town.name_en) if town is not None else None,
        household=household.number if household is not None else "",
        address=households.address_of(work, household) if household is not None else "",
        members=people,
        process=definition.title,
        process_en=definition.title_en,
        version=definition.number,
        opened_at=case.opened_at,
        clock=clock_of(work, law, case.due, case.due_at, str((case.due or {}).get("kind", rules.NONE))),
    )


def _members(work: Work, household: Household | None) -> list[Member]:
    if household is None:
        return []
    people = households.members(work, household)
    holding = authorisations.holding(work.today).where(households.Person.household_id == household.id)
    signed = {person: on for person, _ref, on in work.session.execute(holding)}
    return [Member(households.view(work, one), signed.get(one.id)) for one in people]


def clock_of(work: Work, law: Rules, due: Mapping[str, Any] | None, due_at: datetime | None, kind: str) -> Clock:
    """The sum behind a due instant; without a derivation only the instant, or no limit at all (X-03)."""
    left = queues.days_left(work, due_at)
    if not due or "day_zero" not in due:
        return Clock(due_at, left, kind if due_at is not None else rules.NONE, "")
    made = Derivation.from_json(due)
    return Clock(due_at, left, kind, made.source, made.explain(law.calendar))


def may_follow(actor: Actor, role: str, stage: str) -> bool:
    """Whether the actor reads what people of `role` answered at a step of `stage`.

    An office's own side reads all of its own. The agency does not read the department's decision (LF-17); the
    department and the town read of the agency only the acceptance and the re-check: its results reach them by
    the delivered report alone (LF-26, LN-09).
    """
    by_agency = role in AGENCY_ROLES
    if actor.org_kind == "agency":
        return by_agency or stage != "decide"
    return not by_agency or stage in ("commission", "dispute", "archive")


def opinions(work: Work, case: Case, definition: Definition, names: words.Names, *, english: bool) -> list[Opinion]:
    """Completed steps the actor may follow, newest first, their answers in words."""
    rows = work.session.execute(
        select(HumanTask, Account.name)
        .join(Account, Account.id == HumanTask.completed_by)
        .where(HumanTask.case_id == case.id, HumanTask.state == COMPLETED)
        .order_by(HumanTask.completed_at.desc(), HumanTask.id.desc())
        .limit(60)
    )
    found = []
    for task, who in rows:
        if task.completed_at is None or not may_follow(work.actor, task.role, stage_of(definition, task)):
            continue
        form = definition.form(task.form_key)
        lines = words.in_words(form, _answers(work, task), names, english=english)
        found.append(Opinion(task.ref, task.name, task.name_en, who, task.completed_at, task.round, tuple(lines)))
    return found


def guardian_names(work: Work, household: Household | None) -> dict[str, str]:
    """Names of the registered guardians of a household's members, by ref; one SELECT."""
    if household is None:
        return {}
    rows = work.session.scalars(
        select(Guardian).join(Person, Person.id == Guardian.ward_id).where(Person.household_id == household.id)
    )
    return {one.ref: work.home.vault.open("guardian.name", one.ref, one.name) for one in rows}


def stage_of(definition: Definition, task: HumanTask) -> str:
    """The stage of the stepper that a task's step lies in, "" for none."""
    step = definition.diagram.steps.get(task.step_id)
    return step.properties.get("stage", "") if step is not None else ""


def _returned(task: HumanTask, earlier: Sequence[Opinion]) -> Opinion | None:
    """What sent this task back: the newest step completed by others after its own last round."""
    if task.round < 2 or task.state == COMPLETED:
        return None
    newest = next(iter(earlier), None)
    own = any(one.step == task.name for one in earlier)
    return newest if newest is not None and own and newest.step != task.name else None


def papers(work: Work, case: Case, definition: Definition) -> list[FileView]:
    """Files handed in with the case's tasks that the actor may see, oldest first."""
    rows = work.session.execute(
        select(StoredFile, TaskAttachment.field, HumanTask)
        .join(TaskAttachment, TaskAttachment.file_id == StoredFile.id)
        .join(HumanTask, HumanTask.id == TaskAttachment.task_id)
        .where(StoredFile.case_id == case.id)
        .order_by(StoredFile.id)
        .limit(200)
    )
    return [
        FileView(
            file.ref, files.name_of(work, file), file.size, file.media_type, file.uploaded_at, named, task.ref,
            file.purpose,
        )
        for file, named, task in rows
        if may_follow(work.actor, task.role, stage_of(definition, task))
    ]  # fmt: skip


def made_here(work: Work, case: Case) -> list[FileView]:
    """Letters and notices the house itself printed for a case; notices are the department's and the town's."""
    kinds = ["letter"] if work.actor.org_kind == "agency" else ["letter", "notice"]
    rows = work.session.scalars(
        select(StoredFile)
        .where(StoredFile.case_id == case.id, StoredFile.purpose.in_(kinds))
        .order_by(StoredFile.id)
        .limit(50)
    )
    return [
        FileView(one.ref, files.name_of(work, one), one.size, one.media_type, one.uploaded_at, "", "", one.purpose)
        for one in rows
    ]


def readable_file(work: Work, ref: str) -> StoredFile:
    """A file of a case the actor may read, handed in with a task or printed by the house. Raises NotFound."""
    kinds = ["letter"] if work.actor.org_kind == "agency" else ["letter", "notice"]
    printed = work.session.scalars(
        select(StoredFile)
        .join(Case, Case.id == StoredFile.case_id)
        .where(StoredFile.ref == ref, StoredFile.purpose.in_(kinds), permissions.case_scope(work.actor))
    ).first()
    if printed is not None:
        return printed
    row = work.session.execute(
        select(StoredFile, HumanTask, Case)
        .join(TaskAttachment, TaskAttachment.file_id == StoredFile.id)
        .join(HumanTask, HumanTask.id == TaskAttachment.task_id)
        .join(Case, Case.id == HumanTask.case_id)
        .where(StoredFile.ref == ref, permissions.case_scope(work.actor))
    ).first()
    if row is not None and may_follow(work.actor, row[1].role, stage_of(definition_of(work, row[2].id), row[1])):
        found: StoredFile = row[0]
        return found
    raise NotFound(_("There is no such file for you."))


def remarks(work: Work, case: Case, definition: Definition) -> list[Remark]:
    """Comments on the case's tasks that the actor may follow, oldest first."""
    rows = work.session.execute(
        select(TaskComment, HumanTask, Account.name)
        .join(HumanTask, HumanTask.id == TaskComment.task_id)
        .join(Account, Account.id == TaskComment.written_by)
        .where(TaskComment.case_id == case.id)
        .order_by(TaskComment.id)
        .limit(100)
    )
    vault = work.home.vault
    return [
        Remark(
            who, note.written_at, task.name, task.name_en, vault.open("task_comment.body", note.ref, note.body)
        )
        for note, task, who in rows
        if may_follow(work.actor, task.role, stage_of(definition, task))
    ]  # fmt: skip


def visible_doubts(work: Work, case: Case, *, reached: bool | None = None) -> list[DoubtView]:
    """Doubts the actor may read: the agency in its work, department and town once the report reached them.

    reached: whether it did, where the caller knows.
    """
    relation = permissions.relation_to_case(work.actor, case)
    if reached is False and relation != permissions.AGENCY:
        return []
    if not permissions.may(work.actor, "doubt.read", relation):
        return []
    found = doubts.views(work, case)
    if reached is None and found and relation != permissions.AGENCY:
        return found if reports.reached_department(reports.latest(work, case)) else []
    return found


def visible_lines(work: Work, case: Case, reached: bool) -> list[LineView]:
    """Declared against found: the agency in its work, the department once the report reached it (LF-26)."""
    relation = permissions.relation_to_case(work.actor, case)
    by_report = reached and permissions.may(work.actor, "report.read", relation, "DELIVERED")
    if not by_report and not permissions.may(work.actor, "comparison.read", relation):
        return []
    return comparison.lines(work, case)


def visible_reports(work: Work, case: Case, versions: Sequence[Report]) -> list[Paper]:
    """The versions of the report that the actor may know of."""
    relation = permissions.relation_to_case(work.actor, case)
    found = []
    for one in versions:
        state = "DELIVERED" if reports.reached_department(one) else one.state
        if permissions.may(work.actor, "report.read", relation, state):
            at = one.delivered_at or one.signed_at or one.drafted_at
            found.append(Paper(one.ref, one.number or "", one.kind, state, at, one.canonical is not None))
    return found


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
    return _answers(work, task) if task.state == COMPLETED else desk.draft_of(work, task)


def _answers(work: Work, task: HumanTask) -> dict[str, Any]:
    if task.answers is None:
        return {}
    value = work.home.vault.open_json("human_task.answers", task.ref, task.answers)
    return dict(value) if isinstance(value, dict) else {}
