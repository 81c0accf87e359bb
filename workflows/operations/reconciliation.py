"""Reading payment lists and comparing a month: slow parts outside, a committed state at the end (walls 13)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from domain.assistance import payments, reconciliation
from domain.assistance.payments import READING, READY, Payment
from domain.blobs import StoredBlob
from domain.files import StoredFile
from domain.home import DEMO, Home
from domain.text import Text
from domain.work import SCHEDULER, Work, unit_of_work
from sources.faults import FileRefused
from sources.house_kinds import PAYMENTS
from sources.payments import must_be_whole, paid
from sources.reading import Pieces, reading

AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class ListPlan:
    """What reading a list needs: its ref and month, and the uploaded bytes."""

    ref: str
    month: str
    demonstration: bool
    file: StoredBlob = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReadList:
    """What reading brought: rows written and their sum in fen, or why the list was refused."""

    rows: int = 0
    total_fen: int = 0
    refusal: Text | None = None


def read_list(home: Home, ref: str, now: datetime | None = None) -> None:
    """Read a payment list and make it visible, or say why it was refused. Safe to repeat. Raises NotFound."""
    with unit_of_work(home, SCHEDULER, now=now, write=False) as work:
        plan = gather(work, ref)
    if plan is None:
        return
    outcome = perform(home, plan)
    with unit_of_work(home, SCHEDULER, now=now) as work:
        record(work, ref, outcome)


def gather(work: Work, ref: str) -> ListPlan | None:
    """What is to be read; None when it was read before. Raises NotFound."""
    one = payments.by_ref(work, ref)
    if one.state != READING:
        return None
    demonstration = work.home.row(work.session).kind == DEMO
    return ListPlan(ref, one.month, demonstration, work.session.get_one(StoredFile, one.file_id).blob)


def perform(home: Home, plan: ListPlan | None) -> ReadList | None:
    """Read the file in a limited child and write its rows in pieces; nobody sees them before the last word."""
    if plan is None:
        return None
    with unit_of_work(home, SCHEDULER) as work:
        payments.clear(work, plan.ref)
    rows = total = 0
    try:
        for some in _pieces(home, plan):
            with unit_of_work(home, SCHEDULER) as work:
                payments.write(work, plan.ref, some)
            rows, total = rows + len(some), total + sum(one.amount_fen for one in some)
        return ReadList(rows, total)
    except FileRefused as refusal:
        return ReadList(refusal=refusal.sentence)


def record(work: Work, ref: str, outcome: ReadList | None) -> None:
    """Commit the outcome; with both lists there, the month is compared."""
    if outcome is None or not payments.settle(work, ref, outcome.rows, outcome.total_fen, outcome.refusal):
        return
    one = payments.by_ref(work, ref)
    if one.state == READY:
        reconciliation.plan_run(work, one)
    else:
        payments.clear(work, ref)


def reconcile(home: Home, payment_ref: str, now: datetime | None = None) -> None:
    """Compare the month of a payment list with its ledger and the register. Safe to repeat. Raises NotFound."""
    with unit_of_work(home, SCHEDULER, now=now, write=False) as work:
        found = reconciliation.compare(work, payment_ref)
    with unit_of_work(home, SCHEDULER, now=now) as work:
        if found is not None:
            reconciliation.record(work, found)


def _pieces(home: Home, plan: ListPlan) -> Iterator[list[Payment]]:
    with reading(Pieces(home.blobs.frames(plan.file)), PAYMENTS.code, demonstration=plan.demonstration) as going:
        piece: list[Payment] = []
        for row in going:
            one = paid(row, plan.month)
            piece.append(Payment(one.row_no, one.item, one.area, one.amount_fen, one.number, one.name))
            if len(piece) >= AT_ONCE:
                yield piece
                piece = []
        must_be_whole(going.report)
        yield piece
