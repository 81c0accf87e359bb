"""Rows of the comparison of deliveries with current recipients (CK-18): checks, who was left out, doubts.

The tables hold what the law demands against raw SQL: a check needs an accepted standing letter, a doubt speaks of a
person and a category the letter names, it is raised once, and its verification is one person's record that stays.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Code, Key, Ref, Sealed

RUNNING, DONE = "RUNNING", "DONE"
NEVER, LATER = "NEVER", "LATER"
REVIEW, WHITELIST, NONE = "REVIEW", "WHITELIST", "NONE"
MEASURES = (REVIEW, WHITELIST, NONE)
METHODS = ("VISIT", "NEIGHBOUR", "LETTER", "PAPERS")
_TO_REVIEW = "finding = 'TRUE' AND campaign_id IS NULL"


class RecipientCheck(Base):
    """One delivery compared with the recipients one standing letter names, part by part.

    place: key of the last household compared; a killed job goes on behind it. households, persons (looked for),
    left_out (never looked for), found (rows), doubts (raised), spared (left out because whitelisted) are counts.
    """

    __tablename__ = "recipient_check"
    __table_args__ = (
        UniqueConstraint("delivery_id", "commission_id"),
        Index("ix_recipient_check_unit_id", "unit_id", "id"),
        CheckConstraint("state IN ('RUNNING','DONE')", name="state"),
        CheckConstraint("(state = 'DONE') = (ended_at IS NOT NULL)", name="ended"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    delivery_id: Mapped[int] = mapped_column(BigKey, ForeignKey("delivery.id"))
    commission_id: Mapped[int] = mapped_column(BigKey, ForeignKey("commission.id"))
    unit_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    policy_snapshot_id: Mapped[int] = mapped_column(BigKey, ForeignKey("policy_snapshot.id"))
    state: Mapped[str] = mapped_column(String(8), default=RUNNING)
    place: Mapped[int] = mapped_column(BigKey, default=0)
    households: Mapped[int] = mapped_column(default=0)
    persons: Mapped[int] = mapped_column(default=0)
    left_out: Mapped[int] = mapped_column(default=0)
    found: Mapped[int] = mapped_column(default=0)
    doubts: Mapped[int] = mapped_column(default=0)
    spared: Mapped[int] = mapped_column(default=0)
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class RecipientLeftOut(Base):
    """A recipient nobody asked about. why: NEVER, no authorisation holds; LATER, signed after the letter (BX-11)."""

    __tablename__ = "recipient_left_out"
    __table_args__ = (
        UniqueConstraint("check_id", "person_id"),
        CheckConstraint("why IN ('NEVER','LATER')", name="why"),
    )

    id: Mapped[Key]
    check_id: Mapped[int] = mapped_column(BigKey, ForeignKey("recipient_check.id"))
    person_id: Mapped[int] = mapped_column(BigKey, ForeignKey("person.id"))
    household_id: Mapped[int] = mapped_column(BigKey, ForeignKey("household.id"))
    why: Mapped[str] = mapped_column(String(12))


class RecipientRequest(Base):
    """A household whose town is asked to collect authorisations, once a letter and ground.

    grounds: digest of who lacks one. case_id: the case with the town's task, null until it is opened.
    """

    __tablename__ = "recipient_request"
    __table_args__ = (
        UniqueConstraint("commission_id", "household_id", "grounds"),
        Index(
            "ix_recipient_request_open",
            "id",
            sqlite_where=text("case_id IS NULL"),
            postgresql_where=text("case_id IS NULL"),
        ),
        Index("ix_recipient_request_household_id", "household_id"),
    )

    id: Mapped[Key]
    commission_id: Mapped[int] = mapped_column(BigKey, ForeignKey("commission.id"))
    household_id: Mapped[int] = mapped_column(BigKey, ForeignKey("household.id"))
    grounds: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    case_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("cases.id"))


class RecipientPass(Base):
    """A doubt of a comparison that was not raised because an entry let its record pass (NM-13).

    entry_id: of a sum, the entry of its first record; fingerprint, row_no, rule: as of the doubt it would have been.
    """

    __tablename__ = "recipient_pass"
    __table_args__ = (
        UniqueConstraint("check_id", "person_id", "code", "fingerprint"),
        Index("ix_recipient_pass_entry_id", "entry_id"),
    )

    id: Mapped[Key]
    entry_id: Mapped[int] = mapped_column(BigKey, ForeignKey("whitelist_entry.id"))
    check_id: Mapped[int] = mapped_column(BigKey, ForeignKey("recipient_check.id"))
    person_id: Mapped[int] = mapped_column(BigKey, ForeignKey("person.id"))
    category: Mapped[Code]
    code: Mapped[Code]
    fingerprint: Mapped[str] = mapped_column(String(80))
    row_no: Mapped[str] = mapped_column(String(24))
    rule: Mapped[dict[str, Any]]
    passed_at: Mapped[datetime]


class RecipientDoubt(Base):
    """What a delivery says of a recipient that a person must verify; raised once a person, category, code,
    fingerprint and telling. telling: 1, and one more for each whitelist entry of its record that is over (NM-13).

    rule: as of `Doubt`. value (sealed JSON): {"declared": "…"|null, "found": "…", "unit", "rows": [{"row_no", "values",
    "name_differs"}]}. finding null: open. A record of the verification has method, measure and note, and evidence where
    the source was wrong or the family explained it (NM-11, NM-13). campaign_id: the review opened of a true one.
    """

    __tablename__ = "recipient_doubt"
    __table_args__ = (
        UniqueConstraint("person_id", "category", "code", "fingerprint", "telling"),
        ForeignKeyConstraint(
            ["commission_id", "person_id"], ["commission_subject.commission_id", "commission_subject.person_id"]
        ),
        ForeignKeyConstraint(
            ["commission_id", "category"], ["commission_category.commission_id", "commission_category.category"]
        ),
        Index("ix_recipient_doubt_unit_id", "unit_id", "finding", "id"),
        Index("ix_recipient_doubt_town_id", "town_id", "finding", "id"),
        Index("ix_recipient_doubt_delivery_id", "delivery_id"),
        Index(
            "ix_recipient_doubt_review",
            "unit_id",
            "programme",
            sqlite_where=text(_TO_REVIEW),
            postgresql_where=text(_TO_REVIEW),
        ),
        CheckConstraint("telling > 0", name="telling"),
        CheckConstraint("finding IS NULL OR finding IN ('TRUE','FALSE','SOURCE_ERROR','EXPLAINED')", name="finding"),
        CheckConstraint("measure IS NULL OR measure IN ('REVIEW','WHITELIST','NONE')", name="measure"),
        CheckConstraint("method IS NULL OR method IN ('VISIT','NEIGHBOUR','LETTER','PAPERS')", name="method"),
        CheckConstraint(
            "(finding IS NULL) = (settled_at IS NULL) AND (finding IS NULL) = (settled_by IS NULL)"
            " AND (finding IS NULL) = (method IS NULL) AND (finding IS NULL) = (measure IS NULL)"
            " AND (finding IS NULL) = (note IS NULL)",
            name="recorded",
        ),
        CheckConstraint(
            "finding IS NULL OR finding NOT IN ('SOURCE_ERROR','EXPLAINED') OR file_id IS NOT NULL", name="evidence"
        ),
        CheckConstraint("measure IS NULL OR measure <> 'REVIEW' OR finding = 'TRUE'", name="review_of_true"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    check_id: Mapped[int] = mapped_column(BigKey, ForeignKey("recipient_check.id"))
    commission_id: Mapped[int] = mapped_column(BigKey)
    unit_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    town_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    household_id: Mapped[int] = mapped_column(BigKey, ForeignKey("household.id"))
    person_id: Mapped[int] = mapped_column(BigKey, ForeignKey("person.id"))
    programme: Mapped[Code]
    category: Mapped[Code]
    code: Mapped[Code]
    fingerprint: Mapped[str] = mapped_column(String(80))
    delivery_id: Mapped[int] = mapped_column(BigKey, ForeignKey("delivery.id"))
    row_no: Mapped[str] = mapped_column(String(24))
    data_date: Mapped[date | None]
    rule: Mapped[dict[str, Any]]
    sentence: Mapped[Sealed]
    value: Mapped[Sealed]
    raised_at: Mapped[datetime]
    finding: Mapped[str | None] = mapped_column(String(16))
    measure: Mapped[str | None] = mapped_column(String(12))
    method: Mapped[str | None] = mapped_column(String(12))
    note: Mapped[Sealed | None]
    file_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("stored_file.id"))
    settled_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    settled_at: Mapped[datetime | None]
    campaign_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("campaign.id"))
    telling: Mapped[int] = mapped_column(default=1)
