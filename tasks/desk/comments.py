"""Remarks on a case's tasks: written, mended within minutes, withdrawn with a trace, and telling those they name.

The words are sealed. Whoever is named in one is told only when they may see the case and follow its step.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import aliased

from domain import finding, journal
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.parties import permissions
from domain.parties.accounts import Account, RoleGrant, granted
from domain.parties.organisations import Organisation
from domain.text import gettext as _
from domain.work import Actor, Work
from tasks import rules
from tasks.cases import briefs, followed
from tasks.rows.models import CommentMention, HumanTask, TaskComment
from tasks.terms import notifications
from workflows.definitions import Definition

LONGEST = 4_000
MENDED_WITHIN = timedelta(minutes=10)
MOST_PEOPLE, MOST_SHOWN = 300, 100
_TOLD = aliased(Account)  # made once: an alias costs more than a statement
_NAMED = re.compile(r"(?<![\w.@-])@(\w[\w.-]{0,63})")


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who may see a case."""

    account_id: int
    login: str
    name: str
    office: str
    office_en: str


@dataclass(frozen=True, slots=True)
class Written:
    """A remark that was written; unknown: names after @ that belong to nobody who may see the case."""

    ref: str
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """A remark on a page (text is S3). mendable, own: what its author may still do; told: whom it names."""

    ref: str
    who: str
    at: datetime
    step: str
    step_en: str
    text: str = field(repr=False)
    edited_at: datetime | None
    withdrawn_at: datetime | None
    own: bool
    mendable: bool
    told: Sequence[str]


def write(work: Work, ref: str, text: str, told: Collection[str] = ()) -> Written:
    """Write a remark on a task. told: logins chosen from the list, besides those named with @ in the text.

    Raises NotFound, NotPermitted, InvalidAnswers.
    """
    task, case, _state = rules.held_task(work, ref)
    permissions.must(work.actor, "task.comment")
    body = _checked(text)
    row = TaskComment(
        case_id=task.case_id, task_id=task.id, body=b"", written_by=work.actor.person(), written_at=work.now
    )
    work.session.add(row)
    work.session.flush()
    row.body = work.home.vault.seal("task_comment.body", row.ref, body)
    finding.learn_note(work, task.case_id, task.org_id, body)
    _journal(work, task, case, "task.commented", row)
    unknown = _tell(work, task, case, row, body, told)
    if task.assignee_id is not None:
        notifications.notify(
            work, [task.assignee_id], "task.commented", key=f"comment:{row.ref}", task=task, case_ref=case.ref
        )
    return Written(row.ref, unknown)


def mend(work: Work, ref: str, text: str) -> Written:
    """Put one's own remark in other words, within ten minutes; whoever it names now is told as well.

    Raises NotFound for another's or one that was withdrawn, Conflict when it is too late, InvalidAnswers.
    """
    row, task, case = _own(work, ref)
    if not _mendable(work, row):
        raise Conflict(_("A remark can be changed for ten minutes. Withdraw it, or write another one."))
    body = _checked(text)
    row.body, row.edited_at = work.home.vault.seal("task_comment.body", row.ref, body), work.now
    finding.learn_note(work, task.case_id, task.org_id, body)
    _journal(work, task, case, "task.comment_mended", row)
    return Written(row.ref, _tell(work, task, case, row, body, ()))


def withdraw(work: Work, ref: str) -> str:
    """Take one's own remark off the pages; that there was one stays, and the case's journal says who withdrew it.

    Returns the task's reference. Raises NotFound for another's or one that was withdrawn.
    """
    row, task, case = _own(work, ref)
    row.withdrawn_at = work.now
    _journal(work, task, case, "task.comment_withdrawn", row)
    return task.ref


def task_of(work: Work, ref: str) -> str:
    """The reference of the task that an own remark stands on. Raises NotFound."""
    return _own(work, ref)[1].ref


def readers(work: Work, case: Case, definition: Definition, task: HumanTask) -> list[Reader]:
    """Everybody but the actor who may see the case and follow what is said at this step, by office and name.

    One SELECT over the people of the case's three offices.
    """
    offices = [case.department_id, *([case.agency_id] if case.commissioned_at else []), *filter(None, [case.town_id])]
    rows = work.session.execute(
        select(Account, Organisation, RoleGrant.role)
        .join(Organisation, Organisation.id == Account.org_id)
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .where(Account.org_id.in_(offices), Account.state == "ACTIVE", granted(work.today))
        .order_by(Organisation.id, Account.name, Account.id)
        .limit(MOST_PEOPLE * 3)
    )
    stage = followed.stage_of(definition, task)
    found: dict[int, Reader] = {}
    for account, office, role in rows:
        actor = Actor("staff", account.id, roles=frozenset({role}), org_id=office.id, org_kind=office.kind)
        relation = permissions.relation_to_case(actor, case)
        sees = permissions.may(actor, "case.read", relation) and followed.may_follow(actor, task.role, stage)
        if sees and account.id != work.actor.user_id:
            found[account.id] = Reader(account.id, account.login, account.name, office.name, office.name_en)
    return list(found.values())[:MOST_PEOPLE]


def of_case(work: Work, case: Case, definition: Definition) -> list[Remark]:
    """Remarks on the case's tasks that the actor may follow, oldest first; one SELECT. Uses ix_task_comment_case_id."""
    newest = select(TaskComment.id).where(TaskComment.case_id == case.id).order_by(TaskComment.id.desc())
    rows = work.session.execute(
        select(TaskComment, HumanTask, Account.name, _TOLD.name)
        .join(HumanTask, HumanTask.id == TaskComment.task_id)
        .join(Account, Account.id == TaskComment.written_by)
        .join(CommentMention, CommentMention.comment_id == TaskComment.id, isouter=True)
        .join(_TOLD, _TOLD.id == CommentMention.account_id, isouter=True)
        .where(TaskComment.id.in_(newest.limit(MOST_SHOWN).scalar_subquery()))
        .order_by(TaskComment.id, CommentMention.id)
    )
    told: dict[int, list[str]] = {}
    found: dict[int, tuple[TaskComment, HumanTask, str]] = {}
    for row, task, who, name in rows:
        if followed.may_follow(work.actor, task.role, followed.stage_of(definition, task)):
            found[row.id] = (row, task, who)
            told.setdefault(row.id, []).extend([name] if name else [])
    return [_shown(work, *one, told[key]) for key, one in found.items()]


def _shown(work: Work, row: TaskComment, task: HumanTask, who: str, told: Sequence[str]) -> Remark:
    gone = row.withdrawn_at is not None
    own = not gone and row.written_by == work.actor.user_id
    said = "" if gone else work.home.vault.open("task_comment.body", row.ref, row.body)
    return Remark(
        row.ref, who, row.written_at, task.name, task.name_en, said, row.edited_at, row.withdrawn_at, own,
        own and _mendable(work, row), told,
    )  # fmt: skip


def _mendable(work: Work, row: TaskComment) -> bool:
    return row.written_at <= work.now <= row.written_at + MENDED_WITHIN


def _checked(text: str) -> str:
    body = text.replace("\x00", "").strip()
    if not body:
        raise InvalidAnswers({"comment": _("Write something first.")})
    if len(body) > LONGEST:
        raise InvalidAnswers({"comment": _("At most %(most)s characters.", most=LONGEST)})
    return body


def _own(work: Work, ref: str) -> tuple[TaskComment, HumanTask, Case]:
    row = work.session.scalars(
        select(TaskComment).where(
            TaskComment.ref == ref, TaskComment.written_by == work.actor.person(), TaskComment.withdrawn_at.is_(None)
        )
    ).first()
    if row is None:
        raise NotFound(_("There is no such remark of yours."))
    task = work.session.get_one(HumanTask, row.task_id)
    held, case, _state = rules.held_task(work, task.ref)
    permissions.must(work.actor, "task.comment")
    return row, held, case


def _tell(
    work: Work, task: HumanTask, case: Case, row: TaskComment, body: str, told: Collection[str]
) -> tuple[str, ...]:
    """Note whom a remark names and tell them once. Returns the names that belong to nobody here."""
    words = list(dict.fromkeys(_NAMED.findall(body)))
    if not words and not told:
        return ()
    people = readers(work, case, briefs.definition_of(work, case.id), task)
    logins = {one.login: one.account_id for one in people}
    meant = {logins[login] for login in told if login in logins}
    unknown = []
    for word in words:
        hit = _meant(word, logins, {one.name: one.account_id for one in people})
        if hit is None:
            unknown.append(word)
        else:
            meant.add(hit)
    before = set(work.session.scalars(select(CommentMention.account_id).where(CommentMention.comment_id == row.id)))
    for account_id in sorted(meant - before):
        work.session.add(CommentMention(comment_id=row.id, account_id=account_id))
    work.session.flush()
    notifications.notify(
        work, sorted(meant - before), "task.mentioned", key=f"mention:{row.ref}", task=task, case_ref=case.ref
    )
    return tuple(unknown)


def _meant(word: str, logins: Mapping[str, int], names: Mapping[str, int]) -> int | None:
    """Whom a word after @ means: a login, or the longest name it begins with (Chinese puts no space behind one)."""
    plain = word.rstrip(".-")
    if plain in logins:
        return logins[plain]
    fitting = [name for name in names if word.startswith(name)]
    return names[max(fitting, key=len)] if fitting else None


def _journal(work: Work, task: HumanTask, case: Case, event: str, row: TaskComment) -> None:
    journal.of_case(work, case.ref, event, task.ref, {"step": task.step_id, "comment": row.ref})
