"""Payment lists: what was to be paid and what was paid in a month, row by row, for the reconciliation (NM-20).

A list is read into rows in pieces and becomes visible by one committed state. Rows are found by the same blind index
as persons, so that lists and register join inside the database; names and numbers are sealed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain import agenda, journal
from domain.base import Base, BigKey, Key, Ref, Sealed, new_ref, new_refs
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.files import StoredFile
from domain.parties import permissions
from domain.text import Text
from domain.text import gettext as _
from domain.work import Work

LEDGER, PAYMENT = KINDS = ("LEDGER", "PAYMENT")
READING, READY, FAILED, REPLACED = "READING", "READY", "FAILED", "REPLACED"
URBAN, RURAL, UNSAID = "URBAN", "RURAL", ""
READ_DUTY = "payments.read"
# the index of persons: a payee and a member of a household are the same number
BLIND = "person.idno"
_READY = "state = 'READY'"


class PaymentList(Base):
    """One list of one unit and month. LEDGER: the department's ledger; PAYMENT: what the one-card system paid.

    Of a unit, kind and month one list is READY; a newer one replaces it. total_fen: sum of its rows in fen.
    refusal: why it was refused, as `Text.packed`.
    """

    __tablename__ = "payment_list"
    __table_args__ = (
        Index(
            "uq_payment_list_ready", "unit_id", "kind", "month", unique=True,
            sqlite_where=text(_READY), postgresql_where=text(_READY),
        ),
        Index("ix_payment_list_month", "month", "kind", "state"),
        CheckConstraint("kind IN ('LEDGER','PAYMENT')", name="kind"),
        CheckConstraint("state IN ('READING','READY','FAILED','REPLACED')", name="state"),
        CheckConstraint("length(month) = 7", name="month"),
    )  # fmt: skip

    id: Mapped[Key]
    ref: Mapped[Ref]
    unit_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(String(8))
    month: Mapped[str] = mapped_column(String(7))
    state: Mapped[str] = mapped_column(String(8), default=READING)
    file_id: Mapped[int] = mapped_column(BigKey, ForeignKey("stored_file.id"))
    file_digest: Mapped[str] = mapped_column(String(64))
    uploaded_by: Mapped[int] = mapped_column(BigKey, ForeignKey("account.id"))
    uploaded_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    rows: Mapped[int] = mapped_column(default=0)
    total_fen: Mapped[int] = mapped_column(BigKey, default=0)
    refusal: Mapped[list[Any]] = mapped_column(default=list)

    @property
    def why(self) -> Text | None:
        """Why it was refused, in the language it is read in."""
        return Text.unpacked(self.refusal) if self.refusal else None


class PaymentRow(Base):
    """One payment. item: DIBAO, TEKUN, PRICE or another programme; area: URBAN, RURAL or "" where the list does not
    say; amount_fen: hundredths of a yuan; who: name and number (S3)."""

    __tablename__ = "payment_row"
    __table_args__ = (
        UniqueConstraint("list_id", "row_no"),
        Index("ix_payment_row_list_id", "list_id", "idno_blind", "item"),
        Index("ix_payment_row_idno_blind", "idno_blind", "list_id"),
        CheckConstraint("area IN ('URBAN','RURAL','')", name="area"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    list_id: Mapped[int] = mapped_column(BigKey, ForeignKey("payment_list.id"))
    row_no: Mapped[str] = mapped_column(String(24))
    idno_blind: Mapped[bytes] = mapped_column(LargeBinary)
    item: Mapped[str] = mapped_column(String(16))
    area: Mapped[str] = mapped_column(String(8), default=UNSAID)
    amount_fen: Mapped[int] = mapped_column(BigKey)
    who: Mapped[Sealed]


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as a file says it. number: "" when the file's is unusable."""

    row_no: str
    item: str
    area: str
    amount_fen: int
    number: str = field(repr=False)
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Payee:
    """A row as a page shows it: list kind, unit, place, item, area, amount; name and number are S3."""

    kind: str
    unit_id: int
    row_no: str
    item: str
    area: str
    amount_fen: int
    name: str = field(repr=False)
    number: str = field(repr=False)


def receive(work: Work, kind: str, month: str, file: StoredFile) -> PaymentList:
    """Take in a list of the actor's own unit; reading it is planned (`READ_DUTY`, subject the list).

    month: ISO, "2027-05". Raises NotPermitted; InvalidAnswers: no such kind, no month, or one to come; Conflict: the
    very file was handed in for this month before.
    """
    own = permissions.OWN if work.actor.org_kind == "department" else permissions.NONE
    permissions.must(work.actor, "payments.upload", own)
    faults: dict[str, object] = {}
    if kind not in KINDS:
        faults["kind"] = _("Choose what the list holds.")
    first = first_day(month)
    if first is None or first > work.today:
        faults["month"] = _("Enter a month that has begun, such as 2027-05.")
    if faults:
        raise InvalidAnswers(faults)
    same = select(PaymentList).where(
        PaymentList.unit_id == work.actor.org_id, PaymentList.kind == kind, PaymentList.month == month,
        PaymentList.file_digest == file.digest, PaymentList.state.in_((READING, READY)),
    )  # fmt: skip
    if work.session.scalars(same).first() is not None:
        raise Conflict(_("This very file was handed in before. Send the newer file, or nothing."), clause="LF-10")
    made = PaymentList(
        ref=new_ref(), unit_id=work.actor.org_id, kind=kind, month=month, file_id=file.id, file_digest=file.digest,
        uploaded_by=work.actor.person(), uploaded_at=work.now,
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    journal.record(work, "payments.received", made.ref, {"kind": kind, "month": month, "file": file.ref})
    agenda.put(work, READ_DUTY, f"{READ_DUTY}:{made.ref}", work.now, subject=made.ref)
    return made


def write(work: Work, ref: str, payments: Sequence[Payment]) -> None:
    """Put some rows of a list that is being read in place; nobody sees them before it is ready. One statement."""
    one = by_ref(work, ref)
    vault = work.home.vault
    rows = [
        {
            "ref": ref,
            "list_id": one.id,
            "row_no": paid.row_no,
            # an unusable number is nobody's: the row stands for itself and is in no other list
            "idno_blind": vault.blind(BLIND, paid.number or f"?{one.ref}|{paid.row_no}"),
            "item": paid.item,
            "area": paid.area,
            "amount_fen": paid.amount_fen,
            "who": vault.seal_json("payment_row.who", ref, [paid.name, paid.number]),
        }
        for ref, paid in zip(new_refs(len(payments)), payments, strict=True)
    ]
    if rows:
        work.session.execute(insert(PaymentRow), rows)


def clear(work: Work, ref: str) -> None:
    """Forget the rows of a list that is not ready: a reading begins anew, or was refused."""
    one = by_ref(work, ref)
    if one.state in (READING, FAILED):
        work.session.execute(delete(PaymentRow).where(PaymentRow.list_id == one.id))


def settle(work: Work, ref: str, rows: int, total_fen: int, refusal: Text | None = None) -> bool:
    """Say what became of reading a list; a ready one replaces the one before. False when it was settled before."""
    one = by_ref(work, ref)
    if one.state != READING:
        return False
    one.read_at, one.rows, one.total_fen = work.now, rows, total_fen
    if refusal is not None:
        one.state, one.refusal, one.rows, one.total_fen = FAILED, refusal.packed(), 0, 0
    else:
        before = ready(work, one.unit_id, one.month).get(one.kind)
        if before is not None:
            before.state = REPLACED
            work.session.flush()
        one.state = READY
    work.session.flush()
    journal.record(work, f"payments.{one.state.lower()}", one.ref, {"rows": one.rows, "total_fen": one.total_fen})
    return True


def ready(work: Work, unit_id: int, month: str) -> dict[str, PaymentList]:
    """The lists of a unit and month that count, by kind. Uses uq_payment_list_ready."""
    found = work.session.scalars(
        select(PaymentList).where(
            PaymentList.unit_id == unit_id, PaymentList.month == month, PaymentList.state == READY
        )
    )
    return {one.kind: one for one in found}


def of_office(work: Work, limit: int = 24) -> Sequence[PaymentList]:
    """The newest lists of the actor's unit. Raises NotPermitted."""
    permissions.must(work.actor, "reconciliation.read", permissions.OWN)
    wanted = select(PaymentList).where(PaymentList.unit_id == work.actor.org_id)
    return work.session.scalars(wanted.order_by(PaymentList.month.desc(), PaymentList.id.desc()).limit(limit)).all()


def of_person(work: Work, blind: bytes, month: str) -> list[Payee]:
    """Everything the lists of a month say about one number, in every unit (S3); the caller permits.

    Uses ix_payment_row_idno_blind. One statement.
    """
    wanted = (
        select(PaymentRow, PaymentList)
        .join(PaymentList, PaymentList.id == PaymentRow.list_id)
        .where(PaymentRow.idno_blind == blind, PaymentList.month == month, PaymentList.state == READY)
        .order_by(PaymentList.kind, PaymentList.unit_id, PaymentRow.id)
    )
    found = []
    for row, one in work.session.execute(wanted):
        sealed = work.home.vault.open_json("payment_row.who", row.ref, row.who)
        name, number = cast(list[str], sealed)
        found.append(Payee(one.kind, one.unit_id, row.row_no, row.item, row.area, row.amount_fen, name, number))
    return found


def names_of(work: Work, blinds: Collection[bytes]) -> dict[bytes, str]:
    """What the newest row of each of these numbers calls the person (S3); the caller permits.

    Uses ix_payment_row_idno_blind. One statement.
    """
    newest = select(func.max(PaymentRow.id)).where(PaymentRow.idno_blind.in_(blinds)).group_by(PaymentRow.idno_blind)
    names: dict[bytes, str] = {}
    for row in work.session.scalars(select(PaymentRow).where(PaymentRow.id.in_(newest))):
        name, _number = cast(list[str], work.home.vault.open_json("payment_row.who", row.ref, row.who))
        if row.idno_blind is not None:
            names[row.idno_blind] = name
    return names


def by_ref(work: Work, ref: str) -> PaymentList:
    """The list with this reference; the caller permits. Raises NotFound."""
    found = work.session.scalars(select(PaymentList).where(PaymentList.ref == ref)).first()
    if found is None:
        raise NotFound(_("There is no such payment list."))
    return found


def first_day(month: str) -> date | None:
    """The first day of "2027-05", None of anything else."""
    try:
        return date.fromisoformat(f"{month}-01")
    except ValueError:
        return None
