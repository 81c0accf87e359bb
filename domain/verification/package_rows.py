"""The tables of request packages: what was asked of a department in one file, and what became of each person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key, Ref, Sealed

OUT, ANSWERED, EXPIRED, CANCELLED = "OUT", "ANSWERED", "EXPIRED", "CANCELLED"
ASKED, FOUND, NOT_FOUND, ERROR, UNANSWERED = "ASKED", "FOUND", "NOT_FOUND", "ERROR", "UNANSWERED"
XLSX, CSV_UTF8, CSV_GB18030 = LAYOUTS = ("XLSX", "CSV_UTF8", "CSV_GB18030")
_LIVE = "state IN ('ASKED','ERROR')"


class RequestPackage(Base):
    """What one agency asks one source about in one file; OUT until answered, expired or cancelled.

    number: unique, printed in every row. due, due_at: the resource's feedback limit from the day it was made.
    file_id: the file as handed out, once it was written. reason: why it was called back.
    """

    __tablename__ = "request_package"
    __table_args__ = (
        Index("ix_request_package_resource_id", "resource_id", "state", "id"),
        Index("ix_request_package_agency_id", "agency_id", "id"),
        CheckConstraint("state IN ('OUT','ANSWERED','EXPIRED','CANCELLED')", name="state"),
        CheckConstraint("layout IN ('XLSX','CSV_UTF8','CSV_GB18030')", name="layout"),
        CheckConstraint("state = 'OUT' OR closed_at IS NOT NULL", name="closed"),
        CheckConstraint("state <> 'CANCELLED' OR reason IS NOT NULL", name="cancelled_for_a_reason"),
        CheckConstraint("persons > 0", name="somebody"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    number: Mapped[str] = mapped_column(String(48), unique=True)
    resource_id: Mapped[int] = mapped_column(BigKey, ForeignKey("resource.id"))
    agency_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    layout: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12), default=OUT)
    persons: Mapped[int]
    made_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    made_at: Mapped[datetime]
    due: Mapped[dict[str, Any]]
    due_at: Mapped[datetime]
    file_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("stored_file.id"))
    closed_at: Mapped[datetime | None]
    reason: Mapped[Sealed | None]


class PackagePerson(Base):
    """One person of one query in a package. A trigger in `domain.verification.guards` holds that the query is out and
    of the package's resource; a person of a query stands in one living package at a time."""

    __tablename__ = "request_package_person"
    __table_args__ = (
        UniqueConstraint("package_id", "token"),
        UniqueConstraint("package_id", "query_id", "person_id"),
        ForeignKeyConstraint(["query_id", "person_id"], ["query_subject.query_id", "query_subject.person_id"]),
        Index(
            "uq_request_package_person_live", "query_id", "person_id", unique=True,
            sqlite_where=text(_LIVE), postgresql_where=text(_LIVE),
        ),
        CheckConstraint("state IN ('ASKED','FOUND','NOT_FOUND','ERROR','UNANSWERED')", name="state"),
        CheckConstraint("state NOT IN ('FOUND','NOT_FOUND') OR delivery_id IS NOT NULL", name="answered_by"),
    )  # fmt: skip

    id: Mapped[Key]
    package_id: Mapped[int] = mapped_column(BigKey, ForeignKey("request_package.id"))
    position: Mapped[int]
    query_id: Mapped[int] = mapped_column(BigKey)
    person_id: Mapped[int] = mapped_column(BigKey)
    token: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(12), default=ASKED)
    delivery_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("delivery.id"))
