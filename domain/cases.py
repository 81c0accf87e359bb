"""Cases: one running matter of one household (or of one campaign's letter)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Code, Key, Ref
from domain.errors import NotFound
from domain.text import gettext as _
from domain.work import Work

OPEN, PARKED, DONE, CANCELLED = "OPEN", "PARKED", "DONE", "CANCELLED"
# kinds of case, as the commission letter names them (DOC-02)
NEW, DYNAMIC, BATCH_LETTER, RESCUE = "NEW", "DYNAMIC", "BATCH_LETTER", "RESCUE"


class Case(Base):
    """A matter under one definition of one process.

    department_id decides, agency_id verifies, town_id takes in. `stage` is the step of the stepper
    ("authorise" … "archive"). `policy_snapshot_id` holds the rules of the start day (model 2.5, `domain.rules`).
    due_at is computed from `due` (a derivation, walls 3); null where the law sets no limit (X-03).
    """

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("campaign_id", "household_id"),
        Index("ix_cases_department_state", "department_id", "state", "due_at"),
        Index("ix_cases_agency_state", "agency_id", "state", "due_at"),
        Index("ix_cases_town_state", "town_id", "state", "due_at"),
        Index("ix_cases_household_id", "household_id"),
        # running cases of a version, for moving them to another
        Index("ix_cases_process_version", "process", "process_version"),
        # what the watchdog goes through
        Index("ix_cases_open", "id", sqlite_where=text("state = 'OPEN'"), postgresql_where=text("state = 'OPEN'")),
        CheckConstraint("state IN ('OPEN','PARKED','DONE','CANCELLED')", name="state"),
        CheckConstraint("kind IN ('NEW','DYNAMIC','BATCH_LETTER','RESCUE')", name="kind"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    number: Mapped[str] = mapped_column(String(48), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    process: Mapped[Code]
    process_version: Mapped[int]
    programme: Mapped[Code]
    household_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("household.id"))
    campaign_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("campaign.id"))
    department_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    agency_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    town_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("organisation.id"))
    state: Mapped[str] = mapped_column(String(12), default=OPEN)
    stage: Mapped[str] = mapped_column(String(24), default="")
    stage_times: Mapped[dict[str, Any]] = mapped_column(default=dict)
    opened_at: Mapped[datetime]
    opened_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    closed_at: Mapped[datetime | None]
    # when the letter was issued: before that the case is none of the agency's business (BX-42, LF-16)
    commissioned_at: Mapped[datetime | None]
    due: Mapped[dict[str, Any] | None]
    due_at: Mapped[datetime | None]
    policy_snapshot_id: Mapped[int] = mapped_column(BigKey, ForeignKey("policy_snapshot.id"))
    # on hold since and, when that was said, until: people, timers, messages and jobs wait (`tasks.repair.repairs`)
    suspended_at: Mapped[datetime | None]
    suspended_until: Mapped[datetime | None]


def by_ref(work: Work, ref: str) -> Case:
    """The case with this reference, whoever asks; pages use `tasks.finding.queues`, which scopes. Raises NotFound."""
    found = work.session.scalars(select(Case).where(Case.ref == ref)).first()
    if found is None:
        raise NotFound(_("There is no such case."))
    return found


def enter_stage(work: Work, case: Case, stage: str) -> None:
    """The case reaches a stage of the stepper; the first time is kept."""
    case.stage = stage
    times: Mapping[str, Any] = case.stage_times
    if stage not in times:
        case.stage_times = {**times, stage: work.now.isoformat()}
