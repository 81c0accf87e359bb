"""Rows of repairs: things done to many cases or tasks at once, and what came due for a case that was put on hold."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key, Ref, Sealed

JUDGING, JUDGED, APPROVED, RUNNING, DONE = "JUDGING", "JUDGED", "APPROVED", "RUNNING", "DONE"
CANCELLED, UNDOING, UNDONE = "CANCELLED", "UNDOING", "UNDONE"


class CaseBatch(Base):
    """One thing to do to a frozen list of cases, or of tasks (which, its kind says).

    params: what the kind needs; chosen: the filter as it was set.

    total: how many on the list; judged, done, failed: how many so far.
    created_by null: the operator at the command line.
    undo_by: who asked to take it back, undo_second: who said yes to that (null: it needed nobody).
    """

    __tablename__ = "case_batch"
    __table_args__ = (
        Index("ix_case_batch_org_id", "org_id", "id"),
        CheckConstraint(
            "state IN ('JUDGING','JUDGED','APPROVED','RUNNING','DONE','CANCELLED','UNDOING','UNDONE')", name="state"
        ),
        # four eyes: nobody approves what they asked for themselves
        CheckConstraint("approved_by IS NULL OR created_by IS NULL OR approved_by <> created_by", name="second"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    kind: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(12), default=JUDGING)
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    chosen: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reason: Mapped[Sealed]
    total: Mapped[int]
    judged: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    org_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("organisation.id"))
    created_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    created_at: Mapped[datetime]
    approved_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    approved_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    # accounts; no foreign key: SQLite can give none to a column that comes later without writing the table anew
    undo_by: Mapped[int | None] = mapped_column(BigKey)
    undo_second: Mapped[int | None] = mapped_column(BigKey)


class CaseBatchRow(Base):
    """One case of a batch, or one task of that case (task_id).

    verdict: "" until judged, then ok, changes, mapping or cannot; result: "" until tried.

    told, outcome: sentences as `Text.packed` keeps them. kept: what the undo needs, sealed JSON.
    """

    __tablename__ = "case_batch_row"
    __table_args__ = (
        UniqueConstraint("batch_id", "place"),
        # a case once, or each of its tasks once
        Index(
            "uq_case_batch_row_case", "batch_id", "case_id", unique=True,
            sqlite_where=text("task_id IS NULL"), postgresql_where=text("task_id IS NULL"),
        ),
        Index(
            "uq_case_batch_row_task", "batch_id", "task_id", unique=True,
            sqlite_where=text("task_id IS NOT NULL"), postgresql_where=text("task_id IS NOT NULL"),
        ),
        Index("ix_case_batch_row_task_id", "task_id"),
        Index("ix_case_batch_row_verdict", "batch_id", "verdict", "place"),
        Index("ix_case_batch_row_result", "batch_id", "result", "place"),
        Index("ix_case_batch_row_case_id", "case_id"),
        CheckConstraint("verdict IN ('','ok','changes','mapping','cannot')", name="verdict"),
        CheckConstraint("result IN ('','DONE','FAILED','LEFT','UNDONE','STAYS')", name="result"),
    )  # fmt: skip

    id: Mapped[Key]
    ref: Mapped[Ref]
    batch_id: Mapped[int] = mapped_column(BigKey, ForeignKey("case_batch.id"))
    place: Mapped[int]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    verdict: Mapped[str] = mapped_column(String(8), default="")
    told: Mapped[list[Any]] = mapped_column(default=list)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    result: Mapped[str] = mapped_column(String(8), default="")
    outcome: Mapped[list[Any]] = mapped_column(default=list)
    kept: Mapped[Sealed | None]
    task_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("human_task.id"))


class CaseHeld(Base):
    """Something that came due for a case while it was on hold: delivered in this order when it goes on.

    kind, payload: of the agenda item (ids only, as there).
    """

    __tablename__ = "case_held"
    __table_args__ = (Index("ix_case_held_case_id", "case_id", "id"),)

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    kind: Mapped[str] = mapped_column(String(48))
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    held_at: Mapped[datetime]
