"""Reading a delivered file: a duty of its own, outside any transaction but for the first look and the last word."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from domain import agenda
from domain.blobs import StoredBlob
from domain.files import StoredFile
from domain.home import DEMO, Home
from domain.verification import deliveries, queries, recipient_checks
from domain.verification.deliveries import READING, READY, ReadOutcome, Resource
from domain.work import SCHEDULER, Work, unit_of_work
from sources.faults import FileRefused
from sources.reading import Pieces, ReadReport, reading
from sources.store import Store

RETRY = "query.retry"


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """What reading a delivery needs: its ref, category, the uploaded bytes, the day of the data."""

    ref: str
    category: str
    file: StoredBlob = field(repr=False)
    data_date: date
    demonstration: bool


def read_delivery(home: Home, ref: str, now: datetime | None = None) -> None:
    """Read an uploaded file into the store and make it visible, or say why it failed. Safe to repeat.

    now: legal time of the duty, None for the home's. Raises NotFound; BlobDamaged when the upload is gone.
    """
    with unit_of_work(home, SCHEDULER, now=now, write=False) as work:
        plan = gather(work, ref)
    if plan is None:
        return
    outcome = perform(home, plan)
    with unit_of_work(home, SCHEDULER, now=now) as work:
        record(work, ref, outcome)


def gather(work: Work, ref: str) -> ReadPlan | None:
    """What is to be read; None when it was read before. Raises NotFound."""
    delivery = deliveries.by_ref(work, ref)
    if delivery.state != READING:
        return None
    resource = work.session.get_one(Resource, delivery.resource_id)
    file = work.session.get_one(StoredFile, delivery.file_id)
    demonstration = work.home.row(work.session).kind == DEMO
    return ReadPlan(ref, resource.category, file.blob, delivery.data_date, demonstration)


def perform(home: Home, plan: ReadPlan) -> ReadOutcome:
    """Read the file in a limited child and write the columnar file; a refused file is an outcome, not an error."""
    try:
        pieces = Pieces(home.blobs.frames(plan.file))
        with reading(pieces, plan.category, demonstration=plan.demonstration) as going:
            stored = Store(home.blobs, home.vault).put(plan.ref, plan.category, going, dated=plan.data_date)
        return _outcome(stored.file, going.report)
    except FileRefused as refusal:
        return ReadOutcome(None, refusal.sentence)


def record(work: Work, ref: str, outcome: ReadOutcome) -> None:
    """Commit the outcome; cases that wait for this source are asked to try again."""
    delivery = deliveries.by_ref(work, ref)
    if not deliveries.settle_reading(work, delivery, outcome) or delivery.state != READY:
        return
    recipient_checks.plan(work, delivery)
    resource = work.session.get_one(Resource, delivery.resource_id)
    for case_ref in queries.waiting_case_refs(work, resource):
        key = f"{RETRY}:{case_ref}:{delivery.ref}"
        agenda.put(work, RETRY, key, work.now, subject=case_ref, payload={"delivery": delivery.ref})


def _outcome(stored: StoredBlob, report: ReadReport) -> ReadOutcome:
    faults = tuple((fault.sheet, fault.row, fault.column, fault.sentence) for fault in report.faults)
    total = report.total + report.skipped  # the row of a delivery counts what was skipped as well
    return ReadOutcome(stored, None, total, report.accepted, report.rejected, report.skipped, faults)
