"""Queries to data sources and their immutable results."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Code, Key, Ref, Sealed

PLANNED, SENT, ANSWERED, NOT_OBTAINED = "PLANNED", "SENT", "ANSWERED", "NOT_OBTAINED"


class Query(Base):
    """One category asked of one source in one case, with its own deadline (LF-08, LF-30).

    round 0 is the verification, 1, 2, … the re-checks. No query exists before the commission is accepted:
    a trigger in `domain.verification.guards` holds it (LF-16, BX-17).
    """

    __tablename__ = "query"
    __table_args__ = (
        UniqueConstraint("case_id", "resource_id", "round"),
        Index("ix_query_resource_state", "resource_id", "state"),
        ForeignKeyConstraint(
            ["commission_id", "category"], ["commission_category.commission_id", "commission_category.category"]
        ),
        CheckConstraint("state IN ('PLANNED','SENT','ANSWERED','NOT_OBTAINED')", name="state"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    commission_id: Mapped[int] = mapped_column(BigKey, ForeignKey("commission.id"))
    category: Mapped[Code]
    resource_id: Mapped[int] = mapped_column(BigKey, ForeignKey("resource.id"))
    round: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(16), default=PLANNED)
    reason: Mapped[str] = mapped_column(String(32), default="")  # TIMEOUT, NOT_SHARED, NO_MEANS
    planned_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    sent_at: Mapped[datetime | None]
    due: Mapped[dict[str, Any] | None]
    due_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]


class QuerySubject(Base):
    """A person asked about; only a subject of the commission can be."""

    __tablename__ = "query_subject"
    __table_args__ = (
        UniqueConstraint("query_id", "person_id"),
        ForeignKeyConstraint(
            ["commission_id", "person_id"], ["commission_subject.commission_id", "commission_subject.person_id"]
        ),
        CheckConstraint("state IN ('OPEN','FOUND','NOT_FOUND','NOT_OBTAINED')", name="state"),
    )

    id: Mapped[Key]
    query_id: Mapped[int] = mapped_column(BigKey, ForeignKey("query.id"))
    commission_id: Mapped[int] = mapped_column(BigKey)
    person_id: Mapped[int] = mapped_column(BigKey)
    state: Mapped[str] = mapped_column(String(16), default="OPEN")


class ResultRow(Base):
    """One row found: immutable (a trigger refuses change and deletion), traceable to file and row."""

    __tablename__ = "result_row"
    __table_args__ = (
        UniqueConstraint("query_id", "person_id", "fingerprint"),
        ForeignKeyConstraint(["query_id", "person_id"], ["query_subject.query_id", "query_subject.person_id"]),
        CheckConstraint("match_kind IN ('ID','ID+NAME','NAME_ONLY')", name="match_kind"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    query_id: Mapped[int] = mapped_column(BigKey)
    person_id: Mapped[int] = mapped_column(BigKey)
    category: Mapped[Code]
    source_org_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    source_level: Mapped[str] = mapped_column(String(16))
    delivery_id: Mapped[int] = mapped_column(BigKey, ForeignKey("delivery.id"))
    row_no: Mapped[str] = mapped_column(String(24))
    data_date: Mapped[date]
    obtained_at: Mapped[datetime]
    match_kind: Mapped[str] = mapped_column(String(12))
    name_differs: Mapped[bool] = mapped_column(default=False)
    fingerprint: Mapped[str] = mapped_column(String(64))
    value: Mapped[Sealed]
