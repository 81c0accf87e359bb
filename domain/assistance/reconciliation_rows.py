"""The tables of the monthly reconciliation: one run a unit and month, one row a difference or duplicate (DOC-29)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key, Ref, Sealed

OPEN, CLAIMED, HANDLED, GONE = "OPEN", "CLAIMED", "HANDLED", "GONE"
WAITING = (OPEN, CLAIMED)
OUTCOMES = ("RECOVERED", "STOPPED", "CORRECTED", "LAWFUL")
MISSING, AMOUNT = "MISSING", "AMOUNT"
_WAITING = "state IN ('OPEN','CLAIMED')"


class ReconciliationRun(Base):
    """The comparison of one unit's register, ledger and payments of one month; done again it is the same row."""

    __tablename__ = "reconciliation_run"
    __table_args__ = (UniqueConstraint("month", "unit_id"), Index("ix_reconciliation_run_unit_id", "unit_id", "month"))

    id: Mapped[Key]
    ref: Mapped[Ref]
    month: Mapped[str] = mapped_column(String(7))
    unit_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    ledger_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("payment_list.id"))
    payment_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("payment_list.id"))
    done_at: Mapped[datetime | None]


class Difference(Base):
    """One item to handle by the office that keeps the household. `key` makes it exist once, however often it is found.

    rule: MISSING (in one of the three and not in another), AMOUNT, or one of the duplicate rules. idno_blind: the
    payee, or household_id: one of the register without any row. facts: sums in fen, where it stands, places; no name.
    GONE: a later list of the same month settled it before anybody did.
    """

    __tablename__ = "reconciliation_difference"
    __table_args__ = (
        UniqueConstraint("key"),
        Index("ix_reconciliation_difference_unit_id", "unit_id", "state", "id"),
        Index("ix_reconciliation_difference_run_id", "run_id", "state"),
        Index(
            "ix_reconciliation_difference_idno_blind", "idno_blind",
            sqlite_where=text(_WAITING), postgresql_where=text(_WAITING),
        ),
        CheckConstraint("state IN ('OPEN','CLAIMED','HANDLED','GONE')", name="state"),
        CheckConstraint(
            "rule IN ('MISSING','AMOUNT','DUP-URBRUR','DUP-TK','DUP-DBTK','DUP-PRICE')", name="rule"
        ),
        CheckConstraint("(idno_blind IS NULL) <> (household_id IS NULL)", name="of_somebody"),
        CheckConstraint("state <> 'CLAIMED' OR claimed_by IS NOT NULL", name="claimed_by_somebody"),
        CheckConstraint(
            "state <> 'HANDLED' OR (outcome IN ('RECOVERED','STOPPED','CORRECTED','LAWFUL') AND reason IS NOT NULL"
            " AND evidence_id IS NOT NULL AND handled_by IS NOT NULL AND handled_at IS NOT NULL)",
            name="handled_whole",
        ),
    )  # fmt: skip

    id: Mapped[Key]
    ref: Mapped[Ref]
    key: Mapped[str] = mapped_column(String(64))
    run_id: Mapped[int] = mapped_column(BigKey, ForeignKey("reconciliation_run.id"))
    unit_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    month: Mapped[str] = mapped_column(String(7))
    rule: Mapped[str] = mapped_column(String(16))
    idno_blind: Mapped[bytes | None] = mapped_column(LargeBinary)
    household_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("household.id"))
    item: Mapped[str] = mapped_column(String(16), default="")
    facts: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(8), default=OPEN)
    found_at: Mapped[datetime]
    claimed_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    outcome: Mapped[str | None] = mapped_column(String(12))
    reason: Mapped[Sealed | None]
    evidence_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("stored_file.id"))
    handled_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    handled_at: Mapped[datetime | None]
