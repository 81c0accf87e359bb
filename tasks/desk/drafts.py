"""What was typed into a task's form so far. It belongs to the task and goes along with it; it is no data of the case.

A page says on which revision of the draft it stands, and which save of its own this is. A page that stands on an older
one overwrites nothing: what was typed there is kept beside the draft until somebody decides. A save that was overtaken
by a later one of the same page is dropped: what was typed last is in. A file that became whole while the page's save
was already on its way stays in the draft: the page had not heard of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from domain.errors import NotFound
from domain.parties.accounts import Account
from domain.text import gettext as _
from domain.work import Work
from tasks import inbox_columns, life, pinned_forms, rules
from tasks.rows.models import IN_PROGRESS, RESERVED, HumanTask, TaskDraft
from workflows.form_fields import FILES, FieldSpec
from workflows.form_values import ROW_KEYS

MOST_BESIDE = 5


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a page stands. revision: of the draft it showed; page: which page; turn: its how manieth save."""

    revision: int
    page: str
    turn: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a save. beside: it was kept beside the draft, which is `who`'s of `at`."""

    revision: int
    beside: bool
    who: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Beside:
    """What another window typed. differing: (label, what the draft says, what was typed there), S3."""

    ref: str
    who: str
    at: datetime
    differing: Sequence[tuple[str, str, str]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """The draft as a page shows it. who, at: who typed it until when; own: it was the reader."""

    revision: int
    page: str
    who: str
    at: datetime | None
    own: bool
    beside: Sequence[Beside] = ()

    def overtakes(self, stand: Stand | None) -> bool:
        """True when a page that stands there does not know of it."""
        return overtakes(self.revision, self.page, stand)


def overtakes(revision: int, page: str, stand: Stand | None) -> bool:
    """True when a page that stands there does not know of this revision, which another page may have saved."""
    return stand is not None and not _newest(revision, page, stand)


def of(work: Work, task: HumanTask) -> dict[str, Any]:
    """What was typed so far; empty when nothing was."""
    if task.draft is None:
        return {}
    value = work.home.vault.open_json("human_task.draft", task.ref, task.draft)
    return dict(value) if isinstance(value, dict) else {}


def keep(work: Work, ref: str, values: Mapping[str, Any], stand: Stand | None = None) -> Kept:
    """Keep what was typed so far, unchecked; the task's version stays, so the open page can still be sent.

    stand: where the page stands; None for whoever has just read the draft in this transaction.
    Raises NotFound, NotPermitted when somebody else holds the task.
    """
    task, case, _state = rules.held_task(work, ref)
    rules.must_hold(work, task, case, life.DRAFT)
    if stand is not None and not _newest(task.draft_revision or 0, task.draft_page or "", stand):
        _put_beside(work, task, values, stand)
        return Kept(task.draft_revision or 0, True, _name(work, task.draft_by), task.draft_at)
    later = stand is None or task.draft_page != stand.page or stand.turn >= (task.draft_turn or 0)
    if stand is not None and stand.revision < (task.draft_revision or 0):
        values = _with_its_files(work, task, values)
    if later and not _saved_again(work, task, values, stand):
        _write(work, task, values, stand)
    return Kept(task.draft_revision or 0, False, _name(work, task.draft_by), task.draft_at)


def shown(
    work: Work, task: HumanTask, who: str, words: Callable[[Mapping[str, Any]], Iterable[tuple[str, str]]]
) -> Shown:
    """The draft for the page of its task; what other windows typed only for who may decide. At most one SELECT.

    who: the name of who typed it; words: answers as labels and words. Uses uq_task_draft_task_id_page.
    """
    mine = task.draft is not None and rules.is_mine(task, work.actor)
    return Shown(
        task.draft_revision or 0, task.draft_page or "", who, task.draft_at, task.draft_by == work.actor.user_id,
        _beside(work, task, words) if mine else (),
    )  # fmt: skip


def _beside(
    work: Work, task: HumanTask, words: Callable[[Mapping[str, Any]], Iterable[tuple[str, str]]]
) -> Sequence[Beside]:
    rows = work.session.execute(
        select(TaskDraft, Account.name)
        .join(Account, Account.id == TaskDraft.written_by)
        .where(TaskDraft.task_id == task.id)
        .order_by(TaskDraft.id)
    ).all()
    ours = dict(words(of(work, task))) if rows else {}
    found = []
    for row, who in rows:
        theirs = dict(words(_values(work, row)))
        labels = [label for label in {**ours, **theirs} if ours.get(label) != theirs.get(label)]
        differing = [(label, ours.get(label, ""), theirs.get(label, "")) for label in labels]
        found.append(Beside(row.ref, who, row.written_at, differing))
    return found


def _values(work: Work, row: TaskDraft) -> Mapping[str, Any]:
    value = work.home.vault.open_json("task_draft.body", row.ref, row.body)
    return value if isinstance(value, dict) else {}


def decide(work: Work, ref: str, other: str, *, take: bool) -> None:
    """Take what another window typed as the draft, or put it away. Raises NotFound, NotPermitted."""
    task, case, _state = rules.held_task(work, ref)
    rules.must_hold(work, task, case, life.DRAFT)
    row = work.session.scalars(select(TaskDraft).where(TaskDraft.ref == other, TaskDraft.task_id == task.id)).first()
    if row is None:
        raise NotFound(_("This has been decided already. Open the task again."))
    if take:
        _write(work, task, _values(work, row), None)
        task.draft_by = row.written_by
    work.session.delete(row)
    work.session.flush()


def _newest(revision: int, page: str, stand: Stand) -> bool:
    return stand.revision >= revision or bool(stand.page and stand.page == page)


def _with_its_files(work: Work, task: HumanTask, values: Mapping[str, Any]) -> dict[str, Any]:
    """What a page sends that did not hear of the newest revision, with the files that stand in that one.

    A file goes to no other row than its own: rows may have been taken out or put in meanwhile.
    """

    def joined(fields: Iterable[FieldSpec], before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
        found = dict(now)
        for spec in fields:
            old, new = before.get(spec.key) or [], now.get(spec.key) or []
            if spec.kind == FILES:
                found[spec.key] = [*new, *(one for one in old if one not in new)]
            elif spec.fields and new:
                known = {_row_key(spec.fields, row): row for row in old}
                found[spec.key] = [joined(spec.fields, known.get(_row_key(spec.fields, row), {}), row) for row in new]
        return found

    before = of(work, task)
    return joined(pinned_forms.form_of(work, task).inputs, before, values) if before else dict(values)


def _row_key(fields: Iterable[FieldSpec], row: Mapping[str, Any]) -> str:
    """What a row is known by: the person or thing that the program wrote into it, else all that was typed in it."""
    named = {name: row[name] for name in ROW_KEYS if row.get(name)}
    return str(named or {one.key: row.get(one.key) for one in fields if one.kind != FILES})


def _saved_again(work: Work, task: HumanTask, values: Mapping[str, Any], stand: Stand | None) -> bool:
    """True for what its writer saved before, word for word: no page that knows it is overtaken, so a page that is left
    may save once more while it is opened anew."""
    same = task.draft_by == work.actor.user_id and task.state == IN_PROGRESS and dict(values) == of(work, task)
    if not same or task.draft is None:
        return False
    task.draft_at = work.now
    if stand is not None and stand.page == task.draft_page:
        task.draft_turn = stand.turn
    work.session.flush()
    return True


def _write(work: Work, task: HumanTask, values: Mapping[str, Any], stand: Stand | None) -> None:
    inbox_columns.keep(work, task, pinned_forms.form_of(work, task), values)
    task.draft = work.home.vault.seal_json("human_task.draft", task.ref, dict(values))
    task.draft_at, task.draft_by = work.now, work.actor.user_id
    task.draft_revision = (task.draft_revision or 0) + 1
    task.draft_page, task.draft_turn = (stand.page, stand.turn) if stand is not None else (None, None)
    if task.state == RESERVED:  # typing is work
        task.state, task.started_at = IN_PROGRESS, work.now
    work.session.flush()


def _put_beside(work: Work, task: HumanTask, values: Mapping[str, Any], stand: Stand) -> None:
    rows = list(work.session.scalars(select(TaskDraft).where(TaskDraft.task_id == task.id).order_by(TaskDraft.id)))
    row = next((one for one in rows if one.page == stand.page), None)
    if row is not None and stand.turn < row.turn:
        return
    if row is None:
        for old in rows[: max(0, len(rows) - MOST_BESIDE + 1)]:
            work.session.delete(old)
        row = TaskDraft(task_id=task.id, page=stand.page, body=b"", written_by=work.actor.person(), written_at=work.now)
        work.session.add(row)
        work.session.flush()
    row.body = work.home.vault.seal_json("task_draft.body", row.ref, dict(values))
    row.turn, row.written_by, row.written_at = stand.turn, work.actor.person(), work.now
    work.session.flush()


def _name(work: Work, account_id: int | None) -> str:
    if account_id is None:
        return ""
    return work.session.scalar(select(Account.name).where(Account.id == account_id)) or ""
