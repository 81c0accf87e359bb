"""Fields that a checker marked for correction: rows of the task that was opened again for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key, Ref, Sealed


class TaskMark(Base):
    """One field of a task's form that is to be corrected. It stands until the task is done.

    path: "key", or "list-0-key" as the rows stood; note: why (S3); marked_in: the task at which it was found.
    """

    __tablename__ = "task_mark"
    __table_args__ = (UniqueConstraint("task_id", "path"),)

    id: Mapped[Key]
    ref: Mapped[Ref]
    task_id: Mapped[int] = mapped_column(BigKey, ForeignKey("human_task.id"))
    path: Mapped[str] = mapped_column(String(120))
    note: Mapped[Sealed]
    marked_in: Mapped[int] = mapped_column(BigKey, ForeignKey("human_task.id"))
    marked_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    marked_at: Mapped[datetime]
