"""Deliveries: files of other departments, read into a store; visible to matching by one committed row (walls 12)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Code, Key, Ref


class Resource(Base):
    """A catalogue item (DOC-20): one category supplied by one office, with its feedback limit."""

    __tablename__ = "resource"
    __table_args__ = (UniqueConstraint("supplier_id", "category"),)

    id: Mapped[Key]
    ref: Mapped[Ref]
    code: Mapped[Code] = mapped_column(unique=True)
    category: Mapped[Code]
    supplier_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    level: Mapped[str] = mapped_column(String(16))
    limit_key: Mapped[Code]
    active: Mapped[bool] = mapped_column(default=True)


class Delivery(Base):
    """One uploaded file of one resource: READING, READY (matching sees it), FAILED or DROPPED.

    faults: at most 200 of [sheet, row, column, sentence], without any cell content.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("resource_id", "file_digest"),
        Index("ix_delivery_resource_state", "resource_id", "state", "data_date"),
        CheckConstraint("state IN ('READING','READY','FAILED','DROPPED')", name="state"),
        CheckConstraint("state <> 'READY' OR store_name IS NOT NULL", name="ready_is_stored"),
        CheckConstraint("accepted + rejected + skipped = total", name="rows_add_up"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    resource_id: Mapped[int] = mapped_column(BigKey, ForeignKey("resource.id"))
    file_id: Mapped[int] = mapped_column(BigKey, ForeignKey("stored_file.id"))
    file_digest: Mapped[str] = mapped_column(String(64))
    data_date: Mapped[date]
    state: Mapped[str] = mapped_column(String(12), default="READING")
    uploaded_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    uploaded_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    total: Mapped[int] = mapped_column(default=0)
    accepted: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    faults: Mapped[list[Any]] = mapped_column(default=list)
    failure: Mapped[str] = mapped_column(String(500), default="")
    store_name: Mapped[str | None] = mapped_column(String(64))
    store_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    store_digest: Mapped[str | None] = mapped_column(String(64))
    store_size: Mapped[int | None] = mapped_column(BigKey)
