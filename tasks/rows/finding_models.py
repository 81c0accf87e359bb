"""What finding keeps: searches under a name that gives nothing away, columns of the inbox, filters that were saved."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Code, Key, Ref, Sealed

PRIVATE, TEAM, ROLE = "PRIVATE", "TEAM", "ROLE"
AUDIENCES = (PRIVATE, TEAM, ROLE)
TEXT, NUMBER, DATE, CHOICE = "text", "number", "date", "choice"
_OPEN_SQLITE, _OPEN = text("open = 1"), text("open")  # in the words that each database is asked with


class Search(Base):
    """What somebody looked for that must stand in no address: a name, an identity number (as blind index only), a text.

    The page goes on under `ref`, which is of use to that account alone and until `expires_at` (machine time). words:
    sealed JSON.
    """

    __tablename__ = "search"
    __table_args__ = (Index("ix_search_account_id", "account_id", "expires_at"),)

    id: Mapped[Key]
    ref: Mapped[Ref]
    account_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    kind: Mapped[str] = mapped_column(String(8))
    words: Mapped[Sealed]
    expires_at: Mapped[datetime]


class TaskValue(Base):
    """A form's answer that its owner wants to see, and find tasks by, in the inbox (property `inbox` of the field).

    value: comparable as text (`inbox_columns.comparable`); of a text its blind index, the text itself is in `sealed`.
    org_id: the task's office, so that a filter reads its own part of the index alone. open: false once the task is
    over, which takes the row out of the index.
    """

    __tablename__ = "task_value"
    __table_args__ = (
        UniqueConstraint("task_id", "key"),
        Index(
            "ix_task_value_open", "org_id", "key", "value", "task_id", sqlite_where=_OPEN_SQLITE, postgresql_where=_OPEN
        ),
        Index("ix_task_value_case_id", "case_id"),
        CheckConstraint("kind IN ('text','number','date','choice')", name="kind"),
        CheckConstraint("(kind = 'text') = (sealed IS NOT NULL)", name="sealed"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    task_id: Mapped[int] = mapped_column(BigKey, ForeignKey("human_task.id", ondelete="CASCADE"))
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id", ondelete="CASCADE"))
    org_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    key: Mapped[Code]
    kind: Mapped[str] = mapped_column(String(8))
    value: Mapped[str] = mapped_column(String(120))
    sealed: Mapped[Sealed | None]
    open: Mapped[bool] = mapped_column(default=True)


class SavedFilter(Base):
    """A filter under a name. words: as in the address of the inbox, checked whenever it is opened (`filters.read`).

    audience: its owner alone (PRIVATE), the owner's office (TEAM), or everybody of `role` in that office (ROLE).
    """

    __tablename__ = "saved_filter"
    __table_args__ = (
        Index("ix_saved_filter_owner_id", "owner_id", "position"),
        Index("ix_saved_filter_org_id", "org_id", "audience", "position"),
        CheckConstraint("audience IN ('PRIVATE','TEAM','ROLE')", name="audience"),
        CheckConstraint("(audience = 'ROLE') = (role <> '')", name="role"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    owner_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    org_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    audience: Mapped[str] = mapped_column(String(8), default=PRIVATE)
    role: Mapped[str] = mapped_column(String(32), default="")
    name: Mapped[str] = mapped_column(String(60))
    words: Mapped[dict[str, Any]]
    position: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime]
