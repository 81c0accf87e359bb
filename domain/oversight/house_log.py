"""What civil affairs does for the system itself: coordination, installing, mending, new versions, training (CK-17).

A line is written once and never changed; a mistake is put right by a further line. Who did it, or who was trained, is
sealed. The log is the house's, one for all its offices.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from domain import journal
from domain.base import Base, BigKey, Key, Ref, Sealed, new_ref
from domain.errors import InvalidAnswers
from domain.parties import permissions
from domain.parties.accounts import Account
from domain.text import gettext as _
from domain.work import Work

KINDS = COORDINATION, INSTALL, MEND, UPGRADE, TRAINING = ("COORDINATION", "INSTALL", "MEND", "UPGRADE", "TRAINING")
LONGEST = 2000


class HouseLogLine(Base):
    """One line. what and people are sealed texts; trained: how many people a training had, for nothing else."""

    __tablename__ = "house_log"
    __table_args__ = (
        CheckConstraint("kind IN ('COORDINATION','INSTALL','MEND','UPGRADE','TRAINING')", name="kind"),
        CheckConstraint("(kind = 'TRAINING') = (trained IS NOT NULL)", name="trained_are_counted"),
        CheckConstraint("trained IS NULL OR trained > 0", name="somebody_was_trained"),
        Index("ix_house_log_kind", "kind", "id"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    kind: Mapped[str] = mapped_column(String(16))
    done_on: Mapped[date]
    what: Mapped[Sealed]
    people: Mapped[Sealed]
    trained: Mapped[int | None]
    recorded_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    recorded_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Said:
    """A line as it is entered. trained: people who were trained, None for anything but a training."""

    kind: str
    done_on: date | None
    what: str = field(repr=False)
    people: str = field(repr=False)
    trained: int | None = None


@dataclass(frozen=True, slots=True)
class LineView:
    """A line as pages and files show it (S3); by: who wrote it."""

    ref: str
    kind: str
    done_on: date
    what: str = field(repr=False)
    people: str = field(repr=False)
    trained: int | None
    by: str
    recorded_at: datetime


def write(work: Work, said: Said) -> HouseLogLine:
    """Write a line. Raises NotPermitted; InvalidAnswers naming each field."""
    permissions.must(work.actor, "house_log.write")
    faults = _faults(work, said)
    if faults or said.done_on is None:
        raise InvalidAnswers(faults)
    ref = new_ref()
    made = HouseLogLine(
        ref=ref,
        kind=said.kind,
        done_on=said.done_on,
        what=work.home.vault.seal("house_log.what", ref, said.what.strip()),
        people=work.home.vault.seal("house_log.people", ref, said.people.strip()),
        trained=said.trained,
        recorded_by=work.actor.person(),
        recorded_at=work.now,
    )
    work.session.add(made)
    work.session.flush()
    journal.record(work, "house_log.written", ref, {"kind": said.kind})
    return made


def listed(work: Work, kind: str = "", *, after: str = "", most: int) -> list[LineView]:
    """Lines, the newest first; kind: only these; after: ref of the line before them. One statement.

    Uses ix_house_log_kind, the key itself without a kind, and uq_house_log_ref.
    """
    permissions.must(work.actor, "house_log.read")
    wanted = select(HouseLogLine, Account.name).join(Account, Account.id == HouseLogLine.recorded_by)
    if kind:
        wanted = wanted.where(HouseLogLine.kind == kind)
    if after:
        wanted = wanted.where(
            HouseLogLine.id < select(HouseLogLine.id).where(HouseLogLine.ref == after).scalar_subquery()
        )
    rows = work.session.execute(wanted.order_by(HouseLogLine.id.desc()).limit(most))
    return [_view(work, line, by) for line, by in rows]


def _faults(work: Work, said: Said) -> dict[str, object]:
    faults: dict[str, object] = {}
    if said.kind not in KINDS:
        faults["kind"] = _("Choose what was done.")
    if said.done_on is None or said.done_on > work.today:
        faults["done_on"] = _("Enter the day on which it was done; it cannot lie ahead.")
    for name, text in (("what", said.what), ("people", said.people)):
        if not text.strip() or len(text) > LONGEST:
            faults[name] = _("Write between 1 and %(most)s characters.", most=LONGEST)
    if said.kind == TRAINING and (said.trained is None or said.trained < 1):
        faults["trained"] = _("Enter how many people were trained.")
    if said.kind != TRAINING and said.trained is not None:
        faults["trained"] = _("Only a training has people who were trained; leave it empty.")
    return faults


def _view(work: Work, line: HouseLogLine, by: str) -> LineView:
    vault = work.home.vault
    return LineView(
        line.ref,
        line.kind,
        line.done_on,
        vault.open("house_log.what", line.ref, line.what),
        vault.open("house_log.people", line.ref, line.people),
        line.trained,
        by,
        line.recorded_at,
    )
