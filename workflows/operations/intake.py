"""Looking at a delivered file before it counts: one reading of all of it in the limited child, with nothing stored."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, BinaryIO, cast

from sqlalchemy import select

from domain.blobs import Blobs, StoredBlob
from domain.files import StoredFile
from domain.home import DEMO, Home
from domain.text import Text
from domain.text import gettext as _
from domain.verification import deliveries, delivery_parts, intake, mappings
from domain.verification.deliveries import LOOKING, READY, Delivery, Resource
from domain.verification.intake import Looked
from domain.verification.supply import Period, months_from
from domain.work import SCHEDULER, Work, unit_of_work
from sources.categories import MONTH, READABLE, Category
from sources.faults import FileRefused, ReadingCancelled, RowFault
from sources.reading import Pieces, Progress, ReadReport, reading
from sources.rows import SourceRow
from sources.store import day_of

# fields that say of which moment a row is; other dates (an entry, the last month paid) may lie anywhere
OF_THE_PERIOD = frozenset({"data_date", "month"})
# so many days after the period a balance may be taken; a share of rows beside the period is no mistake yet
GRACE = timedelta(days=31)
TOLERATED = 0.05
SPOOLED = 4 << 20


@dataclass(frozen=True, slots=True)
class LookPlan:
    """What looking at a delivery needs: its category, the uploaded bytes, the period, columns mapped by hand.

    before: accepted rows of the newest delivery in use, 0 when there is none. now: legal time of the duty, None for the
    home's.
    """

    ref: str
    category: str
    file: StoredBlob = field(repr=False)
    period: Period | None
    saved: Mapping[str, Mapping[int, str]] = field(repr=False)
    before: int
    demonstration: bool
    now: datetime | None = None


def gather(work: Work, ref: str, now: datetime | None = None) -> LookPlan | None:
    """What is to be looked at; None when it was done before. Raises NotFound."""
    delivery = deliveries.by_ref(work, ref)
    row = intake.of(work, delivery)
    if delivery.state != LOOKING or row is None:
        return None
    resource = work.session.get_one(Resource, delivery.resource_id)
    file = work.session.get_one(StoredFile, delivery.file_id)
    demonstration = work.home.row(work.session).kind == DEMO
    before = work.session.scalar(
        select(Delivery.accepted)
        .where(Delivery.resource_id == resource.id, Delivery.state == READY)
        .order_by(Delivery.data_date.desc(), Delivery.id.desc())
        .limit(1)
    )
    saved = mappings.of_resource(work, resource.id)
    return LookPlan(ref, resource.category, file.blob, row.period, saved, before or 0, demonstration, now)


def perform(home: Home, plan: LookPlan | None) -> Looked | None:
    """Read the file to its end and keep nothing of it but figures, a masked preview and the list of faults.

    On its way it says how far it is; None when the file was taken back meanwhile.
    """
    if plan is None:
        return None
    seeing, course = _Seeing(plan), _Course(home, plan)
    with tempfile.SpooledTemporaryFile(max_size=SPOOLED) as spool:
        faults = _Faults(cast(BinaryIO, spool))
        try:
            pieces = Pieces(home.blobs.frames(plan.file))
            with reading(
                pieces, plan.category, demonstration=plan.demonstration, saved=plan.saved, faults=faults.keep,
                progress=course.tell, cancelled=lambda: not course.wanted,
            ) as going:  # fmt: skip
                for row in going:
                    seeing.take(row)
            return _looked(plan, seeing, going.report, faults, home.blobs)
        except FileRefused as refused:
            return Looked(refused.sentence, seen={"unread": refused.unread} if refused.unread else {})
        except ReadingCancelled:
            return None


def record(work: Work, ref: str, looked: Looked | None) -> None:
    """Commit what was seen; the officer is asked next."""
    if looked is not None:
        intake.settle_look(work, deliveries.by_ref(work, ref), looked)


class _Course:
    """What looking says on its way, each time in a unit of work of its own."""

    def __init__(self, home: Home, plan: LookPlan) -> None:
        self.wanted = True
        self._home = home
        self._plan = plan

    def tell(self, progress: Progress) -> None:
        """Note how far it is, and learn whether the file still waits to be looked at."""
        with unit_of_work(self._home, SCHEDULER, now=self._plan.now) as work:
            delivery = deliveries.by_ref(work, self._plan.ref)
            self.wanted = delivery_parts.tell(work, delivery, progress.bytes, progress.rows)


class _Faults:
    """Every fault as a line of JSON in a spool: no content of cells, only places and sentences."""

    def __init__(self, spool: BinaryIO) -> None:
        self.spool = spool
        self.reasons: Counter[str] = Counter()

    def keep(self, fault: RowFault) -> None:
        line = [fault.sheet, fault.row, fault.column, fault.sentence.packed(), fault.kept]
        self.spool.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        self.reasons[fault.sentence.source] += 1

    def stored(self, blobs: Blobs) -> StoredBlob | None:
        if not self.spool.tell():
            return None
        self.spool.seek(0)
        return blobs.put(self.spool)


class _Seeing:
    """Figures of the rows as they pass: which fields are filled, and of which days they speak."""

    def __init__(self, plan: LookPlan) -> None:
        self._category = READABLE[plan.category]
        self._period = plan.period if self._category.dated_by in OF_THE_PERIOD else None
        self.filled: Counter[str] = Counter()
        self.unknown = 0
        self.dated = 0
        self.beside = 0
        self.first_beside: tuple[int, int, str] | None = None
        self.days: tuple[str, str] | None = None

    def take(self, row: SourceRow) -> None:
        self.filled.update(row.values.keys())
        self.unknown += not any(subject.number for subject in row.subjects)
        if not row.dated:
            return
        self.dated += 1
        first, last = self.days or (row.dated, row.dated)
        self.days = (min(first, row.dated), max(last, row.dated))
        if self._period is not None and not self._fits(self._period, row.dated):
            self.beside += 1
            self.first_beside = self.first_beside or (row.sheet, row.row, row.dated)

    def _fits(self, period: Period, dated: str) -> bool:
        day = cast(date, day_of(dated))
        until = period.end if self._kind() == MONTH else period.end + GRACE
        return period.start <= day <= until

    def _kind(self) -> str:
        return next(one.kind for one in self._category.fields if one.code == self._category.dated_by)


def _looked(plan: LookPlan, seeing: _Seeing, report: ReadReport, faults: _Faults, blobs: Blobs) -> Looked:
    refusal = _wrong_title(plan, report) or _wrong_days(plan, seeing) or _nothing(report)
    told = tuple((fault.sheet, fault.row, fault.column, fault.sentence) for fault in report.faults)
    # the row of a delivery counts what was skipped as well
    return Looked(
        refusal,
        report.total + report.skipped,
        report.accepted,
        report.rejected,
        report.skipped,
        _seen(report),
        _quality(plan, seeing, report, faults),
        told,
        faults.stored(blobs),
    )


def _seen(report: ReadReport) -> dict[str, Any]:
    table = next((sheet for sheet in report.sheets if sheet.heading_row is not None), None)
    columns = [[index, heading, code] for index, heading, code in table.columns] if table else []
    return {
        "preview": [list(line) for line in report.preview],
        "columns": columns,
        "ignored": list(table.ignored) if table else [],
        "heading_row": table.heading_row if table else None,
        "signature": report.signature,
        "labels": list(report.labels),
        "encoding": report.encoding,
        "sheets": len(report.sheets),
    }


def _quality(plan: LookPlan, seeing: _Seeing, report: ReadReport, faults: _Faults) -> dict[str, Any]:
    """Figures of CK-15: rows beside the last time, numbers that cannot be used, fields left empty, days."""
    category: Category = READABLE[plan.category]
    people = {who.number for who in category.subjects} | {who.name for who in category.subjects}
    empty = {
        one.code: report.accepted - seeing.filled[one.code]
        for one in category.fields
        if one.code not in people and report.accepted > seeing.filled[one.code]
    }
    return {
        "rows": report.accepted,
        "before": plan.before,
        "rejected": report.rejected,
        "unknown": seeing.unknown,
        "empty": empty,
        "first_day": seeing.days[0] if seeing.days else "",
        "last_day": seeing.days[1] if seeing.days else "",
        "beside": seeing.beside,
        "reasons": [[reason, count] for reason, count in faults.reasons.most_common(10)],
    }


def _wrong_title(plan: LookPlan, report: ReadReport) -> Text | None:
    if plan.period is None:
        return None
    for sheet, row, first, last in report.periods:
        named = months_from(first // 12, first % 12 + 1, last - first + 1)
        if not named.overlaps(plan.period):
            return _(
                "The title in row %(row)s of sheet %(sheet)s speaks of %(found)s, expected is %(period)s. Send the file"
                " of that period, or choose the period the file is for.",
                row=row, sheet=sheet, found=f"{named.start:%Y-%m}…{named.end:%Y-%m}", period=plan.period.code,
            )  # fmt: skip
    return None


def _wrong_days(plan: LookPlan, seeing: _Seeing) -> Text | None:
    if plan.period is None or seeing.first_beside is None or seeing.beside <= seeing.dated * TOLERATED:
        return None
    category = READABLE[plan.category]
    heading = next(one.labels[0] for one in category.fields if one.code == category.dated_by)
    sheet, row, _day = seeing.first_beside
    return _(
        "%(count)s of %(dated)s rows have a %(heading)s outside %(period)s, the first in row %(row)s of sheet"
        " %(sheet)s. Send the file of that period, or choose the period the file is for.",
        count=seeing.beside, dated=seeing.dated, heading=heading, period=plan.period.code, row=row, sheet=sheet,
    )  # fmt: skip


def _nothing(report: ReadReport) -> Text | None:
    if report.accepted or not report.rejected:
        return None
    first = report.rejections[0] if report.rejections else report.faults[0]
    return _(
        "Not one of %(rows)s rows can be used; the first fault is in row %(row)s, column %(column)s. Look whether it is"
        " the right kind of file.",
        rows=report.rejected, row=first.row, column=first.column or "-",
    )  # fmt: skip
