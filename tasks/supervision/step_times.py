"""How much working time each step took, a day and office: how long its work waited, was worked at, was blocked.

Derived from what is kept anyway, the journal of tasks and the moments of cases, by a reader that remembers how far it
came (`measure`). Nothing is counted while people work, and figures can be made anew from the beginning (`forget`).
*Waiting*: nobody holds the task. *Working*: somebody does. *Blocked*: it is put off or in error; and all the time of
steps that no person of the office does: queries, messages, timers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Date,
    String,
    UniqueConstraint,
    and_,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from domain import office_hours, rules
from domain.base import Base, BigKey, Code, Key
from domain.cases import Case
from domain.clock import office_day
from domain.journal import JournalEntry
from domain.work import Work
from domain.workdays import Calendar
from tasks.rows.models import HumanTask
from workflows import definitions
from workflows.moments import CaseMoment

WAITING, WORKING, BLOCKED = "waiting", "working", "blocked"
KINDS = (WAITING, WORKING, BLOCKED)
TASKS, MOMENTS = "TASKS", "MOMENTS"
CHUNK = 1_000
ENDS = ("task.completed", "task.completed_for", "task.skipped", "task.failed")
# what a task's entry makes of it; "" gives it back to what it was before it was blocked
TURNS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "task.claimed",
            "task.assigned",
            "task.forwarded",
            "task.delegated",
            "task.started",
            "task.taken",
            "task.handed_over",
        ),
        WORKING,
    ),
    **dict.fromkeys(("task.released", "task.rerouted"), WAITING),
    **dict.fromkeys(("task.suspended", "task.broken"), BLOCKED),
    **dict.fromkeys(("task.resumed", "task.mended"), ""),
}
# steps at which a case waits for something else than its people
ALONE = ("service", "decision", "script", "send", "receive", "catch", "call")


class StepTime(Base):
    """Sums of a step, office and day: n pieces of work that ended that day, late ones of them, working seconds."""

    __tablename__ = "step_time"
    __table_args__ = (
        UniqueConstraint("org_id", "day", "process", "step_id"),
        CheckConstraint("n >= 0 AND waiting >= 0 AND working >= 0 AND blocked >= 0", name="counted"),
    )

    id: Mapped[Key]
    org_id: Mapped[int] = mapped_column(BigKey)
    day: Mapped[date] = mapped_column(Date)
    process: Mapped[Code]
    step_id: Mapped[Code]
    n: Mapped[int] = mapped_column(default=0)
    late: Mapped[int] = mapped_column(default=0)
    waiting: Mapped[int] = mapped_column(BigKey, default=0)
    working: Mapped[int] = mapped_column(BigKey, default=0)
    blocked: Mapped[int] = mapped_column(BigKey, default=0)


class StepTimeMark(Base):
    """How far the reader came in the journal (TASKS) and in the moments (MOMENTS).

    seen: the newest key when it last looked. Only up to there it reads the next time: whatever was being written then
    with a smaller key is there by now.
    """

    __tablename__ = "step_time_mark"
    __table_args__ = (CheckConstraint("kind IN ('TASKS','MOMENTS')", name="kind"),)

    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    read: Mapped[int] = mapped_column(BigKey, default=0)
    seen: Mapped[int] = mapped_column(BigKey, default=0)


@dataclass(frozen=True, slots=True)
class Spent:
    """Working seconds of one piece of work."""

    waiting: int = 0
    working: int = 0
    blocked: int = 0


@dataclass(slots=True)
class _Sums:
    """What is added to the rows: figures by (office, day, process, step)."""

    rows: defaultdict[tuple[int, date, str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, key: tuple[int, date, str, str], *, n: int = 1, late: bool = False, **spent: int) -> None:
        self.rows[key].update({"n": n, "late": int(late), **spent})


def spent(calendar: Calendar, opened: datetime, entries: Iterable[tuple[str, datetime]], ended: datetime) -> Spent:
    """What the entries of a task, oldest first, say of its working time from its opening to its end."""
    sums: Counter[str] = Counter()
    kind, before, since = WAITING, WAITING, opened
    for event, at in entries:
        turn = TURNS.get(event)
        if turn is None or at > ended:
            continue
        sums[kind] += office_hours.worked(calendar, since, at)
        if turn == BLOCKED and kind != BLOCKED:
            before = kind
        kind, since = turn or before, at
    sums[kind] += office_hours.worked(calendar, since, ended)
    return Spent(sums[WAITING], sums[WORKING], sums[BLOCKED])


def measure(work: Work, most: int = CHUNK) -> int:
    """Read on, up to so many entries and moments, and add up what ended. Returns how many were read; 0: all is read.

    Whoever measures at the same time waits for the mark and then finds it moved.
    """
    return _read(work, TASKS, JournalEntry.id, most) + _read(work, MOMENTS, CaseMoment.id, most)


def forget(work: Work) -> None:
    """Drop all figures; the next look reads from the beginning."""
    work.session.execute(delete(StepTime))
    work.session.execute(delete(StepTimeMark))


def _read(work: Work, kind: str, key: Any, most: int) -> int:
    mark = _mark(work, kind)
    newest = int(work.session.scalar(select(func.max(key))) or 0)
    upto = mark.seen
    if mark.read >= upto:
        mark.seen = max(newest, mark.seen)
        return 0
    keys = work.session.scalars(select(key).where(key > mark.read, key <= upto).order_by(key).limit(most)).all()
    last = keys[-1] if len(keys) == most else upto
    sums = _Sums()
    (_tasks if kind == TASKS else _waits)(work, mark.read, last, sums)
    _add(work, sums)
    mark.read = last
    return len(keys)


def _mark(work: Work, kind: str) -> StepTimeMark:
    wanted = select(StepTimeMark).where(StepTimeMark.kind == kind).with_for_update()
    found = work.session.scalars(wanted).first()
    if found is None:
        found = StepTimeMark(kind=kind, read=0, seen=0)
        work.session.add(found)
        work.session.flush()
    return found


def _tasks(work: Work, after: int, upto: int, sums: _Sums) -> None:
    """Tasks whose end stands between two entries of the journal. Uses its key and ix_journal_entry_subject."""
    ends = select(JournalEntry.subject, JournalEntry.legal_at).where(
        JournalEntry.id > after, JournalEntry.id <= upto, JournalEntry.event.in_(ENDS)
    )
    ended = dict(work.session.execute(ends).all())
    if not ended:
        return
    entries: defaultdict[str, list[tuple[str, datetime]]] = defaultdict(list)
    turned = select(JournalEntry.subject, JournalEntry.event, JournalEntry.legal_at).where(
        JournalEntry.subject.in_(ended), JournalEntry.event.in_(tuple(TURNS))
    )
    for subject, event, at in work.session.execute(turned.order_by(JournalEntry.id)):
        entries[subject].append((event, at))
    task = HumanTask
    rows = work.session.execute(
        select(task.ref, task.org_id, task.process, task.step_id, task.opened_at, task.due_at).where(
            task.ref.in_(ended)
        )
    )
    calendar = rules.current(work).calendar
    for ref, org_id, process, step_id, opened_at, due_at in rows:
        at = ended[ref]
        one = spent(calendar, opened_at, entries[ref], at)
        sums.add(
            (org_id, office_day(at), process, step_id), late=due_at is not None and at > due_at,
            waiting=one.waiting, working=one.working, blocked=one.blocked,
        )  # fmt: skip


def _waits(work: Work, after: int, upto: int, sums: _Sums) -> None:
    """Time at steps that no person does, from move to move. Uses the key of moments and uq_case_moment_case_id_version.

    A step is left by the move after which its node is not active any more; n counts these.
    """
    last = aliased(CaseMoment)
    columns = (last.at, last.changed, last.definition_id, CaseMoment.at, CaseMoment.changed)
    rows = work.session.execute(
        select(*columns, Case.process, Case.agency_id, Case.department_id)
        .join_from(CaseMoment, last, and_(last.case_id == CaseMoment.case_id, last.version == CaseMoment.version - 1))
        .join(Case, Case.id == CaseMoment.case_id)
        .where(CaseMoment.id > after, CaseMoment.id <= upto)
    ).all()
    if not rows:
        return
    calendar = rules.current(work).calendar
    for since, before, definition_id, at, then, process, agency_id, department_id in rows:
        stood = set(_active(before)) & _waited_at(work, definition_id)
        if not stood:
            continue
        seconds = office_hours.worked(calendar, since, at)
        left = stood - set(_active(then))
        org_id = agency_id if agency_id is not None else department_id
        for step_id in stood:
            sums.add((org_id, office_day(at), process, step_id), n=int(step_id in left), blocked=seconds)


def _active(changed: Mapping[str, Any]) -> Sequence[str]:
    return [str(one) for one in changed.get("active") or ()]


def _waited_at(work: Work, definition_id: int) -> frozenset[str]:
    """Steps of a version at which a case waits without anybody's task."""
    steps = definitions.by_id(work, definition_id).diagram.steps
    return frozenset(one.id for one in steps.values() if one.kind in ALONE)


def _add(work: Work, sums: _Sums) -> None:
    for (org_id, day, process, step_id), figures in sorted(sums.rows.items()):
        where = and_(
            StepTime.org_id == org_id, StepTime.day == day, StepTime.process == process, StepTime.step_id == step_id
        )
        more = {name: getattr(StepTime, name) + count for name, count in figures.items()}
        done = work.session.execute(
            update(StepTime).where(where).values(more).execution_options(synchronize_session=False)
        )
        if not done.rowcount:  # type: ignore[attr-defined]
            named = {"org_id": org_id, "day": day, "process": process, "step_id": step_id}
            work.session.execute(insert(StepTime).values(_ZERO | named | dict(figures)))


_ZERO = {"late": 0, "waiting": 0, "working": 0, "blocked": 0}
