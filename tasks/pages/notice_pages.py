"""The page of notices: what the actor was told, with sentences put together as they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from domain import rules
from domain.cases import Case
from domain.oversight.register_kinds import REGISTERS
from domain.parties.accounts import Account
from domain.parties.organisations import Organisation
from domain.parties.reach import NoticeChoice
from domain.text import Name, Text, gettext
from domain.work import Work
from tasks.rows.models import OVER, HumanTask
from tasks.rows.notice_rows import SETTLED_BY_END, Notification
from tasks.terms.notice_kinds import CHANNELS, GROUPS, KINDS, PAGE, Kind

SIZE = 30
TASK, CASE, TERM = "task", "case", "term"


@dataclass(frozen=True, slots=True)
class Row:
    """A notice. leads: what kind of thing it leads to ("task", "case", a kind's place, or ""), and target: its ref.

    settled: it asked for something to be done with a task that is over.
    """

    ref: str
    kind: str
    group: str
    title: Text
    sentence: Text
    case_number: str
    at: datetime
    read: bool
    leads: str
    target: str
    settled: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """A page, the newest first. following: where the next page begins, 0 for nowhere."""

    rows: Sequence[Row]
    following: int
    unread: bool
    group: str


def listed(work: Work, *, unread: bool = False, group: str = "", before: int = 0) -> Listing:
    """What the actor was told. Three SELECTs. Uses ix_notification_account_id_id, ix_notification_unread."""
    wanted = (
        select(Notification, HumanTask, Case)
        .join(HumanTask, HumanTask.id == Notification.task_id, isouter=True)
        .join(Case, Case.id == HumanTask.case_id, isouter=True)
        .where(Notification.account_id == work.actor.person())
        .order_by(Notification.id.desc())
        .limit(SIZE + 1)
    )
    if unread:
        wanted = wanted.where(Notification.read_at.is_(None))
    if group in GROUPS:
        wanted = wanted.where(Notification.kind.in_([name for name, kind in KINDS.items() if kind.group == group]))
    if before:
        wanted = wanted.where(Notification.id < before)
    found = work.session.execute(wanted).all()
    names = _names(work, [one for one, _task, _case in found])
    names |= _offices(work, [one for one, _task, _case in found])
    names |= _categories(work, [one for one, _task, _case in found])
    rows = [_row(*one, names) for one in found[:SIZE]]
    return Listing(rows, found[SIZE - 1][0].id if len(found) > SIZE else 0, unread, group)


def target_of(work: Work, notice: Notification) -> tuple[str, str]:
    """What a notice leads to."""
    task = work.session.get(HumanTask, notice.task_id) if notice.task_id is not None else None
    return _target(notice, KINDS.get(notice.kind), task)


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind of notice with the place where the actor is told of it. fixed: it cannot be switched off."""

    kind: str
    title: Text
    group: str
    channel: str
    fixed: bool


def choices(work: Work) -> list[Choice]:
    """Every kind with what the actor chose. Uses uq_notice_choice_account_id_kind."""
    rows = work.session.execute(
        select(NoticeChoice.kind, NoticeChoice.channel).where(NoticeChoice.account_id == work.actor.person())
    )
    chosen = {kind: channel for kind, channel in rows}  # noqa: C416  dict() takes a Result for a mapping
    return [
        Choice(name, kind.title, kind.group, chosen.get(name, kind.channel), kind.mandatory)
        for name, kind in KINDS.items()
    ]


def choose(work: Work, wanted: Mapping[str, str]) -> None:
    """Keep what the actor chose; a kind that nobody may switch off stays at least in the page."""
    person = work.actor.person()
    known = {
        one.kind: one for one in work.session.scalars(select(NoticeChoice).where(NoticeChoice.account_id == person))
    }
    for name, channel in wanted.items():
        kind = KINDS.get(name)
        if kind is None or channel not in CHANNELS:
            continue
        kept = PAGE if kind.mandatory and channel not in (PAGE, "mail") else channel
        if name in known:
            known[name].channel = kept
        elif kept != kind.channel:
            work.session.add(NoticeChoice(account_id=person, kind=name, channel=kept))


def _names(work: Work, rows: Sequence[Notification]) -> dict[str, object]:
    refs = {str(one.facts["by"]) for one in rows if one.facts.get("by")}
    found = work.session.execute(select(Account.ref, Account.name).where(Account.ref.in_(sorted(refs)))) if refs else ()
    return {ref: name for ref, name in found}  # noqa: C416  dict() takes a Result for a mapping


def _offices(work: Work, rows: Sequence[Notification]) -> dict[str, Name]:
    codes = {str(one.facts["office"]) for one in rows if one.facts.get("office")}
    wanted = select(Organisation.code, Organisation.name, Organisation.name_en).where(Organisation.code.in_(codes))
    return {code: Name(name, name_en) for code, name, name_en in work.session.execute(wanted)} if codes else {}


def _categories(work: Work, rows: Sequence[Notification]) -> dict[str, Name]:
    codes = {str(one.facts["category"]) for one in rows if one.facts.get("category")}
    known = rules.current(work).categories if codes else {}
    return {code: Name(known[code].zh, known[code].en) for code in codes if code in known}


def _row(one: Notification, task: HumanTask | None, case: Case | None, names: Mapping[str, object]) -> Row:
    kind = KINDS.get(one.kind)
    number = (case.number or case.ref[-6:]) if case is not None else ""
    values: dict[str, object] = dict(one.facts)
    values |= {"task": Name(task.name, task.name_en) if task is not None else "", "case": number}
    values["by"] = names.get(str(one.facts.get("by", "")), "")
    values["office"] = names.get(str(one.facts.get("office", "")), "")
    values["register"] = _register(str(one.facts.get("register", "")))
    values["category"] = names.get(str(one.facts.get("category", "")), "")
    leads, target = _target(one, kind, task)
    if kind is None:
        return Row(one.ref, one.kind, "", gettext("Notice"), gettext("Notice"), number, one.made_at,
                   one.read_at is not None, leads, target, settled=False)  # fmt: skip
    settled = task is not None and task.state in OVER and one.kind in SETTLED_BY_END
    sentence = Text(kind.sentence.source, {**dict.fromkeys(kind.places, ""), **values})
    return Row(one.ref, one.kind, kind.group, kind.title, sentence, number, one.made_at, one.read_at is not None,
               leads, target, settled)  # fmt: skip


def _register(code: str) -> object:
    return REGISTERS[code].title if code in REGISTERS else ""


def _target(one: Notification, kind: Kind | None, task: HumanTask | None) -> tuple[str, str]:
    if kind is not None and kind.place and one.facts.get(kind.place):
        return kind.place, str(one.facts[kind.place])
    if kind is not None and kind.blind:
        return "", ""
    if task is not None:
        return (TERM if kind is not None and kind.on_term else TASK), task.ref
    return (CASE, one.case_ref) if one.case_ref else ("", "")
