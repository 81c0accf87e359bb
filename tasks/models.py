"""Human tasks (WS-HumanTask states) with their drafts, comments and attachments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Code, Key, Label, Ref, Sealed

READY, RESERVED, COMPLETED, OBSOLETE = "READY", "RESERVED", "COMPLETED", "OBSOLETE"
OPEN = (READY, RESERVED)
_OPEN_SQL = text("state IN ('READY','RESERVED')")


class HumanTask(Base):
    """A piece of work waiting for a person of (role, office). READY -> RESERVED -> COMPLETED; OBSOLETE when the
    case moved on without it.

    token: the engine's id, a mapping only. item: the multi-instance element (ids only). subject: ref of what the
    item is about, "" otherwise. limit: STATUTORY, INTERNAL or NONE, said beside the due day. answers and draft are
    sealed JSON.
    """

    __tablename__ = "human_task"
    __table_args__ = (
        UniqueConstraint("case_id", "token"),
        Index(
            "ix_human_task_inbox",
            "org_id",
            "role",
            "due_at",
            "id",
            sqlite_where=_OPEN_SQL,
            postgresql_where=_OPEN_SQL,
        ),
        Index(
            "ix_human_task_assignee",
            "assignee_id",
            "due_at",
            "id",
            sqlite_where=_OPEN_SQL,
            postgresql_where=_OPEN_SQL,
        ),
        Index("ix_human_task_done", "completed_by", "completed_at"),
        CheckConstraint("state IN ('READY','RESERVED','COMPLETED','OBSOLETE')", name="state"),
        CheckConstraint("(state = 'RESERVED') = (assignee_id IS NOT NULL)", name="reserved_by"),
        CheckConstraint("(state = 'COMPLETED') = (completed_by IS NOT NULL)", name="completed_by"),
        CheckConstraint("limit_kind IN ('STATUTORY','INTERNAL','NONE')", name="limit_kind"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    process: Mapped[Code]
    step_id: Mapped[Code]
    token: Mapped[str] = mapped_column(String(32))
    name: Mapped[Label]
    name_en: Mapped[Label]
    role: Mapped[str] = mapped_column(String(32))
    org_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    form_key: Mapped[Code]
    form_digest: Mapped[str] = mapped_column(String(64))
    item: Mapped[dict[str, Any] | None]
    subject: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[str] = mapped_column(String(12), default=READY)
    version: Mapped[int] = mapped_column(default=1)
    assignee_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    claimed_at: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    due: Mapped[dict[str, Any] | None]
    due_at: Mapped[datetime | None]
    limit_kind: Mapped[str] = mapped_column(String(12), default="NONE")
    round: Mapped[int] = mapped_column(default=1)
    completed_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    completed_at: Mapped[datetime | None]
    answers: Mapped[Sealed | None]
    draft: Mapped[Sealed | None]
    draft_at: Mapped[datetime | None]
    # account on whose behalf `completed_by` did it; four-eyes rules are judged of both. No foreign key: SQLite can give
    # none to a column that comes later without writing the table anew, and accounts are never deleted
    done_for: Mapped[int | None] = mapped_column(BigKey)


class TaskComment(Base):
    """A remark on a case's task, seen by everyone who may see the task."""

    __tablename__ = "task_comment"
    __table_args__ = (Index("ix_task_comment_case_id", "case_id", "id"),)

    id: Mapped[Key]
    ref: Mapped[Ref]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    task_id: Mapped[int] = mapped_column(BigKey, ForeignKey("human_task.id"))
    body: Mapped[Sealed]
    written_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    written_at: Mapped[datetime]


class TaskAttachment(Base):
    """A file handed in with a task; a form's filepicker names it by the file's ref."""

    __tablename__ = "task_attachment"
    __table_args__ = (UniqueConstraint("task_id", "file_id"),)

    id: Mapped[Key]
    task_id: Mapped[int] = mapped_column(BigKey, ForeignKey("human_task.id"))
    file_id: Mapped[int] = mapped_column(BigKey, ForeignKey("stored_file.id"))
    field: Mapped[str] = mapped_column(String(64), default="")
