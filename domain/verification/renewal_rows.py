"""Rows of the inventory of recipients' authorisations (NM-07): what a day's look found, who is to be asked anew."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Code, Key, Ref

RUNNING, DONE = "RUNNING", "DONE"
# a reason beside those of `authorisations.WHY`: it holds today and will not on a day that comes near
ENDING = "ENDING"
REASONS = (ENDING, "NEVER", "LATER", "WITHDRAWN", "EXPIRED", "AUTH_SCOPE", "ENDED", "CHANGED")


class AuthorisationScan(Base):
    """One day's look at the roll of one programme in one unit, part by part.

    place: key of the last household looked at; a killed one goes on behind it. agency_id: who runs the unit's reviews
    and is named in the cases that are opened. asked: households noted to be asked anew.
    """

    __tablename__ = "authorisation_scan"
    __table_args__ = (
        UniqueConstraint("unit_id", "programme", "looked_on"),
        CheckConstraint("state IN ('RUNNING','DONE')", name="state"),
        CheckConstraint("(state = 'DONE') = (ended_at IS NOT NULL)", name="ended"),
        Index("ix_authorisation_scan_looked_on", "looked_on"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    unit_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    agency_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    programme: Mapped[Code]
    looked_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(8), default=RUNNING)
    place: Mapped[int] = mapped_column(BigKey, default=0)
    asked: Mapped[int] = mapped_column(default=0)
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class AuthorisationCount(Base):
    """Households and members of one town in one look. lacking: members for whom none holds; ending: none will soon."""

    __tablename__ = "authorisation_count"
    __table_args__ = (UniqueConstraint("scan_id", "town_id"),)

    id: Mapped[Key]
    scan_id: Mapped[int] = mapped_column(BigKey, ForeignKey("authorisation_scan.id", ondelete="CASCADE"))
    town_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    households: Mapped[int]
    members: Mapped[int]
    lacking: Mapped[int]
    ending: Mapped[int]


class AuthorisationRenewal(Base):
    """A household whose town is asked to collect authorisations anew, once a ground.

    grounds: digest of who lacks one and of the newest paper there is. ends_on: the day the first of them runs out, null
    where none holds today. case_id: the case with the town's task, null until it is opened.
    """

    __tablename__ = "authorisation_renewal"
    __table_args__ = (
        UniqueConstraint("household_id", "grounds"),
        Index(
            "ix_authorisation_renewal_open",
            "id",
            sqlite_where=text("case_id IS NULL"),
            postgresql_where=text("case_id IS NULL"),
        ),
        Index("ix_authorisation_renewal_ends_on", "ends_on"),
        CheckConstraint(
            "why IN ('ENDING','NEVER','LATER','WITHDRAWN','EXPIRED','AUTH_SCOPE','ENDED','CHANGED')", name="why"
        ),
        CheckConstraint("(why = 'ENDING') = (ends_on IS NOT NULL)", name="ending"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    household_id: Mapped[int] = mapped_column(BigKey, ForeignKey("household.id"))
    unit_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    agency_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    programme: Mapped[Code]
    why: Mapped[str] = mapped_column(String(12))
    ends_on: Mapped[date | None]
    grounds: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    case_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("cases.id"))
