"""Recipients: which household receives which programme; the roll that reviews freeze (BX-22)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from domain import journal
from domain.base import Base, BigKey, Code, Key, Ref
from domain.errors import Conflict
from domain.parties.households import Household
from domain.parties.organisations import Organisation
from domain.text import gettext as _
from domain.work import Work

ACTIVE, SUSPENDED, STOPPED = "ACTIVE", "SUSPENDED", "STOPPED"


class Recipient(Base):
    """A household on the roll of one programme in one reporting unit."""

    __tablename__ = "recipient"
    __table_args__ = (
        UniqueConstraint("household_id", "programme"),
        Index("ix_recipient_roll", "unit_id", "programme", "state"),
        # a roll in the order of its households, for comparing it part by part (CK-18)
        Index("ix_recipient_checked", "unit_id", "programme", "state", "household_id"),
        CheckConstraint("state IN ('ACTIVE','SUSPENDED','STOPPED')", name="state"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    household_id: Mapped[int] = mapped_column(BigKey, ForeignKey("household.id"))
    programme: Mapped[Code]
    unit_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    state: Mapped[str] = mapped_column(String(12), default=ACTIVE)
    since: Mapped[date]
    until: Mapped[date | None]


def of_household(work: Work, household: Household, programme: str) -> Recipient | None:
    """The household's place on a roll, whatever its state. Uses uq_recipient_household_id_programme."""
    return work.session.scalars(
        select(Recipient).where(Recipient.household_id == household.id, Recipient.programme == programme)
    ).first()


def enrol(work: Work, household: Household, programme: str, unit: Organisation, since: date) -> Recipient:
    """Put a household on the roll of a programme; one whose assistance had stopped is taken up again."""
    found = of_household(work, household, programme)
    if found is None:
        found = Recipient(household_id=household.id, programme=programme, unit_id=unit.id, since=since)
        work.session.add(found)
    elif found.state == ACTIVE:
        return found
    else:
        found.unit_id, found.state, found.since, found.until = unit.id, ACTIVE, since, None
    work.session.flush()
    journal.record(work, "recipient.enrolled", found.ref, {"programme": programme})
    return found


def suspend(work: Work, household: Household, programme: str) -> Recipient:
    """Assistance pauses until the household cooperates (BX-14). Raises Conflict when it receives none."""
    found = of_household(work, household, programme)
    if found is None or found.state == STOPPED:
        raise Conflict(_("This household does not receive the programme; there is nothing to suspend."), clause="BX-14")
    found.state = SUSPENDED
    work.session.flush()
    journal.record(work, "recipient.suspended", found.ref, {"programme": programme})
    return found


def stop(work: Work, household: Household, programme: str, on: date) -> Recipient:
    """Assistance ends on a day, after a verified doubt or an overturned approval (NM-12). Raises Conflict."""
    found = of_household(work, household, programme)
    if found is None or found.state == STOPPED:
        raise Conflict(_("This household does not receive the programme; there is nothing to stop."), clause="NM-12")
    found.state, found.until = STOPPED, on
    work.session.flush()
    journal.record(work, "recipient.stopped", found.ref, {"programme": programme})
    return found
