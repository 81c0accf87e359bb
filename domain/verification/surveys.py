"""Offline investigation (DOC-09, LF-08): the entrusting department finds out what no source answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key, Ref, Sealed


class Survey(Base):
    """A record of 实地查看 (VISIT), 邻里访问 (NEIGHBOURS), 信函索证 (LETTER) or another method (OTHER).

    `findings` is sealed JSON: [{"person": ref, "category": code, "obtained": bool, "amount": "…", "count": n,
    "text": "…"}]. obtained=False leaves the line 未获得. Made by a department or its town post, never an agency.
    """

    __tablename__ = "survey"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "org_kind"], ["organisation.id", "organisation.kind"]),
        CheckConstraint("org_kind IN ('department','town_post')", name="not_by_agency"),
        CheckConstraint("method IN ('VISIT','NEIGHBOURS','LETTER','OTHER')", name="method"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"), index=True)
    query_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("query.id"))
    doubt_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("doubt.id"))
    method: Mapped[str] = mapped_column(String(12))
    made_at: Mapped[datetime]
    surveyors: Mapped[Sealed]
    findings: Mapped[Sealed]
    statement: Mapped[Sealed]
    files: Mapped[list[Any]] = mapped_column(default=list)
    org_id: Mapped[int] = mapped_column(BigKey)
    org_kind: Mapped[str] = mapped_column(String(16))
    recorded_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    recorded_at: Mapped[datetime]
