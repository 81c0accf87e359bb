"""Human tasks (WS-HumanTask 1.1) with the people bound to them, their drafts, comments and attachments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import DDL, CheckConstraint, ForeignKey, Index, SmallInteger, String, UniqueConstraint, event, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Code, Key, Label, Ref, Sealed

CREATED, READY, RESERVED, IN_PROGRESS, SUSPENDED, ERROR = (
    "CREATED", "READY", "RESERVED", "IN_PROGRESS", "SUSPENDED", "ERROR",
)  # fmt: skip
COMPLETED, FAILED, EXITED, OBSOLETE = "COMPLETED", "FAILED", "EXITED", "OBSOLETE"
# still to be done by somebody; held by a person who may type into it
OPEN = (CREATED, READY, RESERVED, IN_PROGRESS, SUSPENDED, ERROR)
HELD = (RESERVED, IN_PROGRESS)
WORKABLE = (READY, *HELD)
OVER = (COMPLETED, FAILED, EXITED, OBSOLETE)
OPEN_SQL = text(f"state IN ({','.join(repr(one) for one in OPEN)})")
NORMAL = 5  # WS-HumanTask: 0 is the highest priority, 10 the lowest, 5 what is not said otherwise
CANDIDATE, EXCLUDED, STAKEHOLDER = "CANDIDATE", "EXCLUDED", "STAKEHOLDER"


class HumanTask(Base):
    """A piece of work waiting for a person of (role, office); which operation leads from which state to which stands in
    `tasks.life`.

    CREATED: a supervisor has to name who may do it. OBSOLETE: skipped. EXITED: the case moved on without it. FAILED: it
    was given up, and the drawing says what follows. ERROR: the program could not carry out its end.
    held_for: whom the holder stands in for. owner_id: who delegated it, and to whom it comes back. prior_state: where a
    suspended one goes back to. narrowed: only people named as candidates may take it; people: somebody is named on it
    at all. skill: what they must know.
    priority: 0 highest … 10 lowest.
    token: the engine's id, a mapping only. item: the multi-instance element (ids only). subject: ref of what the
    item is about, "" otherwise. limit: STATUTORY, INTERNAL or NONE, said beside the due day. answers and draft are
    sealed JSON.
    """

    __tablename__ = "human_task"
    __table_args__ = (
        UniqueConstraint("case_id", "token"),
        # a queue in the order of its due days; what a filter asks of the task itself is answered by the index alone
        Index(
            "ix_human_task_inbox",
            "org_id",
            "role",
            "state",
            "due_at",
            "id",
            "town_id",
            "step_id",
            "process",
            sqlite_where=OPEN_SQL,
            postgresql_where=OPEN_SQL,
        ),
        # a whole area in the order of its due days
        Index(
            "ix_human_task_due",
            "due_at",
            "id",
            "org_id",
            "state",
            sqlite_where=OPEN_SQL,
            postgresql_where=OPEN_SQL,
        ),
        Index(
            "ix_human_task_pull",
            "org_id",
            "role",
            "priority",
            "due_at",
            "id",
            sqlite_where=text(f"state = '{READY}'"),
            postgresql_where=text(f"state = '{READY}'"),
        ),
        Index(
            "ix_human_task_assignee",
            "assignee_id",
            "due_at",
            "id",
            sqlite_where=OPEN_SQL,
            postgresql_where=OPEN_SQL,
        ),
        Index(
            "ix_human_task_owner",
            "owner_id",
            sqlite_where=text("owner_id IS NOT NULL"),
            postgresql_where=text("owner_id IS NOT NULL"),
        ),
        Index("ix_human_task_done", "completed_by", "completed_at"),
        Index(
            "ix_human_task_completed_at",
            "completed_at",
            "id",
            sqlite_where=text("completed_at IS NOT NULL"),
            postgresql_where=text("completed_at IS NOT NULL"),
        ),
        CheckConstraint(
            "state IN ('CREATED','READY','RESERVED','IN_PROGRESS','SUSPENDED','ERROR','COMPLETED','FAILED','EXITED',"
            "'OBSOLETE')",
            name="state",
        ),
        # a task put off or in error stays with whoever held it
        CheckConstraint(
            "CASE WHEN state IN ('RESERVED','IN_PROGRESS') THEN assignee_id IS NOT NULL"
            " WHEN state IN ('SUSPENDED','ERROR') THEN true ELSE assignee_id IS NULL END",
            name="held_by",
        ),
        CheckConstraint("held_for IS NULL OR assignee_id IS NOT NULL", name="held_for"),
        CheckConstraint("owner_id IS NULL OR assignee_id IS NOT NULL", name="delegated"),
        CheckConstraint("(state = 'SUSPENDED') = (prior_state <> '')", name="prior_state"),
        CheckConstraint("priority BETWEEN 0 AND 10", name="priority"),
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
    # account on whose behalf `completed_by` did it; four-eyes rules are judged of both
    done_for: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    priority: Mapped[int] = mapped_column(SmallInteger, default=NORMAL)
    skill: Mapped[str] = mapped_column(String(48), default="")
    town_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("organisation.id"))
    narrowed: Mapped[bool] = mapped_column(default=False)
    people: Mapped[bool] = mapped_column(default=False)
    held_for: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    owner_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    started_at: Mapped[datetime | None]
    prior_state: Mapped[str] = mapped_column(String(12), default="")
    suspended_until: Mapped[datetime | None]
    # who typed the draft, how often it was saved, from which page and that page's how manieth save: `tasks.desk.drafts`
    draft_by: Mapped[int | None] = mapped_column(BigKey)
    draft_revision: Mapped[int | None]
    draft_page: Mapped[str | None] = mapped_column(String(12))
    draft_turn: Mapped[int | None]


# PostgreSQL takes office, role and state for independent and thinks a queue thirty times too short, unless told
event.listen(
    HumanTask.__table__,
    "after_create",
    DDL(  # type: ignore[no-untyped-call]
        "CREATE STATISTICS IF NOT EXISTS st_human_task_queue (dependencies, mcv) ON org_id, role, state FROM human_task"
    ).execute_if(dialect="postgresql"),
)


class TaskPerson(Base):
    """Somebody bound to a task by name: a CANDIDATE may take it, an EXCLUDED owner never, a STAKEHOLDER follows it."""

    __tablename__ = "task_person"
    __table_args__ = (
        UniqueConstraint("task_id", "account_id", "kind"),
        Index("ix_task_person_account_id", "account_id", "kind", "task_id"),
        CheckConstraint("kind IN ('CANDIDATE','EXCLUDED','STAKEHOLDER')", name="kind"),
    )

    id: Mapped[Key]
    task_id: Mapped[int] = mapped_column(BigKey, ForeignKey("human_task.id"))
    account_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    kind: Mapped[str] = mapped_column(String(12))
    named_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    named_at: Mapped[datetime]


class TaskDraft(Base):
    """What was typed in a window that did not know of the task's draft: kept beside it until somebody decides.

    page: of which window; turn: its how manieth save. body is sealed JSON.
    """

    __tablename__ = "task_draft"
    __table_args__ = (UniqueConstraint("task_id", "page"),)

    id: Mapped[Key]
    ref: Mapped[Ref]
    task_id: Mapped[int] = mapped_column(BigKey, ForeignKey("human_task.id"))
    page: Mapped[str] = mapped_column(String(12))
    turn: Mapped[int] = mapped_column(default=0)
    body: Mapped[Sealed]
    written_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    written_at: Mapped[datetime]


class TaskComment(Base):
    """A remark on a case's task, seen by everyone who may see the task. One that was withdrawn leaves its trace."""

    __tablename__ = "task_comment"
    __table_args__ = (Index("ix_task_comment_case_id", "case_id", "id"),)

    id: Mapped[Key]
    ref: Mapped[Ref]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    task_id: Mapped[int] = mapped_column(BigKey, ForeignKey("human_task.id"))
    body: Mapped[Sealed]
    written_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    written_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class CommentMention(Base):
    """Somebody whom a remark tells of itself."""

    __tablename__ = "comment_mention"
    __table_args__ = (UniqueConstraint("comment_id", "account_id"),)

    id: Mapped[Key]
    comment_id: Mapped[int] = mapped_column(BigKey, ForeignKey("task_comment.id"))
    account_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))


class TaskAttachment(Base):
    """A file handed in with a task; a form's filepicker names it by the file's ref."""

    __tablename__ = "task_attachment"
    __table_args__ = (UniqueConstraint("task_id", "file_id"),)

    id: Mapped[Key]
    task_id: Mapped[int] = mapped_column(BigKey, ForeignKey("human_task.id"))
    file_id: Mapped[int] = mapped_column(BigKey, ForeignKey("stored_file.id"))
    field: Mapped[str] = mapped_column(String(64), default="")
