"""Reading a delivered file: a duty of its own, outside any transaction but for parts, progress and the last word.

The file is read in a limited child, row by row; every million rows are sealed, stored and committed as a part, so
that memory does not grow with the file and a worker that is killed loses at most one part. Whoever takes the duty up
again reads the file from its beginning, passes over what is stored and goes on; the content is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from domain import agenda
from domain.blobs import StoredBlob
from domain.files import StoredFile
from domain.home import DEMO, Home
from domain.upkeep import backup_running
from domain.verification import deliveries, delivery_parts, mappings, queries, recipient_checks, withdrawals
from domain.verification.deliveries import READING, READY, Delivery, ReadOutcome, Resource
from domain.verification.delivery_parts import DeliveryPart, NewPart
from domain.work import SCHEDULER, Work, unit_of_work
from sources.faults import FileRefused, ReadingCancelled
from sources.reading import Pieces, Progress, ReadReport, reading
from sources.store import Store, StoredDelivery, StoredPart

RETRY = "query.retry"


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """What reading a delivery needs: its ref, category, the uploaded bytes, the day of the data.

    stored: parts from a reading that was cut off; now: legal time of the duty, None for the home's; saved: columns of
    its source that were mapped by hand (`domain.verification.mappings`).
    """

    ref: str
    category: str
    file: StoredBlob = field(repr=False)
    data_date: date
    demonstration: bool
    stored: tuple[StoredPart, ...] = ()
    now: datetime | None = None
    saved: Mapping[str, Mapping[int, str]] = field(default_factory=dict, repr=False)


def read_delivery(home: Home, ref: str, now: datetime | None = None) -> None:
    """Read an uploaded file into the store and make it visible, or say why it failed. Safe to repeat.

    now: legal time of the duty, None for the home's. Raises NotFound; BlobDamaged when the upload is gone; Conflict
    when another reading of it is at work.
    """
    with unit_of_work(home, SCHEDULER, now=now, write=False) as work:
        plan = gather(work, ref, now)
    if plan is None:
        return
    outcome = perform(home, plan)
    with unit_of_work(home, SCHEDULER, now=now) as work:
        unnamed = record(work, ref, outcome)
    drop_files(home, unnamed)


def drop_files(home: Home, names: Sequence[str]) -> None:
    """Delete files that no row names any more, once that is committed.

    While a backup is made they are left to the sweeper: its copy of the database may name them.
    """
    if not names:
        return
    with unit_of_work(home, SCHEDULER, write=False) as work:
        if backup_running(work.session):
            return
    for name in names:
        home.blobs.delete(name)


def gather(work: Work, ref: str, now: datetime | None = None) -> ReadPlan | None:
    """What is to be read; None when it was read before. Raises NotFound."""
    delivery = deliveries.by_ref(work, ref)
    if delivery.state != READING:
        return None
    resource = work.session.get_one(Resource, delivery.resource_id)
    file = work.session.get_one(StoredFile, delivery.file_id)
    demonstration = work.home.row(work.session).kind == DEMO
    stored = tuple(stored_part(part) for part in delivery_parts.of(work, [delivery.id])[delivery.id])
    saved = mappings.of_resource(work, resource.id)
    return ReadPlan(ref, resource.category, file.blob, delivery.data_date, demonstration, stored, now, saved)


def perform(home: Home, plan: ReadPlan) -> ReadOutcome:
    """Read the file in a limited child and store its parts; a file that is refused or called off is an outcome."""
    course = _Course(home, plan)
    try:
        pieces = Pieces(home.blobs.frames(plan.file))
        with reading(
            pieces, plan.category, demonstration=plan.demonstration, saved=plan.saved,
            progress=course.tell, cancelled=lambda: not course.wanted,
        ) as going:  # fmt: skip
            stored = Store(home.blobs, home.vault).put(
                plan.ref, plan.category, going, dated=plan.data_date,
                part_rows=home.settings.part_rows, stored=plan.stored, on_part=course.keep,
            )  # fmt: skip
        return _outcome(stored.files[0], going.report)
    except FileRefused as refusal:
        return ReadOutcome(None, refusal.sentence)
    except ReadingCancelled:
        return ReadOutcome(None, delivery_parts.CALLED_OFF)


def record(work: Work, ref: str, outcome: ReadOutcome) -> list[str]:
    """Commit the outcome; cases that wait for this source are asked to try again.

    Returns the names of stored files that no row names any more once this is committed: parts of what was refused.
    """
    delivery = deliveries.by_ref(work, ref)
    if not deliveries.settle_reading(work, delivery, outcome):
        return []
    unnamed = delivery_parts.forget(work, delivery, parts=delivery.state != READY)
    if delivery.state != READY:
        return unnamed
    withdrawals.took_effect(work, delivery)
    recipient_checks.plan(work, delivery)
    resource = work.session.get_one(Resource, delivery.resource_id)
    for case_ref in queries.waiting_case_refs(work, resource):
        key = f"{RETRY}:{case_ref}:{delivery.ref}"
        agenda.put(work, RETRY, key, work.now, subject=case_ref, payload={"delivery": delivery.ref})
    return unnamed


def stored_part(part: DeliveryPart) -> StoredPart:
    """A part as the store knows it."""
    last = None if part.last_sheet is None or part.last_row is None else (part.last_sheet, part.last_row)
    return StoredPart(part.position, part.file, part.rows, last, part.key_id, part.content)


def new_part(part: StoredPart) -> NewPart:
    """A part that the store wrote, to be named by a row."""
    return NewPart(part.position, part.file, part.rows, part.last, part.key_id, part.content)


def stored_delivery(work: Work, delivery: Delivery, category: str) -> StoredDelivery:
    """A delivery as the store knows it: in parts, or in one file where it was stored before there were parts.

    Raises ValueError: it is not ready.
    """
    blob = delivery.store
    if blob is None:
        raise ValueError(f"delivery {delivery.ref} is not ready")
    parts = tuple(stored_part(part) for part in delivery_parts.of(work, [delivery.id])[delivery.id])
    whole = None if parts else blob
    return StoredDelivery(delivery.ref, category, parts, delivery.accepted, delivery.data_date, whole)


class _Course:
    """What a reading says on its way, each in a unit of work of its own."""

    def __init__(self, home: Home, plan: ReadPlan) -> None:
        self.wanted = True
        self._home = home
        self._plan = plan

    def tell(self, progress: Progress) -> None:
        """Note how far it is, and learn whether it is still wanted."""
        self.wanted = self._write(lambda work, one: delivery_parts.tell(work, one, progress.bytes, progress.rows))

    def keep(self, part: StoredPart) -> None:
        """Name a part that lies on disk. Raises Conflict."""
        self._write(lambda work, one: delivery_parts.keep(work, one, new_part(part)) is not None)

    def _write(self, act: Callable[[Work, Delivery], bool]) -> bool:
        with unit_of_work(self._home, SCHEDULER, now=self._plan.now) as work:
            return act(work, deliveries.by_ref(work, self._plan.ref))


def _outcome(stored: StoredBlob, report: ReadReport) -> ReadOutcome:
    faults = tuple((fault.sheet, fault.row, fault.column, fault.sentence) for fault in report.faults)
    total = report.total + report.skipped  # the row of a delivery counts what was skipped as well
    return ReadOutcome(stored, None, total, report.accepted, report.rejected, report.skipped, faults)
