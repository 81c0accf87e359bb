"""Comparison lines and doubts (疑点): hints that a person must verify, never conclusions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Code, Key, Ref, Sealed

VERDICTS = ("EQUAL", "UNDER", "UNDECLARED", "OVER", "NOT_OBTAINED")


class ComparisonLine(Base):
    """Declared against found, one person and category (CK-12).

    value (sealed JSON): {"declared": {...}|null, "found": {...}|null, "difference": "…"|null, "unit": "yuan"|…}.
    """

    __tablename__ = "comparison_line"
    __table_args__ = (
        UniqueConstraint("case_id", "round", "person_id", "category"),
        CheckConstraint("verdict IN ('EQUAL','UNDER','UNDECLARED','OVER','NOT_OBTAINED')", name="verdict"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    round: Mapped[int] = mapped_column(default=0)
    person_id: Mapped[int] = mapped_column(BigKey, ForeignKey("person.id"))
    category: Mapped[Code]
    verdict: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(32), default="")  # why nothing was obtained
    source: Mapped[str] = mapped_column(String(16), default="SOURCE")  # SOURCE, OFFLINE
    value: Mapped[Sealed]
    made_at: Mapped[datetime]


class Doubt(Base):
    """One doubt about one person, with the rule of the table that raised it and the row it rests on.

    rule: {"decision", "table", "rule", "number", "version", "inputs": labels only}. finding: how a person
    settled it (TRUE, FALSE, SOURCE_ERROR, EXPLAINED); null while open.
    """

    __tablename__ = "doubt"
    __table_args__ = (
        UniqueConstraint("case_id", "round", "person_id", "code", "result_id"),
        Index("ix_doubt_case_id", "case_id"),
        CheckConstraint("finding IS NULL OR finding IN ('TRUE','FALSE','SOURCE_ERROR','EXPLAINED')", name="finding"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    round: Mapped[int] = mapped_column(default=0)
    person_id: Mapped[int] = mapped_column(BigKey, ForeignKey("person.id"))
    category: Mapped[Code]
    code: Mapped[Code]
    result_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("result_row.id"))
    comparison_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("comparison_line.id"))
    rule: Mapped[dict[str, Any]]
    sentence: Mapped[Sealed]
    raised_at: Mapped[datetime]
    finding: Mapped[str | None] = mapped_column(String(16))
    settled_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    settled_at: Mapped[datetime | None]
    note: Mapped[Sealed | None]
