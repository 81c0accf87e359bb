"""Rows of a payment list: which money, for town or country, how much, to whom (NM-20).

A list whose every row is not understood says nothing about what was paid, so one such row refuses it whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from domain.text import Text
from domain.text import gettext as _
from sources.faults import FileRefused
from sources.reading import ReadReport
from sources.rows import SourceRow

URBAN, RURAL = "URBAN", "RURAL"
# the first word that occurs decides: 低保家庭医疗救助 is medical assistance, and 低保边缘 is not the allowance
ITEMS: tuple[tuple[str, str], ...] = (
    ("价格", "PRICE"), ("医疗", "MEDICAL"), ("临时", "TEMP"), ("教育", "EDU"), ("住房", "HOUSING"),
    ("残疾", "DISABLED2"), ("护理", "DISABLED2"), ("边缘", "LOWINC"), ("低边", "LOWINC"), ("低收入", "LOWINC"),
    ("低保", "DIBAO"), ("最低生活保障", "DIBAO"), ("特困", "TEKUN"), ("五保", "TEKUN"),
)  # fmt: skip
_AREAS = (("城乡", ""), ("城", URBAN), ("镇", URBAN), ("农", RURAL), ("乡", RURAL), ("村", RURAL))


@dataclass(frozen=True, slots=True)
class PaidRow:
    """One payment: amount in fen, number "" when it is unusable (name and number are S3)."""

    row_no: str
    item: str
    area: str
    amount_fen: int
    number: str = field(repr=False)
    name: str = field(repr=False)


def paid(row: SourceRow, month: str) -> PaidRow:
    """A row of the kind PAYMENTS as a payment of `month` ("2027-05").

    Raises FileRefused, naming the row: another month, money of a kind nobody knows, a part of a fen.
    """
    said = row.values
    if said.get("month", month)[:7] != month:
        raise _refused(row, _("speaks of another month than %(month)s.", month=month))
    item = next((code for word, code in ITEMS if word in said["item"]), "")
    if not item:
        raise _refused(row, _("names a kind of money that is not known here."))
    fen = Decimal(said["amount"]) * 100
    if fen != int(fen):
        raise _refused(row, _("has an amount with parts of a fen."))
    subject = row.subjects[0]
    area = _area(said.get("area", "")) or _area(said["item"])
    return PaidRow(row.row_no, item, area, int(fen), subject.number, subject.name)


def must_be_whole(report: ReadReport) -> None:
    """Raises FileRefused with place and reason of the first rejected row."""
    fault = next(iter(report.rejections), None)
    if fault is not None:
        row = f"{fault.sheet}!{fault.row}" if fault.sheet > 1 else str(fault.row)
        raise FileRefused(
            _(
                "Row %(row)s cannot be used: %(why)s Nothing of the file was taken in; correct the row, send it again.",
                row=row,
                why=fault.sentence,
            )
        )


def _area(text: str) -> str:
    return next((area for word, area in _AREAS if word in text), "")


def _refused(row: SourceRow, why: Text) -> FileRefused:
    return FileRefused(_("Row %(row)s %(why)s Nothing of the file was taken in.", row=row.row_no, why=why))
