"""Rows of the catalogue of resources (DOC-20): items, their versions and windows, agreements, quotas, gaps (P-17).

An item (`resource`) is one category supplied by one office. What was agreed about it stands in its versions: drafted by
one person, published by another, never changed afterwards (triggers in `domain.verification.catalogue_guards`).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import cast

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Code, Key, Ref, Sealed
from domain.workdays import UNITS, Term, Unit

DRAFT, PUBLISHED, SUSPENDED, RETIRED = "DRAFT", "PUBLISHED", "SUSPENDED", "RETIRED"
FILE, MEDIUM, API, FRONT = "FILE", "MEDIUM", "API", "FRONT"
CHANNELS = (FILE, MEDIUM, API, FRONT)
MONTH, QUARTER, YEAR = "MONTH", "QUARTER", "YEAR"
PERIODS = (MONTH, QUARTER, YEAR)
REFUSE, QUEUE = "REFUSE", "QUEUE"

_LIVE, _ONE_DRAFT = text("state IN ('PUBLISHED','SUSPENDED')"), text("state = 'DRAFT'")


class Resource(Base):
    """A catalogue item (DOC-20): one category supplied by one office.

    active: whether it is shared at present; follows the state of its version. limit_key: policy of the limit that an
    item was taken over with; what counts is the limit of the published version (LN-23).
    """

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


class Agreement(Base):
    """What an office agreed to share, and until when (BX-30). channel: by which way; contact: whom to speak to (S3)."""

    __tablename__ = "agreement"
    __table_args__ = (
        UniqueConstraint("supplier_id", "number"),
        Index("ix_agreement_valid_until", "valid_until", "id"),
        CheckConstraint("valid_from <= valid_until", name="days"),
        CheckConstraint("channel IN ('FILE','MEDIUM','API','FRONT')", name="channel"),
        CheckConstraint("ended_on IS NULL OR end_reason <> ''", name="ended_with_reason"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    number: Mapped[str] = mapped_column(String(64))
    supplier_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    channel: Mapped[str] = mapped_column(String(8))
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    contact: Mapped[Sealed | None]
    registered_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    registered_at: Mapped[datetime]
    ended_on: Mapped[date | None]
    end_reason: Mapped[str] = mapped_column(String(500), default="")

    @property
    def last_day(self) -> date:
        """The last day it holds."""
        return self.valid_until if self.ended_on is None else min(self.valid_until, self.ended_on)

    def holds(self, on: date) -> bool:
        """True on a day on which it is in force."""
        return self.valid_from <= on <= self.last_day


class AgreementCategory(Base):
    """A category that an agreement covers."""

    __tablename__ = "agreement_category"
    __table_args__ = (UniqueConstraint("agreement_id", "category"),)

    id: Mapped[Key]
    agreement_id: Mapped[int] = mapped_column(BigKey, ForeignKey("agreement.id"))
    category: Mapped[Code]


class AgreementAlert(Base):
    """That people were told an agreement ends: one row an end and a stage (days before it), so nobody is told twice."""

    __tablename__ = "agreement_alert"
    __table_args__ = (UniqueConstraint("agreement_id", "valid_until", "stage"),)

    id: Mapped[Key]
    agreement_id: Mapped[int] = mapped_column(BigKey, ForeignKey("agreement.id"))
    valid_until: Mapped[date]
    stage: Mapped[int] = mapped_column(SmallInteger)
    sent_at: Mapped[datetime]


class ResourceVersion(Base):
    """What was agreed about an item: fields, purpose, way, limit, agreement. Numbered, immutable once published.

    fields: codes of the category's fields with blanks between them; "" in an item that was taken over from before
    anything was written down: nothing is kept out then, and the catalogue says that it is missing.
    """

    __tablename__ = "resource_version"
    __table_args__ = (
        UniqueConstraint("resource_id", "number"),
        Index("uq_resource_version_live", "resource_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("uq_resource_version_draft", "resource_id", unique=True, sqlite_where=_ONE_DRAFT,
              postgresql_where=_ONE_DRAFT),
        CheckConstraint("state IN ('DRAFT','PUBLISHED','SUSPENDED','RETIRED')", name="state"),
        CheckConstraint("channel IN ('','FILE','MEDIUM','API','FRONT')", name="channel"),
        CheckConstraint(
            "state = 'DRAFT' OR (limit_length IS NOT NULL AND limit_length > 0 AND limit_unit IS NOT NULL"
            " AND limit_unit IN ('working','natural','month'))",
            name="has_limit",
        ),
        CheckConstraint("state = 'DRAFT' OR taken_over OR (purpose <> '' AND channel <> '' AND fields <> '')",
                        name="agreed"),
        CheckConstraint(
            "state = 'DRAFT' OR taken_over OR (written_by IS NOT NULL AND published_by IS NOT NULL"
            " AND written_by <> published_by)",
            name="second_person",
        ),
        CheckConstraint("state NOT IN ('SUSPENDED','RETIRED') OR state_reason <> ''", name="reason"),
    )  # fmt: skip

    id: Mapped[Key]
    ref: Mapped[Ref]
    resource_id: Mapped[int] = mapped_column(BigKey, ForeignKey("resource.id"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(12), default=DRAFT)
    taken_over: Mapped[bool] = mapped_column(default=False)
    purpose: Mapped[str] = mapped_column(String(500), default="")
    channel: Mapped[str] = mapped_column(String(8), default="")
    fields: Mapped[str] = mapped_column(String(2000), default="")
    limit_length: Mapped[int | None]
    limit_unit: Mapped[str | None] = mapped_column(String(8))
    agreement_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("agreement.id"))
    written_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    written_at: Mapped[datetime]
    published_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    published_at: Mapped[datetime | None]
    state_reason: Mapped[str] = mapped_column(String(500), default="")
    state_at: Mapped[datetime | None]

    @property
    def field_codes(self) -> tuple[str, ...]:
        """The agreed fields; empty where none were agreed."""
        return tuple(self.fields.split())

    @property
    def limit(self) -> Term | None:
        """The feedback limit (LN-23), None in a draft without one."""
        if not self.limit_length or self.limit_unit not in UNITS:
            return None
        return Term(self.limit_length, cast(Unit, self.limit_unit))


class ResourceWindow(Base):
    """When a periodic item takes requests (LN-13): days of the month, in some months or all.

    months: numbers with blanks between them, "" for every month. A day that a month does not have is its last.
    """

    __tablename__ = "resource_window"
    __table_args__ = (
        UniqueConstraint("version_id", "first_day", "months"),
        CheckConstraint("1 <= first_day AND first_day <= last_day AND last_day <= 31", name="days"),
    )

    id: Mapped[Key]
    version_id: Mapped[int] = mapped_column(BigKey, ForeignKey("resource_version.id"))
    first_day: Mapped[int] = mapped_column(SmallInteger)
    last_day: Mapped[int] = mapped_column(SmallInteger)
    months: Mapped[str] = mapped_column(String(40), default="")


class Quota(Base):
    """How many people an agency may ask about at an item in a period, from a day on (LN-35).

    over: REFUSE what is more, or QUEUE it until the next period. most = 0 shuts the item for this agency.
    """

    __tablename__ = "quota"
    __table_args__ = (
        UniqueConstraint("id", "most"),
        UniqueConstraint("resource_id", "agency_id", "valid_from"),
        CheckConstraint("period IN ('MONTH','QUARTER','YEAR')", name="period"),
        CheckConstraint("over IN ('REFUSE','QUEUE')", name="over"),
        CheckConstraint("most >= 0", name="most"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    resource_id: Mapped[int] = mapped_column(BigKey, ForeignKey("resource.id"))
    agency_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    period: Mapped[str] = mapped_column(String(8))
    most: Mapped[int]
    over: Mapped[str] = mapped_column(String(8), default=REFUSE)
    valid_from: Mapped[date]
    granted_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    granted_at: Mapped[datetime]


class QuotaUse(Base):
    """What was used of a quota in a period. The row itself cannot hold more than was granted."""

    __tablename__ = "quota_use"
    __table_args__ = (
        UniqueConstraint("quota_id", "period_start"),
        ForeignKeyConstraint(["quota_id", "most"], ["quota.id", "quota.most"]),
        CheckConstraint("0 <= used AND used <= most", name="within"),
    )

    id: Mapped[Key]
    quota_id: Mapped[int] = mapped_column(BigKey)
    period_start: Mapped[date]
    most: Mapped[int]
    used: Mapped[int] = mapped_column(default=0)


class QueryTerms(Base):
    """Under which version of the catalogue a query was planned, and from when its source takes it (LN-13, LN-23)."""

    __tablename__ = "query_terms"
    __table_args__ = (UniqueConstraint("query_id"),)

    id: Mapped[Key]
    query_id: Mapped[int] = mapped_column(BigKey, ForeignKey("query.id"))
    version_id: Mapped[int] = mapped_column(BigKey, ForeignKey("resource_version.id"))
    opens_at: Mapped[datetime | None]


class GapNote(Base):
    """How far an office has come with getting a category shared at its own level (LF-06)."""

    __tablename__ = "catalogue_gap_note"
    __table_args__ = (Index("ix_catalogue_gap_note_agency_id", "agency_id", "category", "id"),)

    id: Mapped[Key]
    agency_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    category: Mapped[Code]
    note: Mapped[str] = mapped_column(String(500))
    written_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    written_at: Mapped[datetime]
