"""The hand-over pack: what somebody who is away leaves to their substitute, as a page, as a sheet, and as a notice.

It is given by itself when the absence begins, once, and can be looked at and taken as a file at any time until it ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import aliased

from documents import sheets
from domain import files
from domain.agenda import AgendaItem
from domain.blobs import StoredBlob
from domain.cases import Case
from domain.clock import office_day
from domain.errors import NotFound
from domain.files import StoredFile
from domain.home import Home
from domain.parties import permissions, substitutes
from domain.parties.accounts import Account
from domain.parties.households import Person
from domain.parties.substitutes import Substitution
from domain.text import Name, Text
from domain.text import gettext as _
from domain.work import Work
from tasks import life
from tasks.rows.finding_models import SavedFilter
from tasks.rows.leaving_models import HandOver
from tasks.rows.models import OPEN, HumanTask
from tasks.rows.notice_rows import Notification
from tasks.terms import notifications

BEGIN = "handover.begin"
PURPOSE = "handover"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST = 5000


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task of the pack. household: S3. with_whom: to whom it was delegated, "" for one in their own hands."""

    ref: str
    name: Name
    case_ref: str
    case_number: str
    household: str = field(repr=False)
    state: str
    due_at: datetime | None
    draft: bool
    with_whom: str = ""


@dataclass(frozen=True, slots=True)
class Pack:
    """Everything that is handed over. asked: remarks that spoke to the absent person and were not read."""

    substitution: str
    absent: str
    substitute: str
    first_day: date
    last_day: date
    tasks: Sequence[OpenTask]
    delegated: Sequence[OpenTask]
    filters: Sequence[str]
    asked: Sequence[tuple[str, Name, str]]
    given_at: datetime | None = None

    @property
    def drafts(self) -> int:
        """Tasks with something typed."""
        return sum(1 for one in self.tasks if one.draft)


def page(work: Work, ref: str) -> Pack:
    """The pack of a substitution, for the two people and their head. Raises NotFound."""
    return _pack(work, _visible(work, ref))


def sheet(work: Work, ref: str) -> bytes:
    """The pack as a spreadsheet, as it stands now. Raises NotFound."""
    return _sheet(page(work, ref))


def given(work: Work, ref: str) -> StoredFile:
    """The sheet as it was given when the absence began. Raises NotFound."""
    row = _visible(work, ref)
    found = work.session.scalars(
        select(StoredFile).join(HandOver, HandOver.file_id == StoredFile.id).where(HandOver.substitution_id == row.id)
    ).first()
    if found is None:
        raise NotFound(_("Nothing has been handed over yet."))
    return found


# --- when the absence begins -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prepared:
    """A sheet on its way: its bytes, then where they are kept."""

    count: int
    content: bytes = field(repr=False)
    blob: StoredBlob | None = None


def gather(work: Work, item: AgendaItem) -> Prepared | None:
    """The sheet of a substitution that begins; None for one that ended before, or was handed over."""
    row = _beginning(work, item)
    if row is None:
        return None
    pack = _pack(work, row)
    return Prepared(len(pack.tasks), _sheet(pack))


def perform(home: Home, prepared: Prepared) -> Prepared:
    """Keep its bytes."""
    return Prepared(prepared.count, b"", home.blobs.put_bytes(prepared.content))


def record(work: Work, item: AgendaItem, prepared: Prepared | None) -> None:
    """Give it to the substitute, with a notice; once."""
    row = _beginning(work, item)
    if row is None or prepared is None or prepared.blob is None:
        return
    name = f"handover-{row.first_day.isoformat()}.xlsx"
    kept = files.keep(work, prepared.blob, name=name, media_type=XLSX, purpose=PURPOSE)
    kept.org_id = row.org_id
    work.session.add(HandOver(substitution_id=row.id, file_id=kept.id, tasks=prepared.count, made_at=work.now))
    work.session.flush()
    absent = work.session.get_one(Account, row.absent_id)
    notifications.notify(
        work, [row.substitute_id], "handover.given", key=f"handover:{row.ref}", by=absent.ref, count=prepared.count,
        substitution=row.ref,
    )  # fmt: skip


def _beginning(work: Work, item: AgendaItem) -> Substitution | None:
    row = work.session.scalars(select(Substitution).where(Substitution.ref == item.subject)).first()
    if row is None or row.ended_at is not None or row.last_day < work.today:
        return None
    known = select(HandOver.id).where(HandOver.substitution_id == row.id)
    return None if work.session.scalar(known) is not None else row


# --- what it holds -----------------------------------------------------------------------------------------------


def _visible(work: Work, ref: str) -> Substitution:
    """A substitution for one of its two people while it is to come or runs, and for their head. Raises NotFound."""
    me, wanted = work.actor.user_id, select(Substitution).where(Substitution.ref == ref)
    row = work.session.scalars(wanted.where(substitutes.within(work, Substitution.org_id))).first()
    if row is None:
        raise NotFound(_("There is no such substitution for you."))
    mine = row.absent_id == me or (
        row.substitute_id == me and row.ended_at is None and row.first_day <= work.today <= row.last_day
    )
    absent = work.session.get_one(Account, row.absent_id)
    if not mine and not permissions.may(work.actor, "substitution.make", substitutes.relation_to(work, absent)):
        raise NotFound(_("There is no such substitution for you."))
    return row


def _pack(work: Work, row: Substitution) -> Pack:
    """Six SELECTs. Uses ix_human_task_assignee, ix_human_task_owner, ix_saved_filter_owner_id,
    ix_notification_unread."""
    absent = work.session.get_one(Account, row.absent_id)
    substitute = work.session.get_one(Account, row.substitute_id)
    within = HumanTask.process.in_(row.processes) if row.processes else HumanTask.id.is_not(None)
    held = and_(HumanTask.assignee_id == absent.id, HumanTask.held_for.is_(None), within)
    for_them = and_(HumanTask.assignee_id == substitute.id, HumanTask.held_for == absent.id, within)
    given_away = and_(HumanTask.owner_id == absent.id, HumanTask.assignee_id != absent.id, within)
    filters = work.session.scalars(
        select(SavedFilter.name).where(SavedFilter.owner_id == absent.id).order_by(SavedFilter.position, SavedFilter.id)
    ).all()
    made = work.session.scalar(select(HandOver.made_at).where(HandOver.substitution_id == row.id))
    return Pack(
        row.ref, absent.name, substitute.name, row.first_day, row.last_day, _tasks(work, or_(held, for_them)),
        _tasks(work, given_away), filters, _asked(work, absent), made,
    )  # fmt: skip


def _tasks(work: Work, which: ColumnElement[bool]) -> list[OpenTask]:
    holder = aliased(Account)
    rows: Sequence[Any] = work.session.execute(
        select(HumanTask, Case, Person, holder.name)
        .join(Case, Case.id == HumanTask.case_id)
        .join(Person, and_(Person.household_id == Case.household_id, Person.position == 0), isouter=True)
        .join(holder, holder.id == HumanTask.assignee_id)
        .where(HumanTask.state.in_(OPEN), which)
        .order_by(HumanTask.due_at.is_(None), HumanTask.due_at, HumanTask.id)
        .limit(MOST)
    ).all()
    vault = work.home.vault
    return [
        OpenTask(
            task.ref, Name(task.name, task.name_en), case.ref, case.number,
            vault.open("person.name", person.ref, person.name) if person is not None else "", task.state, task.due_at,
            task.draft is not None, name if task.owner_id is not None else "",
        )
        for task, case, person, name in rows
    ]  # fmt: skip


def _asked(work: Work, absent: Account) -> list[tuple[str, Name, str]]:
    rows = work.session.execute(
        select(HumanTask, Case.number)
        .join(Notification, Notification.task_id == HumanTask.id)
        .join(Case, Case.id == HumanTask.case_id)
        .where(Notification.account_id == absent.id, Notification.read_at.is_(None),
               Notification.kind == "task.mentioned", HumanTask.state.in_(OPEN))
        .order_by(Notification.id)
        .limit(200)
    )  # fmt: skip
    return [(task.ref, Name(task.name, task.name_en), number) for task, number in rows]


def _sheet(pack: Pack) -> bytes:
    head = [_("Part"), _("Step"), _("Case number"), _("Household"), _("State"), _("Due day"), _("Draft"), _("With")]
    rows: list[list[sheets.Cell]] = [_row(_("Open task"), one) for one in pack.tasks]
    rows += [_row(_("Delegated"), one) for one in pack.delegated]
    rows += [[str(_("Spoken to, not read")), str(name), number, None, None, None, None, None]
             for _ref, name, number in pack.asked]  # fmt: skip
    rows += [[str(_("Saved filter")), name, None, None, None, None, None, None] for name in pack.filters]
    title = str(_("Hand-over %(who)s", who=pack.absent))
    return sheets.write_xlsx(title, [str(one) for one in head], rows)


def _row(part: Text, one: OpenTask) -> list[sheets.Cell]:
    due = office_day(one.due_at) if one.due_at is not None else None
    said = str(_("yes")) if one.draft else ""
    state = str(life.STATES[one.state])
    return [str(part), str(one.name), one.case_number, one.household, state, due, said, one.with_whom]
