"""Rows of a hand-over: what became of somebody's open work when they left, and what a substitute was given."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key, Ref, Sealed

RUNNING, DONE = "RUNNING", "DONE"
# what an item is, and what became of it
TASK, DELEGATED, SUBSTITUTION, FILTER, BATCH = "TASK", "DELEGATED", "SUBSTITUTION", "FILTER", "BATCH"
WAITS, TO, QUEUE, OWNER, ENDED, STAYS = "", "TO", "QUEUE", "OWNER", "ENDED", "STAYS"
_RUNNING_SQL = text("state = 'RUNNING'")


class Leaving(Base):
    """The receipt of a hand-over: everything that somebody had open, frozen as a list, and what became of each.

    to_id: the colleague who gets what they may do; null: all goes back to the queue. done: items tried so far.
    """

    __tablename__ = "leaving"
    __table_args__ = (
        Index("ix_leaving_org_id", "org_id", "id"),
        Index("ix_leaving_account_id", "account_id", "id"),
        # two hand-overs of one person at once would move the same tasks twice
        Index("uq_leaving_running", "account_id", unique=True, sqlite_where=_RUNNING_SQL,
              postgresql_where=_RUNNING_SQL),
        CheckConstraint("state IN ('RUNNING','DONE')", name="state"),
        CheckConstraint("to_id IS NULL OR to_id <> account_id", name="two_people"),
    )  # fmt: skip

    id: Mapped[Key]
    ref: Mapped[Ref]
    account_id: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    org_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    to_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    reason: Mapped[Sealed]
    state: Mapped[str] = mapped_column(String(8), default=RUNNING)
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    begun_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class LeavingItem(Base):
    """One thing of the list. subject: ref of the task, substitution, filter or batch; told: a sentence as
    `Text.packed` keeps it, [] for none; to_id: who has it now."""

    __tablename__ = "leaving_item"
    __table_args__ = (
        UniqueConstraint("leaving_id", "place"),
        UniqueConstraint("leaving_id", "kind", "subject"),
        CheckConstraint("kind IN ('TASK','DELEGATED','SUBSTITUTION','FILTER','BATCH')", name="kind"),
        CheckConstraint("result IN ('','TO','QUEUE','OWNER','ENDED','STAYS')", name="result"),
    )

    id: Mapped[Key]
    leaving_id: Mapped[int] = mapped_column(BigKey, ForeignKey("leaving.id"))
    place: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12))
    subject: Mapped[str] = mapped_column(String(26))
    result: Mapped[str] = mapped_column(String(8), default=WAITS)
    to_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    told: Mapped[list[Any]] = mapped_column(default=list)


class HandOver(Base):
    """The pack that a substitute was given when an absence began: a sheet as it stood that day."""

    __tablename__ = "handover"
    __table_args__ = (UniqueConstraint("substitution_id"),)

    id: Mapped[Key]
    ref: Mapped[Ref]
    substitution_id: Mapped[int] = mapped_column(BigKey, ForeignKey("substitution.id"))
    file_id: Mapped[int] = mapped_column(BigKey, ForeignKey("stored_file.id"))
    tasks: Mapped[int]
    made_at: Mapped[datetime]
