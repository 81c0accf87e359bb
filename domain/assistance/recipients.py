"""Recipients: which household receives which programme; the roll that reviews freeze (BX-22)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Code, Key, Ref


class Recipient(Base):
    """A household on the roll of one programme in one reporting unit."""

    __tablename__ = "recipient"
    __table_args__ = (
        UniqueConstraint("household_id", "programme"),
        Index("ix_recipient_roll", "unit_id", "programme", "state"),
        CheckConstraint("state IN ('ACTIVE','SUSPENDED','STOPPED')", name="state"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    household_id: Mapped[int] = mapped_column(BigKey, ForeignKey("household.id"))
    programme: Mapped[Code]
    unit_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    state: Mapped[str] = mapped_column(String(12), default="ACTIVE")
    since: Mapped[date]
    until: Mapped[date | None]
