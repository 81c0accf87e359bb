"""What an actor may follow of a case: opinions, papers, remarks, doubts, comparison, reports. Each is one query.

Values of S3 leave here for pages only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from domain import files
from domain.cases import Case
from domain.errors import Conflict, NotFound
from domain.file_checks import HELD, FileCheck, shown
from domain.files import StoredFile
from domain.parties import permissions
from domain.parties.accounts import Account
from domain.text import Text
from domain.text import gettext as _
from domain.verification import comparison, doubts, reports
from domain.verification.comparison import LineView
from domain.verification.doubts import DoubtView
from domain.verification.reports import Report
from domain.work import Actor, Work
from tasks import pinned_forms, words
from tasks.cases import briefs, file_checks
from tasks.cases.briefs import definition_of
from tasks.line import AGENCY_ROLES
from tasks.rows.models import COMPLETED, HumanTask, TaskAttachment
from workflows.definitions import Definition

_WHOM = aliased(Account)  # made once: an alias costs more than a statement


@dataclass(frozen=True, slots=True)
class FileView:
    """A paper: who handed it in at which step, name (S3), size in bytes. `field` is the form's field, "" for none.

    withheld: why nobody is shown it, None for a paper that may be looked at; held: it waits for somebody to decide.
    """

    ref: str
    name: str = field(repr=False)
    size: int
    media_type: str
    at: datetime
    field: str
    task_ref: str
    purpose: str
    withheld: Text | None = None
    held: bool = False

    @property
    def picture(self) -> bool:
        """True when a page can show it small."""
        return self.withheld is None and self.media_type.startswith("image/")


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
class Paper:
    """A report or doubt list of the case; readable once it is signed."""

    ref: str
    number: str
    kind: str
    state: str
    at: datetime
    readable: bool


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


def both(who: str, whom: str | None) -> str:
    """Who did a step, and on whose behalf when it was somebody else's."""
    return str(_("%(who)s, on behalf of %(whom)s", who=who, whom=whom)) if whom else who


def done_for(work: Work, refs: Collection[str]) -> dict[str, str]:
    """On whose behalf each of these tasks was done, by its ref; nothing for one that was done for oneself."""
    rows = work.session.execute(
        select(HumanTask.ref, Account.name)
        .join(Account, Account.id == HumanTask.done_for)
        .where(HumanTask.ref.in_(sorted(refs)), HumanTask.done_for != HumanTask.completed_by)
    )
    return {str(ref): name for ref, name in rows}


def opinions(work: Work, case: Case, definition: Definition, names: words.Names, *, english: bool) -> list[Opinion]:
    """Completed steps the actor may follow, newest first, their answers in words."""
    rows = work.session.execute(
        select(HumanTask, Account.name, _WHOM.name)
        .join(Account, Account.id == HumanTask.completed_by)
        .join(_WHOM, _WHOM.id == HumanTask.done_for, isouter=True)
        .where(HumanTask.case_id == case.id, HumanTask.state == COMPLETED)
        .order_by(HumanTask.completed_at.desc(), HumanTask.id.desc())
        .limit(60)
    ).all()
    found = []
    pinned_forms.learn(work, (task for task, _name, _whom in rows), definition)
    for task, name, whom in rows:
        if task.completed_at is None or not may_follow(work.actor, task.role, stage_of(definition, task)):
            continue
        form = pinned_forms.form_of(work, task, definition)
        lines = words.in_words(form, answers_of(work, task), names, english=english)
        who = both(name, whom)
        found.append(Opinion(task.ref, task.name, task.name_en, who, task.completed_at, task.round, tuple(lines)))
    return found


def stage_of(definition: Definition, task: HumanTask) -> str:
    """The stage of the stepper that a task's step lies in, "" for none."""
    step = definition.diagram.steps.get(task.step_id)
    return step.properties.get("stage", "") if step is not None else ""


def papers(work: Work, case: Case, definition: Definition, *, printed: bool = False) -> list[FileView]:
    """Files handed in with the case's tasks that the actor may see, oldest first.

    printed: also the letters and notices that the house itself printed, last; notices are the department's and the
    town's.
    """
    handed_in = TaskAttachment.id.is_not(None)
    rows: Sequence[Any] = work.session.execute(
        select(StoredFile, TaskAttachment.field, HumanTask, FileCheck)
        .join(TaskAttachment, TaskAttachment.file_id == StoredFile.id, isouter=True)
        .join(HumanTask, HumanTask.id == TaskAttachment.task_id, isouter=True)
        .join(FileCheck, FileCheck.file_id == StoredFile.id, isouter=True)
        .where(
            StoredFile.case_id == case.id,
            or_(handed_in, StoredFile.purpose.in_(_printed_kinds(work))) if printed else handed_in,
        )
        .order_by(TaskAttachment.id.is_(None), StoredFile.id)
        .limit(250)
    ).all()
    return [
        FileView(
            file.ref, files.name_of(work, file), file.size, file.media_type, file.uploaded_at, named or "",
            task.ref if task is not None else "", file.purpose,
            None if shown(check) else file_checks.not_shown(check), check is not None and check.state == HELD,
        )
        for file, named, task, check in rows
        if task is None or may_follow(work.actor, task.role, stage_of(definition, task))
    ]  # fmt: skip


def _printed_kinds(work: Work) -> list[str]:
    return ["letter"] if work.actor.org_kind == "agency" else ["letter", "notice"]


def readable_file(work: Work, ref: str) -> StoredFile:
    """A file of a case the actor may read, handed in with a task or printed by the house.

    Raises NotFound; Conflict for one that nobody is shown yet.
    """
    printed = work.session.scalars(
        select(StoredFile)
        .join(Case, Case.id == StoredFile.case_id)
        .where(StoredFile.ref == ref, StoredFile.purpose.in_(_printed_kinds(work)), permissions.case_scope(work.actor))
    ).first()
    if printed is not None:
        return printed
    row = work.session.execute(
        select(StoredFile, HumanTask, Case, FileCheck)
        .join(TaskAttachment, TaskAttachment.file_id == StoredFile.id)
        .join(FileCheck, FileCheck.file_id == StoredFile.id, isouter=True)
        .join(HumanTask, HumanTask.id == TaskAttachment.task_id)
        .join(Case, Case.id == HumanTask.case_id)
        .where(StoredFile.ref == ref, permissions.case_scope(work.actor))
    ).first()
    if row is not None and may_follow(work.actor, row[1].role, stage_of(definition_of(work, row[2].id), row[1])):
        found: StoredFile = row[0]
        if not shown(row[3]):
            raise Conflict(file_checks.not_shown(row[3]))
        return found
    raise NotFound(_("There is no such file for you."))


@dataclass(frozen=True, slots=True)
class Compared:
    """What the comparison of a case found, as far as the actor may see it; empty before the case was asked about."""

    reached: bool = False
    doubts: Sequence[DoubtView] = ()
    lines: Sequence[LineView] = field(default=(), repr=False)
    reports: Sequence[Paper] = ()


def compared(work: Work, case: Case, definition: Definition) -> Compared:
    """Doubts, lines and reports of a case for the actor. reached: a version of the report is the department's."""
    if not briefs.is_past(definition, case, "query"):
        return Compared()
    versions = reports.all_of(work, case)
    reached = any(reports.reached_department(one) for one in versions)
    return Compared(
        reached,
        visible_doubts(work, case, reached=reached),
        visible_lines(work, case, reached),
        visible_reports(work, case, versions),
    )


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


def answers_of(work: Work, task: HumanTask) -> dict[str, Any]:
    if task.answers is None:
        return {}
    value = work.home.vault.open_json("human_task.answers", task.ref, task.answers)
    return dict(value) if isinstance(value, dict) else {}
