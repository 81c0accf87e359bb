"""What happened to terms: asked for and decided, recomputed with a new calendar, reminded of."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Code, Key, Ref, Sealed

STOP, EXTEND = "STOP", "EXTEND"
PENDING, GRANTED, REFUSED, LAPSED = "PENDING", "GRANTED", "REFUSED", "LAPSED"
RUNNING, DONE, SUPERSEDED = "RUNNING", "DONE", "SUPERSEDED"
MOVED, KEPT = "MOVED", "KEPT"
_WAITING = text("state = 'PENDING'")


class TermRequest(Base):
    """A stop or an extension of a term as it was asked for, and what became of it.

    term_key: of the policy that set the term. whole_case: the term of the case and not of the step alone. until: the
    last day of a stop. length, unit: of an extension. clause: what allows it. old_at, new_at: the due instant before
    and after. ended_on: the day a stop ended before its time.
    """

    __tablename__ = "term_request"
    __table_args__ = (
        CheckConstraint("kind IN ('STOP','EXTEND')", name="kind"),
        CheckConstraint("state IN ('PENDING','GRANTED','REFUSED','LAPSED')", name="state"),
        CheckConstraint("(state IN ('GRANTED','REFUSED')) = (decided_by IS NOT NULL)", name="decided"),
        CheckConstraint("(kind = 'STOP') = (until IS NOT NULL)", name="until"),
        CheckConstraint("(kind = 'EXTEND') = (length IS NOT NULL)", name="length"),
        Index("ix_term_request_task_id", "task_id", "id"),
        Index("ix_term_request_case_id", "case_id", "id"),
        Index("ix_term_request_pending", "org_id", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    task_id: Mapped[int] = mapped_column(BigKey, ForeignKey("human_task.id"))
    org_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    whole_case: Mapped[bool]
    term_key: Mapped[Code]
    kind: Mapped[str] = mapped_column(String(8))
    ground: Mapped[str] = mapped_column(String(32))
    reason: Mapped[Sealed]
    clause: Mapped[str] = mapped_column(String(64))
    until: Mapped[date | None]
    length: Mapped[int | None]
    unit: Mapped[str] = mapped_column(String(8), default="")
    state: Mapped[str] = mapped_column(String(8), default=PENDING)
    asked_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    asked_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    decided_at: Mapped[datetime | None]
    old_at: Mapped[datetime | None]
    new_at: Mapped[datetime | None]
    ended_on: Mapped[date | None]


class TermAlert(Base):
    """A reminder that was sent: once a task, due day and stage. A due day that moves begins anew."""

    __tablename__ = "term_alert"
    __table_args__ = (UniqueConstraint("task_id", "due_at", "stage"),)

    id: Mapped[Key]
    task_id: Mapped[int] = mapped_column(BigKey, ForeignKey("human_task.id"))
    due_at: Mapped[datetime]
    stage: Mapped[int] = mapped_column(SmallInteger)
    sent_at: Mapped[datetime]


class TermRun(Base):
    """Open terms recomputed with a calendar: one run a calendar, in chunks of cases. after: the last case looked at."""

    __tablename__ = "term_run"
    __table_args__ = (CheckConstraint("state IN ('RUNNING','DONE','SUPERSEDED')", name="state"),)

    id: Mapped[Key]
    ref: Mapped[Ref]
    version: Mapped[str] = mapped_column(String(64), unique=True)
    before: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[str] = mapped_column(String(12), default=RUNNING)
    began_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    after: Mapped[int] = mapped_column(BigKey, default=0)
    looked: Mapped[int] = mapped_column(default=0)
    moved: Mapped[int] = mapped_column(default=0)
    kept: Mapped[int] = mapped_column(default=0)


class TermMove(Base):
    """A due day that a run moved, or kept though the calendar says another. subject: "task", "case" or "query"."""

    __tablename__ = "term_move"
    __table_args__ = (
        UniqueConstraint("run_id", "subject", "subject_ref"),
        Index("ix_term_move_run_id", "run_id", "id"),
        Index("ix_term_move_org_id", "org_id", "run_id", "id"),
        CheckConstraint("outcome IN ('MOVED','KEPT')", name="outcome"),
        CheckConstraint("subject IN ('task','case','query')", name="subject"),
    )

    id: Mapped[Key]
    run_id: Mapped[int] = mapped_column(BigKey, ForeignKey("term_run.id"))
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    task_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("human_task.id"))
    org_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    subject: Mapped[str] = mapped_column(String(8))
    subject_ref: Mapped[str] = mapped_column(String(26))
    outcome: Mapped[str] = mapped_column(String(8))
    old_at: Mapped[datetime]
    new_at: Mapped[datetime]
    computed_at: Mapped[datetime]
