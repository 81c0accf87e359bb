"""What of a source's rows is compared with the declaration: which things, which of their figures (CK-12). Pure.

One object reported twice counts once: the own level wins, within a level the newest data (LF-05). A thing whose
status says it ended (a scrapped car, a closed business) is kept as a result and does not count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

AMOUNT, MONTHLY, COUNT, FACT = "yuan", "yuan_month", "count", "fact"
EQUAL, UNDER, UNDECLARED, OVER = "EQUAL", "UNDER", "UNDECLARED", "OVER"
# Words by which the departments' files say that a thing is no more; anything else counts as in force.
ENDED = (
    *("注销", "吊销", "报废", "历史", "转出", "停发", "暂停", "终止", "迁出", "灭失", "销户", "过期", "释放"),
    *("已转移", "已过户", "已出售", "已售"),
)
_NOT = "未"
_ONCE = ("趸", "一次")
_A_YEAR = (("半年", 2), ("月", 12), ("季", 4))


@dataclass(frozen=True, slots=True)
class Measure:
    """How a category is measured.

    unit: yuan, yuan_month (the newest month), count, or fact (0 or 1). amounts: fields, the first filled one
    counts. key: fields that tell things apart. kind, event, until: fields for the doubt table; other: field of a
    second figure for it (a premium, a withdrawal). described: a family says nothing of it as a figure, so nothing is
    compared unless it did. moments: fields that only say when somebody looked: what differs in them alone is the same
    record (NM-13). ended: field of the day on which it went to somebody else (CK-26).
    """

    unit: str = FACT
    amounts: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    kind: str = ""
    event: str = ""
    until: str = ""
    other: str = ""
    described: bool = False
    moments: tuple[str, ...] = ()
    ended: str = ""


MEASURES: dict[str, Measure] = {
    "IDENTITY": Measure(event="born", described=True),
    "IDVALID": Measure(event="issued", until="valid_until", described=True),
    "DEATH": Measure(event="died"),
    "FUNERAL": Measure(event="cremated"),
    "HUKOU": Measure(key=("household_no",), kind="kind", event="split_date", described=True),
    "KIN": Measure(kind="relation", described=True),
    "MARRIAGE": Measure(kind="event", event="date", described=True),
    "DISAB": Measure(kind="kind", event="issued", until="valid_until", described=True),
    "SCHOOL": Measure(FACT, ("fee",), ("school",), "kind", "since", "until", described=True),
    "EMP": Measure(FACT, (), ("employer",), "kind", "since", "until", described=True),
    "ORPHAN": Measure(MONTHLY, ("amount",), ("kind",), "kind", "month", described=True, moments=("month",)),
    "DISABLED2": Measure(MONTHLY, ("amount",), ("kind",), "kind", "month", described=True, moments=("month",)),
    "PRISON": Measure(event="since", until="until"),
    "WAGE": Measure(MONTHLY, ("gross", "net", "base"), ("employer",), moments=("month",)),
    "FISCALPAY": Measure(MONTHLY, ("amount",), ("unit", "kind"), "kind", "month", described=True, moments=("month",)),
    "PENRCV": Measure(MONTHLY, ("amount",), ("scheme",), "scheme", moments=("month",)),
    "UIRCV": Measure(MONTHLY, ("amount",), ("office", "start")),
    "BIZINC": Measure(MONTHLY, ("profit", "turnover"), ("uscc", "business"), "business", "period"),
    "PROPINC": Measure(AMOUNT, ("amount",), ("payer", "kind", "period"), "kind", "period"),
    "TRANSFER": Measure(AMOUNT, ("amount",), ("payer", "kind", "date"), "kind", "date"),
    "DEPOSIT": Measure(AMOUNT, ("balance",), ("bank", "account"), "kind", other="movement", moments=("data_date",)),
    "SECURITY": Measure(AMOUNT, ("value",), ("account", "code"), "kind", moments=("data_date",)),
    "INSUR": Measure(AMOUNT, ("surrender",), ("policy",), "kind", "since", "until", "premium"),
    "HOUSE": Measure(COUNT, ("price",), ("certificate",), "use", "registered", ended="transferred"),
    "VEHICLE": Measure(COUNT, (), ("plate",), "type", "first_registration"),
    "VESSEL": Measure(COUNT, ("tonnage",), ("registration", "vessel"), "kind", "registered"),
    "OPVEH": Measure(COUNT, (), ("plate",), "kind", "", "valid_until"),
    "TAXI": Measure(COUNT, (), ("plate",), "kind", "since", "valid_until"),
    "DRIVERQ": Measure(FACT, (), ("certificate",), "kind", "issued", "valid_until", described=True),
    "DEBT": Measure(AMOUNT, ("amount",), ("creditor", "proof"), "kind", "date", "due", described=True),
    "BIZ": Measure(COUNT, ("capital",), ("uscc",), "type", "founded"),
    "NPO": Measure(COUNT, (), ("uscc", "organisation"), "type", "founded"),
    "PENPAY": Measure(
        MONTHLY,
        ("base",),
        ("employer", "scheme"),
        "scheme",
        "month",
        described=True,
        moments=("month", "months", "paid"),
    ),
    "MEDINS": Measure(
        MONTHLY, ("base",), ("employer", "scheme"), "scheme", "month", described=True, moments=("month",)
    ),
    "UIPAY": Measure(MONTHLY, ("base",), ("employer",), "", "month", described=True, moments=("month", "months")),
    "TAX": Measure(MONTHLY, ("income",), ("item", "since", "withholder"), "item"),
    "HPF": Measure(AMOUNT, ("balance",), ("account",), "", "paid_until", other="withdrawn", moments=("paid_until",)),
    "EXP_MED": Measure(AMOUNT, ("own", "total"), (), "kind", "date", described=True),
    "EXP_EDU": Measure(AMOUNT, ("amount",), (), "kind", "date", described=True),
    "EXP_HOUSE": Measure(AMOUNT, ("amount",), (), "kind", "date", described=True),
    "EXP_UTIL": Measure(AMOUNT, ("amount",), ("account", "kind", "period"), "kind", "period", described=True),
    "EXP_BIG": Measure(AMOUNT, ("amount",), (), "kind", "date", described=True),
    "ASSIST": Measure(MONTHLY, ("amount",), ("programme", "area"), "programme", "month", described=True),
}
_DESCRIBED = Measure(described=True)


def measure_of(category: str) -> Measure:
    """How a category is measured; one without figures is described only."""
    return MEASURES.get(category, _DESCRIBED)


@dataclass(frozen=True, slots=True)
class Row:
    """A result row as it is measured. distance: levels from the agency's own; values: field -> text (S3)."""

    id: int
    ref: str
    distance: int
    data_date: date
    role: str
    values: Mapping[str, str] = field(repr=False)

    @property
    def status(self) -> str:
        """The status as the file says it."""
        return self.values.get("status", "")

    @property
    def active(self) -> bool:
        """False when the status says that the thing ended."""
        return not any(word in self.status.replace(_NOT + word, "") for word in ENDED)


@dataclass(frozen=True, slots=True)
class Total:
    """What the sources say of one person and category. value in `unit`; rows: those counted, the weightiest first.

    objects: keys of the things counted, by_object: the row of each. data_date: of the newest row, None without rows.
    """

    value: Decimal = field(repr=False)
    count: int
    rows: tuple[Row, ...]
    objects: tuple[tuple[str, ...], ...] = field(repr=False)
    data_date: date | None
    conflict: bool = False
    by_object: tuple[Row, ...] = ()


def total(category: str, rows: Sequence[Row]) -> Total:
    """Measure the rows of one person and category."""
    measure = measure_of(category)
    things, conflict = _things(measure, rows)
    alive = [(key, row) for key, row in things.items() if row.active]
    if measure.unit == MONTHLY and alive:
        newest = max(row.data_date for _key, row in alive)
        alive = [(key, row) for key, row in alive if row.data_date == newest]
    counted = sorted((row for _key, row in alive), key=lambda row: (-amount_of(category, row), row.id))
    if measure.unit in (AMOUNT, MONTHLY):
        value = sum((amount_of(category, row) for row in counted), Decimal(0))
    else:
        value = Decimal(min(len(counted), 1) if measure.unit == FACT else len(counted))
    newest_date = max((row.data_date for row in rows), default=None)
    keys, kept = tuple(key for key, _row in alive), tuple(row for _key, row in alive)
    return Total(value, len(counted), tuple(counted), keys, newest_date, conflict, kept)


def amount_of(category: str, row: Row) -> Decimal:
    """The figure of one row in yuan, 0 without one."""
    for name in measure_of(category).amounts:
        text = row.values.get(name, "")
        if text:
            return number(text) or Decimal(0)
    return Decimal(0)


def figure_of(category: str, row: Row) -> Decimal | None:
    """As `amount_of`, None where the file gives no figure: a vessel without tonnage is not one of no tons."""
    return next((number(row.values[name]) for name in measure_of(category).amounts if row.values.get(name)), None)


def happened(category: str, row: Row) -> str:
    """When the thing of a row began, or, where it is theirs no more, when it went to somebody else; "" if not told.

    A flat bought long ago and sold last month was sold last month (CK-26).
    """
    measure = measure_of(category)
    gone = "" if row.active else row.values.get(measure.ended, "")
    return gone or row.values.get(measure.event, "")


def yearly(row: Row) -> Decimal | None:
    """What a premium comes to in a year; None for one that is paid once, or not told."""
    premium, mode = number(row.values.get("premium")), row.values.get("mode", "")
    if premium is None or any(word in mode for word in _ONCE):
        return None
    return premium * next((times for word, times in _A_YEAR if word in mode), 1)


def verdict(declared: Decimal | None, found: Decimal, tolerance: Decimal) -> str:
    """EQUAL within the tolerance; UNDECLARED when nothing was declared, UNDER when too little, OVER when too much."""
    difference = found - (declared or Decimal(0))
    if abs(difference) <= tolerance:
        return EQUAL
    if difference < 0:
        return OVER
    return UNDER if declared else UNDECLARED


def number(text: object) -> Decimal | None:
    """A figure as the files and forms write it, None when there is none."""
    if text is None or text == "":
        return None
    try:
        found = Decimal(str(text))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _things(measure: Measure, rows: Sequence[Row]) -> tuple[dict[tuple[str, ...], Row], bool]:
    """One row a thing, the best first; and whether two levels contradict each other about one."""
    things: dict[tuple[str, ...], Row] = {}
    conflict = False
    for row in sorted(rows, key=lambda row: (row.distance, -row.data_date.toordinal(), row.id)):
        key = tuple(row.values.get(name, "") for name in measure.key)
        if not any(key):
            key = (row.ref,)  # nothing tells it from others, so it stands for itself
        elif measure.unit == MONTHLY:
            key = (*key, row.data_date.isoformat())
        best = things.setdefault(key, row)
        conflict |= best.distance != row.distance and _says(measure, best) != _says(measure, row)
    return things, conflict


def _says(measure: Measure, row: Row) -> tuple[object, ...]:
    return row.active, *(number(row.values.get(name)) for name in measure.amounts)
