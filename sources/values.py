"""Dates, months and amounts as people type them, turned into one form or refused, never guessed."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from domain.text import Text
from domain.text import gettext as _

Cell = str | float | int | bool | date | time | timedelta | None

NOTHING = frozenset({"", "-", "--", "—", "——", "/", "\\", "无", "空", "NULL", "N/A", "#N/A", "NONE"})
WITHOUT_END = frozenset({"长期", "永久", "长期有效", "无固定期限"})
_SERIAL_DAY_ZERO = date(1899, 12, 30)
_SERIALS = range(10_000, 75_000)  # 1927 to 2105
_YEARS = range(1850, 2200)
_DAY = re.compile(r"([0-9]{4})(?:[-/.年])([0-9]{1,2})(?:[-/.月])([0-9]{1,2})日?")
_DAY_TIGHT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_MONTH = re.compile(r"([0-9]{4})(?:[-/.年])([0-9]{1,2})月?")
_MONTH_TIGHT = re.compile(r"([0-9]{4})([0-9]{2})")
_CLOCK = re.compile(r"[T ]?[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?$")
_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_PLAIN = re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+")
_AS_WRITTEN = re.compile(r"(?:0|[1-9][0-9]{0,14})\.[0-9]{2}")  # yuan in the form they get
_UNITS = {"亿元": Decimal(100_000_000), "亿": Decimal(100_000_000), "万元": Decimal(10_000), "万": Decimal(10_000)}
_CURRENCY = re.compile(r"^(人民币|RMB|CNY|¥|￥)+|(元整|元|圆|人民币|RMB|CNY)+$")
_CENT = Decimal("0.01")
_LONGEST_NUMBER = 20  # decimal arithmetic is exact to 28 digits, a unit adds eight

BAD_DATE = _("This is not a date. Write it like 2025-06-30.")
BAD_MONTH = _("This is not a month. Write it like 2025-06.")
BAD_AMOUNT = _("This is not an amount. Write it like 1234.50 (yuan).")
BAD_NUMBER = _("This is not a number.")


class ValueFault(ValueError):
    """A cell cannot be read; `text` is the sentence (without the value)."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.source)
        self.text = text


def to_text(cell: Cell) -> str:
    """A cell as text: NFKC, trimmed, a whole number without ".0", a date in ISO form."""
    if isinstance(cell, str):
        return _strip(cell if cell.isascii() else unicodedata.normalize("NFKC", cell))
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e22:
        return str(int(cell))
    return str(cell)


def is_blank(cell: Cell) -> bool:
    """True for nothing, blanks and invisible characters."""
    return cell is None or (isinstance(cell, str) and not _strip(cell))


def to_date(cell: Cell) -> str:
    """ISO day, "长期", or "" for nothing. Raises ValueFault."""
    if isinstance(cell, date):
        return to_text(cell)
    text = _CLOCK.sub("", _tight(to_text(cell)))
    if text.upper() in NOTHING:
        return ""
    if text in WITHOUT_END:
        return "长期"
    if text.isdigit() and len(text) == 5 and int(text) in _SERIALS:
        return (_SERIAL_DAY_ZERO + timedelta(days=int(text))).isoformat()
    if isinstance(cell, float) and _SERIALS.start <= cell < _SERIALS.stop:
        return (_SERIAL_DAY_ZERO + timedelta(days=int(cell))).isoformat()
    found = _DAY.fullmatch(text) or _DAY_TIGHT.fullmatch(text)
    if not found:
        raise ValueFault(BAD_DATE)
    return _day(int(found[1]), int(found[2]), int(found[3]), BAD_DATE).isoformat()


def to_month(cell: Cell) -> str:
    """ISO month "2025-06" or "" for nothing; a full date gives its month. Raises ValueFault."""
    if isinstance(cell, date):
        return to_text(cell)[:7]
    text = _tight(to_text(cell))
    if text.upper() in NOTHING:
        return ""
    found = _MONTH.fullmatch(text) or _MONTH_TIGHT.fullmatch(text)
    if found:
        return _day(int(found[1]), int(found[2]), 1, BAD_MONTH).isoformat()[:7]
    try:
        return to_date(cell)[:7]
    except ValueFault as problem:
        raise ValueFault(BAD_MONTH) from problem


def to_amount(cell: Cell, factor: int = 1) -> str:
    """Yuan with at least two decimals, or "" for nothing.

    `factor` is the unit of the heading ("注册资本(万元)": 10000); a unit in the cell itself wins.
    Raises ValueFault, also for thousands separators in the wrong place.
    """
    if factor == 1 and isinstance(cell, str) and _AS_WRITTEN.fullmatch(cell):
        return cell
    text = _tight(to_text(cell)).upper()
    if text in NOTHING:
        return ""
    sign, text = _sign(text)
    bare = _CURRENCY.sub("", text) if not text.endswith(tuple(_UNITS)) else re.sub(r"^(人民币|RMB|CNY|¥|￥)+", "", text)
    unit = Decimal(1 if bare != text and text.endswith(("元", "圆", "整")) else factor)
    for word, value in _UNITS.items():
        if bare.endswith(word):
            bare, unit = bare.removesuffix(word), value
            break
    amount = _decimal(bare, BAD_AMOUNT) * unit * sign
    rounded = amount.quantize(_CENT)
    return format(rounded if rounded == amount else amount.normalize(), "f")


def to_number(cell: Cell) -> str:
    """A plain number without unit, or "" for nothing. Raises ValueFault."""
    text = re.sub(r"(m2|m²|平方米|平米|㎡)$", "", _tight(to_text(cell)))
    if text.upper() in NOTHING:
        return ""
    sign, text = _sign(text)
    return format(_decimal(text, BAD_NUMBER) * sign, "f")


def _sign(text: str) -> tuple[int, str]:
    if text.startswith("(") and text.endswith(")"):
        return -1, text[1:-1]
    if text[:1] in "-−+":
        return (1 if text[0] == "+" else -1), text[1:]
    return 1, text


def _decimal(text: str, fault: Text) -> Decimal:
    if not (_GROUPED.fullmatch(text) or _PLAIN.fullmatch(text)) or len(text) > _LONGEST_NUMBER:
        raise ValueFault(fault)
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation as problem:
        raise ValueFault(fault) from problem


def _day(year: int, month: int, day: int, fault: Text) -> date:
    if year not in _YEARS:
        raise ValueFault(fault)
    try:
        return date(year, month, day)
    except ValueError as problem:
        raise ValueFault(fault) from problem


def _strip(text: str) -> str:
    if text.isprintable():
        return text.strip().strip("'‘’`")
    return "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cc") or c in "\n\t").strip().strip("'‘’`")


def _tight(text: str) -> str:
    return "".join(text.split()) if not _CLOCK.search(text) else text.strip()
