"""The rows of the registers: entries, and what was written to each."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Code, Key, Ref, Sealed

OPEN, DONE, DROPPED = "OPEN", "DONE", "DROPPED"
STATES = (OPEN, DONE, DROPPED)
NOTE = "NOTE"
REOPENED = "REOPENED"


class RegisterEntry(Base):
    """One entry. org_id: the office it is about, which owes it; by_org_id: the office that opened it.

    one_of: digest of its keyed facts; with the office and the register it is there once, unless it was dropped.
    said: every fact, a sealed object of texts; detail: the one of them that is chosen from a list. person_id: the
    person it speaks of, where its register names one.
    """

    __tablename__ = "register_entry"
    __table_args__ = (
        CheckConstraint("state IN ('OPEN','DONE','DROPPED')", name="state"),
        CheckConstraint("(state = 'OPEN') = (ended_at IS NULL)", name="ended"),
        UniqueConstraint("register", "org_id", "one_of"),
        # lists and counts of what is open, the earliest day first; of what an office opened for others
        Index("ix_register_entry_org", "org_id", "register", "state", "due_on"),
        Index("ix_register_entry_by_org", "by_org_id", "register", "state", "due_on"),
        Index("ix_register_entry_person", "person_id", "register"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    register: Mapped[Code]
    org_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    by_org_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    person_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    one_of: Mapped[str | None] = mapped_column(String(64))
    detail: Mapped[str | None] = mapped_column(String(16))
    said: Mapped[Sealed]
    due_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(String(8), default=OPEN)
    opened_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    opened_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class RegisterLine(Base):
    """What was written to an entry, with the paper that shows it; written once. kind: NOTE, DONE, DROPPED, REOPENED."""

    __tablename__ = "register_line"
    __table_args__ = (
        CheckConstraint("kind IN ('NOTE','DONE','DROPPED','REOPENED')", name="kind"),
        Index("ix_register_line_entry", "entry_id", "id"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    entry_id: Mapped[int] = mapped_column(BigKey, ForeignKey("register_entry.id"))
    kind: Mapped[str] = mapped_column(String(8))
    text: Mapped[Sealed]
    file_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("stored_file.id"))
    by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    at: Mapped[datetime]
